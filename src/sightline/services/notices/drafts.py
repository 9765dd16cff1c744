"""Draft notices: write their rows to the segment store, and register them with ledger entries in one transaction.

The steps are those of leads (ADR 17): an intent, files, one transaction. Each draft asks the second officer at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from sightline.casework.cases import cases
from sightline.casework.input_checks import require_reason
from sightline.casework.notices import licensees, notices
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Interrupted, UsageError, name_output_on_error
from sightline.evidence.documents.wordings import Form, load_built_in_form, load_form
from sightline.file_digests import compute_sha256
from sightline.model import NoticeKind, NoticeState
from sightline.model.progress import Progress, ignore_progress
from sightline.services.documents.certificate_facts import BSA_FROM
from sightline.services.lead_index.lead_view import View
from sightline.services.leads.rebuild_inputs import find_current_generation
from sightline.services.notices import annexure
from sightline.services.notices.asked_numbers import seal_numbers
from sightline.services.notices.danger import is_about_danger, list_lead_ids
from sightline.services.notices.plan import NoticePart, NoticePlan, open_of, plan_from_leads
from sightline.services.notices.selection import NoticeSelection
from sightline.stages.leads.verdicts import LICENCE_CHANGED_US
from sightline.stages.resolve.model import ASKED_NUMBERS
from sightline.storage import generations
from sightline.storage.registered_files import build_form_name
from sightline.storage.rows import Case, Licensee, Notice
from sightline.storage.ulid import make_id
from sightline.workspace.staged_write import StagedWrite, open_staged_write

WHY = "a notice to be sent"
URGENT = "a child is in present danger"
"""What is approved of a notice whose letter asks for an answer within hours."""
YEAR_DAYS = 365
"""Days for which a licence required records of visits before December 2021 to be kept."""


@dataclass(frozen=True, slots=True)
class NoticeDraftRequest:
    """The request for a new notice. For subscribers: `rows` (ASKED_NUMBERS) and `follows`, the answered notice.

    `form`: a wording of your own, as a file or folder.
    """

    case: str
    kind: NoticeKind
    licensee: str | None = None
    circle: str | None = None
    chosen: pl.Expr | None = None
    leads: tuple[str, ...] = ()
    form: Path | None = None
    why: str = WHY
    rows: pl.DataFrame | None = None
    follows: str | None = None


def plan_notices(
    officer_session: OfficerSession,
    request: NoticeDraftRequest,
    progress: Progress = ignore_progress,
    view: View | None = None,
) -> NoticePlan:
    """Return the plan of notices, and write nothing. `view` as in `plan_from_leads`. Raises NotAllowed, UsageError."""
    officer_session.require(Action.NOTICE_DRAFT, "notice:draft")
    with officer_session.workspace.read() as tables:
        case = cases.find_case(tables, request.case)
        licensee = licensees.find_licensee(tables, request.licensee) if request.licensee is not None else None
    _choose_form(case, request)
    if request.kind is NoticeKind.SUBSCRIBERS:
        return _plan_for_numbers(officer_session, case, request)
    notice_selection = NoticeSelection(
        request.chosen, request.leads, None if licensee is None else licensee.licensee_id, request.circle
    )
    return plan_from_leads(officer_session.workspace, case, request.kind, notice_selection, progress, view)


def _plan_for_numbers(officer_session: OfficerSession, case: Case, request: NoticeDraftRequest) -> NoticePlan:
    """Return the plan of a notice for subscribers: to the licensee that answered, about the numbers it named."""
    if request.rows is None or request.follows is None:
        raise UsageError(
            "a notice for subscribers asks about the numbers of replies", hint="it is drafted from what was resolved"
        )
    rows = request.rows.select(pl.col(name).cast(kind) for name, kind in ASKED_NUMBERS.items())
    with officer_session.workspace.read() as tables:
        before = notices.find_notice(tables, request.follows)
        licensee, generation = tables[Licensee].get(before.licensee_id), find_current_generation(tables)
    if before.kind is not NoticeKind.RECORDS or before.case_id != case.case_id:
        raise UsageError(f"{before.number} is no notice for records of {case.number}", hint="name the one answered")
    if rows.is_empty() or rows["row_id"].has_nulls() or rows["row_id"].is_duplicated().any():
        raise UsageError("rows of a notice have an id each, and there is one at least", hint="resolve first")
    assert licensee is not None and generation is not None, "a notice has an ISP, and was made of leads"
    return NoticePlan(case, request.kind, generation, (NoticePart(licensee, before.circle, rows),))


def draft_notice(
    officer_session: OfficerSession, request: NoticeDraftRequest, progress: Progress = ignore_progress
) -> Notice:
    """Draft one notice. Raises UsageError if there would be none, or several."""
    made = plan_notices(officer_session, request, progress)
    if len(made.parts) != 1:
        operators = ", ".join(f"{part.licensee.name} ({part.circle or 'circle unknown'})" for part in made.parts[:5])
        raise UsageError(f"that is {len(made.parts)} notices, not one: {operators}", hint="name the ISP and the circle")
    return register_notices(officer_session, made, request)[0]


def draft_all_notices(
    officer_session: OfficerSession, case_id: str, kind: NoticeKind, *, why: str = WHY
) -> list[Notice]:
    """Draft a notice for each licensee and circle that has rows to ask about."""
    request = NoticeDraftRequest(case_id, kind, why=why)
    return register_notices(officer_session, plan_notices(officer_session, request), request)


def name_built_in_form(case: Case, kind: NoticeKind) -> str:
    """Return the name of the built-in form for a kind of notice.

    For records it is the order under the law that the proceedings began under.
    """
    if kind is not NoticeKind.RECORDS:
        return kind.value
    return "bnss-94" if date.fromisoformat(case.begun_on) >= BSA_FROM else "crpc-91"


def register_notices(
    officer_session: OfficerSession, made: NoticePlan, request: NoticeDraftRequest, progress: Progress = ignore_progress
) -> list[Notice]:
    """Register all notices of a plan, and ask the second officer for each. Raises NotAllowed, Interrupted.

    `progress` gets the number of notices that are written.
    """
    if not made.parts:
        return []
    why = require_reason(request.why, "the reason")
    form, name = _choose_form(made.case, request), name_built_in_form(made.case, made.kind)
    with open_staged_write(officer_session.workspace, officer_session.signer, officer_session.clock) as staged:
        _write(staged.folder / build_form_name(form.sha256), form.encode())
        drafts = []
        for number, part in enumerate(made.parts):
            staged.renew()
            progress(number, len(made.parts))
            path = staged.folder / f"rows-{number:04}.parquet"
            drafts.append(_write_draft(officer_session, made, part, path, f"{name}:{form.sha256}", request.follows))
        urgent = _find_urgent(officer_session, made, request)
        asked = [_build_facts(made, *facts) for facts in zip(made.parts, drafts, urgent, strict=True)]
        staged.publish()
        return _register(officer_session, staged, made, drafts, asked, why)


def _choose_form(case: Case, request: NoticeDraftRequest) -> Form:
    name = name_built_in_form(case, request.kind)
    return load_built_in_form(name) if request.form is None else load_form(request.form, name)


def _write(path: Path, data: bytes) -> None:
    with name_output_on_error(path):
        path.write_bytes(data)


def _write_draft(
    officer_session: OfficerSession, made: NoticePlan, part: NoticePart, path: Path, form: str, follows: str | None
) -> Notice:
    """Return the row of a draft whose rows are written. Registration adds its number, day and approval."""
    rows = part.rows
    if made.kind is NoticeKind.SUBSCRIBERS:
        rows = seal_numbers(officer_session, part.licensee.licensee_id, rows)
    with name_output_on_error(path):
        rows.write_parquet(path, compression="zstd")
    return Notice(
        notice_id=make_id(officer_session.clock()),
        number="",
        case_id=made.case.case_id,
        kind=made.kind,
        licensee_id=part.licensee.licensee_id,
        circle=part.circle,
        form=form,
        follows=follows,
        asks=len(part.rows),
        file=f"{path.parent.name}/{path.name}",
        sha256=compute_sha256(path),
        size_bytes=path.stat().st_size,
        generation=made.generation.number,
        keep_until_us=compute_keep_until_us(part.rows, part.licensee.keep_days),
        state=NoticeState.DRAFT,
        made_at_us=0,
        made_by=officer_session.officer.officer_id,
    )


def compute_keep_until_us(rows: pl.DataFrame, keep_days: int) -> int:
    """Return the end of the licence's minimum retention for the earliest of the rows.

    Visits that ended before December 2021: one year, unless the licensee keeps records longer.
    """
    last = pl.col("last_us" if "last_us" in rows.columns else "until_us")
    days = pl.when(last >= LICENCE_CHANGED_US).then(keep_days).otherwise(min(keep_days, YEAR_DAYS))
    return int(rows.select((last + days.cast(pl.Int64) * notices.DAY_US).min()).item())


def _find_urgent(officer_session: OfficerSession, made: NoticePlan, request: NoticeDraftRequest) -> list[bool]:
    """Return for each part whether it is about a child in present danger, as its letter then says."""
    workspace = officer_session.workspace
    if request.follows is None:
        return [is_about_danger(workspace, part.rows["lead_id"].to_list()) for part in made.parts]
    with workspace.read() as tables:
        before = notices.find_notice(tables, request.follows)
    return [is_about_danger(workspace, list_lead_ids(workspace, before))] * len(made.parts)


def _build_facts(made: NoticePlan, part: NoticePart, notice: Notice, is_urgent: bool) -> approvals.Request:
    """Return what a second officer sees and agrees to, beside the digest of the rows."""
    return ({"urgent": URGENT} if is_urgent else {}) | {
        "case": made.case.number,
        "kind": made.kind.value,
        "licensee": part.licensee.name,
        "circle": part.circle or "not known",
        "rows": notice.asks,
        "csv_sha256": annexure.build_file_facts(annexure.format_csv(part.rows)).sha256,
        "form": notice.form,
    }


def _register(
    officer_session: OfficerSession,
    staged: StagedWrite,
    made: NoticePlan,
    drafts: Sequence[Notice],
    asked: Sequence[approvals.Request],
    why: str,
) -> list[Notice]:
    with officer_session.change(Action.NOTICE_DRAFT, "notice:draft") as change:
        staged.settle(change.tables, "drafting paused for so long that its files were swept; run it again")
        if generations.list_generation_runs(made.generation) & generations.list_purged_runs(change.tables):
            raise Interrupted("an exhibit was purged while notices were drafted; rebuild the leads, and draft again")
        _require_new(open_of(change.tables, made.case, made.kind), made)
        return notices.register_drafts(change, drafts, asked, why)


def _require_new(open_now: Sequence[Notice], made: NoticePlan) -> None:
    """Raise Interrupted if another officer drafted for this case and kind meanwhile: it could be asked twice."""
    if made.kind is not NoticeKind.SUBSCRIBERS and {notice.notice_id for notice in open_now} - made.open_before:
        raise Interrupted("another officer drafted notices of this case meanwhile: run this again")
