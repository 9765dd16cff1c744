"""Oversight: the ledger and journal as officers read them, checkpoints with witnesses, and backups."""
