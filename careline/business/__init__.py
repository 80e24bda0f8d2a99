"""Money and plans: budgets, vendors, projects and objectives.

Holds nothing yet.
"""
