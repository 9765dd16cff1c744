"""Rows about leads: generations, officers' acts on leads, outcomes, and operations."""

from __future__ import annotations

from typing import Annotated

from sightline.model import LeadAct, OperationEventKind, OutcomeKind
from sightline.storage.rows.column_metadata import KEY, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class Generation:
    """All leads as one rebuild made them (ADR 17). The generation with the highest number is current.

    `inputs_json`: the runs, data sets, rules and version that it was made from; `files_json`: its files in the segment
    store.
    """

    number: Annotated[int, KEY]
    generation_id: str
    intent_id: Annotated[str, RowReference("intents")]
    made_at_us: int
    made_by: Annotated[str, RowReference("officers")]
    inputs_json: str
    account_json: str
    files_json: str


@define_row(frozen=True, slots=True)
class LeadMark:
    """An officer's mark on a lead: a child is in present danger. It persists when leads are rebuilt."""

    mark_id: Annotated[str, KEY]
    lead_id: str
    why: str
    set_at_us: int
    set_by: Annotated[str, RowReference("officers")]
    lifted_at_us: int | None = None
    lifted_why: str | None = None


@define_row(frozen=True, slots=True)
class Outcome:
    """The result of following up a lead, as an officer recorded it. `said_on` is the day of the finding."""

    outcome_id: Annotated[str, KEY]
    lead_id: str
    case_id: Annotated[str, RowReference("cases")]
    subscriber_id: str | None
    kind: OutcomeKind
    said_on: str
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, RowReference("officers")]
    withdrawn_at_us: int | None = None
    withdrawn_why: str | None = None


@define_row(frozen=True, slots=True)
class Operation:
    """An operation: a named group of leads that are worked together. `why` is its purpose."""

    operation_id: Annotated[str, KEY]
    name: str
    why: str
    begun_on: str
    made_at_us: int
    made_by: Annotated[str, RowReference("officers")]
    closed_at_us: int | None = None
    closed_why: str | None = None


@define_row(frozen=True, slots=True)
class OperationEvent:
    """Events of one kind on a day of an operation: their number and place. They name no person."""

    event_id: Annotated[str, KEY]
    operation_id: Annotated[str, RowReference("operations")]
    kind: OperationEventKind
    happened_on: str
    state: str
    district: str | None
    lead_id: str | None
    subscriber_id: str | None
    count: int
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, RowReference("officers")]
    withdrawn_at_us: int | None = None
    withdrawn_why: str | None = None


@define_row(frozen=True, slots=True)
class OperationTeam:
    """A team of an operation: its leader, how many people it has, where it meets, when, and what it is for.

    It names the unit's own officer who leads it, and no person who is looked for.
    """

    team_id: Annotated[str, KEY]
    operation_id: Annotated[str, RowReference("operations")]
    name: str
    leader: Annotated[str, RowReference("officers")]
    strength: int
    venue: str
    state: str
    district: str | None
    begins_at_us: int
    ends_at_us: int | None
    task: str
    set_at_us: int
    set_by: Annotated[str, RowReference("officers")]
    dropped_at_us: int | None = None
    dropped_why: str | None = None


@define_row(frozen=True, slots=True)
class LeadBatch:
    """One act of an officer on one or more leads. `leads_sha256` covers its steps, each `LEAD VERSION` and a line feed.

    `officer_id`: the assignee; `operation_id`: the operation that the leads join; `reason`: why they are closed.
    """

    batch_id: Annotated[str, KEY]
    act: LeadAct
    officer_id: Annotated[str | None, RowReference("officers")]
    operation_id: Annotated[str | None, RowReference("operations")]
    reason: str | None
    why: str
    leads: int
    leads_sha256: str
    made_at_us: int
    made_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class LeadStep:
    """One lead of a batch, and the lead's version that the batch made.

    Never changed; the batch has the digest over all.
    """

    lead_id: Annotated[str, KEY]
    version: Annotated[int, KEY]
    batch_id: Annotated[str, RowReference("lead_batches")]


@define_row(frozen=True, slots=True)
class LeadNote:
    """An officer's note about a lead, with its reason.

    Any officer on the lead may change it; the ledger has each version.
    """

    note_id: Annotated[str, KEY]
    lead_id: str
    text: str
    why: str
    version: int
    made_at_us: int
    made_by: Annotated[str, RowReference("officers")]
    changed_at_us: int | None = None
    changed_by: Annotated[str | None, RowReference("officers")] = None
