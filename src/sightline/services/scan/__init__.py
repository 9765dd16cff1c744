"""Scan logs into the workspace under a legal authority, with sealed segments and ledger entries.

Finds the same hits as `services.match`. Entry points: `scan.scan`, `summary.summarise` and `live_status.scans`.
"""
