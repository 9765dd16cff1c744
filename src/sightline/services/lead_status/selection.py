"""Select leads for an act, by ids or by an expression, each with its earlier ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sightline.casework.leads.lead_work import MOST, SelectedLeads
from sightline.errors import UsageError
from sightline.services.artifacts.lead_files import Leads


def select_leads_by_ids(leads: Leads, texts: Sequence[str], seen: Mapping[str, int] | None = None) -> SelectedLeads:
    """Return the leads whose current or earlier ids begin so. Raises UsageError for none or several.

    `seen`: the version of each that the officer saw, by its whole id.
    """
    return select_with_earlier_ids(leads, list(dict.fromkeys(leads.find_whole_ids(texts))), seen)


def select_matching_leads(leads: Leads, condition: pl.Expr) -> SelectedLeads:
    """Return the leads that match an expression over the columns of ADR 17. Raises UsageError for too many."""
    ids = leads.open_frame().filter(condition).select("lead_id").head(MOST + 1).collect()["lead_id"].to_list()
    if len(ids) > MOST:
        raise UsageError(f"more than {MOST:,} leads were chosen", hint="choose fewer: by state, circle or ceiling")
    return select_with_earlier_ids(leads, ids)


def select_with_earlier_ids(
    leads: Leads, lead_ids: Sequence[str], seen: Mapping[str, int] | None = None
) -> SelectedLeads:
    """Return these leads with the earlier ids of each."""
    older: dict[str, list[str]] = {}
    if leads.files["aliases"]:
        lazy_frame = pl.LazyFrame({"lead_id": list(lead_ids)}, schema={"lead_id": pl.String})
        for old, lead_id in (
            pl.scan_parquet(leads.files["aliases"])
            .join(lazy_frame, on="lead_id", how="semi")
            .select("old_id", "lead_id")
            .collect()
            .iter_rows()
        ):
            older.setdefault(lead_id, []).append(old)
    return SelectedLeads(lead_ids, older, seen or {})
