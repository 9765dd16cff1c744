"""Routes of flag lists: trusted issuers, used lists, differences between versions, and unreadable rows."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated

from fastapi import Form, UploadFile

from sightline.casework.input_checks import require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.reference_data import issuers
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.scan import registered_lists
from sightline.services.scan.list_intake import add_list
from sightline.stages.lists.signature import KeyFileError, read_public_key
from sightline.stages.lists.trust import derive_signature_path
from sightline.web.context import RequestContext
from sightline.web.pages.lists import list_view, transcription
from sightline.web.pages.lists.router import KEY_BYTES, SIGNATURE_BYTES, Text, read_agreement, router
from sightline.web.responses import Page, Redirect
from sightline.web.uploads import read_upload, report_bad_upload, write_upload

__all__ = ["router", "transcription"]
MOST = 500
"""Maximum number of changes or rejects shown one by one. All are counted."""
ONE = "list:{list_id}"


@router.show("/lists", Action.ISSUER_LIST, JournalVerb.VIEW_OFFICERS, "list:all")
def show_list(context: RequestContext) -> Page:
    """Show issuers with their keys, and every list that was used."""
    with context.read() as tables:
        keys, list_summaries = (
            list_view.list_keys(tables),
            list_view.list_lists(tables, to_microseconds(context.officer_session.clock())),
        )
    may = {
        "enrol": context.may(Action.ISSUER_ENROL),
        "revoke": context.may(Action.ISSUER_REVOKE),
        "add": context.may(Action.SCAN),
    }
    return Page("listing.html", {"keys": keys, "found": list_summaries, "may": may})


@router.act("/lists/add", Action.SCAN, "list:new")
def add(
    context: RequestContext, flags: UploadFile, signature: UploadFile, *, replaces: Annotated[bool, Form()] = False
) -> Redirect:
    """Add a signed list for the next scans."""
    officer_session = context.officer_session
    with officer_session.workspace.open_scratch() as folder, report_bad_upload(officer_session, "list:new"):
        path = write_upload(folder / "list", flags)
        derive_signature_path(path).write_bytes(read_upload(signature, SIGNATURE_BYTES))
        added = add_list(officer_session, path, read_agreement(context, replaces=replaces))
    return Redirect(f"/lists/{added.list_id}", "add.done", {"issuer": added.issuer})


@router.act("/lists/issuers", Action.ISSUER_ENROL, "issuer-key:new")
def enrol_issuer(context: RequestContext, key: UploadFile, why: Text) -> Page:
    """Ask to trust an issuer's key. The page says what to compare, and who can decide."""
    try:
        text = key.file.read(KEY_BYTES + 1).decode()
        public = read_public_key(text, PurePath(key.filename or "").stem)
    except (KeyFileError, UnicodeDecodeError) as wrong:
        error_text = str(wrong) if isinstance(wrong, KeyFileError) else "not a minisign public key"
        raise UsageError(f"{key.filename}: {error_text}") from None
    approval = issuers.enrol(context.officer_session, public, require_reason(why, context.says("all.why")))
    return Page("asked.html", {"public": public, "asked": approval})


@router.act("/lists/issuers/{key_id}/revoke", Action.ISSUER_REVOKE, "issuer-key:{key_id}")
def revoke_key(context: RequestContext, key_id: str, why: Text) -> Redirect:
    """Stop trusting a key."""
    over = issuers.revoke(context.officer_session, key_id, require_reason(why, context.says("all.why")))
    return Redirect("/lists", "revoked", {"issuer": over.issuer})


@router.show("/lists/{list_id}", Action.ISSUER_LIST, JournalVerb.VIEW_OFFICERS, ONE)
def show_one_list(context: RequestContext, list_id: str) -> Page:
    """Show one list: issuer, signature, versions, and exhibits."""
    with context.read() as tables:
        view = list_view.load_list(tables, list_id, to_microseconds(context.officer_session.clock()))
    return Page("showing.html", {"one": view, "may_see": context.may(Action.EXHIBIT_VIEW)})


@router.show("/lists/{list_id}/difference", Action.ISSUER_LIST, JournalVerb.VIEW_OFFICERS, ONE)
def show_difference(context: RequestContext, list_id: str, since: str) -> Page:
    """Show what changed in a list since another one."""
    with context.read() as tables:
        new, old = list_view.find_list_row(tables, list_id), list_view.find_list_row(tables, since)
    result = registered_lists.compare_versions(
        context.officer_session.workspace, old, new, context.officer_session.clock(), MOST
    )
    return Page("difference.html", {"old": old, "new": new, "found": result, "most": MOST})


@router.show("/lists/{list_id}/rejects", Action.ISSUER_LIST, JournalVerb.VIEW_OFFICERS, ONE)
def show_rejects(context: RequestContext, list_id: str) -> Page:
    """Show the rows of a list that could not be read, and why."""
    with context.read() as tables:
        row = list_view.find_list_row(tables, list_id)
    list_rejects = registered_lists.list_rejects(
        context.officer_session.workspace, row, context.officer_session.clock(), MOST
    )
    return Page("rejects.html", {"row": row, "found": list_rejects, "most": MOST})
