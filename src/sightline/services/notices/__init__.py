"""Draft notices to ISPs from leads and segments, and export them once approved.

Entry points: `drafts.plan` and `drafts.draft`, `notice_steps.approve` and `notice_steps.mark_sent`, `export.export`,
`export.remind`.
"""
