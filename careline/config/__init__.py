"""Settings, addresses, reactions, schedules and the command line.

Events: data.imported.
"""
