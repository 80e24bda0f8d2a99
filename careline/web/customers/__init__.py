"""People and organisations we answer to."""
