"""Forecast, staffing, schedules and the running day.

Holds nothing yet.
"""
