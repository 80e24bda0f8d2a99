"""The same queries and actions for programs. Holds nothing yet."""
