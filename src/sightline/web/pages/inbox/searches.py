"""Find the leads that saved searches did not find a week ago."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import polars as pl

from sightline.casework.leads.saved_views import list_views
from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.lead_columns import convert_ids_to_numbers
from sightline.services.lead_index.lead_view import LeadMask, View
from sightline.storage import generations
from sightline.storage.rows import Generation, SavedView
from sightline.storage.table import Tables
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import select_among
from sightline.workspace.superseded_leads import list_kept_generations

BACK = timedelta(days=7)
NEVER = frozenset(Verb)
"""No entry changes which leads are in two generations."""


class SearchNews(NamedTuple):
    """A saved search of the officer, and how many leads it finds that were no leads in the older generation."""

    search: SavedView
    added: int
    since_us: int


def search_news(context: RequestContext) -> list[SearchNews]:
    """Return the officer's own saved searches with new leads, the most first."""
    if not context.may(Action.LEADS_VIEW):
        return []
    officer_id = context.officer_session.officer.officer_id
    with context.read() as tables:
        mine = [saved_view for saved_view in list_views(tables, officer_id) if saved_view.owner == officer_id]
    if not mine:
        return []
    try:
        number = context.leads.read.generation.number
        with context.read() as tables:
            older = _find_older(tables, number, to_microseconds(context.officer_session.clock() - BACK))
        if older is None:
            return []
        key = ("new-leads", older.number, context.leads.read.generation.number)
        is_new = context.get_cached(key, lambda: _select_new_leads(context, context.leads, older), NEVER)
    except UsageError:
        return []  # there are no leads, or those of the older generation were purged
    result = [
        SearchNews(saved_view, _count_new_leads(context, context.leads, saved_view, is_new), older.made_at_us)
        for saved_view in mine
    ]
    return sorted(
        (new_result for new_result in result if new_result.added),
        key=lambda new_result: (-new_result.added, new_result.search.name),
    )


def _find_older(tables: Tables, number: int, until_us: int) -> Generation | None:
    """Return the generation before `number` that was current then; the oldest if all are younger; None if none is.

    Of those that are not kept any more, the one before stands for them: it is less than a day older.
    """
    of_before, kept_numbers = tables[Generation].get_column("number") < number, list_kept_generations(tables)
    made = tables[Generation].list_values("number", of_before, tables[Generation].get_column("made_at_us") <= until_us)
    newest = max(kept_numbers.intersection(made), default=0)
    older = next(
        (
            generation
            for generation in generations.list_newest_current(tables, newest)
            if generation.number in kept_numbers
        ),
        None,
    )
    if older is not None:
        return older
    gone = generations.list_purged_runs(tables)
    return next(
        (
            generation
            for generation in tables[Generation].read_each(of_before)
            if generation.number in kept_numbers and not generations.list_generation_runs(generation) & gone
        ),
        None,
    )


def _select_new_leads(context: RequestContext, view: View, older: Generation) -> LeadMask:
    """Return the leads that were none in the older generation, under this id or an earlier one."""
    with open_generation(context.officer_session.workspace, older.number, with_replies=False) as leads:
        was = leads.open_frame().select("lead_id").collect()["lead_id"]
    moved = view.read.files["aliases"]
    if moved:
        aliases = pl.scan_parquet(moved).select("old_id", "lead_id").collect()
        was = pl.concat([was, aliases.filter(pl.col("old_id").is_in(was.implode()))["lead_id"]])
    columns = view.columns
    is_old = columns.ids.is_in(convert_ids_to_numbers(was).implode())
    return LeadMask(columns.has(columns.id_rows.filter(~is_old)))


def _count_new_leads(context: RequestContext, view: View, search: SavedView, is_new: LeadMask) -> int:
    try:
        narrowing = LeadFilter.parse(search.query)
    except UsageError:
        return 0  # a field that an older version had
    return view.count_among(narrowing, is_new, select_among(context, view, narrowing))
