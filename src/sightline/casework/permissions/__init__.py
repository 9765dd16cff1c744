"""The permissions of officers, and acts that take two officers. The other packages of `casework` rest on this one.

`access` decides by role. `officer_session` proves who acts, and asks `access` before every act. `approvals` and
`approval_chain` are about acts of two officers. `entry_roles` gives the action of each ledger entry, and `roster` the
officers on duty.
"""
