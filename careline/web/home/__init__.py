"""The address /: everybody lands where their day begins."""
