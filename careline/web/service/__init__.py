"""Setting up opening hours and service level policies."""
