"""Scan logs into a workspace under a legal authority, with sealed segments and ledger entries.

It finds the same hits as `services.match`, which needs no workspace. Entry points: `scan.scan_logs`,
`summary.summarise_scan` and `live_status.list_scans`.
"""
