"""Replies: import a file, show its differences from what was asked, row by row, and withdraw one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import Form, UploadFile
from pydantic import BaseModel

from sightline.casework.input_checks import require_day, require_reason, require_zone
from sightline.casework.notices.notices import find_notice
from sightline.casework.notices.replies import (
    MISFILED,
    OF_COLUMN,
    confirm_reply,
    find_denied_replies,
    find_reply,
    list_confirmations,
    list_doubts,
    select_current_replies,
    withdraw_reply,
)
from sightline.casework.permissions.access import Action
from sightline.errors import NotAllowed, SightlineError, UsageError
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.artifacts import resolution_files
from sightline.services.notices.annexure import flatten_rows, mask_rows
from sightline.services.notices.notice_rows import read_rows_of_notice
from sightline.services.resolution.received_reply import ReceivedReply, ReceiveRequest
from sightline.services.resolution.reply_intake import receive_reply
from sightline.stages.resolve.model import FindingKind, ReplyDeclarations, parse_table_order
from sightline.stages.resolve.replies.reply_layouts import load_builtin_layouts
from sightline.storage.rows import Confirmation, Officer, Reply
from sightline.web.context import RequestContext
from sightline.web.error_text import translate_error
from sightline.web.pages.notices.detail import ONE, build_notice_facts
from sightline.web.pages.notices.index import Text, list_rights
from sightline.web.pages.notices.router import router
from sightline.web.responses import Page, Redirect
from sightline.web.uploads import write_upload

EACH = 100
"""Maximum number of findings of a kind, rejects, and matching rows on a page."""
YEAR = re.compile("[0-9]{4}")


class ReplyForm(BaseModel):
    """A reply that came, and what is declared about it."""

    file: UploadFile
    received: Text
    layout: Text = "auto"
    timezone: Text = ""
    date_order: Literal["", "dmy", "mdy", "ymd"] = ""
    table_orders: Text = ""
    year: Text = ""
    password: Text = ""
    certificate: UploadFile | None = None
    is_partial: bool = False
    corrects: Text = ""

    def to_declarations(self, context: RequestContext) -> ReplyDeclarations:
        """Return the declarations. Raises UsageError. A layout is a known one, never a path."""
        if self.layout != "auto" and self.layout not in {layout.name for layout in load_builtin_layouts()}:
            raise UsageError(f"there is no layout {self.layout}")
        if self.year.strip() and not YEAR.fullmatch(self.year.strip()):
            raise UsageError(f"{self.year} is not a year")
        return ReplyDeclarations(
            self.layout,
            require_zone(self.timezone.strip() or None, context.says("licensee.zone")),
            self.date_order or None,
            int(self.year) if self.year.strip() else None,
            self.password.encode() or None,
            tuple(parse_table_order(part) for part in self.table_orders.split(",") if part.strip()),
        )

    def select_kept_fields(self) -> dict[str, object]:
        """Return the fields that the form shows again: all except files and password."""
        return self.model_dump(exclude={"file", "certificate", "password"})


@router.act("/notices/{notice_id}/replies", Action.REPLY_RECEIVE, ONE)
def import_reply(context: RequestContext, notice_id: str, form: Annotated[ReplyForm, Form()]) -> Page | Redirect:
    """Import a reply. If it cannot be read, the notice's page shows why, and nothing is stored."""
    try:
        received_reply = _register_reply(context, notice_id, form)
    except NotAllowed:
        raise
    except SightlineError as error:
        return Page(
            "one.html",
            build_notice_facts(
                context, notice_id, error=translate_error(error, context.language), values=form.select_kept_fields()
            ),
            400,
        )
    message = "reply.again" if received_reply.was_there else "reply.done"
    where = f"/notices/{received_reply.notice.notice_id}/replies/{received_reply.reply.reply_id}"
    return Redirect(where, message, {"n": received_reply.account["met"], "rows": received_reply.account["rows"]})


def _register_reply(context: RequestContext, notice_id: str, form: ReplyForm) -> ReceivedReply:
    """Return the registered reply. Its files are in a temporary folder meanwhile, under their own names."""
    with context.officer_session.workspace.open_scratch() as folder:
        path = write_upload(folder / "reply", form.file)
        named = form.certificate is not None and form.certificate.filename
        certificate = write_upload(folder / "certificate", form.certificate) if form.certificate and named else None
        request = ReceiveRequest(
            notice_id,
            path,
            form.to_declarations(context),
            require_day(form.received.strip(), context.says("reply.received")),
            certificate,
            form.is_partial,
            form.corrects or None,
        )
        return receive_reply(context.officer_session, request)


@router.show("/notices/{notice_id}/replies/{reply_id}", Action.NOTICE_VIEW, JournalVerb.VIEW_NOTICE, "reply:{reply_id}")
def show_differences(context: RequestContext, notice_id: str, reply_id: str) -> Page:
    """Show what a reply has of what was asked, and all that differs, each beside its row of the notice."""
    with context.read() as tables:
        notice, reply = find_notice(tables, notice_id), find_reply(tables, reply_id)
        if reply.notice_id != notice.notice_id:
            raise UsageError(context.says("reply.other"))
        answered = {confirmation.sign: confirmation for confirmation in list_confirmations(tables, reply.reply_id)}
        officers = {officer.officer_id: officer.name for officer in tables[Officer].select()} if answered else {}
        of_notice = tables[Reply].select(notice_id=notice.notice_id)
        stands = reply.reply_id in {current.reply_id for current in select_current_replies(tables, of_notice)}
        denied = find_denied_replies(tables, of_notice)
    workspace = context.officer_session.workspace
    asked = {
        row["row_id"]: row
        for row in mask_rows(flatten_rows(read_rows_of_notice(workspace, notice))).iter_rows(named=True)
    }
    rejects = resolution_files.read_table(workspace, reply, "rejects")
    facts = {"notice": notice, "reply": reply, "stands": stands, "account": json.loads(reply.account_json)}
    facts |= {"declared": json.loads(reply.declared_json), "groups": _group_findings(context, reply, asked)}
    facts["doubts"] = [_describe_doubt(doubt, answered.get(doubt), officers) for doubt in list_doubts(reply)]
    facts["today"] = format_day_in_india(to_microseconds(context.officer_session.clock()))
    facts |= {"denied_by": denied.get(reply.reply_id), "misfiled": answered.get(MISFILED)}
    facts["denies"] = [one for one, correction in denied.items() if correction.reply_id == reply.reply_id]
    facts |= {"rejects": rejects.head(EACH).to_dicts(), "rejected": len(rejects), "may": list_rights(context)}
    return Page("reply.html", facts | {"met": _list_matched_rows(context, reply, asked), "each": EACH})


def _describe_doubt(doubt: str, answer: Confirmation | None, officers: Mapping[str, str]) -> dict[str, str | None]:
    """Return a doubt about a reply: the sign, or the heading of a column; and who declared what it means."""
    heading = doubt.removeprefix(OF_COLUMN) if doubt.startswith(OF_COLUMN) else None
    by = officers[answer.confirmed_by] if answer else None
    return {"sign": doubt, "heading": heading, "by": by, "why": answer.why if answer else None}


def _group_findings(context: RequestContext, reply: Reply, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the findings by kind, those first that hide an answer."""
    result = resolution_files.read_table(context.officer_session.workspace, reply, "findings")
    parts = result.partition_by("kind", as_dict=True, maintain_order=True)
    by_kind = {str(kind): some for (kind,), some in parts.items()}
    groups = []
    for kind in sorted(
        FindingKind, key=lambda finding_kind: (finding_kind in MILD, list(FindingKind).index(finding_kind))
    ):
        some = by_kind.get(kind.value, result.head(0))
        rows = [row | {"asked": asked.get(row["row_id"])} for row in some.head(EACH).iter_rows(named=True)]
        if rows:
            groups.append({"kind": kind.value, "rows": rows, "more": len(some) - len(rows)})
    return groups


MILD = frozenset({FindingKind.EXTRA, FindingKind.OUTSIDE_TIME, FindingKind.DUPLICATE, FindingKind.REFORMATTED})
"""What licensees often send beside what was asked."""


def _list_matched_rows(context: RequestContext, reply: Reply, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that match one of the notice, each beside it. Subscribers stay ids."""
    table = resolution_files.read_table(context.officer_session.workspace, reply, "met")
    wanted = ("row", "asked", "start_us", "end_us", "subscriber", "is_doubted")
    rows = (
        table.filter(pl.col("asked").ne_missing(""))
        .select(column for column in wanted if column in table.columns)
        .head(EACH)
        .to_dicts()
    )
    usual = {"start_us": None, "end_us": None, "is_doubted": False}
    return [usual | row | {"of": asked.get(row["asked"])} for row in rows]


@router.act("/notices/{notice_id}/replies/{reply_id}/confirm", Action.REPLY_CONFIRM, "reply:{reply_id}")
def declare_doubt(context: RequestContext, notice_id: str, reply_id: str, sign: Text, why: Text) -> Redirect:
    """Declare what a doubtful reply means."""
    confirmation = confirm_reply(context.officer_session, reply_id, sign, require_reason(why, context.says("all.why")))
    return Redirect(f"/notices/{notice_id}/replies/{confirmation.reply_id}", "reply.confirmed_done")


@router.act("/notices/{notice_id}/replies/{reply_id}/withdraw", Action.REPLY_WITHDRAW, "reply:{reply_id}")
def rely_no_more(context: RequestContext, reply_id: str, why: Text) -> Redirect:
    """Withdraw a reply."""
    over = withdraw_reply(context.officer_session, reply_id, require_reason(why, context.says("all.why")))
    return Redirect(f"/notices/{over.notice_id}", "reply.withdrawn_done")
