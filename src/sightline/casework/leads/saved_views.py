"""Saved views: a named filter of leads, an officer's own or shared. It stores a query and no lead."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from sightline.casework.input_checks import name_thing, require_visible, require_words
from sightline.casework.leads.lead_watches import is_watch
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import list_names
from sightline.errors import Conflict, NotAllowed, UsageError
from sightline.ledger.verbs import Verb
from sightline.stages.canonical.address import parse_address
from sightline.storage.rows import SavedView
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id

MOST = 100
"""Maximum number of views of one officer."""


def save(officer_session: OfficerSession, name: str, query: str, *, is_shared: bool) -> SavedView:
    """Save a filter of leads under a name. Raises UsageError for a name that the officer, or a shared view, has."""
    view_name, asked = _require_name(name), clean(query)
    with officer_session.change(Action.LEADS_SAVE_VIEW, "saved-view:new") as change:
        views = list_views(change.tables, officer_session.officer.officer_id)
        if any(saved_view.name.casefold() == view_name.casefold() for saved_view in views):
            raise UsageError(f"there is a view {view_name} already", hint="change that one, or choose another name")
        if sum(saved_view.owner == officer_session.officer.officer_id for saved_view in views) >= MOST:
            raise UsageError(f"{MOST} views are the maximum for one officer", hint="delete views that nobody needs")
        by = officer_session.officer.officer_id
        made = SavedView(make_id(change.now), view_name, asked, int(is_shared), 1, change.now_us, by)
        change.add(Verb.VIEW_SAVED, made, version=1)
    return made


def change_view(
    officer_session: OfficerSession, view_id: str, name: str, query: str, version: int, *, is_shared: bool
) -> SavedView:
    """Change a view that was seen in a version. Raises Conflict with both if it has another by now."""
    view_name, asked = _require_name(name), clean(query)
    with officer_session.change(Action.LEADS_SAVE_VIEW, name_thing("saved-view", view_id)) as change:
        saved_view = _find_own_or_shared(change.tables, view_id, officer_session.officer.officer_id)
        if saved_view.version != version:
            by = list_names(change.tables).get(saved_view.changed_by or saved_view.owner, "another officer")
            raise Conflict(
                f"the view was changed meanwhile, by {by}",
                yours=f"{view_name}: {asked}",
                theirs=f"{saved_view.name}: {saved_view.query}",
                version=saved_view.version,
            )
        if saved_view.owner != officer_session.officer.officer_id and not is_shared:
            raise NotAllowed("only the owner of a view can stop sharing it", hint="save one of your own")
        changed = replace(
            saved_view,
            name=view_name,
            query=asked,
            is_shared=int(is_shared),
            version=version + 1,
            changed_at_us=change.now_us,
            changed_by=officer_session.officer.officer_id,
        )
        change.put(Verb.VIEW_SAVED, changed, version=changed.version)
    return changed


def _require_name(name: str) -> str:
    """Return a name that others read as it is. Raises UsageError for one without a letter, or with hidden ones."""
    view_name = require_words(name, "the name")
    require_visible(view_name, "the name")
    if not any(letter.isalnum() for letter in view_name):
        raise UsageError("the name has no letter and no figure", hint="write a name that officers can read")
    return view_name


def drop(officer_session: OfficerSession, view_id: str) -> SavedView:
    """Delete a view of one's own. Raises NotAllowed for another's."""
    with officer_session.change(Action.LEADS_SAVE_VIEW, name_thing("saved-view", view_id)) as change:
        saved_view = _find_own_or_shared(change.tables, view_id, officer_session.officer.officer_id)
        if saved_view.owner != officer_session.officer.officer_id:
            raise NotAllowed("only the owner of a view can delete it", hint="ask the owner")
        over = replace(saved_view, dropped_at_us=change.now_us)
        change.put(Verb.VIEW_DROPPED, over)
    return over


def list_views(tables: Tables, officer_id: str) -> list[SavedView]:
    """Return the views that an officer sees: own ones and shared ones, by name. Watches of leads are no views."""
    saved_views = [
        saved_view
        for saved_view in tables[SavedView].select(dropped_at_us=None)
        if (saved_view.is_shared or saved_view.owner == officer_id) and not is_watch(saved_view)
    ]
    return sorted(saved_views, key=lambda one: (one.name.casefold(), one.view_id))


def clean(query: str) -> str:
    """Return the query of a table in canonical form. Raises UsageError if it names an address or a page position.

    A view is kept for ever and shown to others. It says which leads, and opens none.
    """
    query_text = require_words(query.removeprefix("?"), "the query", needed=False)
    pairs = [(key, value) for key, value in parse_qsl(query_text, max_num_fields=50) if key not in PLACE]
    for key, value in pairs:
        if parse_address(value.partition("/")[0]) is not None:
            raise UsageError(
                f"{key} is an address: a view cannot contain one", hint="search for it instead: sightline search"
            )
    return urlencode(sorted(pairs))


PLACE = frozenset({"after", "before", "as", "watch"})
"""Query keys for the position of a page, its format, or the watch of one lead: not for the choice of leads."""


def _find_own_or_shared(tables: Tables, view_id: str, officer_id: str) -> SavedView:
    saved_views = [saved_view for saved_view in list_views(tables, officer_id) if saved_view.view_id == view_id]
    if not saved_views:
        raise UsageError(f"there is no view {view_id}", hint="it may have been deleted: open the leads again")
    return saved_views[0]
