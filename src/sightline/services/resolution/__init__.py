"""Import replies, compare them with their notices, and resolve sessions to subscribers (docs/adr/0018).

Entry points: `reply_intake` (import a reply), `resolve.resolve_leads` and `identity_retention`.
"""
