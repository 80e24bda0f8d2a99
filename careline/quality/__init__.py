"""Reviews of conversations, scorecards and calibration.

Holds nothing yet.
"""
