"""The acts of officers, in packages by subject. `permissions.access` permits every read and write here first.

- `permissions`: roles, an officer's session, acts of two officers.
- `people`: officers, accounts, logins, sessions.
- `cases`: cases, authorities, sources, and declarations about them.
- `reference_data`: issuers and series of flag lists, log formats, data sets.
- `exhibits`: custody, retention, holds, purge.
- `leads`: acts, notes, marks, outcomes, saved views. `operations`: drives with leads, events and teams.
- `notices`: notices, replies, licensees. `identities`: subscribers, and who may see them.
- `forces`: other forces, and referrals to and from them.
- `oversight`: ledger, journal, checkpoints, witnesses, backups.

`decisions` shows the second officer what waits, and rests on most packages. `input_checks` checks what officers write.
"""
