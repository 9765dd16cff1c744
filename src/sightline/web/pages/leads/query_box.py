"""The query box of the leads page: its text, what cannot be read in it, and the filter that it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.errors import UsageError
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.query_text import QueryProblem, QueryProblemKind, parse_query, write_query
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import SORT, LeadQuery, read_lead_query
from sightline.web.responses import Redirect


@dataclass(frozen=True, slots=True)
class BoxedQuery:
    """The query of a page, the text in its box, and what is wrong with it."""

    asked: LeadQuery
    text: str
    problems: tuple[QueryProblem, ...] = ()

    @property
    def status(self) -> int:
        """Return the HTTP status of the page."""
        return 400 if self.problems else 200


def read_query(context: RequestContext) -> BoxedQuery | Redirect:
    """Return the query in the page's URL. A text from the box is read first, and leads to the URL of its filter."""
    sort = context.request.query_params.get("sort")
    text = context.request.query_params.get("q")
    if text is not None:
        problems, narrowing = read_text(context, text)
        if narrowing is not None:
            return Redirect(f"/leads?{LeadQuery(narrowing, sort or SORT, None, None).to()}")
        return BoxedQuery(LeadQuery(LeadFilter(), SORT, None, None), text, problems)
    try:
        lead_query = read_lead_query(context)
    except UsageError as error:
        wrong = QueryProblem(QueryProblemKind.WRONG_VALUE, "", str(error), error.hint or "")
        return BoxedQuery(LeadQuery(LeadFilter(), SORT, None, None), "", (wrong,))
    return BoxedQuery(lead_query, write_query(lead_query.narrowing))


def read_text(context: RequestContext, text: str) -> tuple[tuple[QueryProblem, ...], LeadFilter | None]:
    """Return what is wrong with a text, or its filter."""
    try:
        isps = context.leads.columns.words["isp"]
    except UsageError:
        isps = ()
    query = parse_query(text, me=context.officer_session.officer.name, isps=isps)
    if query.problems:
        return tuple(query.problems), None
    try:
        return (), LeadFilter.from_pairs(query.list_pairs())
    except UsageError as error:
        return (QueryProblem(QueryProblemKind.WRONG_VALUE, "", str(error), error.hint or ""),), None
