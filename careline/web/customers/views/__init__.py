"""Screens about customers."""
