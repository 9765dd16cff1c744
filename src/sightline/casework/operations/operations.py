"""Operations: a named drive with its leads and events by day and place, and never the name of a suspect.

Events are counts. They may name a lead, or a subscriber by an id that only this workspace can make of a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.casework.input_checks import is_future_day, name_thing, require_words
from sightline.casework.leads.lead_work import SelectedLeads, read_lead_work, register_operation_batch
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.verbs import Verb
from sightline.model import OperationEventKind
from sightline.model.short_ids import is_short_for
from sightline.stages.canonical.address import parse_address
from sightline.stages.enrich.india import find_state_code
from sightline.storage.rows import LeadBatch, Operation, OperationEvent
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id

MOST_COUNTED = 100_000
"""Maximum count of one event. More is a typing error."""
PERSONAL = frozenset(
    "accused aadhaar address age alias arrestee dob email father gender imei imsi mobile mother msisdn name pan person"
    " phone photo sex spouse surname suspect victim".split()
)
"""Fields of an event that are refused with any value: an operation counts, and names nobody."""
_LONG_NUMBER = re.compile(r"(?:[0-9][\s-]*){9,}[0-9]")
_YEAR, _MONTH, _OF_MONTH = "(?:(?:19|20)[0-9]{2})", "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"
_DAY = re.compile(
    rf"(?<![0-9])(?:{_YEAR}[-./]{_MONTH}[-./]{_OF_MONTH}|{_OF_MONTH}[-./]{_MONTH}[-./](?:{_YEAR}|[0-9]{{2}}))(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class EventForm:
    """An event: its day (in India), state (a code or name), district and count."""

    kind: OperationEventKind
    happened_on: str
    state: str
    why: str
    count: int = 1
    district: str | None = None
    lead_id: str | None = None
    subscriber_id: str | None = None


def begin(officer_session: OfficerSession, name: str, begun_on: str, why: str) -> Operation:
    """Begin an operation. Raises UsageError for a name that another has, NotAllowed."""
    title, because = require_unnamed(require_words(name, "the name")), require_unnamed(require_words(why, "the reason"))
    with officer_session.change(Action.OPERATION_RUN, "operation:new") as change:
        if any(operation.name.casefold() == title.casefold() for operation in change.tables[Operation].select()):
            raise UsageError(f"there is an operation {title} already", hint="choose another name")
        made = Operation(
            make_id(change.now), title, because, begun_on, change.now_us, officer_session.officer.officer_id
        )
        change.add(Verb.OPERATION_BEGUN, made)
    return made


def add_leads(officer_session: OfficerSession, text: str, selected_leads: SelectedLeads, why: str) -> LeadBatch:
    """Add leads to an operation. Raises UsageError for leads that are in it already, Conflict, NotAllowed."""
    return _record_change(officer_session, text, selected_leads, why, is_added=True)


def take_out(officer_session: OfficerSession, text: str, selected_leads: SelectedLeads, why: str) -> LeadBatch:
    """Remove leads from an operation. Raises UsageError for leads that are not in it, Conflict, NotAllowed."""
    return _record_change(officer_session, text, selected_leads, why, is_added=False)


def _record_change(
    officer_session: OfficerSession, text: str, selected_leads: SelectedLeads, why: str, *, is_added: bool
) -> LeadBatch:
    because = require_unnamed(require_words(why, "the reason"))
    with officer_session.change(Action.OPERATION_RUN, name_thing("operation", text)) as change:
        operation = open_operation(change.tables, text)
        lead_work = read_lead_work(change.tables, selected_leads)
        inside = {one for one, stands in lead_work.items() if operation.operation_id in stands.operations}
        wrong = [lead_id for lead_id in selected_leads.lead_ids if (lead_id in inside) is is_added]
        if wrong:
            lead, name = wrong[0][:12], operation.name
            more = f", and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
            what = (
                f"the lead {lead} is in {name} already{more}" if is_added else f"the lead {lead} is not in {name}{more}"
            )
            raise UsageError(what, hint="sightline operations show tells its leads")
        return register_operation_batch(change, operation.operation_id, selected_leads, because, is_added=is_added)


def record_event(officer_session: OfficerSession, text: str, happened: EventForm) -> OperationEvent:
    """Record an event. Raises UsageError for a future day, no state, a count of zero, or a number in words."""
    _require_day(happened.happened_on, officer_session.clock())
    _require_count(happened)
    why = require_unnamed(require_words(happened.why, "the reason"))
    district = require_unnamed(require_words(happened.district, "the district")) if happened.district else None
    with officer_session.change(Action.OPERATION_RUN, name_thing("operation", text)) as change:
        operation = open_operation(change.tables, text)
        if happened.happened_on < operation.begun_on:
            raise UsageError(f"{operation.name} began on {operation.begun_on}, later", hint="give the day of the event")
        operation_event = OperationEvent(
            make_id(change.now),
            operation.operation_id,
            happened.kind,
            happened.happened_on,
            find_state(happened.state),
            district,
            happened.lead_id,
            happened.subscriber_id,
            happened.count,
            why,
            change.now_us,
            officer_session.officer.officer_id,
        )
        about = {"operation": operation.operation_id, "kind": happened.kind.value, "count": happened.count}
        change.add(Verb.OPERATION_EVENT, operation_event, **about)
    return operation_event


def withdraw_event(
    officer_session: OfficerSession, text: str, why: str, operation_id: str | None = None
) -> OperationEvent:
    """Withdraw an event, of that operation if one is given. Raises UsageError if it was withdrawn already."""
    about = {} if operation_id is None else {"operation_id": operation_id}
    with officer_session.change(Action.OPERATION_RUN, name_thing("operation-event", text)) as change:
        every = change.tables[OperationEvent].select(**about)
        operation_events = [event for event in every if is_short_for(text, event.event_id)]
        if len(operation_events) != 1:
            what = f"{len(operation_events)} events end in {text}" if operation_events else f"there is no event {text}"
            raise UsageError(what, hint="sightline operations show tells their ids")
        if operation_events[0].withdrawn_at_us is not None:
            raise UsageError(
                f"the event was withdrawn already: {operation_events[0].withdrawn_why}", hint="there is nothing to do"
            )
        over = replace(
            operation_events[0],
            withdrawn_at_us=change.now_us,
            withdrawn_why=require_unnamed(require_words(why, "the reason")),
        )
        change.put(Verb.OPERATION_EVENT_WITHDRAWN, over, why=over.withdrawn_why, operation=over.operation_id)
    return over


def close(officer_session: OfficerSession, text: str, why: str) -> Operation:
    """Close an operation. Its leads stay as they are."""
    with officer_session.change(Action.OPERATION_RUN, name_thing("operation", text)) as change:
        operation = open_operation(change.tables, text)
        over = replace(
            operation, closed_at_us=change.now_us, closed_why=require_unnamed(require_words(why, "the reason"))
        )
        change.put(Verb.OPERATION_CLOSED, over, why=over.closed_why)
    return over


def find_operation(tables: Tables, text: str) -> Operation:
    """Return the operation with that name, id, or part of an id. Raises UsageError."""
    every = tables[Operation].select()
    operations = [
        operation
        for operation in every
        if operation.operation_id == text or operation.name.casefold() == text.casefold()
    ]
    operations = operations or [operation for operation in every if is_short_for(text, operation.operation_id)]
    if len(operations) != 1:
        what = f"several operations are called {text}" if operations else f"there is no operation {text}"
        raise UsageError(what, hint="sightline operations list shows them")
    return operations[0]


def open_operation(tables: Tables, text: str) -> Operation:
    """Return the operation if it is not closed. Raises UsageError."""
    operation = find_operation(tables, text)
    if operation.closed_at_us is not None:
        raise UsageError(
            f"{operation.name} is over: {operation.closed_why}", hint="add another: sightline operations add"
        )
    return operation


def list_events(tables: Tables, operation_id: str, *, with_withdrawn: bool = False) -> list[OperationEvent]:
    """Return the events of an operation, by day."""
    operation_events = tables[OperationEvent].select(operation_id=operation_id)
    events = [event for event in operation_events if with_withdrawn or event.withdrawn_at_us is None]
    return sorted(events, key=lambda operation_event: (operation_event.happened_on, operation_event.event_id))


def refuse_personal(fields: Iterable[str]) -> None:
    """Raise NotAllowed if a form or command has a field for a person's name or particulars."""
    parts = {part: field for field in fields for part in re.split(r"[^a-z]+", field.casefold())}
    wrong = sorted(parts[part] for part in parts.keys() & PERSONAL)
    if wrong:
        raise NotAllowed(
            f"an operation stores no name or particulars of a wanted person: {wrong[0]} is refused",
            hint="count what happened; the case diary has the names, and an outcome may have a subscriber's id",
        )


def require_unnamed(text: str) -> str:
    """Return the text if it has no address and no long number, such as a telephone's. Raises NotAllowed."""
    plain = _simplify_text(text)
    has_address = any(parse_address(word.strip(".,;()[]")) is not None for word in plain.split())
    if has_address or _LONG_NUMBER.search(_DAY.sub("/", plain)):
        raise NotAllowed(
            "an operation stores no number or address of a person: the text contains one",
            hint="name the paper that has it, as GD 14 of 6.6.2026",
        )
    return text


def _simplify_text(text: str) -> str:
    """Return the text as it looks: digits of any script as ASCII, dashes as hyphens, and only standalone signs."""
    return "".join(map(_simplify_sign, unicodedata.normalize("NFKC", text)))


def _simplify_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    kind = unicodedata.category(sign)
    if kind == "Pd" or sign == "\N{MINUS SIGN}":
        return "-"
    return "" if kind in {"Cf", "Mn", "Me"} else sign


def find_state(text: str) -> str:
    """Return the code of an Indian state. Raises UsageError."""
    known = find_state_code(text)
    if known is None:
        raise UsageError(
            f"{text} is not a state of India", hint="give an ISO 3166-2 code such as IN-KL, or a name such as Kerala"
        )
    return known


def _require_day(day: str, now: datetime) -> None:
    """Raise UsageError for a day that has not begun in India."""
    if is_future_day(day, now):
        raise UsageError(f"{day} is in the future", hint="give the day on which it happened")


def _require_count(happened: EventForm) -> None:
    if not 1 <= happened.count <= MOST_COUNTED:
        raise UsageError(f"a count of {happened.count}", hint=f"from 1 to {MOST_COUNTED:,}")
    if happened.count > 1 and (happened.lead_id or happened.subscriber_id):
        raise UsageError("a count above one cannot name a lead or a subscriber", hint="record them one by one")
