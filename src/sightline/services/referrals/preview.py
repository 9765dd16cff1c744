"""Preview of a referral before it is drafted: the sheets of its leads, as its force would read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.verbs import JournalVerb
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.leads.report_facts import build_lead_report
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.stages.report.sheet import format_lead_sheet

MOST_SHEETS = 20
"""Maximum number of sheets in a preview."""


@dataclass(frozen=True, slots=True)
class PreviewSheet:
    """The sheet of a lead, with its address masked."""

    lead_id: str
    text: str


def preview_sheets(officer_session: OfficerSession, lead_ids: Sequence[str]) -> list[PreviewSheet]:
    """Return the sheets of up to twenty leads, in order, with masked addresses. Unknown ids are left out."""
    chosen = list(lead_ids[:MOST_SHEETS])
    with (
        officer_session.read(Action.REFERRAL, "referral:new", JournalVerb.VIEW_REFERRALS),
        open_generation(officer_session.workspace) as lead_files,
    ):
        leads = {
            str(lead_json["lead_id"]): lead_json
            for lead_json in lead_files.to_json(lead_files.open_frame().filter(pl.col("lead_id").is_in(chosen)))
        }
        report = build_lead_report(officer_session, lead_files, "preview of a referral")
        return [
            PreviewSheet(
                lead_id,
                mask_text(
                    format_lead_sheet(leads[lead_id], report, leads[lead_id]["joined"]),
                    collect_addresses([leads[lead_id]["source_ip"]]),
                ),
            )
            for lead_id in chosen
            if lead_id in leads
        ]
