"""Officers and their keys: one officer enrols the second, two enrol each later one; one can revoke at once."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from itertools import permutations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import POLICY, SECOND, Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import list_officers_on_duty
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.append import Signer
from sightline.ledger.entry import compute_key_id
from sightline.ledger.verbs import Verb
from sightline.model import Role
from sightline.storage.rows import Approval, Officer, OfficerKey
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Change


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """The person to enrol, and the role."""

    name: str
    role: Role
    designation: str
    unit: str


def enrol_first_officer(change: Change, person: NewOfficer, private: Ed25519PrivateKey) -> Officer:
    """Enrol the first officer of a workspace, whose own key signs the enrolment."""
    officer_id = make_id(change.now)
    own = replace(change, signer=Signer(officer_id, private))
    return _enrol(own, officer_id, person, own.signer.public, officer_id)


def enrol(officer_session: OfficerSession, person: NewOfficer, public: bytes, why: str) -> Officer | Approval:
    """Enrol the second officer at once. Later ones wait for another officer's approval."""
    with officer_session.change(Action.OFFICER_ENROL, f"key:{compute_key_id(public)}") as change:
        _require_new(change.tables, public)
        _require_told_apart(change.tables, person)
        if change.tables[Officer].count() == 1:
            _require_second(person.role)
            return _enrol(change, make_id(change.now), person, public, officer_session.officer.officer_id)
        request = {
            "name": person.name,
            "role": person.role.value,
            "designation": person.designation,
            "unit": person.unit,
            "key_id": compute_key_id(public),
            "public_key": base64.b64encode(public).decode(),
        }
        return approvals.ask(change, Action.OFFICER_ENROL, f"key:{compute_key_id(public)}", request, why)


def _require_told_apart(tables: Tables, person: NewOfficer) -> None:
    """Raise UsageError for a person who is on duty already, as far as words show."""
    person_key = person.name.casefold(), person.designation.casefold(), person.unit.casefold()
    for officer in list_officers_on_duty(tables):
        if person_key == (officer.name.casefold(), officer.designation.casefold(), officer.unit.casefold()):
            raise UsageError(
                f"{officer.name} is on duty already, with a key",
                hint="for a new key: sightline officers rotate, or revoke first; for another person: --designation",
            )


def list_roles_of_second() -> list[Role]:
    """Return the roles that the second officer can have: those who approve enrolments."""
    return [role for role in Role if role in SECOND[Action.OFFICER_ENROL]]


def _require_second(role: Role) -> None:
    """Raise UsageError for a second officer who could not approve enrolments: then nobody ever could."""
    roles = list_roles_of_second()
    if role not in roles:
        raise UsageError(
            f"the second officer approves all who follow, and the {role} cannot",
            hint=f"enrol one of these first: {', '.join(sorted(roles))}",
        )


def enrol_approved(change: Change, approval: Approval) -> Officer:
    """Enrol the officer that an approval names."""
    request = json.loads(approval.request_json)
    public = base64.b64decode(request["public_key"])
    _require_new(change.tables, public)
    person = NewOfficer(request["name"], Role(request["role"]), request["designation"], request["unit"])
    return _enrol(change, make_id(change.now), person, public, f"{approval.asked_by}+{change.signer.officer_id}")


def _enrol(change: Change, officer_id: str, person: NewOfficer, public: bytes, by: str) -> Officer:
    officer = Officer(officer_id, person.name, person.designation, person.unit, person.role, change.now_us, by)
    key = OfficerKey(compute_key_id(public), officer_id, public, change.now_us, by)
    change.tables[Officer].add(officer)
    change.tables[OfficerKey].add(key)
    facts = {"public_key": base64.b64encode(public).decode(), "key_id": key.key_id, "role": person.role.value}
    change.ledger.append(Verb.OFFICER_ENROLLED, change.signer, f"officer:{officer_id}", facts=facts, state=officer)
    change.ledger.append(Verb.KEY_ENROLLED, change.signer, f"key:{key.key_id}", facts=facts, state=key)
    return officer


def _require_new(tables: Tables, public: bytes) -> None:
    if tables[OfficerKey].get(compute_key_id(public)) is not None:
        raise NotAllowed(
            f"the key {compute_key_id(public)} is an officer's already: no one may hold both sides of an approval",
            hint="each officer makes a key: sightline officers create-key --out FILE",
        )


def rotate(officer_session: OfficerSession, public: bytes) -> OfficerKey:
    """Register a new key of the acting officer, signed with the old one, which ends."""
    with officer_session.change(Action.KEY_ROTATE, f"officer:{officer_session.officer.officer_id}") as change:
        _require_new(change.tables, public)
        officer_id = officer_session.officer.officer_id
        new = OfficerKey(compute_key_id(public), officer_id, public, change.now_us, officer_id)
        old = change.tables[OfficerKey].get(officer_session.signer.key_id)
        assert old is not None
        public_text = base64.b64encode(public).decode()
        change.add(
            Verb.KEY_ROTATED, new, public_key=public_text, key_id=new.key_id, role=officer_session.officer.role.value
        )
        over = replace(old, revoked_at_us=change.now_us, revoked_why="rotated")
        change.put(Verb.KEY_REVOKED, over, key_id=old.key_id)
    return new


def revoke(officer_session: OfficerSession, key: str, why: str) -> OfficerKey:
    """Revoke a key at once. An officer may always revoke their own."""
    with officer_session.workspace.read() as tables:
        officer_key = tables[OfficerKey].get(key)
    is_own = officer_key is not None and officer_key.officer_id == officer_session.officer.officer_id
    with officer_session.change(Action.KEY_ROTATE if is_own else Action.KEY_REVOKE, name_thing("key", key)) as change:
        known = change.tables[OfficerKey].get(key)
        if known is None:
            raise UsageError(f"there is no key {key}", hint="sightline officers list shows the keys")
        if known.revoked_at_us is not None:
            raise UsageError(f"the key {key} was revoked already", hint="sightline officers list shows since when")
        over = replace(known, revoked_at_us=change.now_us, revoked_why=why)
        change.put(Verb.KEY_REVOKED, over, why=why, key_id=key)
    return over


def list_officers(tables: Tables) -> list[tuple[Officer, list[OfficerKey]]]:
    """Return every officer with their keys, in order of enrolment."""
    return [(officer, tables[OfficerKey].select(officer_id=officer.officer_id)) for officer in tables[Officer].select()]


def has_too_few_enrollers(officer_session: OfficerSession) -> bool:
    """Return whether fewer than two officers can enrol an officer: one to ask and another to approve."""
    action = Action.OFFICER_ENROL
    with officer_session.workspace.read() as tables:
        roles = [officer.role for officer in list_officers_on_duty(tables)]
    pairs = permutations(roles, 2)
    return not any(role in POLICY[action] and other in SECOND[action] for role, other in pairs)


def is_in_use(tables: Tables, public: bytes) -> bool:
    """Return whether a public key is an officer's current key."""
    officer_key = tables[OfficerKey].get(compute_key_id(public))
    return officer_key is not None and officer_key.revoked_at_us is None


def derive_key_id(private: Ed25519PrivateKey) -> str:
    """Return the id of a key (ADR 12), as people compare it."""
    return compute_key_id(private.public_key().public_bytes_raw())
