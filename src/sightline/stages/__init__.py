"""Pure functions that turn bytes into answers: no workspace, no network, no clock.

In the order in which a record passes them:

- `canonical`: one canonical text per host, page, address and indicator; every other stage uses it.
- `formats`: log formats, and which one a log has.
- `lists`: signed flag lists.
- `scan`: bytes of logs into hits, rejects and counts.
- `tabular`: tables of text and workbooks, which `devices`, `tips` and `resolve` read.
- `devices`: histories of browsers (SQLite files, read only) and manifests of seized devices.
- `tips`: referrals that name an address and a time themselves.
- `leads`: hits into sessions and leads; `enrich` says what data sets know of an address at a time.
- `resolve`: replies of ISPs into verdicts on subscribers.
- `measure`: how often leads and data sets were right.
- `report`: leads as text and pictures.
"""
