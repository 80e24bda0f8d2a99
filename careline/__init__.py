"""Careline: customer care operations in one self-hosted system."""

__version__ = "0.1.0"
