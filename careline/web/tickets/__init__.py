"""Working conversations: the inbox and the ticket page."""
