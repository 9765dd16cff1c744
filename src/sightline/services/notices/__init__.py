"""Draft notices to ISPs from leads and segments, and export them once approved.

Entry points: `drafts.plan` and `drafts.draft`, `steps.approve` and `steps.mark_sent`, `export.export`,
`export.remind`.
"""
