"""What is kept of the record while the ledger tells of no change; and the journal, written for many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import event

from sightline.casework.people import officers
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import Role
from sightline.storage.rows import LedgerRow, Officer, OfficerKey, StoredJournalRow
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import open_workspace
from tests.office import Office, found_office, now


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return found_office(tmp_path / "office")


def test_a_cached_value_stays_until_the_ledger_records_a_change(office: Office) -> None:
    made: list[int] = []

    def names() -> tuple[str, ...]:
        made.append(1)
        with office.workspace.read() as tables:
            return tuple(officer.name for officer in tables[Officer].select())

    before = office.workspace.get_cached("names", names)
    office.workspace.append_to_journal("unknown", JournalVerb.VIEW_LEDGER, "ledger:all", "x", now())
    office.workspace.seal(now())
    with office.workspace.read() as tables:
        last = tables[LedgerRow].find_last("seq")
    assert last is not None and last.verb == "journal:sealed"
    assert office.workspace.get_cached("names", names) is before
    assert len(made) == 1
    # Another process changes it: the same record under another workspace.
    theirs = open_workspace(office.workspace.folder)
    with theirs.change(office.supervisor.signer, now()) as change:
        one = change.tables[Officer].select()[0]
        change.ledger.append(Verb.OFFICER_ENROLLED, change.signer, f"officer:{one.officer_id}", state=one)
    assert office.workspace.get_cached("names", names) == before
    assert len(made) == 2


def append_entry(office: Office, verb: Verb) -> None:
    """The ledger tells of something, which another process did."""
    with open_workspace(office.workspace.folder).change(office.supervisor.signer, now()) as change:
        change.ledger.append(verb, change.signer, "leads:some")


def test_a_cached_value_stays_after_a_change_that_it_does_not_depend_on(office: Office) -> None:
    cached = office.workspace.get_cached
    of_all, of_few = cached("all", object), cached("few", object, but=WORK)
    append_entry(office, Verb.VIEW_SAVED)
    assert cached("all", object) is of_all
    append_entry(office, Verb.LEADS_ASSIGNED)
    assert cached("all", object) is not of_all
    assert cached("few", object, but=WORK) is of_few
    append_entry(office, Verb.LEAD_MARKED)
    assert cached("few", object, but=WORK) is not of_few


def test_a_value_of_an_earlier_version_is_not_given_to_a_later_one(office: Office) -> None:
    workspace = office.workspace

    def entries() -> int:
        with workspace.read() as tables:
            return tables[LedgerRow].count()

    with workspace.read() as tables:
        earlier = workspace.current.read_version(tables)
    with workspace.hold_moment():
        before = entries()
        append_entry(office, Verb.LEADS_ASSIGNED)
        with ThreadPoolExecutor(1) as other:
            assert other.submit(workspace.get_cached, "something else", object).result()
        # That other has seen the change; this moment has not, and what it makes may not pass for newer than it is.
        assert workspace.current.get_cached("entries", earlier, entries) == before
    assert workspace.get_cached("entries", entries) == before + 1


def test_all_that_a_thread_reads_is_of_one_moment_until_it_changes_the_record(office: Office) -> None:
    workspace = office.workspace

    def entries() -> int:
        with workspace.read() as tables:
            return tables[LedgerRow].count()

    with workspace.hold_moment():
        before = entries()
        append_entry(office, Verb.LEADS_ASSIGNED)
        assert entries() == before
        with ThreadPoolExecutor(1) as other:
            assert other.submit(entries).result() == before + 1
        with workspace.change(office.supervisor.signer, now()) as change:
            change.ledger.append(Verb.LEADS_CLOSED, change.signer, "leads:some")
        assert entries() == before + 2
    assert entries() == before + 2


def test_a_key_that_is_revoked_opens_nothing_from_then_on(office: Office) -> None:
    officer_session, workspace = office[Role.ANALYST], office.workspace

    def version() -> int:
        with workspace.read() as tables:
            return workspace.current.read_version(tables)

    assert officer_session.find_actor(version()).is_enrolled
    with workspace.read() as tables:
        key = tables[OfficerKey].get(officer_session.signer.key_id)
    assert key is not None
    officers.revoke(office[Role.ADMINISTRATOR], key.key_id, "left the unit")
    assert not officer_session.find_actor(version()).is_enrolled


def test_a_value_cached_for_one_file_is_replaced_by_that_of_another(office: Office) -> None:
    current = office.workspace.current
    first, other = current.get_only("file", "a", object), current.get_only("file", "b", object)
    assert current.get_only("file", "b", object) is other
    assert current.get_only("file", "a", object) not in (first, other)


def test_many_who_look_at_once_are_each_in_the_journal_once(office: Office) -> None:
    together, many = Barrier(8), 12

    def looks(at: int) -> list[int]:
        together.wait()
        return [
            office.workspace.append_to_journal("unknown", JournalVerb.VIEW_LEDGER, "ledger:all", f"{at}/{time}", now())
            for time in range(many)
        ]

    def looks_at_nothing(_: int) -> int:
        with pytest.raises(WrongEncoding):
            office.workspace.append_to_journal("unknown", JournalVerb.VIEW_LEDGER, "no thing", "x", now())
        return 1

    with ThreadPoolExecutor(9) as pool:
        wrong = [pool.submit(looks_at_nothing, at) for at in range(3)]
        numbers = list(pool.map(looks, range(8)))
    assert sum(future.result() for future in wrong) == 3
    with office.workspace.read() as tables:
        rows = {
            stored_journal_row.seq: stored_journal_row.text
            for stored_journal_row in tables[StoredJournalRow].select(thing="ledger:all")
        }
    assert len(rows) == 8 * many
    for at, mine in enumerate(numbers):
        assert mine == sorted(mine)
        assert [rows[seq] for seq in mine] == [f"{at}/{time}" for time in range(many)]


def test_a_moment_asks_the_database_once_for_the_same_rows(office: Office) -> None:
    asked: list[str] = []
    event.listen(office.workspace.engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
    with office.workspace.hold_moment():
        reads = [_officer_names(office) for _ in range(3)]
        reads[0].clear()
        append_entry(office, Verb.VIEW_SAVED)
        assert _officer_names(office) == reads[1] != []
        with office.workspace.read() as tables:
            seen = {office.workspace.current.read_version(tables) for _ in range(3)}
    assert len(seen) == 1
    assert sum("FROM officers" in one for one in asked) == 1
    assert sum(one.startswith("SELECT max(ledger.seq)") for one in asked) == 1
    with office.workspace.read() as tables:
        assert office.workspace.current.read_version(tables) > seen.pop()


def _officer_names(office: Office) -> list[str]:
    with office.workspace.read() as tables:
        found = tables[Officer].select()
        names = [officer.name for officer in found]
        found.clear()
        return names
