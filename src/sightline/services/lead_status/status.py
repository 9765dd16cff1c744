"""The status of leads: new, assigned, asked, answered or closed, whichever is furthest.

Officers' acts assign and close leads, and a current outcome closes them too. A notice for records that was sent makes a
lead asked, and the newest resolution makes it answered. What was recorded under an older id applies to the lead that
has it now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from sightline.casework.leads.lead_work import NOTHING, LeadWork, read_lead_work
from sightline.casework.leads.outcomes import list_current_outcomes
from sightline.model import CloseReason, LeadStatus, NoticeKind, ResolutionVerdict
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.current_results import read_version
from sightline.services.artifacts.lead_files import Leads
from sightline.services.notices.notice_rows import read_lead_ids
from sightline.services.outcomes.outcomes import find_current_ids
from sightline.stages.resolve.model import VerdictReason
from sightline.storage.lead_steps import list_lead_steps
from sightline.storage.rows import LeadMark, Notice, Outcome, Resolving
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

STATUS: dict[str, pl.DataType] = {
    "lead_id": pl.String(),
    "status": pl.Enum([lead_status.value for lead_status in LeadStatus]),
    "officer_id": pl.String(),
    "reason": pl.String(),
    "version": pl.UInt32(),
}
"""`officer_id`: the assignee. `reason`: why it is closed. `version`: the number of acts on it."""


def derive_statuses(workspace: Workspace, leads: Leads, as_of: int | None = None) -> pl.DataFrame:
    """Return STATUS of the leads with any act, by id. All others are new, in version 0.

    `as_of`: the oldest version of the workspace that the result may show (`Workspace.get_cached`).
    """
    return workspace.get_cached(
        ("statuses", leads.generation.generation_id), lambda: _compute_statuses(workspace, leads), as_of
    )


def select_statuses(rows: pl.DataFrame, lead_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the rows of STATUS of these leads, by id. Leads without an act are left out."""
    wanted = pl.Series(lead_ids, dtype=pl.String)
    at = rows["lead_id"].search_sorted(wanted)
    result = rows[at.filter(at < len(rows))]
    return {row["lead_id"]: row for row in result.iter_rows(named=True) if row["lead_id"] in set(lead_ids)}


def _compute_statuses(workspace: Workspace, leads: Leads) -> pl.DataFrame:
    with workspace.read() as tables:
        notices = [
            notice for notice in tables[Notice].select(kind=NoticeKind.RECORDS.value) if notice.sent_at_us is not None
        ]
        resolution = tables[Resolving].find_last("number")
        acts = _collect_acts(tables, leads)
    known = (
        leads.generation.generation_id,
        *(notice.sha256 for notice in notices),
        resolution and read_version(workspace, resolution),
    )
    asked_leads = workspace.current.get_only(
        "asked", known, lambda: _list_asked_leads(workspace, leads, notices, resolution)
    )
    states = acts.join(asked_leads, on="lead_id", how="full", coalesce=True)
    furthest = (
        pl.when(pl.col("reason").is_not_null())
        .then(pl.lit(LeadStatus.CLOSED.value))
        .when(pl.col("is_answered").fill_null(False))
        .then(pl.lit(LeadStatus.ANSWERED.value))
        .when(pl.col("is_asked").fill_null(False))
        .then(pl.lit(LeadStatus.ASKED.value))
        .when(pl.col("officer_id").is_not_null())
        .then(pl.lit(LeadStatus.ASSIGNED.value))
        .otherwise(pl.lit(LeadStatus.NEW.value))
    )
    whole = states.with_columns(furthest.alias("status"), pl.col("version").fill_null(0))
    return whole.select(pl.col(name).cast(kind) for name, kind in STATUS.items()).sort("lead_id")


def _list_asked_leads(
    workspace: Workspace, leads: Leads, notices: Sequence[Notice], resolution: Resolving | None
) -> pl.DataFrame:
    """`lead_id is_asked is_answered` of the leads that notices are about, or of which replies say anything."""
    questions = _convert_to_current_ids(
        leads, pl.concat([_make_empty_table(), *(read_lead_ids(workspace, notice) for notice in notices)])
    )
    answered = _convert_to_current_ids(leads, _list_answered_leads(workspace, resolution))
    done = pl.concat(
        [
            questions.with_columns(pl.lit(True).alias("is_asked"), pl.lit(False).alias("is_answered")),
            answered.with_columns(pl.lit(False).alias("is_asked"), pl.lit(True).alias("is_answered")),
        ]
    )
    return done.group_by("lead_id").agg(pl.col("is_asked").any(), pl.col("is_answered").any())


def with_status(leads: pl.LazyFrame, rows: pl.DataFrame) -> pl.LazyFrame:
    """Return leads with STATUS columns. Every lead has one."""
    beside = leads.join(rows.lazy(), on="lead_id", how="left", maintain_order="left")
    new = pl.lit(LeadStatus.NEW.value, STATUS["status"])
    return beside.with_columns(pl.col("status").fill_null(new), pl.col("version").fill_null(0))


def read_current_work(tables: Tables, leads: Leads) -> dict[str, LeadWork]:
    """Return the state of every lead with acts, by the id that it has in a generation."""
    return read_lead_work(tables, now=find_current_ids(leads, {lead_id for lead_id, _, _ in list_lead_steps(tables)}))


def _collect_acts(tables: Tables, leads: Leads) -> pl.DataFrame:
    """`lead_id officer_id reason version` of what officers did, and of outcomes."""
    result = read_current_work(tables, leads)
    outcomes = list_current_outcomes(tables)
    ids = find_current_ids(leads, (outcome.lead_id for outcome in outcomes))
    ended: dict[str, list[Outcome]] = {}
    for recorded in outcomes:
        ended.setdefault(ids[recorded.lead_id], []).append(recorded)
    marks = tables[LeadMark].select(lifted_at_us=None)
    marked = set(find_current_ids(leads, (lead_mark.lead_id for lead_mark in marks)).values())
    rows = [
        _build_row(lead_id, result.get(lead_id, NOTHING), ended.get(lead_id, []), is_marked=lead_id in marked)
        for lead_id in {**result, **ended}
    ]
    schema = {name: STATUS[name] for name in ("lead_id", "officer_id", "reason", "version")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _build_row(
    lead_id: str, stands: LeadWork, outcomes: list[Outcome], *, is_marked: bool
) -> tuple[str, str | None, str | None, int]:
    officer = stands.assigned.officer_id if stands.assigned else None
    return lead_id, officer, find_close_reason(stands, outcomes, is_marked=is_marked), stands.version


def find_close_reason(stands: LeadWork, outcomes: list[Outcome], *, is_marked: bool) -> str | None:
    """Return why a lead is closed, by an officer or by an outcome since it was reopened. None if it is open.

    An outcome does not close a marked lead: a child is in danger until an officer says that this is over.
    """
    if stands.closed is not None:
        return stands.closed.reason
    since = stands.reopened.made_at_us if stands.reopened else -1
    if is_marked:
        return None
    return CloseReason.OUTCOME.value if any(outcome.recorded_at_us > since for outcome in outcomes) else None


def _make_empty_table() -> pl.DataFrame:
    return pl.DataFrame(schema={"lead_id": pl.String})


def _list_answered_leads(workspace: Workspace, resolution: Resolving | None) -> pl.DataFrame:
    """The leads of sessions of which replies say anything, be it that there are no records."""
    if resolution is None:
        return _make_empty_table()
    sessions = resolution_files.read_table(workspace, resolution, "sessions", ["lead_id", "verdict", "why"])
    is_silent = pl.col("verdict") == ResolutionVerdict.NONE.value
    is_silent &= pl.col("why").list.contains(VerdictReason.NOT_ANSWERED.value)
    return sessions.filter(~is_silent).select("lead_id").unique()


def _convert_to_current_ids(lead_files: Leads, leads: pl.DataFrame) -> pl.DataFrame:
    """Leads by the ids that they have in a generation, each once."""
    if not lead_files.files["aliases"]:
        return leads.unique()
    moved = pl.read_parquet(lead_files.files["aliases"]).rename({"lead_id": "now_id", "old_id": "lead_id"})
    return (
        leads.join(moved, on="lead_id", how="left").select(pl.coalesce("now_id", "lead_id").alias("lead_id")).unique()
    )
