"""Recompute the workspace's ledger, database rows, segments, lists and exhibits, and name what differs.

Entry points: `verify.verify_as_officer` and `verify.verify_exhibit`.
"""
