"""Device pages: what matched on seized devices, by exhibit, and each finding."""
