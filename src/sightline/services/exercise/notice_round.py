"""The ISPs of a world asked: notices drawn up, approved, sent, answered; replies read; sessions resolved.

Twice, over two halves of the time, so that what the second notice brings can corroborate the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import polars as pl

from sightline.casework.notices.licensees import LicenseeForm, set_licensee
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.exercise import manifest
from sightline.exercise.networks import NAT, NETWORKS
from sightline.exercise.replies.archive import ReplyFile
from sightline.exercise.replies.habits import HABITS
from sightline.exercise.replies.reply import write_reply
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import NatLogs, NoticeKind
from sightline.model.progress import Progress
from sightline.services.artifacts.resolutions import require_newest_resolution
from sightline.services.exercise.officers import WHY
from sightline.services.exercise.run import CASE
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.notices.asked_numbers import find_unasked_numbers
from sightline.services.notices.drafts import NoticeDraftRequest, plan_notices, register_notices
from sightline.services.notices.notice_rows import read_rows_of_notice
from sightline.services.notices.notice_steps import approve_notice, mark_sent
from sightline.services.resolution.received_reply import ReceiveRequest
from sightline.services.resolution.reply_intake import receive_reply
from sightline.services.resolution.resolve import resolve_leads
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.storage.rows import Licensee, Notice

LETTER = "certificate under s.63(4) BSA, of the licensee\n"


@dataclass(frozen=True, slots=True)
class Office:
    """The two officers who ask an ISP: an investigating officer, and the superintendent who approves."""

    officer: OfficerSession
    superintendent: OfficerSession


def ask_isps(office: Office, world_folder: Path, out: Path, progress: Progress, only: Sequence[str] = ()) -> Path:
    """Ask, read the answers, and write the resolutions as JSON lines; their file. `out`: a new folder for replies.

    `only`: these licensees, by name; all of them where none is named.
    """
    world = manifest.read(world_folder)
    declare_licensees(office.officer)
    middle = pl.lit(_compute_middle_us(world))
    halves = (pl.col("first_us") < middle, pl.col("first_us") >= middle)
    for number, half in enumerate(halves, 1):
        progress(number, len(halves), 0, "notices for records")
        # What replies measured of data sets may change places: nothing is drafted from leads that are behind.
        rebuild_leads(office.officer, lambda *_: None)
        notices = _draft_half(office.officer, half, only)
        _answer_notices(office, world_folder, out / f"records-{number}", notices, progress)
        resolve_leads(office.officer)
        forms = list(_draft_forms(office, notices))
        _answer_notices(office, world_folder, out / f"subscribers-{number}", forms, progress)
    resolve_leads(office.officer)
    return write_results(office.officer, out / "resolutions.jsonl")


def _draft_half(officer_session: OfficerSession, half: pl.Expr, only: Sequence[str]) -> list[Notice]:
    notices = []
    for name in only or (None,):
        request = NoticeDraftRequest(CASE, NoticeKind.RECORDS, licensee=name, chosen=half, why=WHY)
        notices += register_notices(officer_session, plan_notices(officer_session, request), request)
    return notices


def declare_licensees(officer_session: OfficerSession) -> None:
    """Say of every network of the world what its ISP says of itself."""
    keeps = {network.name: NatLogs.BLOCKS for network in NETWORKS if network.lines_each > 1} | {
        NAT[0].name: NatLogs.DESTINATIONS
    }
    for isp in NETWORKS:
        habit = HABITS[isp.name]
        logs = keeps.get(isp.name, NatLogs.UNKNOWN)
        set_licensee(
            officer_session,
            LicenseeForm(isp.name, f"Nodal Officer, {isp.name}", logs, habit.zone, habit.date_order, None),
        )


def _compute_middle_us(world: manifest.World) -> int:
    begins, ends = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (world.begins[:10], world.ends[:10]))
    return int((begins + (ends - begins) / 2).timestamp()) * 1_000_000


def _draft_forms(office: Office, records: Sequence[Notice]) -> Iterator[Notice]:
    """Draft the notices for subscribers that follow: who the numbers of the replies are."""
    for notice in records:
        numbers = find_unasked_numbers(office.officer.workspace, notice)
        if len(numbers):
            request = NoticeDraftRequest(CASE, NoticeKind.SUBSCRIBERS, rows=numbers, follows=notice.notice_id, why=WHY)
            yield from register_notices(office.officer, plan_notices(office.officer, request), request)


def _answer_notices(
    office: Office, world_folder: Path, out: Path, notices: Sequence[Notice], progress: Progress
) -> None:
    """Approve and send notices, let the ISPs answer, and read what they answer."""
    workspace = office.officer.workspace
    with workspace.read() as tables:
        names = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
    for place, drafted in enumerate(notices):
        progress(place, len(notices), 0, f"{drafted.kind.value} asked of {names[drafted.licensee_id]}")
        approved = approve_notice(office.superintendent, drafted, WHY)
        sent = mark_sent(office.officer, approved, "by hand")
        kind: Literal["records", "subscribers"] = "subscribers" if sent.kind is NoticeKind.SUBSCRIBERS else "records"
        rows = read_rows_of_notice(workspace, sent)
        folder = out / f"{place:03}"
        replied = write_reply(world_folder, names[sent.licensee_id], kind, rows, folder).files
        _import_replies(office.officer, sent, replied, folder)


def _import_replies(
    officer_session: OfficerSession, notice: Notice, replied: Sequence[ReplyFile], folder: Path
) -> None:
    certificate = folder / "certificate.txt"
    certificate.write_text(f"{LETTER}{notice.number}\n", encoding="utf-8")
    known: list[str] = []
    for reply_file in replied:
        reply_declarations = ReplyDeclarations("auto", reply_file.timezone, reply_file.date_order)
        came = receive_reply(
            officer_session,
            ReceiveRequest(
                notice.notice_id,
                reply_file.path,
                reply_declarations,
                format_day_in_india(to_microseconds(officer_session.clock())),
                certificate if reply_file.certified else None,
                reply_file.partial,
                known[reply_file.corrects] if reply_file.corrects is not None else None,
            ),
        )
        known.append(came.reply.reply_id)


def write_results(officer_session: OfficerSession, path: Path) -> Path:
    """Write the newest resolving as `resolve --json` does."""
    resolutions = require_newest_resolution(officer_session.workspace)
    with path.open("w", encoding="utf-8") as stream:
        for session_json in resolutions.to_json(resolutions.sessions):
            stream.write(json.dumps(session_json, ensure_ascii=False) + "\n")
    return path
