"""Who takes the next conversation: skills, capacity and fairness.

Holds nothing yet.
"""
