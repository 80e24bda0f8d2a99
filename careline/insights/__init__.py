"""Metrics, dashboards and reports computed from the event log.

Holds the figures of Today, and the share of promises that is aimed at.

Events: targets.changed.
"""
