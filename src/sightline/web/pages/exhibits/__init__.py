"""Exhibit pages: each file by its digest, with custody, runs that account for every line, and papers."""
