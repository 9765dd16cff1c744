"""Outcomes in the record: once for each lead, case and kind; withdrawn with a reason; never of a day to come."""

import pytest

from sightline.casework.leads.outcomes import (
    OutcomeForm,
    list_current_outcomes,
    list_outcomes,
    record_outcome,
    withdraw_outcome,
)
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.verbs import Verb
from sightline.model import OutcomeKind, Role
from sightline.storage import rows
from tests.casework.conftest import Staff

LEAD, OLD = "ab" * 16, "cd" * 16


def make_form(kind: OutcomeKind = OutcomeKind.INNOCENT, on: str = "2026-06-05", **more: object) -> OutcomeForm:
    return OutcomeForm(LEAD, "FIR 12/2026", kind, on, "shared Wi-Fi of a hostel", **more)  # type: ignore[arg-type]


def test_an_outcome_is_recorded_only_once_until_it_is_withdrawn(shared_staff: Staff) -> None:
    officer_session = shared_staff[Role.INVESTIGATING_OFFICER]
    first = record_outcome(officer_session, make_form())
    with pytest.raises(UsageError, match=f"FIR 12/2026 already has .* for this lead: outcome {first.outcome_id[-6:]}"):
        record_outcome(officer_session, make_form())
    other = record_outcome(officer_session, make_form(OutcomeKind.WRONG_PLACE))
    withdraw_outcome(officer_session, first.outcome_id[-6:], "recorded under the wrong lead")
    with pytest.raises(UsageError, match="withdrawn already: recorded under the wrong lead"):
        withdraw_outcome(officer_session, first.outcome_id, "again")
    again = record_outcome(officer_session, make_form())
    with shared_staff.office.workspace.read() as tables:
        assert {current_outcome.outcome_id for current_outcome in list_current_outcomes(tables)} == {
            other.outcome_id,
            again.outcome_id,
        }
        assert list_outcomes(tables, first.case_id) == list_outcomes(tables)
        assert len(list_outcomes(tables)) == 3
        assert list_outcomes(tables, "another") == []
        ledger_entries = [
            ledger_row for ledger_row in tables[rows.LedgerRow].select() if ledger_row.verb.startswith("outcome:")
        ]
    assert [ledger_entry.verb for ledger_entry in ledger_entries] == [
        Verb.OUTCOME_RECORDED,
        Verb.OUTCOME_RECORDED,
        Verb.OUTCOME_WITHDRAWN,
        Verb.OUTCOME_RECORDED,
    ]
    assert "hostel" not in "".join(ledger_entry.entry_json for ledger_entry in ledger_entries), (
        "reasons are committed to, not written out"
    )


def test_an_outcome_under_an_older_id_of_the_lead_counts(shared_staff: Staff) -> None:
    officer_session = shared_staff[Role.STATION_OFFICER]
    record_outcome(officer_session, OutcomeForm(OLD, "FIR 12/2026", OutcomeKind.WRONG_TIME, "2026-06-05", "clock"))
    with pytest.raises(UsageError, match="already"):
        record_outcome(officer_session, make_form(OutcomeKind.WRONG_TIME, older_ids=[OLD]))


def test_a_day_to_come_and_whoever_may_not_are_refused(shared_staff: Staff) -> None:
    """It is 10:00 UTC on 5 June, in India too."""
    officer_session = shared_staff[Role.SUPERINTENDENT]
    with pytest.raises(UsageError, match="2026-06-06 is in the future"):
        record_outcome(officer_session, make_form(OutcomeKind.NO_RESULT, "2026-06-06"))
    for role in (Role.ANALYST, Role.PROSECUTOR, Role.CUSTODIAN):
        with pytest.raises(NotAllowed):
            record_outcome(shared_staff[role], make_form(OutcomeKind.NO_RESULT))
    with pytest.raises(UsageError, match="there is no case FIR 99"):
        record_outcome(officer_session, OutcomeForm(LEAD, "FIR 99", OutcomeKind.NO_RESULT, "2026-06-05", "why"))
    with pytest.raises(UsageError, match="there is no outcome"):
        withdraw_outcome(officer_session, "ZZZZZZ", "why")
