"""What can be proved of the record: its entries, the tree over them, and signed checkpoints of that tree (ADR 12)."""
