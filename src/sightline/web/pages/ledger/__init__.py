"""Ledger pages: entries with proofs, the journal, refusals, checkpoints, and verification."""
