"""Watch a lead: its officer is notified of what others do about it, until the officer stops watching.

A watch is a saved view of one lead, which no list of views shows: it needs no table and no verb of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import POLICY, Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import Verb
from sightline.model.short_ids import format_lead_number
from sightline.storage.rows import Officer, SavedView
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id

WATCH = "watch="
"""How the query of a watch begins; the id of the lead follows."""
MOST = 500
"""Maximum number of leads that one officer watches."""


def is_watch(view: SavedView) -> bool:
    """Return whether a saved view is the watch of a lead."""
    return view.query.startswith(WATCH)


def watch_lead(officer_session: OfficerSession, lead_id: str) -> SavedView:
    """Watch a lead. Watching it again has no effect. Raises UsageError for too many, NotAllowed."""
    officer_id = officer_session.officer.officer_id
    with officer_session.change(Action.LEADS_SAVE_VIEW, "saved-view:new") as change:
        watches = _list_own_watches(change.tables, officer_id)
        same_watches = [view for view in watches if view.query == WATCH + lead_id]
        if same_watches:
            return same_watches[0]
        if len(watches) >= MOST:
            raise UsageError(f"{MOST} leads are the maximum that one officer watches", hint="stop watching others")
        number = format_lead_number(lead_id)
        made = SavedView(make_id(change.now), number, WATCH + lead_id, 0, 1, change.now_us, officer_id)
        change.add(Verb.VIEW_SAVED, made, version=1)
    return made


def stop_watching_lead(officer_session: OfficerSession, lead_ids: Collection[str]) -> None:
    """Stop watching a lead, under each of its ids. Without a watch this has no effect. Raises NotAllowed."""
    with officer_session.workspace.read() as tables:
        watches = _list_own_watches(tables, officer_session.officer.officer_id)
    for view in watches:
        if view.query.removeprefix(WATCH) in lead_ids:
            with officer_session.change(Action.LEADS_SAVE_VIEW, name_thing("saved-view", view.view_id)) as change:
                change.put(Verb.VIEW_DROPPED, replace(view, dropped_at_us=change.now_us))


def list_watchers(tables: Tables) -> dict[str, set[str]]:
    """Return the officers who watch each lead. Officers who may no longer see leads are left out."""
    result: dict[str, set[str]] = {}
    watches = [view for view in tables[SavedView].select(dropped_at_us=None) if is_watch(view)]
    officers = tables[Officer].select_within("officer_id", sorted({view.owner for view in watches}))
    readers = {officer.officer_id for officer in officers if officer.role in POLICY[Action.LEADS_VIEW]}
    for view in watches:
        if view.owner in readers:
            result.setdefault(view.query.removeprefix(WATCH), set()).add(view.owner)
    return result


def _list_own_watches(tables: Tables, officer_id: str) -> list[SavedView]:
    return [view for view in tables[SavedView].select(dropped_at_us=None, owner=officer_id) if is_watch(view)]
