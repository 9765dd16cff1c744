"""Operation pages: a named drive, its board, its events, and how often its leads were right."""
