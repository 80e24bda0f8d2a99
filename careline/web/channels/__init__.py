"""Setting up mailboxes, and the mail that could not be read."""
