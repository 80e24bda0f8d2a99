"""Find or do anything: what the command bar asks for."""
