"""A first file for a log that no format reads: its shape, and what its pieces certainly are. The rest is left open."""
