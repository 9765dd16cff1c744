"""The exchange: a small server apart, which holds only sealed referrals and signed notes, and no workspace.

Its folder is all that it has: `outgoing/CODE/` is what `sightline refer publish` wrote, `incoming/CODE/` what the force
of that code sent, for `sightline refer collect`; both may be carried. Its database has tokens and a journal.
"""
