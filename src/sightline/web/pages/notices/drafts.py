"""Draft a notice: first show what would be asked and what is left out, by reason; then draft it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import polars as pl
from fastapi import Form, Query
from pydantic import BaseModel

from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import NoticeKind
from sightline.model.progress import Progress
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_status.ownership import take_unassigned
from sightline.services.notices.annexure import flatten_rows, mask_rows
from sightline.services.notices.drafts import NoticeDraftRequest, plan_notices, register_notices
from sightline.services.notices.plan import NoticePlan
from sightline.stages.enrich.india import list_circles
from sightline.stages.resolve.questions import LeftOutReason
from sightline.storage.rows import Case, Licensee, Notice
from sightline.web.background_job import BackgroundJob, get_job
from sightline.web.context import RequestContext
from sightline.web.pages.notices.index import Text, list_rights
from sightline.web.pages.notices.router import router
from sightline.web.responses import Page, Redirect

MAX_ROWS = 50
"""Rows of a dry run that are shown, over all its notices."""
LEAST = 3
"""Rows that are shown of each notice."""
MOST_LEADS = 500
DRAFTING = "/notices/drafting"
SOON_S = 3.0
"""How long the answer waits for a draft before it shows its progress."""
KINDS = (NoticeKind.RECORDS, NoticeKind.PRESERVATION)
"""Kinds drafted from leads. Requests about named numbers are drafted from the answered notice."""
Leads = Annotated[list[str] | None, Query(max_length=MOST_LEADS)]


class NoticeForm(BaseModel):
    """The fields of a notice's form. An empty text asks for all."""

    case: Text = ""
    kind: Literal["", "records", "preservation"] = ""
    licensee: Text = ""
    circle: Text = ""
    lead: list[str] = []

    def request(self, why: str) -> NoticeDraftRequest:
        """Return the draft request."""
        narrowed = (self.licensee or None, self.circle or None)
        return NoticeDraftRequest(self.case, NoticeKind(self.kind), *narrowed, leads=tuple(self.lead), why=why)


class NoticeDraft(NoticeForm):
    """The same fields, with the reason and the result of the dry run."""

    why: Text
    rows: int
    generation: int


@router.show("/notices/new", Action.NOTICE_DRAFT, JournalVerb.VIEW_LEADS, "notice:draft")
def show_new_notice(
    context: RequestContext,
    case: str = "",
    kind: Literal["", "records", "preservation"] = "",
    licensee: str = "",
    circle: str = "",
    lead: Leads = None,
) -> Page:
    """Show the form and, once case and kind are chosen, what would be asked. Writes nothing."""
    if lead:
        case, kind = case or _get_only_case(context), kind or "records"
    return _build_form_page(
        context, NoticeForm(case=case, kind=kind, licensee=licensee, circle=circle, lead=lead or [])
    )


@router.act("/notices/choose", Action.NOTICE_DRAFT, "notice:draft")
def choose_leads(
    context: RequestContext, lead: Annotated[list[str] | None, Form(max_length=MOST_LEADS)] = None
) -> Redirect:
    """Show what would be asked about the leads that were ticked."""
    if not lead:
        return Redirect("/leads" if context.may(Action.LEADS_VIEW) else "/notices", "new.none_ticked")
    return Redirect("/notices/new?" + urlencode([("lead", lead_id) for lead_id in lead]))


def _get_only_case(context: RequestContext) -> str:
    """Return the only case there is, or "" for the officer to choose."""
    with context.read() as tables:
        cases = tables[Case].select()
    return cases[0].case_id if len(cases) == 1 else ""


@router.act("/notices/new", Action.NOTICE_DRAFT, "notice:draft")
def draft_notices(context: RequestContext, form: Annotated[NoticeDraft, Form()]) -> Page | Redirect:
    """Draft what the dry run showed, and ask the second officer. If the result changed, show it again.

    A draft that takes longer than a moment shows its progress on a page of its own.
    """
    try:
        request = form.request(require_reason(form.why, context.says("all.why")))
        view = _get_leads(context)
        notices = plan_notices(context.officer_session, request, view=view)
        if (notices.rows, notices.generation.number) != (form.rows, form.generation):
            raise UsageError(context.says("new.changed"))
        officer_session, job = context.officer_session, _get_job(context)
        job.begin(officer_session.clock(), lambda watch: _register(officer_session, view, notices, request, watch))
        job.join(SOON_S)
        return Redirect(DRAFTING) if job.is_running else _finish_draft(job)
    except UsageError as error:
        return _build_form_page(context, form, str(error))


def _register(
    officer_session: OfficerSession, view: View | None, made: NoticePlan, request: NoticeDraftRequest, watch: Progress
) -> list[Notice]:
    """Register the notices. Chosen leads that nobody has become this officer's, who now works on them."""
    drafted = register_notices(officer_session, made, request, watch)
    if drafted and request.leads and view is not None:
        asked = (lead_id for part in made.parts for lead_id in part.rows["lead_id"].unique())
        take_unassigned(officer_session, view.read, asked, request.why)
    return drafted


@router.show(DRAFTING, Action.NOTICE_DRAFT, JournalVerb.VIEW_NOTICE, "notice:draft")
def show_progress(context: RequestContext) -> Page | Redirect:
    """Show the progress of this officer's draft, or go to the notices when they are there."""
    job = _get_job(context)
    return Page("drafting.html", {"job": job, "path": DRAFTING}) if job.is_running else _finish_draft(job)


def _finish_draft(job: BackgroundJob) -> Page | Redirect:
    """Return where a draft leads that is over. Raises its error."""
    if job.error is not None and not job.is_cut:
        raise job.error
    if not isinstance(job.result, list) or not job.result:
        return Page("drafting.html", {"job": job, "path": DRAFTING})
    drafted: list[Notice] = job.result
    where = f"/notices/{drafted[0].notice_id}" if len(drafted) == 1 else f"/notices?case={drafted[0].case_id}"
    return Redirect(where, "new.done", {"n": len(drafted)})


def _get_job(context: RequestContext) -> BackgroundJob:
    """Return the draft of this officer. Several officers draft at the same time."""
    return get_job(context.request, f"notices-{context.officer_session.officer.officer_id}")


def _build_form_page(context: RequestContext, notice_form: NoticeForm, error: str | None = None) -> Page:
    with context.read() as tables:
        cases = tables[Case].select()
        licensees = sorted(tables[Licensee].select(), key=lambda licensee: licensee.name.casefold())
    facts: dict[str, Any] = {"asked": notice_form, "cases": cases, "licensees": licensees, "circles": list_circles()}
    facts |= {"kinds": KINDS, "plan": None, "error": error, "may": list_rights(context)}
    if notice_form.case and notice_form.kind:
        try:
            facts |= _build_plan_facts(
                plan_notices(
                    context.officer_session, notice_form.request(context.says("new.dry")), view=_get_leads(context)
                )
            )
        except UsageError as why:
            facts["error"] = error or str(why)
    return Page("new.html", facts, 400 if error else 200)


def _get_leads(context: RequestContext) -> View | None:
    """Return the leads in memory, or None if there are none, of which the plan then tells."""
    try:
        return context.leads
    except UsageError:
        return None


def _build_plan_facts(made: NoticePlan) -> dict[str, Any]:
    """Return what a plan shows: each notice with its first rows, masked, and what is left out, by reason."""
    most = max(LEAST, MAX_ROWS // max(1, len(made.parts)))
    parts = [
        {
            "licensee": part.licensee.name,
            "circle": part.circle,
            "rows": len(part.rows),
            "sessions": part.rows["session_id"].n_unique(),
            "by": list(part.rows.group_by("asks").len().sort("asks").iter_rows()),
            "first": _list_first_rows(part.rows, most),
        }
        for part in made.parts
    ]
    left = made.left_out
    whys = [(why.value, left.whys[why], left.leads[why]) for why in LeftOutReason if left.whys[why]]
    return {"plan": made, "parts": parts, "left_out": whys, "networks": left.networks.most_common(8)}


def _list_first_rows(rows: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    first = rows.head(most)
    return mask_rows(flatten_rows(first)).with_columns(first["asks"], first["lead_id"]).to_dicts()
