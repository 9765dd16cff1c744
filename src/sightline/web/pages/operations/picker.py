"""Choose leads for an operation: by the same query as on the page of leads, without those that are in it already."""

from __future__ import annotations

from sightline.casework.leads.lead_work import work
from sightline.casework.operations import operations
from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.services.lead_index.query_text import write_query
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import NEW, among_of, page_context
from sightline.web.pages.leads.query_box import read_text
from sightline.web.pages.operations.router import router
from sightline.web.responses import Page

SHOWN = 50
"""Leads that the page offers at once, the most serious first."""
READ = 500
"""Leads that it reads to find those that are not in the operation."""


@router.page("/operations/{operation_id}/add", Action.OPERATION_RUN, JournalVerb.VIEW_LEADS, "leads:all")
def choose_leads(context: RequestContext, operation_id: str) -> Page:
    """Show the most serious leads of a query that are not in the operation, to be ticked."""
    view, text = context.leads, context.request.query_params.get("q")
    problems, narrowing = ((), NEW) if text is None else read_text(context, text)
    with context.reading() as tables:
        operation = operations.open_operation(tables, operation_id)
        inside = {one for one, stands in work(tables).items() if operation.operation_id in stands.operations}
    facts = {
        "operation": operation,
        "text": write_query(NEW) if text is None else text,
        "problems": problems,
        "says_of_leads": context.says_of("leads"),
        "total": 0,
        "rows": [],
    }
    if narrowing is not None:
        among = among_of(context, view, narrowing)
        page = view.page(narrowing, "seriousness", limit=READ, among=among)
        others = [brief for brief in page.leads if brief.lead_id not in inside][:SHOWN]
        facts |= {"total": page.total, "rows": page_context(context, view, others)["rows"]}
    return Page("add.html", facts, 400 if problems else 200)
