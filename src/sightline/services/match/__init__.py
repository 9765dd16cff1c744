"""Scan without a workspace: find logs, detect formats, read, match, and write hits."""
