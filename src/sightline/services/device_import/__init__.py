"""Import files that describe a seized device: manifests of its files, and histories of its browsers (ADR 27)."""
