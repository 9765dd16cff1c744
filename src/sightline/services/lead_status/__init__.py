"""Derive the status of each lead from officers' acts, notices, replies and outcomes.

Entry points: `status.derive_statuses`, `lead_history.work_of` (one lead's history) and `lead_retention` (papers due for
deletion).
"""
