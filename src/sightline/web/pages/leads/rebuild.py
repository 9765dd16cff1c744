"""Rebuild of leads: their inputs, what changed since, and the rebuild itself."""

from __future__ import annotations

import json

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.ledger.verbs import JournalVerb
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.leads.rebuild_inputs import load_inputs
from sightline.web.background_job import get_job
from sightline.web.context import RequestContext
from sightline.web.pages.leads.router import router
from sightline.web.responses import Page, Redirect
from sightline.workspace.cache import WORK

REBUILD = "/leads/all/rebuild"


@router.show(REBUILD, Action.LEADS_REBUILD, JournalVerb.VIEW_LEADS, "leads:all")
def show_rebuild(context: RequestContext) -> Page:
    """Show the inputs of the leads, whether anything changed since, and a running rebuild."""
    rests_on = context.get_cached("rebuild inputs", lambda: load_inputs(context.officer_session.workspace), WORK)
    stands = rests_on.previous
    with context.read() as tables:
        called = list_names(tables)
    now = json.loads(rests_on.format_inputs())
    before = json.loads(stands.inputs_json) if stands else {"runs": [], "datasets": []}
    facts = {
        "made": stands,
        "by": called.get(stands.made_by, stands.made_by) if stands else None,
        "account": json.loads(stands.account_json) if stands else None,
        "is_same": stands is not None and stands.generation_id == rests_on.derive_generation_id(),
        "runs": _count_changed(before["runs"], now["runs"]),
        "datasets": _count_changed(before["datasets"], now["datasets"]),
        "job": get_job(context.request, "leads"),
        "path": REBUILD,
    }
    return Page("making.html", facts)


@router.act(REBUILD, Action.LEADS_REBUILD, "leads:all")
def begin_rebuild(context: RequestContext) -> Redirect:
    """Begin to rebuild all leads."""
    officer_session = context.officer_session
    get_job(context.request, "leads").begin(
        officer_session.clock(), lambda watch: rebuild_leads(officer_session, watch)
    )
    return Redirect(REBUILD, "rebuild.begun")


def _count_changed(before: list[object], now: list[object]) -> tuple[int, int]:
    """Return how many inputs were added, and how many are no longer current."""
    old, new = ({json.dumps(lead) for lead in some} for some in (before, now))
    return len(new - old), len(old - new)
