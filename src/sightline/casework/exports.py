"""What an officer takes out of the record in a file: the journal says why, what, how much, and the digest of it."""

from __future__ import annotations

from sightline.casework.acting import Desk
from sightline.record.ledger.verbs import Seen


def leads_given_out(desk: Desk, why: str | None, query: str, count: int, sha256: str | None) -> None:
    """Tell the journal which leads are given out whole, before they are; `sha256` of the file, None without one."""
    reason = f"{why}; " if why else ""
    digest = f", SHA-256 {sha256}" if sha256 else ", to standard output"
    text = f"{reason}{count} leads of {query or 'all'}{digest}"
    desk.workspace.see(desk.officer.officer_id, Seen.EXPORT_LEADS, "leads:all", text, desk.clock())
