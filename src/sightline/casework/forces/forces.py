"""Other forces: their enrolled keys, their partner officers, and their requests."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.casework.input_checks import is_future_day, name_thing, require_visible
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.append import encode_canonical
from sightline.ledger.two_officers import BOUND
from sightline.ledger.verbs import Verb
from sightline.model import AuthorityKind, ReferralState, RequestWay, Role
from sightline.model.short_ids import is_short_for
from sightline.stages.enrich import india
from sightline.stages.lists.signature import PublicKey
from sightline.storage.rows import Approval, Force, ForceOfficer, ForceRequest, Officer, Referral, RequestAnswer
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.unit_keys import derive_unit_recipient, read_unit_key
from sightline.workspace.workspace import Change, Workspace

ISO_3166_2 = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
AGE_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
"""A native X25519 recipient of age: Bech32 of 32 bytes."""


@dataclass(frozen=True, slots=True)
class ForceForm:
    """A force as an officer describes it. `key.issuer` is its code. `states`: codes or names."""

    key: PublicKey
    name: str
    states: tuple[str, ...]
    age_recipient: str


def enrol(officer_session: OfficerSession, form: ForceForm, why: str) -> Approval:
    """Ask to enrol a force by its keys. Takes effect when another officer approves. Raises UsageError, NotAllowed."""
    states = parse_states(form.states)
    if not AGE_RECIPIENT.fullmatch(form.age_recipient):
        raise UsageError(
            f"{form.age_recipient[:80]} is not an age recipient", hint="age1...: sightline forces create-keys"
        )
    code = form.key.issuer
    _require_other(officer_session.workspace, form)
    with officer_session.change(Action.FORCE_ENROL, name_thing("force", code)) as change:
        _require_new(change.tables, code, form.key.key_id)
        request = {
            "code": code,
            "name": form.name,
            "states": ",".join(states),
            "key_id": form.key.key_id,
            "public_key": base64.b64encode(form.key.raw).decode(),
            "age_recipient": form.age_recipient,
        }
        return approvals.ask(change, Action.FORCE_ENROL, name_thing("force", code), request, why)


def _require_other(workspace: Workspace, form: ForceForm) -> None:
    """Raise UsageError for this unit's own keys: its own notes would then count as another force's."""
    if form.key.raw == read_unit_key(workspace).derive_public().raw or form.age_recipient == derive_unit_recipient(
        workspace
    ):
        raise UsageError(
            f"these are this unit's own keys, and not those of {form.key.issuer}",
            hint="enrol the key that the other force hands over; this unit's own goes to it",
        )


def enrol_approved(change: Change, approval: Approval) -> Force:
    """Enrol the force that an approval names."""
    content = json.loads(approval.request_json)
    _require_new(change.tables, content["code"], content["key_id"])
    force = Force(
        make_id(change.now),
        content["code"],
        content["name"],
        encode_canonical(content["states"].split(",")),
        content["key_id"],
        base64.b64decode(content["public_key"]),
        content["age_recipient"],
        approval.approval_id,
        change.now_us,
    )
    facts = {name: content[name] for name in BOUND[Action.FORCE_ENROL]}
    change.add(Verb.FORCE_ENROLLED, force, **facts)
    return force


def _require_new(tables: Tables, code: str, key_id: str) -> None:
    for force in list_current_forces(tables):
        if force.code == code or force.key_id == key_id:
            raise UsageError(
                f"the force {force.code} is enrolled already, with the key {force.key_id}",
                hint="sightline forces revoke CODE ends it, before it is enrolled with other keys",
            )


def end_force(officer_session: OfficerSession, code: str, why: str) -> Force:
    """End a force: no more referrals go to it, and nothing that it signs is accepted."""
    with officer_session.change(Action.FORCE_END, name_thing("force", code)) as change:
        force = find_force(change.tables, code)
        over = replace(force, ended_at_us=change.now_us, ended_why=why)
        change.put(Verb.FORCE_ENDED, over, why=why, code=force.code)
    return over


def request_officer_for_force(officer_session: OfficerSession, officer_id: str, code: str, why: str) -> Approval:
    """Ask that a partner officer belong to a force. Takes effect when another officer approves."""
    with officer_session.change(Action.FORCE_TIE, name_thing("officer", officer_id)) as change:
        force, officer = find_force(change.tables, code), change.tables[Officer].get(officer_id)
        if officer is None or officer.role is not Role.PARTNER or officer.left_at_us is not None:
            raise UsageError(
                f"{officer_id} is not a partner officer on duty", hint="sightline officers add FILE.pub --role partner"
            )
        _require_untied(change.tables, officer_id)
        request = {"officer": officer_id, "name": officer.name, "force": force.code, "force_id": force.force_id}
        return approvals.ask(change, Action.FORCE_TIE, f"officer:{officer_id}", request, why)


def add_approved_officer(change: Change, approval: Approval) -> ForceOfficer:
    """Add the officer that an approval names to its force."""
    content = json.loads(approval.request_json)
    _require_untied(change.tables, content["officer"])
    force_officer = ForceOfficer(content["officer"], content["force_id"], approval.approval_id, change.now_us)
    change.add(Verb.FORCE_OFFICER_TIED, force_officer, force=content["force_id"])
    return force_officer


def _require_untied(tables: Tables, officer_id: str) -> None:
    if tables[ForceOfficer].get(officer_id) is not None:
        raise UsageError(
            f"the officer {officer_id} belongs to a force already",
            hint="an officer of another force is another officer: sightline officers add",
        )


def list_current_forces(tables: Tables) -> list[Force]:
    """Return the current forces, by code."""
    return sorted((force for force in tables[Force].select() if force.ended_at_us is None), key=lambda one: one.code)


def find_force(tables: Tables, code: str) -> Force:
    """Return the current force with that code. Raises UsageError."""
    forces = [force for force in list_current_forces(tables) if code in {force.code, force.force_id}]
    if not forces:
        raise UsageError(f"no force {code} is enrolled", hint="sightline forces list; sightline forces add")
    return forces[0]


def list_states(force: Force | ForceRequest) -> tuple[str, ...]:
    """Return the states of a force, or those of a request."""
    return tuple(json.loads(force.states_json))


def find_current_key(tables: Tables, force_id: str) -> PublicKey:
    """Return the current key of a force, also if it was enrolled again since. Raises NotAllowed."""
    first = tables[Force].get(force_id)
    assert first is not None, "rows refer to forces that are there"
    for force in list_current_forces(tables):
        if force.code == first.code:
            return PublicKey(force.code, force.key_id, force.public_key)
    raise NotAllowed(f"the force {first.code} has no valid key", hint="sightline forces list --all")


def is_without_force(tables: Tables, officer: Officer) -> bool:
    """Return whether an officer is a partner officer who belongs to no current force, and so sees no referral."""
    try:
        find_own_force(tables, officer)
    except NotAllowed:
        return True
    return False


def list_officers_without_force(tables: Tables) -> list[Officer]:
    """Return partner officers on duty who were assigned to no force yet, by name."""
    assigned = {force_officer.officer_id for force_officer in tables[ForceOfficer].select()}
    partners = tables[Officer].select(role=Role.PARTNER.value)
    unassigned = [one for one in partners if one.left_at_us is None and one.officer_id not in assigned]
    return sorted(unassigned, key=lambda officer: officer.name)


def find_own_force(tables: Tables, officer: Officer) -> Force | None:
    """Return the force of a partner officer, or None for an officer of this unit. Raises NotAllowed without a force."""
    if officer.role is not Role.PARTNER:
        return None
    tied = tables[ForceOfficer].get(officer.officer_id)
    force = tables[Force].get(tied.force_id) if tied else None
    if force is None or force.ended_at_us is not None:
        raise NotAllowed(
            f"{officer.name} belongs to no enrolled force", hint="a supervisor: sightline forces add-officer"
        )
    return force


def parse_states(texts: Sequence[str]) -> tuple[str, ...]:
    """Return sorted, distinct ISO 3166-2 codes of codes or names of Indian states. Raises UsageError."""
    result = set()
    for text in texts:
        code = text.strip().upper()
        known = india.find_state_code(text) or (code if ISO_3166_2.fullmatch(code) and code[:3] != "IN-" else None)
        if known is None:
            raise UsageError(
                f"{text}: no state", hint="give an ISO 3166-2 code such as IN-KL, or a name such as Kerala"
            )
        result.add(known)
    if not result:
        raise UsageError("a force needs at least one state", hint="--state IN-KL")
    return tuple(sorted(result))


@dataclass(frozen=True, slots=True)
class RequestForm:
    """A request as it came. Days are `2026-03-31`; the period is half-open in microseconds; no `states` means all."""

    code: str
    case_number: str
    authority_kind: AuthorityKind
    authority_number: str
    issued_by: str
    issued_on: str
    document_sha256: str
    document_name: str
    received_on: str
    way: RequestWay
    valid_until: str | None = None
    states: tuple[str, ...] = ()
    since_us: int | None = None
    until_us: int | None = None


def register_force_request(officer_session: OfficerSession, request_form: RequestForm) -> ForceRequest:
    """Register a force's request. A partner officer asks for the own force only.

    Raises UsageError for states that are not the force's, an empty period, a day in the future, an authority that
    was over, and a request that is registered already.
    """
    about = name_thing("force", request_form.code)
    require_visible(request_form.case_number, "the number of the case")
    require_visible(request_form.authority_number, "the number of the authority")
    with officer_session.change(Action.FORCE_REQUEST, about) as change:
        own = find_own_force(change.tables, officer_session.officer)
        if own is not None and own.code != request_form.code:
            raise NotAllowed(
                f"{officer_session.officer.name} asks for {own.code}, and for no other force", hint="leave out --force"
            )
        force = find_force(change.tables, request_form.code)
        states = parse_states(request_form.states) if request_form.states else list_states(force)
        _require_sound(force, request_form, states)
        _require_come(request_form.received_on, change.now)
        same = change.tables[ForceRequest].select(force_id=force.force_id, document_sha256=request_form.document_sha256)
        if same:
            raise UsageError(
                f"the request of {same[0].case_number} has this document already",
                hint="look for its answer in the list of requests; to ask for more, attach a newer letter",
            )
        force_request = ForceRequest(
            make_id(change.now),
            force.force_id,
            request_form.case_number,
            request_form.authority_kind,
            request_form.authority_number,
            request_form.issued_by,
            request_form.issued_on,
            request_form.valid_until,
            request_form.document_sha256,
            request_form.document_name,
            encode_canonical(list(states)),
            request_form.since_us,
            request_form.until_us,
            RequestWay.PARTNER if own is not None else request_form.way,
            request_form.received_on,
            change.now_us,
            officer_session.officer.officer_id,
        )
        change.add(
            Verb.FORCE_REQUEST_RECEIVED, force_request, force=force.code, document_sha256=request_form.document_sha256
        )
    return force_request


def _require_sound(force: Force, request_form: RequestForm, states: Sequence[str]) -> None:
    others = sorted(set(states) - set(list_states(force)))
    if others:
        raise UsageError(
            f"{', '.join(others)} is no state of {force.code}", hint="a force receives the leads of its own states only"
        )
    if request_form.valid_until is not None and request_form.valid_until < request_form.received_on:
        raise UsageError("the authority had ended when the request came", hint="ask the force for a valid one")
    if request_form.issued_on > request_form.received_on:
        raise UsageError("the authority is dated after the request came", hint="check --issued and --received")
    if (
        request_form.since_us is not None
        and request_form.until_us is not None
        and request_form.until_us <= request_form.since_us
    ):
        raise UsageError("the period ends before it begins", hint="check --since and --until; both days are included")


def _require_come(received_on: str, now: datetime) -> None:
    """Raise UsageError for a day that has not begun in India."""
    if is_future_day(received_on, now):
        raise UsageError(f"{received_on} is in the future", hint="give the day on which the request came")


def answer_force_request(officer_session: OfficerSession, request_id: str, referral_id: str, why: str) -> RequestAnswer:
    """Answer a request by an earlier referral to its force, when it asks for what was given already.

    Raises UsageError if the request has an answer, or the referral did not go to the force, or is recalled.
    """
    with officer_session.change(Action.REFERRAL, name_thing("force-request", request_id)) as change:
        force_request = find_request(change.tables, request_id)
        if find_answer(change.tables, force_request) is not None:
            raise UsageError("this request has an answer already", hint="sightline referrals add-request --list")
        referrals = [
            referral
            for referral in list_earlier_referrals(change.tables, force_request)
            if referral.referral_id == referral_id
        ]
        if not referrals:
            raise UsageError(
                f"nothing was given to this force by the referral {referral_id[-6:]}",
                hint="choose a referral that was sent to it and is not recalled",
            )
        request_answer = RequestAnswer(
            force_request.request_id, referral_id, why, change.now_us, officer_session.officer.officer_id
        )
        change.add(Verb.REQUEST_ANSWER_RECORDED, request_answer, referral=referral_id, number=referrals[0].number)
    return request_answer


def find_answer(tables: Tables, force_request: ForceRequest) -> RequestAnswer | None:
    """Return the earlier referral that answers a request, or None."""
    return tables[RequestAnswer].get(force_request.request_id)


def list_earlier_referrals(tables: Tables, force_request: ForceRequest) -> list[Referral]:
    """Return what was sent to the force of a request and stands, also under its earlier keys, oldest first."""
    force = tables[Force].get(force_request.force_id)
    assert force is not None, "a request has a force"
    same = [row.force_id for row in tables[Force].select(code=force.code)]
    referral_states = {ReferralState.SENT, ReferralState.RECEIVED}
    return [
        referral for referral in tables[Referral].select_within("force_id", same) if referral.state in referral_states
    ]


def find_request(tables: Tables, text: str) -> ForceRequest:
    """Return the request with that id or short id. Raises UsageError."""
    force_requests = [
        force_request for force_request in tables[ForceRequest].select() if is_short_for(text, force_request.request_id)
    ]
    if len(force_requests) != 1:
        what = f"{len(force_requests)} requests end in {text}" if force_requests else f"there is no request {text}"
        raise UsageError(what, hint="sightline referrals add-request --list shows their ids")
    return force_requests[0]
