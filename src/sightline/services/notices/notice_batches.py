"""Several notices in one step: one archive for each licensee, and one record of how they were sent.

Each notice is exported and marked as sent by itself, with its own entries.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from sightline.casework.notices import notices
from sightline.casework.notices.notices import find_notice
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.evidence.documents.document_facts import Language
from sightline.model import NoticeState
from sightline.services.notices import annexure, export
from sightline.services.notices.danger import find_danger
from sightline.storage.rows import Licensee, Notice

MADE = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the same notices give the same bytes."""
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The sending of notices: in which way, when (default: now), and until when answers are due.

    `urgent_hours`: the hours for an answer to a notice about a child in present danger, or None for the usual days.
    """

    how: str
    at_us: int | None = None
    due_us: int | None = None
    urgent_hours: int | None = None


def export_notices(
    officer_session: OfficerSession, notice_ids: Sequence[str], language: Language, why: str | None
) -> tuple[str, bytes]:
    """Return the name and bytes of a ZIP with the letter and rows of each notice.

    Notices to several licensees give an archive that holds one archive for each, so that none gets another's rows.
    Raises as `export.open_notice`.
    """
    by_licensee: dict[str, list[tuple[str, bytes]]] = {}
    for notice in _list_notices(officer_session, notice_ids):
        opened_notice = export.open_notice(officer_session, notice.notice_id, tuple(export.NoticePaper), why)
        folder = f"notice-{export.name_folder(officer_session, notice.notice_id)}"
        files = by_licensee.setdefault(opened_notice.letter.licensee.name, [])
        files.append((f"{folder}/{export.PDF}", export.render_notice(officer_session, opened_notice, language)))
        files.append((f"{folder}/{annexure.NAME}", opened_notice.csv))
    archives = [(f"{_name_file(name)}.zip", _build_archive(files)) for name, files in sorted(by_licensee.items())]
    return archives[0] if len(archives) == 1 else ("notices.zip", _build_archive(archives))


def mark_notices_sent(officer_session: OfficerSession, notice_ids: Sequence[str], sending: Dispatch) -> list[Notice]:
    """Mark approved notices as sent, each with its own entry. Raises UsageError before the first if one cannot."""
    some = _list_notices(officer_session, notice_ids)
    for notice in some:
        notices.change_state(notice, NoticeState.SENT)
    urgent = find_danger(officer_session.workspace, some) if sending.urgent_hours else {}
    return [
        notices.send(
            officer_session,
            notice.notice_id,
            sending.how,
            sending.at_us,
            _compute_urgent_due_us(officer_session, sending) if notice.notice_id in urgent else sending.due_us,
        )
        for notice in some
    ]


def _compute_urgent_due_us(officer_session: OfficerSession, sending: Dispatch) -> int:
    """Return the hour at which the answer to an urgent notice is due, counted from when it was sent."""
    sent_us = sending.at_us if sending.at_us is not None else int(officer_session.clock().timestamp() * 1_000_000)
    return sent_us + (sending.urgent_hours or 0) * HOUR_US


def _list_notices(officer_session: OfficerSession, notice_ids: Sequence[str]) -> list[Notice]:
    if not notice_ids:
        raise UsageError("no notice was chosen", hint="tick one at least")
    with officer_session.workspace.read() as tables:
        result = [find_notice(tables, fromkey) for fromkey in dict.fromkeys(notice_ids)]
        names = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
    return sorted(result, key=lambda notice: (names[notice.licensee_id], notice.notice_id))


def _build_archive(files: Sequence[tuple[str, bytes]]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for name, data in files:
            zip_file.writestr(zipfile.ZipInfo(name, MADE), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _name_file(licensee: str) -> str:
    """Return the name of a licensee as a name of a file."""
    dashed = "".join(letter if letter.isalnum() else "-" for letter in licensee)
    return "-".join(part for part in dashed.split("-") if part)[:60] or "licensee"
