"""The pages one sees when something is refused, missing or broken."""
