"""The scan into the workspace: the same scan as `match`, under an authority, sealed in segments and the ledger."""
