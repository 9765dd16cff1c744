"""What other forces referred to this unit: shown, accepted, answered, destroyed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.casework import incoming
from sightline.casework.access import Action
from sightline.casework.officer_session import Desk
from sightline.casework.input_checks import thing
from sightline.casework.openings import open_addresses
from sightline.services.referrals import package_reader
from sightline.services.referrals.bag_store import read, sheet
from sightline.services.referrals.timeline import Step, incoming_steps
from sightline.errors import UsageError
from sightline.workspace import orphans
from sightline.ledger.instants import instant
from sightline.ledger.verbs import Seen
from sightline.storage.rows import Approval, Force, Incoming, IncomingOutcome, IncomingRecall
from sightline.workspace.unit_keys import unit_key
from sightline.model import OutcomeKind
from sightline.model.short_ids import is_short_for


@dataclass(frozen=True, slots=True)
class ListedIncoming:
    """An incoming referral, from whom, how many of its leads are recalled, and of how many something was found."""

    row: Incoming
    force: Force
    recalled: int
    answered: int


@dataclass(frozen=True, slots=True)
class KeptLead:
    """A lead as it was told (`docs/schema/lead.json`), why it is recalled, if it is, and what this unit found."""

    told: Mapping[str, Any]
    recalled: str | None
    outcomes: tuple[IncomingOutcome, ...]


@dataclass(frozen=True, slots=True)
class ShownIncoming:
    """An incoming referral whole; of one that was purged `about` is None, and there are no leads.

    `purging`: the approval of its purge that waits for a second officer, or was given and not used yet.
    """

    row: Incoming
    force: Force
    about: Mapping[str, Any] | None
    leads: tuple[KeptLead, ...]
    recalls: tuple[IncomingRecall, ...]
    proved: tuple[str, ...]
    steps: tuple[Step, ...]
    purging: Approval | None

    @property
    def has_outcomes(self) -> bool:
        """Whether there is something to tell its sender."""
        return any(one.outcomes for one in self.leads)

    def lead(self, text: str) -> KeptLead:
        """The lead whose id begins so. Raises UsageError."""
        found = [one for one in self.leads if is_short_for(text, str(one.told["lead_id"]))]
        if len(found) != 1:
            raise UsageError(f"{len(found) or 'no'} leads of {self.row.number} begin with {text}")
        return found[0]


def listed(desk: Desk) -> list[ListedIncoming]:
    """What was referred to this unit, the first first."""
    with desk.read(Action.INCOMING_VIEW, "incoming:all", Seen.VIEW_REFERRALS) as shelves:
        known = {one.force_id: one for one in shelves[Force].where()}
        return [
            ListedIncoming(
                one,
                known[one.force_id],
                len(incoming.recalled_leads(shelves, one)),
                len({each.lead_id for each in incoming.outcomes_of(shelves, one)}),
            )
            for one in shelves[Incoming].where()
        ]


def shown(desk: Desk, text: str) -> ShownIncoming:
    """One incoming referral with its leads. Raises UsageError."""
    with desk.read(Action.INCOMING_VIEW, thing("incoming", text), Seen.VIEW_REFERRALS) as shelves:
        row = incoming.incoming_of(shelves, text)
        force = shelves[Force].get(row.force_id)
        assert force is not None, "an incoming referral has a sender"
        gone, found = incoming.recalled_leads(shelves, row), incoming.outcomes_of(shelves, row)
        recalls, taken = tuple(incoming.recalls_of(shelves, row)), tuple(incoming_steps(shelves, row))
        purging = incoming.purging(shelves, row, desk.clock())
    about, told = (None, []) if row.identity is None else read(desk.workspace, row)
    leads = tuple(
        KeptLead(
            one,
            gone.get(one["lead_id"]),
            tuple(each for each in found if each.lead_id == one["lead_id"]),
        )
        for one in told
    )
    proved = tuple(json.loads(row.proved_json))
    return ShownIncoming(row, force, about, leads, recalls, proved, taken, purging)


def open_lead(desk: Desk, text: str, lead: str, why: str) -> tuple[ShownIncoming, KeptLead, str]:
    """One lead with its sheet and whole address, once the journal has who opened it and why."""
    told = shown(desk, text)
    one = told.lead(lead)
    open_addresses(desk, [f"incoming:{told.row.incoming_id}"], why)
    return told, one, sheet(desk.workspace, told.row, str(one.told["lead_id"]))


def accept(desk: Desk, text: str) -> tuple[Incoming, bytes]:
    """Accept an incoming referral: its row, and the signed receipt for its sender, the same whenever it is made."""
    row, key = incoming.accept(desk, text), unit_key(desk.workspace)
    assert row.accepted_at_us is not None, "it was just accepted"
    about = {"referral": row.referral_id, "number": row.number, "to": {"code": key.issuer}}
    at = instant(row.accepted_at_us)
    return row, package_reader.receipt_of(about, row.content_sha256, row.leads, key, at)


def report(desk: Desk, text: str, lead: str, kind: OutcomeKind, on: str, why: str) -> IncomingOutcome:
    """Record what was found where a lead led, by the beginning of its id. Raises UsageError."""
    told = shown(desk, text)
    lead_id = str(told.lead(lead).told["lead_id"])
    return incoming.found(desk, told.row.incoming_id, incoming.Found(lead_id, kind, on, why))


def outcomes_note(desk: Desk, text: str) -> bytes:
    """All that was found of an incoming referral, signed, for its sender. Raises UsageError where nothing was."""
    with desk.read(Action.INCOMING_TAKE, thing("incoming", text), Seen.VIEW_REFERRALS) as shelves:
        row = incoming.incoming_of(shelves, text)
        found = incoming.outcomes_of(shelves, row)
    if not found:
        raise UsageError(f"nothing was found of {row.number} yet", hint="record an outcome of one of its leads first")
    key = unit_key(desk.workspace)
    about = {"referral": row.referral_id, "number": row.number, "to": {"code": key.issuer}}
    at = instant(max(one.recorded_at_us for one in found))
    return package_reader.answer(about, key, at, [(one.lead_id, one.kind, one.said_on) for one in found])


def recall_of(desk: Desk, text: str, recall_id: str) -> IncomingRecall:
    """A recall of an incoming referral. Raises UsageError."""
    with desk.read(Action.INCOMING_VIEW, thing("incoming", text), Seen.VIEW_REFERRALS) as shelves:
        row = incoming.incoming_of(shelves, text)
        for one in incoming.recalls_of(shelves, row):
            if one.recall_id == recall_id:
                return one
    raise UsageError(f"there is no recall {recall_id} of {row.number}")


def purge(desk: Desk, text: str, why: str) -> Incoming:
    """Destroy an incoming referral, once two officers agreed: its key, what was written of it, and its file."""
    gone = incoming.purge(desk, text, why)
    orphans.remove_purged(desk.workspace)
    return gone
