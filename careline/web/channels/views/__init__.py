"""Screens about mail, one file a topic."""
