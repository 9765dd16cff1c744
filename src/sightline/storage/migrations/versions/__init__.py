"""The migrations themselves, the oldest first by number."""
