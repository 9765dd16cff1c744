"""Replies received and held against their notices, sessions resolved, identities opened (docs/adr/0018)."""
