"""The ledger: its entries with their proofs, the journal, refusals, checkpoints, and the record recomputed."""
