"""Import a reply: read the file, compare it with its notice, seal it, and register it in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from sightline.casework.identities import identities
from sightline.casework.notices import notices, replies
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, Interrupted, Refused, UnknownFormat, UsageError
from sightline.file_digests import sha256_of
from sightline.ledger.append import canonical
from sightline.ledger.instants import INDIA, microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import NoticeKind
from sightline.model.progress import Progress, ignore_progress
from sightline.services.artifacts.parquet_files import describe_files
from sightline.services.notices.notice_rows import rows_of
from sightline.services.resolution.other_questions import OtherQuestions
from sightline.services.resolution.reply_process import limited_reply
from sightline.services.resolution.sealed_rows import near_misses, seal_rows
from sightline.services.resolution.second_steps import list_family_rows, list_inside_addresses
from sightline.services.resolution.subscriber_forms import Forms, MatchedForms
from sightline.stages.resolve.model import DATE_ORDERS, FINDINGS, OF_COLUMN, REJECTS, FindingKind, ReplyDeclarations
from sightline.stages.resolve.reply_check import MOST_INSIDE, ReplyCheck
from sightline.stages.resolve.reply_check import Checked as CheckedRows
from sightline.storage.rows import IdentityKey, Licensee, Notice, Reply
from sightline.storage.ulid import new_id
from sightline.workspace.staged_write import StagedWrite, staged_write
from sightline.workspace.workspace import Workspace

KEPT = 100_000
"""Maximum number of rejects that are listed. All are counted."""
_OWN_LINE = "line of the operator"
"""What doubts an operator's row that names the line through which it was asked."""


@dataclass(frozen=True, slots=True)
class ReceiveRequest:
    """A reply's file, the notice that it answers, and what is declared about it.

    `confirms`: doubts that the officer answers at once, with the reason `why`.
    """

    notice: str
    path: Path
    declared: ReplyDeclarations
    received_on: str
    certificate: Path | None = None
    is_partial: bool = False
    corrects: str | None = None
    confirms: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedReply:
    """A registered reply, whether it was there already, and the findings of its check."""

    reply: Reply
    notice: Notice
    was_there: bool
    findings: pl.DataFrame
    confirmed: tuple[str, ...] = ()

    @property
    def open_doubts(self) -> list[str]:
        """Return the doubts about the reply that no officer answered."""
        return [doubt for doubt in replies.doubts(self.reply) if doubt not in self.confirmed]

    @property
    def account(self) -> dict[str, int]:
        """Return the counts."""
        account_dict: dict[str, int | str] = json.loads(self.reply.account_json)
        return {name: count for name, count in account_dict.items() if isinstance(count, int)}

    @property
    def why(self) -> str:
        """Return how the file was read: why by that layout, and what was hidden. Empty for older replies."""
        return str(json.loads(self.reply.account_json).get("why", ""))


@dataclass(frozen=True, slots=True)
class CheckedReply:
    """What a file contains for its notice: tables to store by name, identities, counts, and how it was read."""

    frames: dict[str, pl.DataFrame]
    keys: list[IdentityKey]
    layout: str
    account: Mapping[str, int | str]


def receive_reply(
    officer_session: OfficerSession, request: ReceiveRequest, progress: Progress = ignore_progress
) -> ReceivedReply:
    """Import a reply and return it as registered. Importing the same file again has no effect.

    Raises Refused for a notice that was not sent and for a file without a row, UsageError, UnknownFormat,
    TimeUndeclared, DamagedInput.
    """
    officer_session.require(Action.REPLY_RECEIVE, "reply:new")
    if request.confirms:
        officer_session.require(Action.REPLY_CONFIRM, "reply:new")
    notice, licensee, corrects, before = _read_notice(officer_session, request)
    declared = _with_usual(request.declared, licensee)
    digests = [_digest(path) for path in (request.path, request.certificate) if path is not None]
    there = _same(before, digests[0], declared, request)
    if there is not None:
        with officer_session.workspace.reading() as tables:
            confirmed = tuple(confirmation.sign for confirmation in replies.confirmations(tables, there.reply_id))
        return ReceivedReply(there, notice, True, pl.DataFrame(schema=FINDINGS), confirmed)
    about = f"notice:{notice.notice_id}"
    with staged_write(officer_session.workspace, officer_session.signer, officer_session.clock) as staged:
        watch = _renew_lease_while(staged, progress)
        try:
            with officer_session.keeping_refusals(JournalVerb.REFUSED_FILE, about, (Refused, DamagedInput)):
                checked_reply = _check_reply(officer_session, request, notice, declared, watch)
        except UnknownFormat as error:
            if not _is_later_file(before, digests[0]):
                raise
            unread = _check_unread(officer_session, request, notice, declared, str(error))
            reply = _store(
                officer_session, staged, replace(request, is_partial=True), notice, declared, digests, unread
            )
            if FindingKind.UNREAD_FILE.value in request.confirms:
                return ReceivedReply(reply, notice, False, unread.frames["findings"], request.confirms)
            raise _with_advice(error, reply) from error
        unread_id = next((one.reply_id for one in _unread_of(before) if one.sha256 == digests[0]), None)
        corrects_id = corrects.reply_id if corrects else unread_id
        reply = _store(officer_session, staged, request, notice, declared, digests, checked_reply, corrects_id)
        return ReceivedReply(reply, notice, False, checked_reply.frames["findings"], request.confirms)


def _store(
    officer_session: OfficerSession,
    staged: StagedWrite,
    request: ReceiveRequest,
    notice: Notice,
    declared: ReplyDeclarations,
    digests: Sequence[str],
    checked_reply: CheckedReply,
    corrects: str | None = None,
) -> Reply:
    """Write the tables of a checked file, and register it. Returns the reply. `digests`: of file and certificate."""
    for name, frame in checked_reply.frames.items():
        frame.write_parquet(staged.folder / f"{name}.parquet")
    files = describe_files(staged.folder, staged.intent.intent_id)
    staged.publish()
    reply = Reply(
        new_id(officer_session.clock()),
        notice.notice_id,
        staged.intent.intent_id,
        request.path.name,
        digests[0],
        request.path.stat().st_size,
        checked_reply.layout,
        _declaration(declared),
        request.received_on,
        int(request.is_partial),
        corrects,
        digests[1] if request.certificate else None,
        request.certificate.name if request.certificate else None,
        canonical(checked_reply.account),
        canonical(files),
        0,
        officer_session.officer.officer_id,
    )
    replies.require_doubted(reply, request.confirms)
    return _register(officer_session, staged, reply, checked_reply.keys, request)


def _unread_of(before: Sequence[Reply]) -> list[Reply]:
    return [reply for reply in before if reply.layout == replies.UNREAD and reply.withdrawn_at_us is None]


def _is_later_file(before: Sequence[Reply], digest: str) -> bool:
    """Return whether a file that was not read came after an answer, for the first time."""
    current = replies.select_current_replies(before)
    return any(json.loads(reply.account_json)["met"] for reply in current) and digest not in {
        reply.sha256 for reply in _unread_of(before)
    }


def _check_unread(
    officer_session: OfficerSession, request: ReceiveRequest, notice: Notice, declared: ReplyDeclarations, why: str
) -> CheckedReply:
    """Return the tables of a file that could not be read: no row, and the doubt about what came before it."""
    questions = rows_of(officer_session.workspace, notice)
    is_of_numbers = notice.kind is NoticeKind.SUBSCRIBERS
    done = (Forms(questions) if is_of_numbers else _check(officer_session, notice, questions, request, declared)).done()
    frames, keys = seal_rows(officer_session, notice.licensee_id, done.met)
    if not isinstance(done, MatchedForms):
        frames["near"] = near_misses(officer_session, notice.licensee_id, done.near)
    frames |= {"findings": done.findings.head(0), "rejects": pl.DataFrame(schema=REJECTS)}
    counts = dict.fromkeys(("missing", "inside", "rows", "rejects", "met"), 0)
    account = counts | {"asked": len(questions), FindingKind.UNREAD_FILE.value: 1}
    return CheckedReply(frames, keys, replies.UNREAD, account | {"why": why})


def _with_advice(why: UnknownFormat, unread: Reply) -> UnknownFormat:
    """Return the error with what the unread file does to the answers that came before it."""
    advice = (
        "what the notice has named is in doubt until you say what this file means:"
        f" sightline notices confirm-reply {unread.reply_id[-6:]} {FindingKind.UNREAD_FILE} --why TEXT"
    )
    return UnknownFormat(str(why), hint=why.hint, details=[*why.details, advice], unread=why.unread)


def _read_notice(
    officer_session: OfficerSession, request: ReceiveRequest
) -> tuple[Notice, Licensee, Reply | None, list[Reply]]:
    """Return the notice, its licensee, the reply that is corrected and the earlier replies.

    Raises Refused and UsageError for a notice that awaits no such reply.
    """
    with officer_session.workspace.reading() as tables:
        notice = notices.notice_of(tables, request.notice)
        licensee = tables[Licensee].get(notice.licensee_id)
        corrects = replies.reply_of(tables, request.corrects) if request.corrects else None
        before = tables[Reply].where(notice_id=notice.notice_id)
    assert licensee is not None
    replies.require_awaited(notice)
    replies.require_order(notice, request.received_on, microseconds(officer_session.clock()))
    _require_kind(notice)
    if corrects is not None and corrects.notice_id != notice.notice_id:
        raise UsageError("the reply that is corrected answers another notice", hint="sightline notices list-replies")
    return notice, licensee, corrects, before


def _require_kind(notice: Notice) -> None:
    if notice.kind is NoticeKind.PRESERVATION:
        raise UsageError(
            f"notice {notice.number} asks that records be kept: it has no rows to be answered",
            hint="name the notice for records or for subscribers: sightline notices list",
        )


def _with_usual(declared: ReplyDeclarations, licensee: Licensee) -> ReplyDeclarations:
    """Return the declaration, completed by what is usual in replies of this licensee, whose name is known."""
    usual = next((date_order for date_order in DATE_ORDERS if date_order == licensee.date_order), None)
    zone = declared.timezone or licensee.timezone
    return replace(declared, timezone=zone, date_order=declared.date_order or usual, licensee=licensee.name)


def _declaration(declared: ReplyDeclarations) -> str:
    """Return everything that was declared except the password. The licensee's name is registered anyway."""
    facts = {name: value for name, value in asdict(declared).items() if name not in {"password", "licensee"}}
    # What nobody declares is left out, as in older replies, so that importing the same file again has no effect.
    return canonical({name: value for name, value in facts.items() if name != "table_orders" or value})


def _same(before: Sequence[Reply], digest: str, declared: ReplyDeclarations, request: ReceiveRequest) -> Reply | None:
    """Return the current reply with the same bytes, or None. Raises Refused if it was declared otherwise."""
    reply = next((one for one in before if one.sha256 == digest and one.withdrawn_at_us is None), None)
    if reply is None or reply.layout == replies.UNREAD:
        return None
    is_alike = reply.declared_json == _declaration(declared) and reply.is_partial == int(request.is_partial)
    has_certificate = request.certificate is not None and reply.certificate_sha256 is None
    if not is_alike or has_certificate:
        raise Refused(
            f"{request.path.name} is there already, as reply {reply.reply_id[-6:]}, with other declarations",
            hint=f"withdraw that one first: sightline notices withdraw-reply {reply.reply_id[-6:]} --why TEXT",
        )
    return reply


def _digest(path: Path) -> str:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file", hint="name the file as it came from the ISP")
    return sha256_of(path)


def _renew_lease_while(staged: StagedWrite, progress: Progress) -> Progress:
    def going_on(done: int, whole: int | None, rows: int = 0, _step: str = "", /) -> None:
        staged.renew()
        progress(done, whole, rows)

    return going_on


def _check_reply(
    officer_session: OfficerSession,
    request: ReceiveRequest,
    notice: Notice,
    declared: ReplyDeclarations,
    progress: Progress,
) -> CheckedReply:
    """Return what the file contains for its notice. Nothing else of it is stored."""
    path, questions = request.path, rows_of(officer_session.workspace, notice)
    is_of_numbers = notice.kind is NoticeKind.SUBSCRIBERS
    licensee, lines = _list_operators_lines(officer_session.workspace, notice, questions)
    secret = identities.secret(officer_session.workspace, officer_session.clock())
    check = Forms(questions) if is_of_numbers else _check(officer_session, notice, questions, request, declared)
    others, rows, rejects = OtherQuestions(officer_session.workspace, notice), [0], [pl.DataFrame(schema=REJECTS)]
    with limited_reply(path, notice.kind, declared, lambda done, whole, *_: progress(done, whole, rows[0])) as reply:
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
    done, refused = check.done(), pl.concat(rejects)
    if not rows[0] and refused.is_empty():
        raise Refused(
            f"{path.name} has headings and no row: it says nothing, not even that there are no records",
            hint="ask for the rows, or for an answer in words that there are none, which is read as one",
        )
    account: dict[str, int] = {"missing": 0} | {str(kind): count for kind, count in done.counts.items()}
    findings_rows = done.met
    if not isinstance(done, MatchedForms):
        _require_few(path, done)
        findings_rows = pl.concat([done.met, others.answers(done.met), done.inside], how="diagonal")
        account |= {f"{OF_COLUMN}{heading}": count for heading, count in _count_doubts(done)}
        account["inside"] = len(done.inside)
    account |= {"rows": rows[0], "rejects": len(refused), "met": len(done.met), "asked": len(questions)}
    frames, keys = seal_rows(officer_session, notice.licensee_id, findings_rows)
    if isinstance(check, ReplyCheck):
        account["fingerprint"] = check.fingerprint
    if not isinstance(done, MatchedForms):
        frames["inside"] = frames["met"].tail(len(done.inside)).drop("asked")
        frames["met"] = frames["met"].head(len(findings_rows) - len(done.inside))
        frames["near"] = near_misses(officer_session, notice.licensee_id, done.near)
    stored_frames = frames | {"findings": done.findings, "rejects": refused.head(KEPT)}
    return CheckedReply(stored_frames, keys, reply.layout, account | {"why": reply.why})


def _list_operators_lines(workspace: Workspace, notice: Notice, questions: pl.DataFrame) -> tuple[str, frozenset[str]]:
    """Return the licensee before the operator that a notice asks, and the lines (`through`) that it named."""
    with workspace.reading() as tables:
        before = tables[Notice].get(notice.follows) if notice.follows else None
    if before is None or "through" not in questions.columns:
        return "", frozenset()
    return before.licensee_id, frozenset(questions["through"].drop_nulls())


def _doubt_operators_lines(assigned: pl.DataFrame, lines: frozenset[str], secret: bytes, licensee: str) -> pl.DataFrame:
    """Return the answers of an operator, with doubts about those that name its own line as its customer's."""
    if not lines:
        return assigned
    line = identities.subscriber_ids(secret, licensee, assigned)
    doubt = pl.when(line.is_in(sorted(lines)).fill_null(value=False)).then(pl.lit(_OWN_LINE))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


def _count_doubts(done: CheckedRows) -> Iterator[tuple[str, int]]:
    """Yield the headings of columns that doubt rows that answer the notice, the commonest first."""
    doubted_by = pl.concat([done.met["doubted_by"], done.inside["doubted_by"]])
    yield from doubted_by.drop_nulls().value_counts(sort=True).iter_rows()


def _require_few(path: Path, done: CheckedRows) -> None:
    """Raise Refused for an access log that is too long to store if it is unknown which rows count."""
    if done.left_out:
        raise Refused(
            f"{path.name} is an access log of more than {MOST_INSIDE:,} rows near the time of what was asked",
            hint="hand in the NAT log first, or both in one ZIP: then only the rows of its inside addresses are kept",
        )


def _check(
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
    return ReplyCheck(questions, zones=zones, received_us=microseconds(surely_there), inside=given, others=others)


def _register(
    officer_session: OfficerSession, staged: StagedWrite, reply: Reply, keys: list[IdentityKey], request: ReceiveRequest
) -> Reply:
    with officer_session.change(Action.REPLY_RECEIVE, f"reply:{reply.reply_id}") as change:
        swept = "the reply was read for so long without a sign that its files were swept; run it again"
        staged.settle(change.tables, swept)
        known = identities.keys_of(change.tables, [identity_key.subscriber_id for identity_key in keys])
        if known:
            raise Interrupted("another reply that names the same subscribers came in meanwhile; run it again")
        made = replies.register(change, replace(reply, received_at_us=change.now_us), keys)
        for sign in request.confirms:
            replies.declare(change, officer_session, made, sign, request.why)
        return made
