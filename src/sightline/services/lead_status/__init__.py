"""Derive the status of each lead from officers' acts, notices, replies and outcomes.

Entry points: `status.derive_statuses`, `lead_history.describe_lead_work` (one lead's history) and
`check_lead_retention` (papers due for deletion).
"""
