"""Choose leads for an operation: by the same query as on the page of leads, without those that are in it already."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from sightline.casework.operations import operations
from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.query_text import write_query
from sightline.services.lead_index.summary_rows import Brief
from sightline.services.lead_status.status import read_current_work
from sightline.storage.rows import Operation
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import NEW, build_page_context, select_among
from sightline.web.pages.leads.query_box import read_text
from sightline.web.pages.operations.router import router
from sightline.web.responses import Page

MAX_OFFERED = 50
"""Leads that the page offers at once, the most serious first."""
READ = 500
"""Leads that are read at once to find those that are not in the operation."""
MOST_ADDED = 500
"""Maximum number of leads that are added at once."""


@router.show("/operations/{operation_id}/add", Action.OPERATION_RUN, JournalVerb.VIEW_LEADS, "leads:all")
def show_lead_picker(context: RequestContext, operation_id: str) -> Page:
    """Show the most serious leads of a query that are not in the operation, to be ticked."""
    view, text = context.leads, context.request.query_params.get("q")
    problems, narrowing = ((), NEW) if text is None else read_text(context, text)
    operation, inside = _find_operation(context, operation_id)
    facts = {
        "operation": operation,
        "text": write_query(NEW) if text is None else text,
        "problems": problems,
        "says_of_leads": context.says_of("leads"),
        "total": 0,
        "rows": [],
    }
    if narrowing is not None:
        others = list(islice(_list_others(context, narrowing, inside), MOST_ADDED + 1))
        facts |= {"total": len(others), "most": MOST_ADDED}
        facts |= {"rows": build_page_context(context, view, others[:MAX_OFFERED])["rows"]}
    return Page("add.html", facts, 400 if problems else 200)


def list_found(context: RequestContext, operation_id: str, text: str) -> list[str]:
    """Return the ids of all leads of a query that are not in the operation. Raises UsageError if it has too many."""
    problems, narrowing = read_text(context, text)
    if problems or narrowing is None:
        raise UsageError(context.says("no_leads"))
    _, inside = _find_operation(context, operation_id)
    ids = [brief.lead_id for brief in islice(_list_others(context, narrowing, inside), MOST_ADDED + 1)]
    if len(ids) > MOST_ADDED:
        raise UsageError(context.says("pick_too_many", most=MOST_ADDED))
    return ids


def _find_operation(context: RequestContext, operation_id: str) -> tuple[Operation, frozenset[str]]:
    """Return an operation that is not over, and the ids of its leads."""
    with context.read() as tables:
        operation = operations.open_operation(tables, operation_id)
        every = read_current_work(tables, context.leads.read).items()
    return operation, frozenset(one for one, stands in every if operation.operation_id in stands.operations)


def _list_others(context: RequestContext, narrowing: LeadFilter, inside: Collection[str]) -> Iterator[Brief]:
    """Yield the leads of a filter that are not in the operation, the most serious first."""
    view, after = context.leads, None
    among = select_among(context, view, narrowing)
    while True:
        page = view.read_page(narrowing, "seriousness", after=after, limit=READ, among=among)
        yield from (brief for brief in page.leads if brief.lead_id not in inside)
        if (after := page.after) is None:
            return
