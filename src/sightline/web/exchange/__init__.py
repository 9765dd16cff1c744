"""The exchange: a separate small server that holds only sealed referrals and signed notes, and no workspace.

It uses one folder. `outgoing/CODE/` is what `sightline referrals publish` wrote. `incoming/CODE/` is what the force
with that code sent, for `sightline referrals collect`. Both may be carried on a medium. Its database holds tokens and
a journal.
"""
