"""Asking customers how it went, and what they said.

Holds nothing yet.
"""
