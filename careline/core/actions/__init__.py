"""What can happen to people, roles, teams and the operation itself."""
