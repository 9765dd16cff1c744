"""Several notices in one step: export and send those that are approved, add replies, ask who the subscribers are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Form, Query, UploadFile

from sightline.casework.input_checks import parse_instant, require_day, require_reason, require_words
from sightline.casework.notices import notices
from sightline.casework.notices.notices import find_notice
from sightline.casework.notices.replies import find_reply, list_doubts
from sightline.casework.permissions.access import Action
from sightline.errors import NotAllowed, SightlineError, UsageError
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import NoticeKind, NoticeState
from sightline.services.artifacts.resolutions import Resolutions
from sightline.services.notices import notice_batches
from sightline.services.notices.notice_rows import read_subscriber_ids
from sightline.services.notices.notice_steps import follow_up_notice
from sightline.services.resolution.received_reply import ReceivedReply, ReceiveRequest
from sightline.services.resolution.reply_intake import receive_reply
from sightline.services.resolution.reply_match import match_notice
from sightline.services.resolution.resolve import resolve_leads
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.storage.rows import Notice, Reply
from sightline.translation.messages import format_days, get_messages
from sightline.web.context import RequestContext
from sightline.web.error_text import ErrorText, translate_error
from sightline.web.pages.notices.index import INDIA, Text, list_page, list_rights
from sightline.web.pages.notices.new_numbers import count_numbers
from sightline.web.pages.notices.resolutions import find_current_resolution, find_resolving_state
from sightline.web.pages.notices.router import router
from sightline.web.responses import File, Page, Redirect
from sightline.web.uploads import write_upload

MOST = 200
"""Maximum number of notices, or files, of one step."""
MAX_OFFERED = 25
"""Subscribers that a page of replies offers to open."""
WAYS = ("email", "hand", "post", "portal")
"""The ways in which a notice is sent; the ledger has the English words."""
Chosen = Annotated[list[str], Form(max_length=MOST)]


@router.act("/notices/bundle", Action.NOTICE_EXPORT, "notice:all")
def download_bundle(
    context: RequestContext,
    notice: Chosen = [],  # noqa: B006  - FastAPI copies it
    again: Text = "",
    language: Annotated[Language, Form()] = Language.ENGLISH,
) -> File | Page:
    """Return letters and rows of approved notices as one archive for each licensee. A repetition needs a reason."""
    why = require_reason(again, context.says("ready.again")) if again.strip() else None
    try:
        name, data = notice_batches.export_notices(context.officer_session, notice, language, why)
    except NotAllowed:
        raise
    except UsageError as error:
        return list_page(context, {"error": _export_failure(context, error)}, status=400)
    return File(name, "application/zip", data)


def _export_failure(context: RequestContext, error: UsageError) -> ErrorText:
    if "was written out before" in str(error):
        return ErrorText(context.says("ready.exported"), context.says("ready.exported_next"))
    return translate_error(error, context.language)


@router.act("/notices/sent", Action.NOTICE_SEND, "notice:all")
def mark_sent(
    context: RequestContext,
    way: Annotated[Literal["email", "hand", "post", "portal"], Form()],
    notice: Chosen = [],  # noqa: B006
    receipt: Text = "",
    on: Text = "",
    due: Text = "",
    hours: Annotated[int, Form(ge=1, le=72)] = notices.URGENT_HOURS,
) -> Redirect:
    """Mark notices as sent in one step: how, when, and until when answers are due; in hours for a child in danger."""
    english = get_messages("notices", "en")(f"ready.way.{way}")
    how = require_words(f"{english}, {receipt.strip()}" if receipt.strip() else english, context.says("send.how"))
    on_us = parse_instant(on, context.says("send.on"), INDIA) if on.strip() else None
    due_us = parse_instant(due, context.says("send.due"), INDIA, is_end=True) if due.strip() else None
    sent = notice_batches.mark_notices_sent(
        context.officer_session, notice, notice_batches.Dispatch(how, on_us, due_us, hours)
    )
    last = max(notice.due_at_us or 0 for notice in sent)
    return Redirect(
        "/notices", "ready.done", {"n": len(sent), "day": format_days(notices.compute_due_day(last), context.language)}
    )


@router.act("/notices/replies", Action.REPLY_RECEIVE, "notice:all")
def add_replies(
    context: RequestContext,
    file: Annotated[list[UploadFile], Form(max_length=MOST)],
    notice: Text = "",
    received: Text = "",
) -> Page | Redirect:
    """Import the files of replies, each for the notice that it answers, and resolve what they say.

    What cannot be read is named with its reason; the others are imported.
    """
    today = format_day_in_india(to_microseconds(context.officer_session.clock()))
    on = require_day(received.strip(), context.says("reply.received")) if received.strip() else today
    made: list[ReceivedReply] = []
    failed: list[tuple[str, ErrorText]] = []
    for upload_file in file:
        try:
            made.append(_receive(context, upload_file, notice, on))
        except NotAllowed:
            raise
        except SightlineError as error:
            failed.append((upload_file.filename or "", translate_error(error, context.language)))
    if made and context.may(Action.RESOLVE):
        _resolve(context)
    ids = [reply.reply.reply_id for reply in made]
    if failed:
        return Page("received.html", _build_received_facts(context, ids) | {"failed": failed}, 400)
    return Redirect("/notices/received?" + "&".join(f"reply={id_}" for id_ in ids))


def _receive(context: RequestContext, upload: UploadFile, notice: str, on: str) -> ReceivedReply:
    workspace = context.officer_session.workspace
    with workspace.open_scratch() as folder:
        path = write_upload(folder / "reply", upload)
        with context.read() as tables:
            sent = [notice for notice in tables[Notice].select() if notice.sent_at_us is not None]
            result = find_notice(tables, notice) if notice else None
        notices_waiting = [notice for notice in sent if notice.state in notices.WAITING]
        answered = [notice for notice in sent if notice.state is NoticeState.ANSWERED]
        result = result or match_notice(workspace, path, (notices_waiting, answered))
        if result is None:
            raise UsageError(context.says("add.unmatched"), hint=context.says("add.unmatched_next"))
        return receive_reply(context.officer_session, ReceiveRequest(result.notice_id, path, ReplyDeclarations(), on))


def _resolve(context: RequestContext) -> None:
    """Resolve what replies say now. If leads must be rebuilt first, the page says so."""
    try:
        resolve_leads(context.officer_session)
    except NotAllowed:
        raise
    except UsageError:
        return


@router.show("/notices/received", Action.NOTICE_VIEW, JournalVerb.VIEW_NOTICE, "notice:all")
def show_received_replies(
    context: RequestContext, reply: Annotated[list[str] | None, Query(max_length=MOST)] = None
) -> Page | Redirect:
    """Show what replies brought: what was recognised, what not, who was named, and what to ask next."""
    if not reply:
        return Redirect("/notices")
    return Page("received.html", _build_received_facts(context, reply))


def _build_received_facts(context: RequestContext, ids: Sequence[str]) -> dict[str, Any]:
    with context.read() as tables:
        replies = [find_reply(tables, id_) for id_ in ids]
        of = {reply.reply_id: find_notice(tables, reply.notice_id) for reply in replies}
    answered = list({notice.notice_id: notice for notice in of.values()}.values())
    numbers = {notice.notice_id: count_numbers(context, notice) or 0 for notice in answered}
    may = list_rights(context)
    return {
        "replies": [(reply, of[reply.reply_id], _read_account(reply), len(list_doubts(reply))) for reply in replies],
        "ask": [notice for notice in answered if numbers[notice.notice_id]],
        "numbers": sum(numbers.values()),
        "subscribers": _list_subscribers(context, answered) if may["resolution_view"] else [],
        "stands": find_resolving_state(context) if may["resolution_view"] else "same",
        "failed": [],
        "shown": MAX_OFFERED,
        "may": may,
    }


def _read_account(reply: Reply) -> dict[str, Any]:
    account: dict[str, Any] = json.loads(reply.account_json)
    return account


def _list_subscribers(context: RequestContext, answered: Sequence[Notice]) -> list[dict[str, Any]]:
    """Return the subscribers of answered notices, as the newest resolution names them."""
    resolutions: Resolutions | None = find_current_resolution(context)
    asked = [
        notice for notice in answered if notice.kind is NoticeKind.SUBSCRIBERS and notice.state is not NoticeState.SENT
    ]
    if resolutions is None or not asked:
        return []
    ids = {whom for notice in asked for whom in read_subscriber_ids(context.officer_session.workspace, notice)}
    return [row for row in resolutions.subscribers.to_dicts() if row["subscriber"] in ids]


@router.act("/notices/follow", Action.NOTICE_DRAFT, "notice:all")
def draft_follow_ups(context: RequestContext, why: Text, notice: Chosen) -> Redirect:
    """Draft the second request of each answered notice: who holds the numbers that its replies name."""
    reason = require_reason(why, context.says("all.why"))
    with context.read() as tables:
        known = [find_notice(tables, notice_id) for notice_id in notice]
    made = [
        drafted
        for notice in known
        if (drafted := follow_up_notice(context.officer_session, notice, reason)) is not None
    ]
    if not made:
        return Redirect("/notices", "follow.nobody")
    return Redirect("/notices", "follow.all_done", {"n": len(made)})
