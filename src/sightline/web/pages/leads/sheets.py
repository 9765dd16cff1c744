"""The lead sheet as a text file, in the language that the officer chooses."""

from __future__ import annotations

from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.model.short_ids import format_lead_number
from sightline.services.leads.report_facts import build_lead_report
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.stages.report.sheet import format_lead_sheet
from sightline.translation.documents import get_translator
from sightline.translation.messages import LANGUAGES
from sightline.web.context import RequestContext
from sightline.web.pages.leads.router import router
from sightline.web.responses import File


@router.show("/leads/{lead_id}/sheet", Action.LEADS_VIEW, JournalVerb.VIEW_LEADS, "lead:{lead_id}")
def download_lead_sheet(context: RequestContext, lead_id: str, language: str = "") -> File:
    """Return the sheet of a lead with masked addresses, in the officer's language unless another is chosen."""
    lead_json = context.leads.find_lead(lead_id)
    translator = get_translator(language if language in LANGUAGES else context.language)
    report = build_lead_report(
        context.officer_session, context.leads.read, None, as_of=context.live_session.as_of, translator=translator
    )
    own = collect_addresses(session["source_ip"] for session in (lead_json, *lead_json["joined"]))
    text = mask_text(format_lead_sheet(lead_json, report, lead_json["joined"]), own)
    name = f"{format_lead_number(str(lead_json['lead_id']))}-{translator.language}.txt"
    return File(name, "text/plain; charset=utf-8", text.encode())
