"""The tamper-evident ledger: entries, the Merkle tree over them, and signed checkpoints of that tree (ADR 12)."""
