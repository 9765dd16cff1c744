"""Run a search: write the journal entry first, then search each kind that the officer may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice

from sightline.casework.input_checks import require_words
from sightline.casework.permissions.access import Action, allow
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.artifacts.lead_files import Leads, open_generation
from sightline.services.search import entities, leads, subscribers
from sightline.services.search.result import SEEN_BY, ResultKind, SearchMatch, SearchResult
from sightline.storage.rows import Generation
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

MOST = 20
"""Default maximum number of findings of a kind."""


def search_workspace(
    officer_session: OfficerSession,
    text: str,
    most: int = MOST,
    lead_files: Leads | None = None,
    as_of: int | None = None,
) -> SearchResult:
    """Return what is known of a text, of kinds that the officer may see, after a journal entry. Raises NotAllowed.

    `lead_files`: the current leads, if they are open already. `as_of`: their version of the workspace.
    """
    wanted = require_words(text, "what is searched for")
    officer_session.require(Action.SEARCH, "record:all", as_of)
    officer_session.workspace.append_to_journal(
        officer_session.officer.officer_id, JournalVerb.SEARCH_DONE, "record:all", wanted, officer_session.clock()
    )
    workspace = officer_session.workspace
    with ExitStack() as stack:
        tables = stack.enter_context(workspace.read())
        actor = officer_session.find_actor(as_of)
        seen = tuple(kind for kind in ResultKind if allow(actor, SEEN_BY[kind]).allowed)
        if lead_files is None and {ResultKind.LEAD, ResultKind.INDICATOR} & set(seen):
            lead_files = _open_leads(workspace, tables, stack)
        findings, left_off = [], []
        for kind in seen:
            first = list(islice(_search_kind(kind, workspace, tables, lead_files, wanted, most + 1), most + 1))
            findings += first[:most]
            left_off += [kind] if len(first) > most else []
    return SearchResult(wanted, tuple(findings), tuple(left_off), seen)


def _search_kind(
    kind: ResultKind, workspace: Workspace, tables: Tables, lead_files: Leads | None, text: str, most: int
) -> Iterator[SearchMatch]:
    """Yield the findings of one kind, with a maximum for kinds that need a file."""
    if kind is ResultKind.LEAD:
        yield from leads.search_leads(lead_files, text, most) if lead_files else ()
    elif kind is ResultKind.INDICATOR:
        yield from leads.search_indicators(tables, lead_files, text, most) if lead_files else ()
    elif kind is ResultKind.SUBSCRIBER:
        yield from subscribers.search_subscribers(workspace, tables, text, most)
    else:
        yield from THINGS[kind](tables, text)


THINGS = {
    ResultKind.CASE: entities.search_cases,
    ResultKind.NOTICE: entities.search_notices,
    ResultKind.REQUEST: entities.search_requests,
    ResultKind.REFERRAL: entities.search_referrals,
    ResultKind.INCOMING: entities.search_incoming,
    ResultKind.OPERATION: entities.search_operations,
    ResultKind.EXHIBIT: entities.search_exhibits,
    ResultKind.NOTE: entities.search_notes,
    ResultKind.CASE_NOTE: entities.search_case_notes,
    ResultKind.FORCE: entities.search_forces,
    ResultKind.LICENSEE: entities.search_licensees,
    ResultKind.LIST: entities.search_lists,
    ResultKind.SOURCE: entities.search_sources,
    ResultKind.OFFICER: entities.search_officers,
}


def _open_leads(workspace: Workspace, tables: Tables, stack: ExitStack) -> Leads | None:
    """Return the current generation, or None if there is none or it was purged with an exhibit."""
    if tables[Generation].find_last("number") is None:
        return None
    try:
        return stack.enter_context(open_generation(workspace, with_replies=False))
    except UsageError:
        return None
