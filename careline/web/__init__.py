"""Screens for people: one form, one action, one answer."""
