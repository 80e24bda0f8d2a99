"""Setup: people, teams, roles, the operation itself, the audit trail and system health."""
