"""Exhibits and their runs: the chain of custody, retention, legal holds, and the purge by two officers."""
