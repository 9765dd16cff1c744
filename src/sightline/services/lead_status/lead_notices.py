"""The notices that ask about each lead."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.model import NoticeKind
from sightline.services.artifacts.lead_files import Leads
from sightline.services.notices.notice_rows import read_lead_ids
from sightline.storage.rows import Notice
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Workspace

SCHEMA = {"lead_id": pl.String, "notice_id": pl.String}


def list_lead_notices(workspace: Workspace, as_of: int | None = None) -> tuple[Notice, ...]:
    """Return the notices whose rows name leads: for preservation or records. `as_of` as in `Workspace.cached`."""

    def read() -> tuple[Notice, ...]:
        kinds = (NoticeKind.PRESERVATION, NoticeKind.RECORDS)
        with workspace.read() as tables:
            return tuple(notice for kind in kinds for notice in tables[Notice].select(kind=kind.value))

    return workspace.get_cached("notices about leads", read, as_of, WORK)


def list_notice_ids(workspace: Workspace, notices: Sequence[Notice]) -> pl.DataFrame:
    """Return `lead_id notice_id` of these notices. Leads have the ids that they had when each was drafted."""
    key = tuple(sorted(notice.sha256 for notice in notices))

    def read() -> pl.DataFrame:
        parts = [
            read_lead_ids(workspace, notice).select("lead_id", pl.lit(notice.notice_id).alias("notice_id"))
            for notice in notices
        ]
        return pl.concat([pl.DataFrame(schema=SCHEMA), *parts]).rechunk()

    return workspace.current.get_only("notices of leads", key, read)


def group_notices_by_lead(
    workspace: Workspace, leads: Leads, notices: Sequence[Notice], lead_ids: Sequence[str]
) -> dict[str, list[Notice]]:
    """Return the notices that ask about each of these leads, under any id that it had, oldest first."""
    rows = list_notice_ids(workspace, notices)
    if rows.is_empty() or not lead_ids:
        return {}
    older = _find_older_ids(leads, lead_ids)
    notice_rows = rows.filter(pl.col("lead_id").is_in([*older, *lead_ids]))
    by_id = {notice.notice_id: notice for notice in notices}
    result: dict[str, dict[str, Notice]] = {}
    for lead_id, notice_id in notice_rows.iter_rows():
        result.setdefault(older.get(lead_id, lead_id), {})[notice_id] = by_id[notice_id]
    return {lead_id: sorted(of_lead.values(), key=lambda one: one.made_at_us) for lead_id, of_lead in result.items()}


def _find_older_ids(leads: Leads, lead_ids: Sequence[str]) -> dict[str, str]:
    """Return the current id of every older id of these leads."""
    if not leads.files["aliases"]:
        return {}
    aliases = pl.scan_parquet(leads.files["aliases"]).filter(pl.col("lead_id").is_in(list(lead_ids)))
    return dict(aliases.select("old_id", "lead_id").collect().iter_rows())
