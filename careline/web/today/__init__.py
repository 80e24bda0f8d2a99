"""The manager's home: what needs a decision now."""
