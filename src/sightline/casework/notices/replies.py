"""Replies to notices: which count, what they make of a notice's state, and how one is withdrawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Refused, UsageError
from sightline.ledger.instants import format_day_in_india
from sightline.ledger.verbs import Verb
from sightline.model import NoticeState, ReplySign
from sightline.model.short_ids import is_short_for
from sightline.storage.rows import Confirmation, IdentityKey, Notice, Reply
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace import identity_keys
from sightline.workspace.workspace import Change

MISFILED = "misfiled"
"""What an officer declares of a withdrawn correction that never answered its notice."""
UNREAD = "unread"
"""The layout of a file that came after an answer and could not be read: it may take the answer back."""
AWAITS = {NoticeState.SENT, NoticeState.ANSWERED_IN_PART, NoticeState.ANSWERED}
"""States of a notice to which a reply can come. Late replies come to closed notices too."""


def find_reply(tables: Tables, text: str) -> Reply:
    """Return the reply with that id or short id. Raises UsageError."""
    replies = [reply for reply in tables[Reply].select() if is_short_for(text, reply.reply_id)]
    if len(replies) != 1:
        what = f"{len(replies)} replies end in {text}" if replies else f"there is no reply {text}"
        raise UsageError(what, hint="sightline notices list-replies shows their ids")
    return replies[0]


def require_awaited(notice: Notice) -> None:
    """Raise Refused for a notice that nobody can have answered, because it was not sent."""
    if notice.state not in AWAITS | {NoticeState.CLOSED} or notice.sent_at_us is None:
        raise Refused(
            f"notice {notice.number} is {notice.state}: it cannot have an answer yet",
            hint=f"when it went out: sightline notices mark-sent {notice.number} --how TEXT",
        )


def require_order(notice: Notice, received_on: str, now_us: int) -> None:
    """Raise UsageError for a reply dated before its notice was sent, or in the future."""
    assert notice.sent_at_us is not None
    sent_on = format_day_in_india(notice.sent_at_us)
    if received_on < sent_on:
        raise UsageError(
            f"notice {notice.number} went out on {sent_on}: nobody can have answered before, on {received_on}",
            hint="the day on which it came; of a notice whose day of sending is wrong: close it, and draft another",
        )
    if received_on > format_day_in_india(now_us):
        raise UsageError(f"{received_on} is in the future", hint="the day on which it came, in India")


def select_current_replies(tables: Tables, replies: Sequence[Reply]) -> list[Reply]:
    """Return the replies that count: not withdrawn, and not corrected (ADR 50).

    A correction that is withdrawn still says that what it corrected was wrong, unless an officer declared it misfiled.
    A file that was not read names nobody, so it counts again once its reading is withdrawn.
    """
    denied = find_denied_replies(tables, replies)
    return [reply for reply in _select_uncorrected(replies) if reply.reply_id not in denied]


def find_denied_replies(tables: Tables, replies: Sequence[Reply]) -> dict[str, Reply]:
    """Return the withdrawn corrections by the id of the reply that they alone keep from counting."""
    corrections = [reply for reply in replies if reply.withdrawn_at_us is not None and reply.corrects is not None]
    if not corrections:
        return {}
    known = tables[Confirmation].select_within("reply_id", [reply.reply_id for reply in corrections])
    misfiled = {confirmation.reply_id for confirmation in known if confirmation.sign == MISFILED}
    denied = _find_corrections([reply for reply in corrections if reply.reply_id not in misfiled], replies)
    readable = [reply for reply in _select_uncorrected(replies) if reply.layout != UNREAD]
    return {reply.reply_id: denied[reply.reply_id] for reply in readable if reply.reply_id in denied}


def _select_uncorrected(replies: Sequence[Reply]) -> list[Reply]:
    valid_replies = [reply for reply in replies if reply.withdrawn_at_us is None]
    corrected = _find_corrections(valid_replies, replies)
    return [reply for reply in valid_replies if reply.reply_id not in corrected]


def _find_corrections(corrections: Sequence[Reply], replies: Sequence[Reply]) -> dict[str, Reply]:
    """Return these corrections by the ids of what they correct, and of what that corrected."""
    by_id, corrected = {reply.reply_id: reply for reply in replies}, dict[str, Reply]()
    for correction in corrections:
        earlier = by_id.get(correction.corrects or "")
        while earlier is not None and earlier.reply_id not in corrected:
            corrected[earlier.reply_id] = correction
            earlier = by_id.get(earlier.corrects or "")
    return corrected


def register(change: Change, reply: Reply, keys: Sequence[IdentityKey]) -> Reply:
    """Add a reply with the keys of its identities, and set its notice's state."""
    change.tables[IdentityKey].add(*keys)
    change.add(Verb.REPLY_RECEIVED, reply, notice=reply.notice_id, sha256=reply.sha256)
    identity_keys.record_keys(change.ledger, change.signer, f"reply:{reply.reply_id}", keys)
    _update_notice_state(change, reply.notice_id)
    return reply


OF_COLUMN = "column:"
"""Prefix of a column's heading, if a declaration concerns that column."""
SIGNS = frozenset(reply_sign.value for reply_sign in ReplySign)


VETOES = ("shifted", "day-month")
"""What rows of a reply may show beside signs: another line's, were the hour another, or day and month swapped.

Such a veto applies only while the reply's zone and order of dates are open.
"""


def list_doubts(reply: Reply) -> list[str]:
    """Return the doubts about a reply that a declaration can answer: signs of the file, and doubtful columns."""
    account: dict[str, int] = json.loads(reply.account_json)
    return [one for one, count in account.items() if count and (one in SIGNS or one.startswith(OF_COLUMN))]


def list_confirmations(tables: Tables, reply_id: str) -> list[Confirmation]:
    """Return what was declared about a reply, in order."""
    return sorted(tables[Confirmation].select(reply_id=reply_id), key=lambda confirmation: confirmation.confirmation_id)


def confirm_reply(officer_session: OfficerSession, text: str, sign: str, why: str) -> Confirmation:
    """Declare what a doubtful reply means. Raises UsageError if it does not show that doubt, or is withdrawn."""
    with officer_session.change(Action.REPLY_CONFIRM, "reply:unknown") as change:
        reply = find_reply(change.tables, text)
        if sign == MISFILED:
            _require_withdrawn_correction(reply)
        elif reply.withdrawn_at_us is not None:
            raise UsageError("the reply was withdrawn, and is no longer used", hint="sightline notices list-replies")
        else:
            require_doubted(reply, [sign])
        if any(confirmation.sign == sign for confirmation in list_confirmations(change.tables, reply.reply_id)):
            raise UsageError(f"{sign} was declared already for this reply", hint="sightline notices list-replies")
        confirmation = declare(change, officer_session, reply, sign, why)
        if sign == MISFILED:
            _update_notice_state(change, reply.notice_id)
        return confirmation


def _require_withdrawn_correction(reply: Reply) -> None:
    if reply.withdrawn_at_us is None or reply.corrects is None:
        raise UsageError(
            f"only a withdrawn correction can be declared {MISFILED}",
            hint="withdraw it first: sightline notices withdraw-reply; sightline notices list-replies shows which",
        )


def declare(change: Change, officer_session: OfficerSession, reply: Reply, sign: str, why: str) -> Confirmation:
    """Add a declaration about a reply that shows this doubt."""
    confirmation = Confirmation(
        make_id(officer_session.clock()), reply.reply_id, sign, why, change.now_us, officer_session.officer.officer_id
    )
    change.add(Verb.REPLY_CONFIRMED, confirmation, reply=reply.reply_id, notice=reply.notice_id, sign=sign)
    return confirmation


def require_doubted(reply: Reply, signs: Sequence[str]) -> None:
    """Raise UsageError for a doubt that a reply does not show. Possible vetoes of its rows count too."""
    account: dict[str, int] = json.loads(reply.account_json)
    known = [*list_doubts(reply), *(vetoe for vetoe in VETOES if account.get(vetoe))]
    for sign in signs:
        if sign not in known:
            names = ", ".join(known) or "none"
            raise UsageError(f"this reply shows no {sign}: there is nothing to declare", hint=f"what it shows: {names}")


def withdraw_reply(officer_session: OfficerSession, text: str, why: str) -> Reply:
    """Withdraw a reply. Raises UsageError if it is withdrawn already."""
    with officer_session.change(Action.REPLY_WITHDRAW, "reply:unknown") as change:
        reply = find_reply(change.tables, text)
        if reply.withdrawn_at_us is not None:
            raise UsageError(
                f"the reply was withdrawn already: {reply.withdrawn_why}", hint="sightline notices list-replies"
            )
        over = replace(reply, withdrawn_at_us=change.now_us, withdrawn_why=why)
        change.put(Verb.REPLY_WITHDRAWN, over, why=why, notice=over.notice_id)
        _update_notice_state(change, over.notice_id)
    return over


def _update_notice_state(change: Change, notice_id: str) -> None:
    """Set the state of a notice by its current replies."""
    notice = change.tables[Notice].get(notice_id)
    assert notice is not None
    if notice.state is NoticeState.CLOSED:
        return
    replies = select_current_replies(change.tables, change.tables[Reply].select(notice_id=notice_id))
    is_whole = any(not reply.is_partial and not json.loads(reply.account_json)["missing"] for reply in replies)
    state = NoticeState.ANSWERED if is_whole else NoticeState.ANSWERED_IN_PART if replies else NoticeState.SENT
    if state is not notice.state:
        change.put(Verb.NOTICE_ANSWERED, replace(notice, state=state), state=state.value)
