"""What we know: articles for customers and for agents, their versions and the gaps in them.

Holds nothing yet.
"""
