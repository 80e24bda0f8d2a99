"""The real things tests talk to: a browser, mail servers, and Careline itself as its own processes."""
