"""Read a reply's file and compare it with its notice: the tables, identities and counts that are stored of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import polars as pl

from sightline.casework.identities import identities
from sightline.casework.notices import replies
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Refused
from sightline.ledger.instants import INDIA, to_microseconds
from sightline.model import NoticeKind
from sightline.model.progress import Progress
from sightline.services.notices.notice_rows import read_rows_of_notice
from sightline.services.resolution.other_questions import OtherQuestions
from sightline.services.resolution.received_reply import ReceiveRequest
from sightline.services.resolution.reply_process import open_limited_reply
from sightline.services.resolution.sealed_rows import seal_near_misses, seal_rows, seal_statements
from sightline.services.resolution.second_steps import list_family_rows, list_inside_addresses
from sightline.services.resolution.subscriber_forms import Forms, MatchedForms
from sightline.stages.resolve.model import OF_COLUMN, REJECTS, FindingKind, ReplyDeclarations
from sightline.stages.resolve.reply_check import MOST_INSIDE, ReplyCheck
from sightline.stages.resolve.reply_check import ReplyCheckResult as CheckedRows
from sightline.storage.rows import IdentityKey, Notice
from sightline.workspace.workspace import Workspace

MAX_REJECTS = 100_000
"""Maximum number of rejects that are listed. All are counted."""
_OWN_LINE = "line of the operator"
"""What doubts an operator's row that names the line through which it was asked."""


@dataclass(frozen=True, slots=True)
class CheckedReply:
    """What a file contains for its notice: tables to store by name, identities, counts, and how it was read."""

    frames: dict[str, pl.DataFrame]
    keys: list[IdentityKey]
    layout: str
    account: Mapping[str, int | str]


def check_reply(
    officer_session: OfficerSession,
    request: ReceiveRequest,
    notice: Notice,
    declared: ReplyDeclarations,
    progress: Progress,
) -> CheckedReply:
    """Return what the file contains for its notice. Nothing else of it is stored."""
    path, questions = request.path, read_rows_of_notice(officer_session.workspace, notice)
    is_of_numbers = notice.kind is NoticeKind.SUBSCRIBERS
    licensee, lines = _list_operators_lines(officer_session.workspace, notice, questions)
    secret = identities.load_secret(officer_session.workspace, officer_session.clock())
    check = Forms(questions) if is_of_numbers else _check_of(officer_session, notice, questions, request, declared)
    others, rows, rejects = OtherQuestions(officer_session.workspace, notice), [0], [pl.DataFrame(schema=REJECTS)]
    with open_limited_reply(
        path, notice.kind, declared, lambda done, whole, *_: progress(done, whole, rows[0])
    ) as reply:
        for batch in reply.batches:
            if isinstance(check, Forms):
                check.take(batch.subscribers)
                # A number without a form is an answer too.
                rows[0] += len(batch.subscribers) + len(batch.assigned)
            else:
                assigned = _doubt_operators_lines(batch.assigned, lines, secret, licensee)
                check.take(assigned, batch.rejects, batch.inside)
                others.take(batch.assigned)
                rows[0] += len(batch.assigned) + len(batch.inside)
            rejects.append(batch.rejects)
    done, refused = check.finish(), pl.concat(rejects)
    if not rows[0] and refused.is_empty():
        _refuse_empty_reply(path)
    account: dict[str, int] = {"missing": 0} | {str(kind): count for kind, count in done.counts.items()}
    findings_rows = done.met
    account |= _count_doubts(done)
    if not isinstance(done, MatchedForms):
        _require_few(path, done)
        findings_rows = pl.concat([done.met, others.answers(done.met), done.inside], how="diagonal")
        account["inside"] = len(done.inside)
    account |= {"rows": rows[0], "rejects": len(refused), "met": len(done.met), "asked": len(questions)}
    if isinstance(check, ReplyCheck):
        account["fingerprint"] = check.fingerprint
    frames, keys = _seal_tables(officer_session, notice.licensee_id, done, findings_rows)
    stored_frames = frames | {"findings": done.findings, "rejects": refused.head(MAX_REJECTS)}
    return CheckedReply(stored_frames, keys, reply.layout, account | {"why": reply.layout_reason})


def _seal_tables(
    officer_session: OfficerSession, licensee_id: str, done: CheckedRows | MatchedForms, rows: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], list[IdentityKey]]:
    """Return the tables of a reply with ids instead of numbers, and the keys of its identities."""
    frames, keys = seal_rows(officer_session, licensee_id, rows)
    if isinstance(done, MatchedForms):
        if done.statements.height:
            frames["statements"] = seal_statements(officer_session, licensee_id, done.statements)
    else:
        frames["inside"] = frames["met"].tail(len(done.inside)).drop("asked")
        frames["met"] = frames["met"].head(len(rows) - len(done.inside))
        frames["near"] = seal_near_misses(officer_session, licensee_id, done.near)
    return frames, keys


def _refuse_empty_reply(path: Path) -> NoReturn:
    raise Refused(
        f"{path.name} has headings and no row: it says nothing, not even that there are no records",
        hint="ask for the rows, or for an answer in words that there are none, which is read as one",
    )


def describe_unread(
    officer_session: OfficerSession, request: ReceiveRequest, notice: Notice, declared: ReplyDeclarations, why: str
) -> CheckedReply:
    """Return the tables of a file that could not be read: no row, and the doubt about what came before it."""
    questions = read_rows_of_notice(officer_session.workspace, notice)
    is_of_numbers = notice.kind is NoticeKind.SUBSCRIBERS
    done = (
        Forms(questions) if is_of_numbers else _check_of(officer_session, notice, questions, request, declared)
    ).finish()
    frames, keys = seal_rows(officer_session, notice.licensee_id, done.met)
    if not isinstance(done, MatchedForms):
        frames["near"] = seal_near_misses(officer_session, notice.licensee_id, done.near)
    frames |= {"findings": done.findings.head(0), "rejects": pl.DataFrame(schema=REJECTS)}
    counts = dict.fromkeys(("missing", "inside", "rows", "rejects", "met"), 0)
    account = counts | {"asked": len(questions), FindingKind.UNREAD_FILE.value: 1}
    return CheckedReply(frames, keys, replies.UNREAD, account | {"why": why})


def _check_of(
    officer_session: OfficerSession,
    notice: Notice,
    questions: pl.DataFrame,
    request: ReceiveRequest,
    declared: ReplyDeclarations,
) -> ReplyCheck:
    """Return the check of a reply for records. If no zone is declared, cells or headings name it, mostly India's."""
    zones = ["Asia/Kolkata", "UTC"] if declared.timezone is None else [declared.timezone]
    # The day of receipt is over in every zone half a day after it has ended in India.
    surely_there = datetime.fromisoformat(request.received_on).replace(tzinfo=INDIA) + timedelta(days=1, hours=12)
    given, others = (
        list_inside_addresses(officer_session.workspace, notice),
        list_family_rows(officer_session.workspace, notice),
    )
    return ReplyCheck(questions, zones=zones, received_us=to_microseconds(surely_there), inside=given, others=others)


def _list_operators_lines(workspace: Workspace, notice: Notice, questions: pl.DataFrame) -> tuple[str, frozenset[str]]:
    """Return the licensee before the operator that a notice asks, and the lines (`through`) that it named."""
    with workspace.read() as tables:
        before = tables[Notice].get(notice.follows) if notice.follows else None
    if before is None or "through" not in questions.columns:
        return "", frozenset()
    return before.licensee_id, frozenset(questions["through"].drop_nulls())


def _doubt_operators_lines(assigned: pl.DataFrame, lines: frozenset[str], secret: bytes, licensee: str) -> pl.DataFrame:
    """Return the answers of an operator, with doubts about those that name its own line as its customer's."""
    if not lines:
        return assigned
    line = identities.compute_subscriber_ids(secret, licensee, assigned)
    doubt = pl.when(line.is_in(sorted(lines)).fill_null(value=False)).then(pl.lit(_OWN_LINE))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


def _count_doubts(done: CheckedRows | MatchedForms) -> dict[str, int]:
    """Return the headings of columns, or notes, that doubt rows that answer the notice, the commonest first."""
    doubted_by = done.met["doubted_by"]
    if not isinstance(done, MatchedForms):
        doubted_by = pl.concat([doubted_by, done.inside["doubted_by"]])
    commonest = doubted_by.drop_nulls().value_counts(sort=True).iter_rows()
    return {f"{OF_COLUMN}{heading}": count for heading, count in commonest}


def _require_few(path: Path, done: CheckedRows) -> None:
    """Raise Refused for an access log that is too long to store if it is unknown which rows count."""
    if done.left_out:
        raise Refused(
            f"{path.name} is an access log of more than {MOST_INSIDE:,} rows near the time of what was asked",
            hint="hand in the NAT log first, or both in one ZIP: then only the rows of its inside addresses are kept",
        )
