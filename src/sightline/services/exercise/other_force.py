"""Another force in an exercise: its keys, its officer who signs in here, and its request for a case of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyrage

from sightline.casework import decisions
from sightline.casework.forces import forces
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.model import AuthorityKind, RequestWay
from sightline.services.exercise.officers import WHY
from sightline.stages.lists import signature

CODE, NAME, STATE = "KA-CYBER", "Cyber Police, Karnataka", "IN-KA"
THEIR_CASE, THEIR_ORDER = "Cr. 41/2026", "s.94 order 3/2026"


@dataclass(frozen=True, slots=True)
class ForceKeys:
    """The force's secrets: the key that signs its notes, and the identity that opens its packages."""

    sign: signature.SecretKey
    identity: pyrage.x25519.Identity

    def build_files(self) -> dict[str, str]:
        """Return the key files by name, as `sightline forces create-keys` writes them."""
        recipient = f"# public key: {self.identity.to_public()}\n{self.identity}\n"
        return {
            f"{CODE}.key": self.sign.to_text(),
            f"{CODE}.pub": self.sign.derive_public().to_text(),
            f"{CODE}.age": recipient,
        }


def enrol_force(supervisor: OfficerSession, superintendent: OfficerSession, partner: OfficerSession) -> ForceKeys:
    """Enrol the force with new keys, and its officer, each by two officers. Returns the force's secrets."""
    force_keys = ForceKeys(signature.create_key(CODE), pyrage.x25519.Identity.generate())
    form = forces.ForceForm(force_keys.sign.derive_public(), NAME, (STATE,), str(force_keys.identity.to_public()))
    approval = forces.enrol(supervisor, form, WHY)
    decisions.decide(superintendent, approval.approval_id, give=True, why=WHY)
    tied = forces.request_officer_for_force(supervisor, partner.officer.officer_id, CODE, WHY)
    decisions.decide(superintendent, tied.approval_id, give=True, why=WHY)
    return force_keys


def ask_for_leads(partner: OfficerSession, on: str) -> None:
    """Ask, as the force's officer, for all leads of its state. `on`: a day, `2026-03-31`."""
    letter = hashlib.sha256(f"{THEIR_CASE}, {THEIR_ORDER}".encode()).hexdigest()
    request_form = forces.RequestForm(
        CODE, THEIR_CASE, AuthorityKind.PRODUCTION, THEIR_ORDER, "Magistrate, Mysuru", on, letter, "request.pdf", on,
        RequestWay.PARTNER,
    )  # fmt: skip
    forces.register_force_request(partner, request_form)
