"""Referrals of other forces to this unit: opened and checked, accepted, answered, recalled."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated

from fastapi import Form, UploadFile

from sightline.casework.forces.incoming_referrals import find_incoming, find_waiting_purge
from sightline.casework.input_checks import require_day, require_reason
from sightline.casework.permissions.access import Action
from sightline.errors import NotAllowed
from sightline.ledger.verbs import JournalVerb
from sightline.model import OutcomeKind
from sightline.services.referrals import bag_store, force_notes, import_package, incoming_views
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.web.context import RequestContext
from sightline.web.opened_identities import get_grants
from sightline.web.pages.referrals.forms import NOTE_BYTES, PACKAGE_BYTES, format_today
from sightline.web.pages.referrals.index import Text, build_frame
from sightline.web.pages.referrals.router import router
from sightline.web.responses import File, Page, Redirect
from sightline.web.uploads import read_upload, report_bad_upload
from sightline.workspace.unit_keys import read_unit_key


@router.show("/referrals/incoming", Action.INCOMING_VIEW, JournalVerb.VIEW_REFERRALS, "incoming:all")
def show_incoming_list(context: RequestContext) -> Page:
    """Show what other forces referred to this unit, and the form to open a package."""
    facts = {
        "found": incoming_views.list_incoming(context.officer_session),
        "own": read_unit_key(context.officer_session.workspace),
    }
    return Page("incoming.html", build_frame(context, Action.INCOMING_TAKE) | facts)


@router.act("/referrals/incoming", Action.INCOMING_TAKE, "incoming:new")
def take_incoming(context: RequestContext, package: UploadFile) -> Redirect:
    """Open a package that is sealed for this unit, check every byte, and store it."""
    with (
        context.officer_session.workspace.open_scratch() as folder,
        report_bad_upload(context.officer_session, import_package.NEW),
    ):
        path = folder / "package.age"
        path.write_bytes(read_upload(package, PACKAGE_BYTES))
        incoming = import_package.import_package(
            context.officer_session, path, name=PurePath(package.filename or "the package").name
        )
    return Redirect(f"/referrals/incoming/{incoming.incoming_id}", "in.kept")


@router.act("/referrals/incoming/recalls", Action.INCOMING_TAKE, "incoming:new")
def take_incoming_recall(context: RequestContext, note: UploadFile) -> Redirect:
    """Import a recall that the sender signed. It names its referral."""
    with report_bad_upload(context.officer_session, import_package.NEW):
        raw = read_upload(note, NOTE_BYTES)
        _, row, _ = import_package.take_recall(
            context.officer_session, force_notes.read(raw, note.filename or "the note"), raw
        )
    return Redirect(f"/referrals/incoming/{row.incoming_id}#recalls", "in.recall_done")


@router.show(
    "/referrals/incoming/{incoming_id}", Action.INCOMING_VIEW, JournalVerb.VIEW_REFERRALS, "incoming:{incoming_id}"
)
def show_incoming_referral(context: RequestContext, incoming_id: str) -> Page:
    """Show an incoming referral: sender, case, masked leads, proofs, findings, recalls."""
    incoming_view = incoming_views.show_incoming(context.officer_session, incoming_id)
    facts = {"incoming_view": incoming_view, "kinds": list(OutcomeKind), "today": format_today(context)}
    return Page("incoming_one.html", build_frame(context, Action.INCOMING_TAKE, Action.PURGE) | facts)


@router.show(
    "/referrals/incoming/{incoming_id}/leads/{lead_id}",
    Action.INCOMING_VIEW,
    JournalVerb.VIEW_REFERRALS,
    "incoming:{incoming_id}",
)
def show_incoming_lead(context: RequestContext, incoming_id: str, lead_id: str) -> Page:
    """Show one incoming lead and its sheet. The address is masked, except for ten minutes after opening."""
    incoming_view = incoming_views.show_incoming(context.officer_session, incoming_id)
    one = incoming_view.find_lead(lead_id)
    grant = get_grants(context).find(context, _format_opened_address(incoming_view, one))
    text = bag_store.read_sheet(context.officer_session.workspace, incoming_view.row, str(one.lead_json["lead_id"]))
    masked_text = text if grant is not None else mask_text(text, collect_addresses([one.lead_json["source_ip"]]))
    facts = {
        "one": one,
        "lead": one.lead_json,
        "lead_id": one.lead_json["lead_id"],
        "sheet": masked_text,
        "opened_why": None if grant is None else grant.why,
        "above": f"/referrals/incoming/{incoming_view.row.incoming_id}",
        "above_name": incoming_view.row.number,
        "sender": incoming_view.force.name,
        "tab": "in",
    }
    return Page("received_lead.html", build_frame(context) | facts)


@router.act("/referrals/incoming/{incoming_id}/leads/{lead_id}", Action.INCOMING_VIEW, "incoming:{incoming_id}")
def open_incoming_address(context: RequestContext, incoming_id: str, lead_id: str, why: Text) -> Redirect:
    """Open the address after a journal entry of officer and reason. The lead's page shows it for ten minutes."""
    reason = require_reason(why, context.says("all.why"))
    incoming_view, one, _ = incoming_views.open_lead(context.officer_session, incoming_id, lead_id, reason)
    get_grants(context).give(context, _format_opened_address(incoming_view, one), reason)
    return Redirect(f"/referrals/incoming/{incoming_view.row.incoming_id}/leads/{one.lead_json['lead_id']}")


def _format_opened_address(incoming_view: incoming_views.IncomingView, one: incoming_views.IncomingLead) -> str:
    return f"incoming:{incoming_view.row.incoming_id}-{one.lead_json['lead_id']}"


@router.act("/referrals/incoming/{incoming_id}/accept", Action.INCOMING_TAKE, "incoming:{incoming_id}")
def accept_incoming(context: RequestContext, incoming_id: str) -> File:
    """Accept it, and return the signed receipt for its sender, the same bytes each time."""
    row, receipt = incoming_views.accept_referral(context.officer_session, incoming_id)
    return File(f"receipt-{row.incoming_id[-6:]}.json", "application/json", receipt)


@router.act("/referrals/incoming/{incoming_id}/outcomes", Action.INCOMING_TAKE, "incoming:{incoming_id}")
def record_incoming_outcome(
    context: RequestContext, incoming_id: str, lead: Text, kind: Annotated[OutcomeKind, Form()], on: Text, why: Text
) -> Redirect:
    """Record what was found by a lead."""
    said_on = require_day(on, context.says("found_on"))
    incoming_views.report_outcome(
        context.officer_session, incoming_id, lead, kind, said_on, require_reason(why, context.says("all.why"))
    )
    return Redirect(f"/referrals/incoming/{incoming_id}#leads", "outcome_told")


@router.act("/referrals/incoming/{incoming_id}/outcomes/note", Action.INCOMING_TAKE, "incoming:{incoming_id}")
def download_incoming_outcomes(context: RequestContext, incoming_id: str) -> File:
    """Return the findings, signed, for the sender."""
    made = incoming_views.sign_outcomes_note(context.officer_session, incoming_id)
    return File(f"outcomes-{incoming_id[-6:]}.json", "application/json", made)


@router.act("/referrals/incoming/{incoming_id}/recalls/{recall_id}", Action.INCOMING_TAKE, "incoming:{incoming_id}")
def download_recall_receipt(context: RequestContext, incoming_id: str, recall_id: str) -> File:
    """Return the signed receipt of a recall, for the sender."""
    made = incoming_views.find_incoming_recall(context.officer_session, incoming_id, recall_id)
    return File(
        f"recall-receipt-{recall_id[-6:]}.json",
        "application/json",
        import_package.sign_recall_receipt(context.officer_session, made),
    )


@router.act("/referrals/incoming/{incoming_id}/purge", Action.PURGE, "incoming:{incoming_id}")
def purge_incoming(context: RequestContext, incoming_id: str, why: Text) -> Redirect:
    """Destroy the referral after a second officer agreed. The first request asks for that."""
    here = f"/referrals/incoming/{incoming_id}"
    try:
        incoming_views.purge_referral(
            context.officer_session, incoming_id, require_reason(why, context.says("all.why"))
        )
    except NotAllowed:
        with context.read() as tables:
            approval = find_waiting_purge(tables, find_incoming(tables, incoming_id), context.officer_session.clock())
        if approval is None:
            raise
        return Redirect(here, "in.purge_is_asked")
    return Redirect(here, "in.purge_done")
