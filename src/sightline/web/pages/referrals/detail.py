"""The page of one referral: its state, exports, answers and recalls."""

from __future__ import annotations

import io
from typing import Annotated
from zipfile import ZIP_STORED, ZipFile

from fastapi import Form, UploadFile

from sightline.casework.input_checks import name_thing, require_reason
from sightline.casework.permissions.access import Action
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.verbs import JournalVerb
from sightline.model import OutcomeKind, ReferralState
from sightline.services.referrals import export, force_notes, recalls, views
from sightline.services.referrals.force_answers import register_answer
from sightline.web.context import RequestContext
from sightline.web.pages.referrals.forms import NOTE_BYTES, format_today
from sightline.web.pages.referrals.index import Text, build_frame
from sightline.web.pages.referrals.router import router
from sightline.web.responses import File, Page, Redirect
from sightline.web.uploads import read_upload, report_bad_upload

GOES = frozenset({ReferralState.APPROVED, ReferralState.SENT, ReferralState.RECEIVED})


@router.show("/referrals/{referral_id}", Action.REFERRAL_VIEW, JournalVerb.VIEW_REFERRALS, "referral:{referral_id}")
def show_referral(context: RequestContext, referral_id: str) -> Page:
    """Show one referral: steps and officers, leads, what was left out, answers, recalls."""
    referral_view = views.show_referral(context.officer_session, referral_id)
    acts = (Action.REFERRAL_SEND, Action.REFERRAL_RETURN, Action.REFERRAL_RECALL, Action.REFERRAL_ACCEPT)
    facts = {
        "referral_view": referral_view,
        "goes": referral_view.referral.state in GOES and not referral_view.recalls,
        "is_out": referral_view.referral.state in GOES,
        "kinds": list(OutcomeKind),
        "today": format_today(context),
    }
    return Page("showing.html", build_frame(context, *acts) | facts)


@router.act("/referrals/{referral_id}/plain", Action.REFERRAL_SEND, "referral:{referral_id}")
def download_plain(
    context: RequestContext, referral_id: str, language: Annotated[Language, Form()] = Language.ENGLISH
) -> File:
    """Return letter, lead sheets and rows as PDF and CSV, for an office without Sightline."""
    with context.officer_session.workspace.open_scratch() as folder:
        paths = export.export_referral(context.officer_session, referral_id, folder, language)
        packed = io.BytesIO()
        with ZipFile(packed, "w", ZIP_STORED) as archive:
            for name, path in sorted(paths.items()):
                archive.write(path, name)
    return File(f"referral-{referral_id[-6:]}.zip", "application/zip", packed.getvalue())


@router.act("/referrals/{referral_id}/sealed", Action.REFERRAL_SEND, "referral:{referral_id}")
def download_bag(context: RequestContext, referral_id: str) -> File:
    """Return the signed bag that only its force can open."""
    with context.officer_session.workspace.open_scratch() as folder:
        sealed_package = export.seal_referral(context.officer_session, referral_id, folder / "referral.age")
        return File(f"referral-{referral_id[-6:]}.age", "application/octet-stream", sealed_package.path.read_bytes())


@router.act("/referrals/{referral_id}/left", Action.REFERRAL_SEND, "referral:{referral_id}")
def leave_referral(context: RequestContext, referral_id: str) -> Redirect:
    """Leave it in the web app for the force's own officers."""
    export.leave_referral(context.officer_session, referral_id)
    return Redirect(f"/referrals/{referral_id}", "left_done")


@router.act("/referrals/{referral_id}/returned", Action.REFERRAL_RETURN, "referral:{referral_id}")
def import_note(context: RequestContext, referral_id: str, note: UploadFile) -> Redirect:
    """Import a receipt or outcomes that the force signed."""
    with report_bad_upload(context.officer_session, name_thing("referral", referral_id)):
        read = force_notes.read(read_upload(note, NOTE_BYTES), note.filename or "the note")
        note_view = register_answer(context.officer_session, read)
    if note_view.referral.referral_id != referral_id:
        return Redirect(f"/referrals/{note_view.referral.referral_id}", "taken_other")
    return Redirect(f"/referrals/{referral_id}", "taken")


@router.act("/referrals/{referral_id}/recall", Action.REFERRAL_RECALL, "referral:{referral_id}")
def recall_leads(context: RequestContext, referral_id: str, why: Text, leads: Text = "") -> Redirect:
    """Recall the leads that are no longer valid, or the named ones. The page then has the signed note."""
    recalls.recall_leads(
        context.officer_session, referral_id, require_reason(why, context.says("all.why")), leads.split()
    )
    return Redirect(f"/referrals/{referral_id}#recalls", "recall_done")


@router.act("/referrals/{referral_id}/recalls/{recall_id}/note", Action.REFERRAL_RECALL, "referral:{referral_id}")
def download_recall_note(context: RequestContext, referral_id: str, recall_id: str) -> File:
    """Return the signed note of a recall, the same bytes each time."""
    referral_recall = recalls.find_earlier_recall(context.officer_session, referral_id, recall_id)
    return File(
        f"recall-{referral_recall.recall_id[-6:]}.json",
        "application/json",
        recalls.write_recall_note(context.officer_session, referral_recall),
    )
