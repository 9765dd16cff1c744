"""Leads as they were made, what officers did with them, what was found, and operations on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from sightline.model import LeadAct, OperationEventKind, OutcomeKind
from sightline.storage.rows.marks import KEY, To


@dataclass(frozen=True, slots=True)
class Generation:
    """All leads as one rebuild made them (ADR 17); the one with the highest number is current.

    `inputs_json`: the runs, data sets, rules and version that it is of; `files_json`: its files in the segment store.
    """

    number: Annotated[int, KEY]
    generation_id: str
    intent_id: Annotated[str, To("intents")]
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    inputs_json: str
    account_json: str
    files_json: str


@dataclass(frozen=True, slots=True)
class LeadMark:
    """That an officer marked a lead: a child is in present danger. It stays when leads are rebuilt."""

    mark_id: Annotated[str, KEY]
    lead_id: str
    why: str
    set_at_us: int
    set_by: Annotated[str, To("officers")]
    lifted_at_us: int | None = None
    lifted_why: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found where a lead led, as an officer recorded it; `said_on` is the day that it was found."""

    outcome_id: Annotated[str, KEY]
    lead_id: str
    case_id: Annotated[str, To("cases")]
    subscriber_id: str | None
    kind: OutcomeKind
    said_on: str
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, To("officers")]
    withdrawn_at_us: int | None = None
    withdrawn_why: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A named drive: leads that are worked together, and what came of them. `why`: what it is for."""

    operation_id: Annotated[str, KEY]
    name: str
    why: str
    begun_on: str
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    closed_at_us: int | None = None
    closed_why: str | None = None


@dataclass(frozen=True, slots=True)
class OperationEvent:
    """What happened on a day of an operation, how many times, and where: counted, and of nobody by name."""

    event_id: Annotated[str, KEY]
    operation_id: Annotated[str, To("operations")]
    kind: OperationEventKind
    happened_on: str
    state: str
    district: str | None
    lead_id: str | None
    subscriber_id: str | None
    count: int
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, To("officers")]
    withdrawn_at_us: int | None = None
    withdrawn_why: str | None = None


@dataclass(frozen=True, slots=True)
class LeadBatch:
    """One act of an officer on one lead or many. `leads_sha256`: over its steps, each `LEAD VERSION` and a line feed.

    `officer_id`: to whom they are assigned; `operation_id`: to which they are added; `reason`: why they are closed.
    """

    batch_id: Annotated[str, KEY]
    act: LeadAct
    officer_id: Annotated[str | None, To("officers")]
    operation_id: Annotated[str | None, To("operations")]
    reason: str | None
    why: str
    leads: int
    leads_sha256: str
    made_at_us: int
    made_by: Annotated[str, To("officers")]


@dataclass(frozen=True, slots=True)
class LeadStep:
    """That a batch was of this lead, whose version it made. Never changed; its batch has the digest over all."""

    lead_id: Annotated[str, KEY]
    version: Annotated[int, KEY]
    batch_id: Annotated[str, To("lead_batches")]


@dataclass(frozen=True, slots=True)
class LeadNote:
    """What an officer wrote about a lead, and why; changed by whoever works on it, each version in the ledger."""

    note_id: Annotated[str, KEY]
    lead_id: str
    text: str
    why: str
    version: int
    made_at_us: int
    made_by: Annotated[str, To("officers")]
    changed_at_us: int | None = None
    changed_by: Annotated[str | None, To("officers")] = None
