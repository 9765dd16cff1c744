"""Find lines that two forces both pursue, by keyed pseudonyms, before any identity is opened.

A pseudonym is an HMAC-SHA-256, under a secret that the two agreed on, of an address and a day, or of a number. Without
the secret it reveals nothing. The other force has the secret, so it can find out whether a line that it guesses is
among them. By two officers' approval it learns that, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl
import pyrage

from sightline.casework.forces import forces
from sightline.casework.forces.force_matches import record_matches
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, Refused, UsageError
from sightline.ledger.verbs import Verb
from sightline.model import Ceiling
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.identities import decrypt_identities as identities
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.lead_groups.groups import list_stated_files, list_tip_accounts
from sightline.services.referrals import force_notes
from sightline.services.referrals.force_notes import HINT, ForceNote, NoteKind, read_text_field
from sightline.stages.lists.signature import SecretKey
from sightline.storage.rows import Force, ForceSecret, Licensee, Resolving
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace.workspace import Workspace

DOMAIN = b"sightline pseudonym v1\n"
SECRET_BYTES, SHOWN_BYTES = 32, 16
MOST = 400_000
DAY_US = 86_400_000_000
WORLDWIDE = frozenset({"msisdn", "imsi", "imei"})
"""Kinds of number that identify a line at any licensee. For others, its name is part of the value."""


class ComparedValue(StrEnum):
    """The kinds of values that two forces compare."""

    ADDRESSES = "addresses"
    """Source addresses of leads for one line, with each day (UTC) on which they were seen."""
    SUBSCRIBERS = "subscribers"
    """Numbers of the subscribers that replies name."""
    ACCOUNTS = "accounts"
    """Accounts that reports name, each with its service."""
    FILES = "files"
    """Digests of files that reports state."""


@dataclass(frozen=True, slots=True)
class PseudonymMatch:
    """A pseudonym that both forces have, and our leads or subscribers with it: no address and no number."""

    pseudonym: str
    ours: tuple[str, ...]


def agree_on_secret(officer_session: OfficerSession, code: str, key: SecretKey) -> bytes:
    """Make and store a secret for a force, and return it as a signed note, sealed to the force."""
    about = name_thing("force", code)
    with officer_session.change(Action.FORCE_COMPARE, about) as change:
        force = forces.find_force(change.tables, code)
        force_secret = ForceSecret(
            make_id(change.now),
            force.force_id,
            change.now_us,
            officer_session.officer.officer_id,
            os.urandom(SECRET_BYTES),
        )
        assert force_secret.secret is not None, "it was just made"
        content = {"to": code, "secret_id": force_secret.secret_id, "secret": force_secret.secret.hex()}
        note = force_notes.write_note(key, NoteKind.SECRET, change.now, content)
        change.add(Verb.FORCE_SECRET_AGREED, force_secret, force=code)
    sealed: bytes = pyrage.encrypt(note, [pyrage.x25519.Recipient.from_str(force.age_recipient)])
    return sealed


def take_secret(
    officer_session: OfficerSession, sealed: bytes, identities_: Iterable[pyrage.x25519.Identity], own: str
) -> ForceSecret:
    """Store a secret that a force made. The same secret again has no effect.

    `own`: the code by which that force knows this unit. Raises Refused if it is for another, NotAllowed if the force
    did not sign it, DamagedInput.
    """
    try:
        note = force_notes.read(pyrage.decrypt(sealed, list(identities_)))
        raw = bytes.fromhex(read_text_field(note, "secret"))
    except (pyrage.DecryptError, ValueError):
        raise DamagedInput("it is not a sealed secret, or not for this age identity", hint=HINT) from None
    if note.kind is not NoteKind.SECRET or len(raw) != SECRET_BYTES:
        raise DamagedInput("it is not a secret for comparison", hint=HINT)
    with officer_session.change(Action.FORCE_COMPARE, name_thing("force", note.by)) as change:
        force = _find_sender(change.tables, note, own)
        force_secret = change.tables[ForceSecret].get(read_text_field(note, "secret_id"))
        if force_secret is not None:
            return force_secret
        made = ForceSecret(
            read_text_field(note, "secret_id"), force.force_id, change.now_us, officer_session.officer.officer_id, raw
        )
        change.add(Verb.FORCE_SECRET_AGREED, made, force=force.code)
    return made


def _find_sender(tables: Tables, note: ForceNote, own: str) -> Force:
    """Return the force that signed a note for this unit."""
    force = forces.find_force(tables, note.by)
    note.require_signed_by(forces.find_current_key(tables, force.force_id))
    if read_text_field(note, "to") != own:
        raise Refused(f"the note is for {read_text_field(note, 'to')}, and not for {own}", hint=HINT)
    return force


def sign_pseudonyms(officer_session: OfficerSession, code: str, what: ComparedValue, why: str, key: SecretKey) -> bytes:
    """Return the pseudonyms as a signed note for a force, after two officers agreed. Raises NotAllowed."""
    officer_session.require(Action.FORCE_COMPARE, name_thing("force", code))
    with officer_session.workspace.read() as tables:
        force = forces.find_force(tables, code)
        secret = _find_secret(tables, force)
    listed = sorted(_compute_pseudonyms(secret, what, list_compared_values(officer_session.workspace, what)))
    if not listed or len(listed) > MOST:
        raise UsageError(
            f"there are {len(listed):,} {what} to compare: 1 to {MOST:,} can be", hint="sightline referrals compare"
        )
    digest = hashlib.sha256("\n".join(listed).encode()).hexdigest()
    asked = {"force": code, "what": what.value, "count": len(listed), "sha256": digest}
    about = f"force:{force.force_id}"
    approval = approvals.require_approval(officer_session, Action.FORCE_COMPARE, about, asked, why)
    content = {"to": code, "secret_id": secret.secret_id, "what": what.value, "pseudonyms": listed}
    with officer_session.change(Action.FORCE_COMPARE, about) as change:
        approvals.use(change, approval)
        facts = {"force": code, "what": what.value, "count": len(listed), "sha256": digest}
        change.ledger.append(Verb.FORCE_COMPARED, change.signer, about, facts=facts, tells={"why": why})
        return force_notes.write_note(key, NoteKind.PSEUDONYMS, change.now, content)


def compare_pseudonyms(officer_session: OfficerSession, note: ForceNote, own: str) -> list[PseudonymMatch]:
    """Return the force's pseudonyms that also match our leads or subscribers. The ledger records the comparison."""
    if note.kind is not NoteKind.PSEUDONYMS:
        raise UsageError(f"it is a {note.kind}, and not pseudonyms", hint="sightline referrals compare --help")
    officer_session.require(Action.FORCE_COMPARE, name_thing("force", note.by))
    with officer_session.workspace.read() as tables:
        force = _find_sender(tables, note, own)
        secret = tables[ForceSecret].get(read_text_field(note, "secret_id"))
    if secret is None or secret.secret is None:
        raise UsageError(
            "they are under a secret that is not here", hint="sightline referrals compare import-secret FILE"
        )
    what, theirs = _read_comparison(note)
    ours = _compute_pseudonyms(secret, what, list_compared_values(officer_session.workspace, what))
    both = sorted(ours.keys() & theirs)
    with officer_session.change(Action.FORCE_COMPARE, f"force:{force.force_id}") as change:
        facts = {"force": force.code, "what": what.value, "theirs": len(theirs), "both": len(both)}
        change.ledger.append(Verb.FORCE_COMPARED, change.signer, f"force:{force.force_id}", facts=facts)
        record_matches(change, force.force_id, "", what.value, {pseudonym: ours[pseudonym] for pseudonym in both})
    return [PseudonymMatch(pseudonym, tuple(sorted(ours[pseudonym]))) for pseudonym in both]


def _read_comparison(note: ForceNote) -> tuple[ComparedValue, set[str]]:
    try:
        what, listed = ComparedValue(note.facts["what"]), note.facts["pseudonyms"]
        if not isinstance(listed, list) or not all(isinstance(pseudonym, str) for pseudonym in listed):
            raise ValueError("they are no list of texts")
    except ValueError as error:
        raise DamagedInput(f"the pseudonyms are none: {error}", hint=HINT) from None
    return what, set(listed)


def _find_secret(tables: Tables, force: Force) -> ForceSecret:
    """Return the newest secret shared with a force."""
    same = [row.force_id for row in tables[Force].select(code=force.code)]
    force_secrets = [
        force_secret
        for force_secret in tables[ForceSecret].select_within("force_id", same)
        if force_secret.secret is not None
    ]
    if not force_secrets:
        raise UsageError(
            f"no secret is agreed with {force.code}", hint=f"sightline referrals compare create-secret {force.code}"
        )
    return max(force_secrets, key=lambda one: (one.agreed_at_us, one.secret_id))


def _compute_pseudonyms(
    secret: ForceSecret, what: ComparedValue, values: Mapping[str, set[str]]
) -> dict[str, set[str]]:
    """Return pseudonyms of values, each with our ids that have it."""
    assert secret.secret is not None, "a secret that was chosen is there"
    result: dict[str, set[str]] = {}
    for value, ids in values.items():
        digest = hmac.digest(secret.secret, DOMAIN + f"{what.value}\n{value}".encode(), "sha256")
        result.setdefault(digest[:SHOWN_BYTES].hex(), set()).update(ids)
    return result


def list_compared_values(workspace: Workspace, what: ComparedValue) -> dict[str, set[str]]:
    """Return the values that are compared, each with our ids that have it. Values are never shown."""
    of = {
        ComparedValue.ADDRESSES: _collect_addresses,
        ComparedValue.SUBSCRIBERS: _collect_subscribers,
        ComparedValue.ACCOUNTS: _collect_accounts,
        ComparedValue.FILES: _collect_digests,
    }
    return of[what](workspace)


def _collect_accounts(workspace: Workspace) -> dict[str, set[str]]:
    """Return the accounts of reports, in lower case; an account in a log is one of its own site."""
    result: dict[str, set[str]] = {}
    with open_generation(workspace) as leads:
        for lead_id, account in list_tip_accounts(leads).iter_rows():
            result.setdefault(account.casefold(), set()).add(lead_id)
    return result


def _collect_digests(workspace: Workspace) -> dict[str, set[str]]:
    result: dict[str, set[str]] = {}
    with open_generation(workspace) as leads:
        for lead_id, digest in list_stated_files(workspace, leads, leads.open_frame().collect()).iter_rows():
            result.setdefault(digest, set()).add(lead_id)
    return result


def _collect_addresses(workspace: Workspace) -> dict[str, set[str]]:
    """Return `ADDRESS DAY` of leads for one line, a value for each UTC day that its visits may be on."""
    with open_generation(workspace) as leads:
        subscriber_leads = leads.open_frame().filter(pl.col("ceiling").cast(pl.String) == Ceiling.SUBSCRIBER.value)
        days = pl.int_ranges(pl.col("from_us") // DAY_US, (pl.col("until_us") - 1) // DAY_US + 1)
        lead_days = subscriber_leads.select("lead_id", "source_ip", days.alias("day")).explode("day").collect()
    result: dict[str, set[str]] = {}
    for lead_id, address, day in lead_days.iter_rows():
        result.setdefault(f"{address} {day}", set()).add(lead_id)
    return result


def _collect_subscribers(workspace: Workspace) -> dict[str, set[str]]:
    """Return numbers of the currently named subscribers, opened for this computation and never shown."""
    with workspace.read() as tables:
        newest = tables[Resolving].find_last("number")
        names = {licensee.licensee_id: licensee.name.casefold() for licensee in tables[Licensee].select()}
    if newest is None:
        return {}
    columns = ["subscriber", "licensee_id", "number_kind"]
    table = resolution_files.read_table(workspace, newest, "subscribers", columns)
    identities_of = identities(workspace, set(table["subscriber"]))
    result: dict[str, set[str]] = {}
    for subscriber, licensee_id, kind in table.iter_rows():
        if number := identities_of.get(subscriber, {}).get("number"):
            whose = "" if kind in WORLDWIDE else f" {names[licensee_id]}"
            result.setdefault(f"{kind} {number}{whose}", set()).add(subscriber)
    return result
