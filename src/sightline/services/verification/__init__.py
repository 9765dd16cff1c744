"""Whether the record is what it was: ledger, things, segments, lists and exhibits at hand, recomputed."""
