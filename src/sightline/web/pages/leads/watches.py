"""Routes that watch a lead, and stop watching it."""

from __future__ import annotations

from sightline.casework.leads import lead_watches
from sightline.casework.permissions.access import Action
from sightline.services.lead_status.selection import select_with_earlier_ids
from sightline.web.context import RequestContext
from sightline.web.pages.leads.router import router
from sightline.web.responses import Redirect


@router.act("/leads/{lead_id}/watch", Action.LEADS_SAVE_VIEW, "lead:{lead_id}")
def watch(context: RequestContext, lead_id: str) -> Redirect:
    """Watch the lead: the officer is notified of what others do about it."""
    lead_id = context.leads.find_lead(lead_id)["lead_id"]
    lead_watches.watch_lead(context.officer_session, lead_id)
    return Redirect(f"/leads/{lead_id}", "watch_done")


@router.act("/leads/{lead_id}/unwatch", Action.LEADS_SAVE_VIEW, "lead:{lead_id}")
def stop_watching(context: RequestContext, lead_id: str) -> Redirect:
    """Stop watching the lead, under this id and earlier ones."""
    lead_id = context.leads.find_lead(lead_id)["lead_id"]
    ids = select_with_earlier_ids(context.leads.read, [lead_id]).list_all_ids()
    lead_watches.stop_watching_lead(context.officer_session, ids)
    return Redirect(f"/leads/{lead_id}", "unwatch_done")
