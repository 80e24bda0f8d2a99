"""Settings, addresses, reactions, schedules and the command line."""
