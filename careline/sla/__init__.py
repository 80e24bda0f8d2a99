"""By when an answer is owed: calendars, policies and service clocks.

Events: clock.warned, clock.breached, calendar.changed, policy.changed, policy.applied.
"""
