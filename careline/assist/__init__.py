"""Suggestions, summaries and triage that people can check.

Holds nothing yet.
"""
