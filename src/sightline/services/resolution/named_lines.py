"""Lines that replies name for visits of a lead, each with the reasons and priority of its own visits alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl

from sightline.errors import UsageError
from sightline.model.short_ids import names_subscriber
from sightline.services.artifacts.lead_files import Leads
from sightline.services.artifacts.resolutions import Resolutions
from sightline.services.resolution.line_facts import IS_NAMED

LeadJson = dict[str, Any]
LeadById = Callable[[str], LeadJson]


def list_lines_of_lead(leads: Leads, resolutions: Resolutions, lead: LeadJson) -> list[LeadJson]:
    """Return the lines that are named for visits of a lead (from `Leads.to_json`), by session and line.

    Each has `session_id`, `subscriber` (from `Resolutions.subscriber`), `visits` of `visit_count`, and `account`: the
    lead as it would be with this line's visits alone.
    """
    ids = {lead["lead_id"], *(session["session_id"] for session in lead["joined"])}
    known: LeadById = lambda lead_id: lead if lead_id == lead["lead_id"] else _read_lead(leads, lead_id)  # noqa: E731
    return list(_list_lines(leads, resolutions, pl.col("session_id").is_in(sorted(ids)), known))


def list_lines_of_subscriber(
    leads: Leads, resolutions: Resolutions, subscriber: str, lead_by_id: LeadById | None = None
) -> Iterator[LeadJson]:
    """Yield the same for the sessions in which one line is named, in the order of sessions.

    `lead_by_id` returns a lead by its whole id, if the caller can do so without reading the files of all leads.
    """
    known = lead_by_id or (lambda lead_id: _read_lead(leads, lead_id))
    return _list_lines(leads, resolutions, pl.col("subscribers").list.first() == subscriber, known)


def build_account_of_line(leads: Leads, resolutions: Resolutions, lead: LeadJson, text: str) -> LeadJson:
    """Return the account of a line's visits, by the line's id or short id. Raises UsageError for none."""
    lines = list_lines_of_lead(leads, resolutions, lead)
    result = [line for line in lines if names_subscriber(text, line["subscriber"]["subscriber"])]
    if len(result) != 1:
        many = f"{len(result)} lines that are named for visits of this lead have the id {text!r}"
        what = many if result else f"no lines that are named for visits of this lead have the id {text!r}"
        raise UsageError(what, hint="sightline resolve show LEAD names the lines of each visit")
    account: LeadJson = result[0]["account"]
    return account


def _list_lines(leads: Leads, resolutions: Resolutions, which: pl.Expr, lead_by_id: LeadById) -> Iterator[LeadJson]:
    named = resolutions.visits.filter(IS_NAMED, which).with_columns(pl.col("subscribers").list.first().alias("line"))
    keys = ["session_id", "lead_id", "line"]
    counted = named.group_by(keys, maintain_order=True).agg(
        pl.col("visits").sum(), pl.col("licensee_id").first(), pl.col("first_us").min()
    )
    whole = resolutions.sessions.select("session_id", visit_count="visits")
    apart = {(row["session_id"], row["subscriber"]): row for row in resolutions.lines.iter_rows(named=True)}
    lead_by_id = cache(lead_by_id)
    restricted = replace(resolutions, whom=frozenset(counted["line"]))
    for row in counted.join(whole, on="session_id", maintain_order="left").iter_rows(named=True):
        own = apart.get((row["session_id"], row["line"]))
        account = leads.build_row_json(own) if own is not None else _find_session(row, lead_by_id)
        yield {
            "session_id": row["session_id"],
            "lead_id": row["lead_id"],
            "subscriber": restricted.describe_subscriber(row["line"], row["licensee_id"]),
            "visits": row["visits"],
            "visit_count": row["visit_count"],
            "account": account,
        }


def _read_lead(leads: Leads, lead_id: str) -> LeadJson:
    return next(leads.to_json(leads.open_frame().filter(pl.col("lead_id") == lead_id)))


def _find_session(row: LeadJson, lead_by_id: LeadById) -> LeadJson:
    """Return the session of a lead whose visits all come from one line."""
    lead = lead_by_id(row["lead_id"])
    return next((session for session in lead["joined"] if session["session_id"] == row["session_id"]), lead)
