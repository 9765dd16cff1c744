"""Operations: leads in and out, events counted by day and place, and no name, number or address of anybody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sightline.casework.leads.lead_work import SelectedLeads, read_lead_work
from sightline.casework.operations import operations
from sightline.casework.operations.operations import EventForm
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.verbs import Verb
from sightline.model import OperationEventKind, Role
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from tests.casework.conftest import Staff

LEADS = [f"{number:032x}" for number in range(1, 6)]
SUPERVISOR = Role.SUPERVISOR
SEARCH = EventForm(OperationEventKind.SEARCH, "2026-06-05", "Kerala", "warrant 3/2026", 4, "Thrissur")


def members(staff: Staff, operation_id: str) -> list[str]:
    with staff.office.workspace.read() as tables:
        return sorted(one for one, stands in read_lead_work(tables).items() if operation_id in stands.operations)


def test_leads_go_in_and_out_and_events_are_counted_until_it_is_over(staff: Staff) -> None:
    officer_session = staff[SUPERVISOR]
    made = operations.begin(officer_session, "P-Hunt 7", "2026-06-01", "lines of three districts")
    with pytest.raises(UsageError, match="there is an operation p-hunt 7 already"):
        operations.begin(officer_session, "p-hunt 7", "2026-06-01", "why")
    operations.add_leads(officer_session, "P-Hunt 7", SelectedLeads(LEADS), "one line each")
    with pytest.raises(UsageError, match="is in P-Hunt 7 already, and 1 more"):
        operations.add_leads(officer_session, made.operation_id, SelectedLeads(LEADS[:2]), "again")
    operations.take_out(officer_session, made.operation_id[-6:], SelectedLeads(LEADS[:1]), "a relay")
    assert members(staff, made.operation_id) == LEADS[1:]
    with pytest.raises(UsageError, match="is not in P-Hunt 7"):
        operations.take_out(officer_session, "P-Hunt 7", SelectedLeads(LEADS[:1]), "again")
    first = operations.record_event(officer_session, "P-Hunt 7", SEARCH)
    assert (first.state, first.count) == ("IN-KL", 4)
    event_form = EventForm(OperationEventKind.ARREST, "2026-06-04", "IN-KL", "GD 14 of 4.6.2026", lead_id=LEADS[1])
    second = operations.record_event(officer_session, "P-Hunt 7", event_form)
    operations.withdraw_event(officer_session, second.event_id[-6:], "of another day")
    with pytest.raises(UsageError, match="withdrawn already: of another day"):
        operations.withdraw_event(officer_session, second.event_id, "again")
    with staff.office.workspace.read() as tables:
        assert operations.list_events(tables, made.operation_id) == [first]
        assert len(operations.list_events(tables, made.operation_id, with_withdrawn=True)) == 2
        verbs = [entry.verb for entry in tables[rows.LedgerRow].select() if entry.verb.startswith("operation:")]
    assert verbs == [
        Verb.OPERATION_BEGUN,
        Verb.OPERATION_ADDED,
        Verb.OPERATION_TAKEN_OUT,
        Verb.OPERATION_EVENT,
        Verb.OPERATION_EVENT,
        Verb.OPERATION_EVENT_WITHDRAWN,
    ]
    operations.close(officer_session, "P-Hunt 7", "all lines were visited")
    for act in (
        lambda: operations.add_leads(officer_session, "P-Hunt 7", SelectedLeads(LEADS[:1]), "why"),
        lambda: operations.record_event(officer_session, "P-Hunt 7", SEARCH),
        lambda: operations.close(officer_session, "P-Hunt 7", "again"),
    ):
        with pytest.raises(UsageError, match="is over: all lines were visited"):
            act()
    assert verify_workspace(staff.office.workspace, VerifyRequest(), lambda *_: None).findings == []


WRONG: list[tuple[dict[str, object], str]] = [
    ({"happened_on": "2026-06-06"}, "is in the future"),
    ({"happened_on": "2026-05-30"}, "began on 2026-06-01, later"),
    ({"state": "Atlantis"}, "is not a state of India"),
    ({"count": 0}, "a count of 0"),
    ({"count": 2, "lead_id": LEADS[0]}, "cannot name a lead"),
    ({"why": " "}, "is empty"),
]
NUMBERS = (
    "called 9847012345",
    "line 203.0.113.7 was his",
    "2001:db8::7",
    "+91 98470 12345",
    "9999 8888 7777",
    "९८४७०१२३४५",
    "\u0968\u0966\u0969.\u0966.\u0967\u0967\u0969.\u096d",
    "\uff19\uff18\uff14\uff17\uff10\uff11\uff12\uff13\uff14\uff15",
    "9847\u00a0012345",
    "9847\u1680\u2028012345",
    "9847 -  012345",
    "9847\u200b0\u00ad12345",
    "9847\u2013012345",
    "98\ufe0f\u20e347012345",
    "9847-01-2345",
)


def test_wrong_events_and_officers_are_refused(shared_staff: Staff) -> None:
    officer_session = shared_staff[SUPERVISOR]
    made = operations.begin(officer_session, "Drive 2", "2026-06-01", "why")
    for other, says in WRONG:
        with pytest.raises(UsageError, match=says):
            operations.record_event(officer_session, "Drive 2", replace(SEARCH, **other))  # type: ignore[arg-type]
    for text in NUMBERS:
        with pytest.raises(NotAllowed, match="no number or address"):
            operations.record_event(officer_session, "Drive 2", replace(SEARCH, why=text))
    for role in (Role.ANALYST, Role.PROSECUTOR, Role.CUSTODIAN, Role.AUDITOR, Role.ADMINISTRATOR, Role.PARTNER):
        with pytest.raises(NotAllowed):
            operations.record_event(shared_staff[role], "Drive 2", SEARCH)
    with shared_staff.office.workspace.read() as tables:
        assert operations.list_events(tables, made.operation_id) == []


@pytest.mark.parametrize("text", NUMBERS)
def test_no_words_of_an_operation_take_a_number_or_an_address(shared_staff: Staff, text: str) -> None:
    officer_session = shared_staff[SUPERVISOR]
    with officer_session.workspace.read() as tables:
        drives = {operation.name for operation in tables[rows.Operation].select()}
    if "Drive 3" not in drives:
        operations.begin(officer_session, "Drive 3", "2026-06-01", "why")
    for act in (
        lambda: operations.begin(officer_session, f"Drive {text}", "2026-06-01", "why"),
        lambda: operations.begin(officer_session, "Drive 4", "2026-06-01", text),
        lambda: operations.add_leads(officer_session, "Drive 3", SelectedLeads(LEADS), text),
        lambda: operations.take_out(officer_session, "Drive 3", SelectedLeads(LEADS), text),
        lambda: operations.record_event(officer_session, "Drive 3", replace(SEARCH, district=text)),
        lambda: operations.close(officer_session, "Drive 3", text),
    ):
        with pytest.raises(NotAllowed, match="no number or address"):
            act()


@pytest.mark.parametrize("field", ["name", "accused_name", "Person", "suspect-phone", "father", "aadhaar"])
def test_a_field_for_somebody_sought_is_refused(field: str) -> None:
    with pytest.raises(NotAllowed, match="no name or particulars"):
        operations.refuse_personal(["kind", "why", field])


def test_operation_events_accept_no_personal_fields() -> None:
    operations.refuse_personal(EventForm.__dataclass_fields__)
    for text in (
        "GD 14 of 6.6.2026, warrant 3/2026 of 2026-06-05",
        "ജി.ഡി. 14, 06-06-26",
        "जी.डी. १४ of ०६.०६.२०२६",
        "GD 14 2026-06-05 15 2026-06-06",
    ):
        assert operations.require_unnamed(text) == text
