"""Metrics, dashboards and reports computed from the event log.

Holds the figures of Today; records no events of its own.
"""
