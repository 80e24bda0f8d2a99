"""English as the interface speaks it."""
