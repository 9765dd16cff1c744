"""Officers and their keys: list, enrol, revoke; and what each role may do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import File as Upload
from fastapi import Form, UploadFile

from sightline.casework.input_checks import require_reason, require_words
from sightline.casework.people import officers
from sightline.casework.people.code_keys import parse_public_key
from sightline.casework.permissions.access import PURPOSE, SECOND, Action, may_by_role
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.entry import compute_key_id as id_of
from sightline.ledger.verbs import JournalVerb
from sightline.model import Role
from sightline.storage.rows import Approval, Officer, OfficerKey
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import build_page, get_live_sessions, is_allowed
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page, Redirect
from sightline.workspace.keys import LIMIT_BYTES, read_public_text

Text = Annotated[str, Form()]
HERE = "/administration/officers"


@router.show(HERE, Action.OFFICER_LIST, JournalVerb.VIEW_OFFICERS, "officer:all")
def show_officers(context: RequestContext) -> Page:
    """Show every officer with their keys, those on duty first."""
    with context.read() as tables:
        result, called = officers.list_officers(tables), list_names(tables)
    rows = [
        (officer, sorted(keys, key=lambda key: (key.revoked_at_us or 0, key.enrolled_at_us)))
        for officer, keys in result
    ]
    rows.sort(key=lambda one: not _is_signing(one[1]))
    can = {"enrol": is_allowed(context, Action.OFFICER_ENROL), "revoke": is_allowed(context, Action.KEY_REVOKE)}
    return build_page(context, "officers", {"everyone": rows, "names": called, "can": can})


def _is_signing(keys: list[OfficerKey]) -> bool:
    return any(key.revoked_at_us is None for key in keys)


@router.show(f"{HERE}/new", Action.OFFICER_ENROL, JournalVerb.VIEW_OFFICERS, "officer:all")
def show_enrolment(context: RequestContext) -> Page:
    """Show the form to enrol an officer."""
    return _build_form_page(context, {"unit": context.officer_session.officer.unit})


@router.act(HERE, Action.OFFICER_ENROL, "officer:all")
def enrol_officer(
    context: RequestContext,
    name: Text,
    role: Text,
    unit: Text,
    why: Text,
    designation: Text = "",
    key: Text = "",
    public: Annotated[UploadFile | None, Upload()] = None,
) -> Page | Redirect:
    """Enrol an officer by public key. It waits for another officer, except for the second of all."""
    values = {"name": name, "role": role, "unit": unit, "designation": designation, "why": why, "key": key}
    try:
        if role not in set(Role):
            raise UsageError(f"{role!r} is not a role", hint="choose one of the list")
        raw = _read_public_key(key, public)
        person = officers.NewOfficer(
            require_words(name, context.says("officers.name")),
            Role(role),
            require_words(designation, context.says("enrol.rank"), needed=False),
            require_words(unit, context.says("officers.unit")),
        )
        done = officers.enrol(context.officer_session, person, raw, require_reason(why, context.says("all.why")))
    except UsageError as wrong:
        return _build_form_page(context, values, str(wrong))
    said_now = "enrol.asked" if isinstance(done, Approval) else "enrol.done"
    return Redirect(
        "/approvals" if isinstance(done, Approval) else HERE, said_now, {"name": name[:60], "key_id": id_of(raw)}
    )


def _read_public_key(text: str, file: UploadFile | None) -> bytes:
    """Return the public key that was typed, or that a file has. Raises UsageError."""
    if file is None or not file.filename:
        return parse_public_key(text)
    if text.strip():
        raise UsageError("the key was typed and given as a file", hint="leave one of the two out")
    return read_public_text(file.file.read(LIMIT_BYTES + 1), Path(file.filename))


def _build_form_page(context: RequestContext, values: dict[str, str], wrong: str | None = None) -> Page:
    with context.read() as tables:
        is_second = tables[Officer].count() == 1
    roles = officers.list_roles_of_second() if is_second else list(Role)
    facts = {"entered": values, "wrong": wrong, "roles": roles, "is_second": is_second}
    return build_page(context, "officers", facts, 422 if wrong else 200, template="enrol.html")


@router.show(f"{HERE}/{{key_id}}/revoke", Action.KEY_REVOKE, JournalVerb.VIEW_OFFICERS, "key:{key_id}")
def show_revocation(context: RequestContext, key_id: str) -> Page:
    """Show the form to revoke a key."""
    with context.read() as tables:
        key, called = tables[OfficerKey].get(key_id), list_names(tables)
    if key is None or key.revoked_at_us is not None:
        raise UsageError("this key does not exist, or it cannot sign")
    return build_page(context, "officers", {"key": key, "name": called[key.officer_id]}, template="revoke.html")


@router.act(f"{HERE}/{{key_id}}/revoke", Action.KEY_REVOKE, "key:{key_id}")
def revoke_key(context: RequestContext, key_id: str, why: Text) -> Redirect:
    """Revoke a key at once. Its officer's sessions end too."""
    over = officers.revoke(context.officer_session, key_id, require_reason(why, "the reason"))
    is_thin = officers.has_too_few_enrollers(context.officer_session)
    get_live_sessions(context.request).end_of(over.officer_id, "the key was revoked")
    return Redirect(HERE, "revoke.thin" if is_thin else "revoke.done", {"key_id": key_id})


@router.show("/administration/roles", Action.OFFICER_LIST, JournalVerb.VIEW_OFFICERS, "officer:all")
def show_roles(context: RequestContext) -> Page:
    """Show what each role may ask for, decide as the second officer, and is for."""
    seconds = {role: [action for action, who in SECOND.items() if role in who] for role in Role}
    asks = {role: may_by_role(role) for role in Role}
    facts = {"roles": list(Role), "asks": asks, "seconds": seconds, "both": set(SECOND), "purpose": PURPOSE}
    return build_page(context, "roles", facts)
