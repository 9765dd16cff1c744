"""Live: scans as they run, sources as they are heard, and what came in last."""
