"""Live page: running scans, the health of sources, and the newest exhibits."""
