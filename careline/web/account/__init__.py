"""Signing in, invitations and one's own profile."""
