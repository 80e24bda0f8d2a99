"""The people who work here: skills, coaching, training, careers, hiring, recognition and well-being.

Holds nothing yet; who signs in is in core.
"""
