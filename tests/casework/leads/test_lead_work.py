"""Work on leads: many at once with one entry, held by verify; what stands after each act; the conflict of two."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, update

from sightline.casework.leads import lead_notes, saved_views
from sightline.casework.leads.lead_work import (
    MOST,
    LeadWork,
    SelectedLeads,
    assign_leads,
    close_leads,
    read_lead_work,
    reopen_leads,
)
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Conflict, NotAllowed, UsageError
from sightline.ledger.verbs import Verb
from sightline.model import CloseReason, Role
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.storage.database import run_transaction
from sightline.storage.schema import schema_tables
from tests.casework.conftest import Staff

LEADS = [f"{number:032x}" for number in range(1, 41)]
IO, SHO = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER


def stands(staff: Staff, *lead_ids: str, **of: dict[str, list[str]]) -> dict[str, LeadWork]:
    with staff.office.workspace.read() as tables:
        return read_lead_work(tables, SelectedLeads(lead_ids, **of))  # type: ignore[arg-type]


def entries(staff: Staff, verb: Verb) -> list[rows.LedgerRow]:
    with staff.office.workspace.read() as tables:
        return tables[rows.LedgerRow].select(verb=verb.value)


def read_work(staff: Staff) -> list[str]:
    report = verify_workspace(staff.office.workspace, VerifyRequest(), lambda *_: None)
    return [f"{finding.where}: {finding.what}" for finding in report.findings]


def test_many_leads_are_assigned_in_one_transaction_with_one_entry(staff: Staff) -> None:
    before = len(entries(staff, Verb.LEADS_ASSIGNED))
    io = staff[IO].officer
    made = assign_leads(staff[Role.ANALYST], SelectedLeads(LEADS), io.name, "of this district")
    ledger_entries = entries(staff, Verb.LEADS_ASSIGNED)
    assert len(ledger_entries) == before + 1
    assert (
        f'"leads":{len(LEADS)}' in ledger_entries[-1].entry_json and made.leads_sha256 in ledger_entries[-1].entry_json
    )
    assert "district" not in ledger_entries[-1].entry_json, "reasons are committed to, not written out"
    known = stands(staff, *LEADS)
    assert {work.assigned.officer_id for work in known.values() if work.assigned} == {io.officer_id}
    assert {work.version for work in known.values()} == {1}
    again = assign_leads(staff[SHO], SelectedLeads(LEADS[:3]), staff[SHO].officer.officer_id, "nearer")
    assert again.leads_sha256 != assign_leads(staff[SHO], SelectedLeads(LEADS[:3]), io.name, "back").leads_sha256
    assert stands(staff, LEADS[0])[LEADS[0]].version == 3
    assert read_work(staff) == []


TAMPERED: dict[str, Callable[[], object]] = {
    "a lead taken out": lambda: delete(schema_tables["lead_steps"]).where(
        schema_tables["lead_steps"].c.lead_id == LEADS[0]
    ),
    "a lead made another": lambda: (
        update(schema_tables["lead_steps"])
        .where(schema_tables["lead_steps"].c.lead_id == LEADS[0])
        .values(lead_id="f" * 32)
    ),
    "a version changed": lambda: update(schema_tables["lead_steps"]).values(version=7),
    "the officer changed": lambda: update(schema_tables["lead_batches"]).values(officer_id=None),
    "the count changed": lambda: update(schema_tables["lead_batches"]).values(leads=1),
}


@pytest.mark.parametrize("what", [*TAMPERED, "a lead added"])
def test_whatever_is_altered_of_a_batch_is_found(staff: Staff, what: str) -> None:
    made = assign_leads(staff[IO], SelectedLeads(LEADS[:3]), staff[IO].officer.name, "mine")
    added = insert(schema_tables["lead_steps"]).values(lead_id="e" * 32, version=1, batch_id=made.batch_id)
    with run_transaction(staff.office.workspace.engine, writes=True) as connection:
        connection.execute(TAMPERED[what]() if what in TAMPERED else added)  # type: ignore[call-overload]
    assert read_work(staff) and all(made.batch_id in one for one in read_work(staff))


def test_closed_for_a_reason_and_taken_up_again(shared_staff: Staff) -> None:
    officer_session, lead = shared_staff[IO], "a1" * 16
    close_leads(officer_session, SelectedLeads([lead]), CloseReason.RECORDS_GONE, "the licensee keeps them no more")
    assert (closed := stands(shared_staff, lead)[lead].closed) and closed.reason == "records-gone"
    with pytest.raises(UsageError, match="is closed already"):
        close_leads(officer_session, SelectedLeads([lead]), CloseReason.OTHER, "again")
    reopen_leads(officer_session, SelectedLeads([lead]), "a copy was found")
    known = stands(shared_staff, lead)[lead]
    assert (known.closed, known.version) == (None, 2)
    with pytest.raises(UsageError, match="an outcome closes a lead by itself"):
        close_leads(officer_session, SelectedLeads([lead]), CloseReason.OUTCOME, "why")
    for role in (Role.ANALYST, Role.PROSECUTOR, Role.CUSTODIAN, Role.ADMINISTRATOR, Role.PARTNER):
        with pytest.raises(NotAllowed):
            close_leads(shared_staff[role], SelectedLeads([lead]), CloseReason.OTHER, "why")


def test_lead_work_under_an_older_id_remains_valid(shared_staff: Staff) -> None:
    old, new = "b1" * 16, "b2" * 16
    assign_leads(shared_staff[IO], SelectedLeads([old]), shared_staff[IO].officer.name, "mine")
    known = stands(shared_staff, new, older={new: [old]})
    assert list(known) == [new] and known[new].assigned is not None
    close_leads(shared_staff[IO], SelectedLeads([new], older={new: [old]}), CloseReason.DOUBLE, "the same line")
    assert stands(shared_staff, new, older={new: [old]})[new].version == 2
    with shared_staff.office.workspace.read() as tables:
        assert read_lead_work(tables, now={old: new})[new].closed is not None


def test_a_conflict_shows_both_and_overwrites_nothing(shared_staff: Staff) -> None:
    io, sho, lead = shared_staff[IO], shared_staff[SHO], "c1" * 16
    assign_leads(io, SelectedLeads([lead], seen={lead: 0}), io.officer.name, "I know the place")
    with pytest.raises(Conflict) as refused:
        assign_leads(sho, SelectedLeads([lead], seen={lead: 0}), sho.officer.name, "mine")
    assert refused.value.theirs == f"assigned to {io.officer.name} by {io.officer.name}: I know the place"
    assert refused.value.yours == f"assigned to {sho.officer.name}: mine"
    assert (refused.value.version, refused.value.exit_code) == (1, 2)
    assert stands(shared_staff, lead)[lead].version == 1
    assign_leads(sho, SelectedLeads([lead], seen={lead: 1}), sho.officer.name, "mine")
    assert stands(shared_staff, lead)[lead].version == 2


def test_leads_are_for_those_who_may_work_on_them_and_not_for_too_many_at_once(shared_staff: Staff) -> None:
    officer_session = shared_staff[IO]
    with pytest.raises(NotAllowed, match="does not work on leads"):
        assign_leads(officer_session, SelectedLeads(["d1" * 16]), shared_staff[Role.AUDITOR].officer.name, "why")
    with pytest.raises(UsageError, match="nobody on duty is called X"):
        assign_leads(officer_session, SelectedLeads(["d1" * 16]), "X", "why")
    with pytest.raises(UsageError, match="no lead was chosen"):
        assign_leads(officer_session, SelectedLeads([]), officer_session.officer.name, "why")
    with pytest.raises(UsageError, match="more than 100,000 at once"):
        assign_leads(
            officer_session,
            SelectedLeads([f"{one:032x}" for one in range(MOST + 1)]),
            officer_session.officer.name,
            "why",
        )
    assert stands(shared_staff, "d1" * 16) == {}


def test_a_note_is_rewritten_only_from_its_current_version(shared_staff: Staff) -> None:
    io, analyst, lead = shared_staff[IO], shared_staff[Role.ANALYST], "e1" * 16
    first = lead_notes.write(analyst, lead, "the port is missing", "seen in the raw line")
    second = lead_notes.rewrite(io, first.note_id[-6:], "the port is there", "line 12", 1)
    with pytest.raises(Conflict) as refused:
        lead_notes.rewrite(analyst, first.note_id, "no port at all", "looked again", 1)
    assert (refused.value.theirs, refused.value.yours) == ("the port is there", "no port at all")
    with shared_staff.office.workspace.read() as tables:
        assert lead_notes.list_notes(tables, [lead]) == [second]
    with pytest.raises(UsageError, match="the note is empty"):
        lead_notes.write(analyst, lead, " ", "why")
    with pytest.raises(NotAllowed):
        lead_notes.write(shared_staff[Role.PROSECUTOR], lead, "text", "why")


def names_of(officer_session: OfficerSession) -> list[str]:
    with officer_session.workspace.read() as tables:
        return [view.name for view in saved_views.list_views(tables, officer_session.officer.officer_id)]


def test_views_are_ones_own_or_shared(shared_staff: Staff) -> None:
    io, analyst = shared_staff[IO], shared_staff[Role.ANALYST]
    own = saved_views.save(analyst, "mine", "?state=IN-KL&ceiling=subscriber&after=xyz", is_shared=False)
    assert own.query == "ceiling=subscriber&state=IN-KL"
    shared = saved_views.save(analyst, "Kerala, one line", own.query, is_shared=True)
    assert (names_of(io), names_of(analyst)) == (["Kerala, one line"], ["Kerala, one line", "mine"])
    with pytest.raises(UsageError, match="there is a view kerala, one line already"):
        saved_views.save(io, "kerala, one line", "", is_shared=False)
    changed = saved_views.change_view(io, shared.view_id, "Kerala", "state=IN-KL", 1, is_shared=True)
    with pytest.raises(Conflict) as refused:
        saved_views.change_view(analyst, shared.view_id, "KL", "state=IN-KL&place=agreed", 1, is_shared=True)
    assert (refused.value.theirs, refused.value.version) == ("Kerala: state=IN-KL", changed.version)
    with pytest.raises(NotAllowed, match="only the owner of a view"):
        saved_views.change_view(io, shared.view_id, "Kerala", "", 2, is_shared=False)
    with pytest.raises(NotAllowed, match="only the owner of a view"):
        saved_views.drop(io, shared.view_id)
    with pytest.raises(UsageError, match="there is no view"):
        saved_views.change_view(io, own.view_id, "x", "", 1, is_shared=True)
    saved_views.drop(analyst, shared.view_id)
    assert names_of(io) == []


@pytest.mark.parametrize("query", ["address=198.51.100.7", "q=2001:db8::1", "net=198.51.100.0/24"])
def test_a_view_names_no_address(shared_staff: Staff, query: str) -> None:
    with pytest.raises(UsageError, match="is an address"):
        saved_views.save(shared_staff[IO], "an address", query, is_shared=False)
