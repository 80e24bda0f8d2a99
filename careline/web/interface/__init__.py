"""The component gallery: every part of the interface with its states, on one page."""
