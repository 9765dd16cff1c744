"""Officers' acts on a case. `access` permits every read and write here first.

The modules by what they are about:

- Permission and people: `access`, `approvals`, `decisions`, `approval_chain`, `officer_session`, `officers`, `roster`,
  `accounts`, `recovery`, `login`, `web_sessions`.
- Cases and what is held under them: `cases`, `case_forms`, `case_notes`, `live_authorities`, `declarations`,
  `exhibits`, `holds`, `purge`, `retention`.
- Lists, formats and data sets: `issuers`, `list_series`, `log_formats`, `datasets`, `tip_runs`.
- Work on leads: `lead_work`, `lead_papers`, `retention_period`, `marks`, `notes`, `undo`, `views`, `operations`,
  `operation_teams`, `outcomes`.
- Asking ISPs: `notices`, `replies`, `licensees`, `identities`, `disclosures`.
- Other forces: `forces`, `force_matches`, `referrals`, `partner_referrals`, `incoming_referrals`.
- The ledger: `entry_roles`, `oversight`, `checkpoints`, `witnesses`, `backups`.

`input_checks` checks what officers write.
"""
