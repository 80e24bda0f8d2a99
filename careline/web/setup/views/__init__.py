"""Screens of the setup wing, one file a topic."""
