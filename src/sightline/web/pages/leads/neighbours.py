"""The hits near a log line of a lead in its exhibit, which the page of the lead loads when an officer asks for them."""

from __future__ import annotations

from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.leads.neighbour_lines import NeighbourLine, read_neighbour_lines
from sightline.services.leads.visit_lines import read_visit_lines
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.web.context import RequestContext
from sightline.web.pages.leads.router import router
from sightline.web.responses import Page


@router.show("/leads/{lead_id}/lines/{number}", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "lead:{lead_id}")
def show_neighbours(context: RequestContext, lead_id: str, number: int) -> Page:
    """Show the hits before and after a line of a lead, every address masked. `number`: of the line, from 1."""
    workspace, leads = context.officer_session.workspace, context.leads.read
    lead_json = context.leads.find_lead(lead_id)
    lines = read_visit_lines(workspace, leads, lead_json, as_of=context.live_session.as_of).lines
    if not 1 <= number <= len(lines):
        raise UsageError(f"the lead has no line {number}", hint="open the lead again")
    line = lines[number - 1]
    before, after = read_neighbour_lines(workspace, leads, line)
    own = NeighbourLine(line, lead_json["source_ip"])
    facts = {
        "lead_id": lead_json["lead_id"],
        "number": number,
        "near": [(one, _mask(one), one is own) for one in (*before, own, *after)],
        "is_first": not before,
        "is_last": not after,
    }
    return Page("neighbours.html", facts, block="neighbours")


def _mask(neighbour: NeighbourLine) -> str:
    return mask_text(neighbour.line.raw, collect_addresses([neighbour.address]))
