"""Import a reply: have its file read and compared with its notice, and register it in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl

from sightline.casework.identities import identities
from sightline.casework.notices import notices, replies
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, Interrupted, Refused, UnknownFormat, UsageError
from sightline.file_digests import compute_sha256
from sightline.ledger.append import encode_canonical
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import NoticeKind
from sightline.model.progress import Progress, ignore_progress
from sightline.services.artifacts.parquet_files import describe_files
from sightline.services.resolution.received_reply import ReceivedReply, ReceiveRequest
from sightline.services.resolution.reply_contents import CheckedReply, check_reply, describe_unread
from sightline.stages.enrich.india import list_other_circles
from sightline.stages.resolve.model import DATE_ORDERS, FINDINGS, FindingKind, ReplyDeclarations
from sightline.storage.rows import IdentityKey, Licensee, Notice, Reply
from sightline.storage.ulid import make_id
from sightline.workspace.staged_write import StagedWrite, open_staged_write


def receive_reply(
    officer_session: OfficerSession, request: ReceiveRequest, progress: Progress = ignore_progress
) -> ReceivedReply:
    """Import a reply and return it as registered. Importing the same file again has no effect.

    With a certificate that came later, the same file with the same declarations is registered once more: it corrects
    the reply without one, which then counts no longer.

    Raises Refused for a notice that was not sent and for a file without a row, UsageError, UnknownFormat,
    TimeUndeclared, DamagedInput.
    """
    officer_session.require(Action.REPLY_RECEIVE, "reply:new")
    if request.confirms:
        officer_session.require(Action.REPLY_CONFIRM, "reply:new")
    notice, licensee, corrects, before = _read_notice(officer_session, request)
    declared = _with_usual(request.declared, licensee, notice)
    digests = [_compute_digest(path) for path in (request.path, request.certificate) if path is not None]
    there = _find_same(before, digests[0], declared, request)
    uncertified_id = there.reply_id if there is not None and _has_late_certificate(there, request) else None
    if there is not None and uncertified_id is None:
        with officer_session.workspace.read() as tables:
            confirmed = tuple(confirmation.sign for confirmation in replies.list_confirmations(tables, there.reply_id))
        return ReceivedReply(there, notice, True, pl.DataFrame(schema=FINDINGS), confirmed)
    about = f"notice:{notice.notice_id}"
    with open_staged_write(officer_session.workspace, officer_session.signer, officer_session.clock) as staged:
        watch = _renew_lease_while(staged, progress)
        try:
            with officer_session.record_refusals(JournalVerb.REFUSED_FILE, about, (Refused, DamagedInput)):
                checked_reply = check_reply(officer_session, request, notice, declared, watch)
        except UnknownFormat as error:
            if not _is_later_file(officer_session, before, digests[0]):
                raise
            unread = describe_unread(officer_session, request, notice, declared, str(error))
            reply = _store_reply(
                officer_session, staged, replace(request, is_partial=True), notice, declared, digests, unread
            )
            if FindingKind.UNREAD_FILE.value in request.confirms:
                return ReceivedReply(reply, notice, False, unread.frames["findings"], request.confirms)
            raise _with_advice(error, reply) from error
        unread_id = next((reply.reply_id for reply in _list_unread(before) if reply.sha256 == digests[0]), None)
        corrects_id = uncertified_id or (corrects.reply_id if corrects else unread_id)
        reply = _store_reply(officer_session, staged, request, notice, declared, digests, checked_reply, corrects_id)
        return ReceivedReply(reply, notice, False, checked_reply.frames["findings"], request.confirms)


def _store_reply(
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
        make_id(officer_session.clock()),
        notice.notice_id,
        staged.intent.intent_id,
        request.path.name,
        digests[0],
        request.path.stat().st_size,
        checked_reply.layout,
        _encode_declaration(declared),
        request.received_on,
        int(request.is_partial),
        corrects,
        digests[1] if request.certificate else None,
        request.certificate.name if request.certificate else None,
        encode_canonical(checked_reply.account),
        encode_canonical(files),
        0,
        officer_session.officer.officer_id,
    )
    replies.require_doubted(reply, request.confirms)
    return _register(officer_session, staged, reply, checked_reply.keys, request)


def _list_unread(before: Sequence[Reply]) -> list[Reply]:
    return [reply for reply in before if reply.layout == replies.UNREAD and reply.withdrawn_at_us is None]


def _is_later_file(officer_session: OfficerSession, before: Sequence[Reply], digest: str) -> bool:
    """Return whether a file that was not read came after an answer, for the first time."""
    with officer_session.workspace.read() as tables:
        current = replies.select_current_replies(tables, before)
    return any(json.loads(reply.account_json)["met"] for reply in current) and digest not in {
        reply.sha256 for reply in _list_unread(before)
    }


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
    with officer_session.workspace.read() as tables:
        notice = notices.find_notice(tables, request.notice)
        licensee = tables[Licensee].get(notice.licensee_id)
        corrects = replies.find_reply(tables, request.corrects) if request.corrects else None
        before = tables[Reply].select(notice_id=notice.notice_id)
    assert licensee is not None
    replies.require_awaited(notice)
    replies.require_order(notice, request.received_on, to_microseconds(officer_session.clock()))
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


def _with_usual(declared: ReplyDeclarations, licensee: Licensee, notice: Notice) -> ReplyDeclarations:
    """Return the declaration, completed by what is usual for this licensee, and by the notice's circle."""
    usual = next((date_order for date_order in DATE_ORDERS if date_order == licensee.date_order), None)
    zone = declared.timezone or licensee.timezone
    return replace(
        declared,
        timezone=zone,
        date_order=declared.date_order or usual,
        licensee=licensee.name,
        elsewhere=list_other_circles(notice.circle),
    )


_OF_THE_NOTICE = frozenset({"password", "licensee", "elsewhere"})
"""What is no declaration of an officer, or is not to be stored."""


def _encode_declaration(declared: ReplyDeclarations) -> str:
    """Return everything that was declared except the password. The licensee's name is registered anyway."""
    facts = {name: value for name, value in asdict(declared).items() if name not in _OF_THE_NOTICE}
    # What nobody declares is left out, as in older replies, so that importing the same file again has no effect.
    return encode_canonical({name: value for name, value in facts.items() if name != "table_orders" or value})


def _find_same(
    before: Sequence[Reply], digest: str, declared: ReplyDeclarations, request: ReceiveRequest
) -> Reply | None:
    """Return the newest reply with the same bytes that counts, or None. Raises Refused if it was declared otherwise."""
    same = [reply for reply in before if reply.sha256 == digest and reply.withdrawn_at_us is None]
    reply = max(same, key=lambda one: one.reply_id, default=None)
    if reply is None or reply.layout == replies.UNREAD:
        return None
    is_alike = reply.declared_json == _encode_declaration(declared) and reply.is_partial == int(request.is_partial)
    is_other_correction = request.corrects is not None and not reply.reply_id.endswith(request.corrects)
    if not is_alike or (_has_late_certificate(reply, request) and is_other_correction):
        raise Refused(
            f"{request.path.name} is there already, as reply {reply.reply_id[-6:]}, with other declarations",
            hint=f"withdraw that one first: sightline notices withdraw-reply {reply.reply_id[-6:]} --why TEXT",
        )
    return reply


def _has_late_certificate(reply: Reply, request: ReceiveRequest) -> bool:
    """Return whether a request brings the certificate that the same file did not have."""
    return request.certificate is not None and reply.certificate_sha256 is None


def _compute_digest(path: Path) -> str:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file", hint="name the file as it came from the ISP")
    return compute_sha256(path)


def _renew_lease_while(staged: StagedWrite, progress: Progress) -> Progress:
    def going_on(done: int, whole: int | None, rows: int = 0, _step: str = "", /) -> None:
        staged.renew()
        progress(done, whole, rows)

    return going_on


def _register(
    officer_session: OfficerSession, staged: StagedWrite, reply: Reply, keys: list[IdentityKey], request: ReceiveRequest
) -> Reply:
    with officer_session.change(Action.REPLY_RECEIVE, f"reply:{reply.reply_id}") as change:
        swept = "the reply was read for so long without a sign that its files were swept; run it again"
        staged.settle(change.tables, swept)
        known = identities.find_keys(change.tables, [identity_key.subscriber_id for identity_key in keys])
        if known:
            raise Interrupted("another reply that names the same subscribers came in meanwhile; run it again")
        made = replies.register(change, replace(reply, received_at_us=change.now_us), keys)
        for sign in request.confirms:
            replies.declare(change, officer_session, made, sign, request.why)
        return made
