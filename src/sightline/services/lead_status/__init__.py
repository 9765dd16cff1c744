"""Leads with the work on them: their status, derived from acts, notices, replies and outcomes."""
