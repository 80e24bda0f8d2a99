"""The first pages of a new operation, and the way in for people who are invited."""
