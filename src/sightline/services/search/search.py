"""A search: told to the journal first, then asked of each kind that the officer may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice

from sightline.casework.access import Action, allow
from sightline.casework.officer_session import Desk
from sightline.casework.input_checks import words
from sightline.services.artifacts.lead_files import Leads, opened
from sightline.services.search import leads, subscribers, entities
from sightline.services.search.result import SEEN_BY, Finding, Found, Kind
from sightline.errors import UsageError
from sightline.ledger.verbs import Seen
from sightline.storage.rows import Generation
from sightline.storage.table import Shelves
from sightline.workspace.workspace import Workspace

MOST = 20
"""How many findings of a kind are given, unless it is said."""


def search(desk: Desk, text: str, most: int = MOST, read: Leads | None = None, as_of: int | None = None) -> Found:
    """What is known of a text, of kinds that the officer may see; the journal has it first. Raises NotAllowed.

    `read`: the current leads, if they are open already; `as_of`: the version of the record that they are of.
    """
    wanted = words(text, "what is searched for")
    desk.require(Action.SEARCH, "record:all", as_of)
    desk.workspace.see(desk.officer.officer_id, Seen.SEARCH_DONE, "record:all", wanted, desk.clock())
    workspace = desk.workspace
    with ExitStack() as stack:
        shelves = stack.enter_context(workspace.reading())
        actor = desk.actor(as_of)
        seen = tuple(kind for kind in Kind if allow(actor, SEEN_BY[kind]).allowed)
        if read is None and {Kind.LEAD, Kind.INDICATOR} & set(seen):
            read = _leads(workspace, shelves, stack)
        found, left_off = [], []
        for kind in seen:
            first = list(islice(_of(kind, workspace, shelves, read, wanted, most + 1), most + 1))
            found += first[:most]
            left_off += [kind] if len(first) > most else []
    return Found(wanted, tuple(found), tuple(left_off), seen)


def _of(
    kind: Kind, workspace: Workspace, shelves: Shelves, read: Leads | None, text: str, most: int
) -> Iterator[Finding]:
    """Yield the findings of a kind, at most so many of those that a file is read for."""
    if kind is Kind.LEAD:
        yield from leads.leads(read, text, most) if read else ()
    elif kind is Kind.INDICATOR:
        yield from leads.indicators(shelves, read, text, most) if read else ()
    elif kind is Kind.SUBSCRIBER:
        yield from subscribers.subscribers(workspace, shelves, text, most)
    else:
        yield from THINGS[kind](shelves, text)


THINGS = {
    Kind.CASE: entities.cases,
    Kind.NOTICE: entities.notices,
    Kind.REQUEST: entities.requests,
    Kind.REFERRAL: entities.referrals,
    Kind.INCOMING: entities.incoming,
    Kind.OPERATION: entities.operations,
    Kind.EXHIBIT: entities.exhibits,
    Kind.OFFICER: entities.officers,
}


def _leads(workspace: Workspace, shelves: Shelves, stack: ExitStack) -> Leads | None:
    """The current generation; None where there is none, or it went with an exhibit."""
    if shelves[Generation].last("number") is None:
        return None
    try:
        return stack.enter_context(opened(workspace, with_replies=False))
    except UsageError:
        return None
