"""Draft notices to ISPs from leads and segments, and export them once approved.

Entry points: `drafts.plan_notices` and `drafts.draft_notice`, `notice_steps.approve_notice` and
`notice_steps.mark_sent`, `export.export_notice`, `export.write_reminder`.
"""
