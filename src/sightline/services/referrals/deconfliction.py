"""Find out, among any number of forces, that another force has a line too, and neither which force nor what else.

All forces of a period have one key, and the exchange does not. Each submits keyed pseudonyms there, by two officers'
approval. The exchange compares them blindly and answers each force with those of its own that another force submitted.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from sightline.casework.forces import forces
from sightline.casework.forces.force_matches import record_matches
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, Refused, UsageError
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.services.referrals import force_notes
from sightline.services.referrals.comparison import (
    MOST,
    SECRET_BYTES,
    SHOWN_BYTES,
    ComparedValue,
    PseudonymMatch,
    list_compared_values,
)
from sightline.services.referrals.force_notes import HINT, NoteKind, read_text_field
from sightline.stages.lists.signature import SecretKey

DOMAIN = b"sightline period pseudonym v1\n"
PERIOD = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)
"""A month."""
PSEUDONYM = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PeriodKey:
    """The key of a month, which all forces that compare have. No workspace stores it."""

    period: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class DeconflictionAnswer:
    """The exchange's answer. `matches`: with our ids. `not_ours`: how many we would not submit any more."""

    what: ComparedValue
    matches: tuple[PseudonymMatch, ...]
    not_ours: int


def create_period_key(
    officer_session: OfficerSession, period: str, codes: Sequence[str], own_recipient: str, key: SecretKey
) -> dict[str, bytes]:
    """Return a new key of a month as a signed note for each force and for this unit, sealed to each, by code."""
    _require_period(period)
    officer_session.look(Action.FORCE_COMPARE, name_thing("period-key", period), JournalVerb.EXPORT_REFERRAL)
    with officer_session.workspace.read() as tables:
        recipients = {code: forces.find_force(tables, code).age_recipient for code in codes}
    secret, now = os.urandom(SECRET_BYTES), officer_session.clock()
    sealed: dict[str, bytes] = {}
    for code, recipient in (recipients | {key.issuer: own_recipient}).items():
        content = {"to": code, "period": period, "secret": secret.hex()}
        note = force_notes.write_note(key, NoteKind.PERIOD_KEY, now, content)
        try:
            sealed[code] = pyrage.encrypt(note, [pyrage.x25519.Recipient.from_str(recipient)])
        except pyrage.RecipientError:
            raise UsageError(f"{code}: not an age recipient", hint="age1...: the public key of an age key") from None
    return sealed


def read_period_key(
    officer_session: OfficerSession, sealed: bytes, identities: Iterable[pyrage.x25519.Identity], own: SecretKey
) -> PeriodKey:
    """Return the key that a force, or this unit, made.

    Raises Refused if it is for another, NotAllowed if no force in force signed it, DamagedInput.
    """
    try:
        note = force_notes.read(pyrage.decrypt(sealed, list(identities)))
        secret = bytes.fromhex(read_text_field(note, "secret")) if note.kind is NoteKind.PERIOD_KEY else b""
    except (pyrage.DecryptError, ValueError):
        raise DamagedInput("it is not a sealed key, or not for this age identity", hint=HINT) from None
    if len(secret) != SECRET_BYTES or not PERIOD.fullmatch(read_text_field(note, "period")):
        raise DamagedInput("it is not the key of a period", hint=HINT)
    if note.by == own.issuer:
        note.require_signed_by(own.derive_public())
    else:
        with officer_session.workspace.read() as tables:
            force = forces.find_force(tables, note.by)
            note.require_signed_by(forces.find_current_key(tables, force.force_id))
    if read_text_field(note, "to") != own.issuer:
        raise Refused(f"the key is for {read_text_field(note, 'to')}, and not for {own.issuer}", hint=HINT)
    return PeriodKey(read_text_field(note, "period"), secret)


def export_pseudonyms(
    officer_session: OfficerSession,
    period_key: PeriodKey,
    what: ComparedValue,
    why: str,
    key: SecretKey,
    also: Collection[str] = (),
) -> bytes:
    """Return this unit's pseudonyms as a signed note for the exchange, after two officers agreed. Raises NotAllowed.

    `also`: values that are asked about, and that no own lead or subscriber has.
    """
    about = name_thing("period", period_key.period)
    officer_session.require(Action.FORCE_COMPARE, about)
    values: dict[str, Iterable[str]] = {
        **dict.fromkeys(also, ()),
        **list_compared_values(officer_session.workspace, what),
    }
    listed = sorted(compute_pseudonyms(period_key, what, values))
    if not listed or len(listed) > MOST:
        raise UsageError(
            f"there are {len(listed):,} {what} to compare: 1 to {MOST:,} can be", hint="sightline referrals deconflict"
        )
    digest = hashlib.sha256("\n".join(listed).encode()).hexdigest()
    asked = {"force": "exchange", "what": what.value, "count": len(listed), "sha256": digest}
    approval = approvals.require_approval(officer_session, Action.FORCE_COMPARE, about, asked, why)
    content = {"period": period_key.period, "what": what.value, "pseudonyms": listed}
    with officer_session.change(Action.FORCE_COMPARE, about) as change:
        approvals.use(change, approval)
        change.ledger.append(Verb.FORCE_COMPARED, change.signer, about, facts=asked, tells={"why": why})
        return force_notes.write_note(key, NoteKind.DECONFLICTION, change.now, content)


def match_answer(
    officer_session: OfficerSession, period_key: PeriodKey, answer: Mapping[str, Any]
) -> DeconflictionAnswer:
    """Return our leads or subscribers that the exchange says another force has too. The ledger records it."""
    about = name_thing("period", period_key.period)
    officer_session.require(Action.FORCE_COMPARE, about)
    what, both = _read_answer(answer, period_key.period)
    ours = compute_pseudonyms(period_key, what, list_compared_values(officer_session.workspace, what))
    result = sorted(ours.keys() & both)
    with officer_session.change(Action.FORCE_COMPARE, about) as change:
        facts = {"force": "exchange", "what": what.value, "theirs": len(both), "both": len(result)}
        change.ledger.append(Verb.FORCE_COMPARED, change.signer, about, facts=facts)
        record_matches(
            change, None, period_key.period, what.value, {pseudonym: ours[pseudonym] for pseudonym in result}
        )
    return DeconflictionAnswer(
        what,
        tuple(PseudonymMatch(pseudonym, tuple(sorted(ours[pseudonym]))) for pseudonym in result),
        len(both) - len(result),
    )


def read_answer_file(path: Path) -> Mapping[str, Any]:
    """Return the exchange's answer in a file. Raises UsageError, DamagedInput."""
    try:
        with path.open("rb") as stream:
            content = stream.read(force_notes.LARGEST_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="name the file with the exchange's answer") from None
    return parse_answer(content, str(path))


def parse_answer(content: bytes, name: str) -> Mapping[str, Any]:
    """Return the exchange's answer. `name`: of its file. Raises DamagedInput."""
    try:
        result = json.loads(content)
    except (ValueError, RecursionError):
        raise DamagedInput(f"{name}: not an answer of the exchange", hint=HINT) from None
    if not isinstance(result, dict):
        raise DamagedInput(f"{name}: not an answer of the exchange", hint=HINT)
    return result


def _read_answer(answer: Mapping[str, Any], period: str) -> tuple[ComparedValue, set[str]]:
    try:
        what, both = ComparedValue(answer["what"]), answer["both"]
        if not isinstance(both, list) or not all(
            isinstance(pseudonym, str) and PSEUDONYM.fullmatch(pseudonym) for pseudonym in both
        ):
            raise ValueError("`both` is no list of pseudonyms")
    except (KeyError, ValueError):
        raise DamagedInput("this is not an answer of the exchange", hint=HINT) from None
    if answer.get("period") != period:
        raise UsageError(f"the answer is not of {period}, as the key is", hint="name the key of the answer's period")
    return what, set(both)


def compute_pseudonyms(
    period_key: PeriodKey, what: ComparedValue, values: Mapping[str, Iterable[str]]
) -> dict[str, set[str]]:
    """Return pseudonyms of values in a period, each with our ids that have it."""
    result: dict[str, set[str]] = {}
    for value, ids in values.items():
        message = DOMAIN + f"{period_key.period}\n{what.value}\n{value}".encode()
        digest = hmac.digest(period_key.secret, message, "sha256")
        result.setdefault(digest[:SHOWN_BYTES].hex(), set()).update(ids)
    return result


def _require_period(period: str) -> None:
    if not PERIOD.fullmatch(period):
        raise UsageError(f"{period[:40]!r} is no month", hint="write it as 2026-12")
