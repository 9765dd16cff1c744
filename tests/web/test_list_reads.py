"""What list pages ask the database for: few statements, few rows however large the record is, and by its indexes.

PostgreSQL itself says which rows each statement reads and how it finds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from sightline.casework.leads import lead_work
from sightline.casework.leads.lead_work import SelectedLeads
from sightline.ledger.instants import to_microseconds
from sightline.ledger.journal_seals import JournalEvent, append_rows
from sightline.ledger.verbs import JournalVerb
from sightline.storage.database import run_transaction
from sightline.storage.table import Tables
from sightline.web.app import AppConfig, create_app
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office_in

PAGES = (
    "/ /inbox /leads /leads?sort=-last /leads?status=assigned /notices /cases /map /approvals /exhibits /ledger".split()
)
LARGE = {"ledger", "journal", "lead_steps", "lead_batches", "lead_notes"}
"""Tables that grow with each act of an officer."""
MOST_STATEMENTS = 60
MOST_ROWS = 300
EXPLAIN = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
VIEWS, ACTS = 3_000, 150


@dataclass(frozen=True)
class Reads:
    """What a request read: how many statements, how many rows each returned, and the large tables read whole."""

    rows: tuple[int, ...]
    whole: frozenset[str]


@pytest.fixture
def unit(tmp_path: Path, postgres_url: str) -> LeadOffice:
    made = lead_office_in(tmp_path, postgres_url)
    visits = [Visit(60 * at, f"198.51.100.{at}", port=2_040) for at in range(1, 80)]
    made.scan(made.log("mine.log", visits), made.flags(), format="zeek-http")
    made.rebuild()
    return made


def test_a_list_page_reads_few_rows_however_much_was_done(unit: LeadOffice) -> None:
    officer = unit.office.io
    app = create_app(AppConfig(officer.workspace, clock=officer.clock))
    client = TestClient(app, base_url="http://127.0.0.1")
    client.cookies.set("sightline", app.state.live_sessions.begin(officer, "test"))
    _work(unit)
    for path in PAGES:
        assert client.get(path).status_code == 200
    for path in PAGES:
        with _statements(officer.workspace.engine) as asked:
            client.get(path)
        reads = _explained(officer.workspace.engine, asked)
        assert 0 < len(reads.rows) <= MOST_STATEMENTS, f"{path}: {len(reads.rows)} statements"
        assert max(reads.rows) <= MOST_ROWS, f"{path}: {sorted(reads.rows)[-3:]} rows"
        assert reads.whole == frozenset(), f"{path} reads whole: {sorted(reads.whole)}"


def _work(unit: LeadOffice) -> None:
    """Views in the journal, and acts on leads with their entries, many more than a page shows."""
    officer, leads = unit.office.io, [lead["lead_id"] for lead in unit.leads()]
    at_us = to_microseconds(officer.clock())
    view = JournalEvent(at_us, officer.officer.officer_id, JournalVerb.VIEW_LEADS.value, "leads:all", "")
    with run_transaction(officer.workspace.engine, writes=True) as connection:
        append_rows(Tables(connection), [view] * VIEWS)
    for at in range(ACTS):
        lead_work.assign_leads(officer, SelectedLeads([leads[at % len(leads)]]), officer.officer.name, "page 3")
    with officer.workspace.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")


@contextmanager
def _statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Yield a list that fills with the statements that read, and their values."""
    found: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        statement, values = given[2], given[3]
        if statement.lstrip().startswith("SELECT") and "advisory" not in statement:
            found.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _explained(engine: Engine, asked: list[tuple[str, Any]]) -> Reads:
    """Return what these statements read. A table without an index for a statement is read whole."""
    rows, whole = [], set[str]()
    with run_transaction(engine, writes=False) as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, values in asked:
            (plan,) = connection.exec_driver_sql(EXPLAIN + statement, values).scalar_one()
            rows.append(int(plan["Plan"]["Actual Rows"]))
            whole |= {table for table in _tables_read_whole(plan["Plan"]) if table in LARGE}
    return Reads(tuple(rows), frozenset(whole))


def _tables_read_whole(plan: Mapping[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from _tables_read_whole(below)
