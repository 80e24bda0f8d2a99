"""Setting up statuses, contact reasons, tags and shared views."""
