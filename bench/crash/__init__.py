"""Scans that are killed at random moments: nothing lost, nothing doubled, the ledger whole, orphans swept."""
