"""Draft notices to licensees from leads and segments, and export them once approved.

Entry points: `drafts.plan` and `drafts.draft`, `dispatch.approve` and `dispatch.mark_sent`, `export.export`,
`export.remind`.
"""
