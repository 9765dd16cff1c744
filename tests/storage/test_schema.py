"""The schema on both engines: migrated is as declared, and what is append-only the database itself keeps so."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Executable, delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from sightline.errors import Refused
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import migrate, protection, schema
from sightline.storage.database import build_sqlite_url, open_engine, run_transaction
from sightline.storage.rows import LedgerRow, Officer, OfficerKey
from sightline.workspace.workspace import open_workspace, upgrade_workspace
from tests.office import Office, found_office, now

VERSIONS = Path(migrate.__file__).parent / "migrations" / "versions"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """The database that a workspace shall use; None is its own SQLite file."""
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else None


@pytest.fixture
def office(tmp_path: Path, url: str | None) -> Office:
    return found_office(tmp_path / "workspace", database=url)


@pytest.fixture
def empty(tmp_path: Path, url: str | None) -> Iterator[Engine]:
    engine = open_engine(url or build_sqlite_url(tmp_path / "empty.sqlite"))
    yield engine
    engine.dispose()


def revisions() -> list[str]:
    return sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))


def test_the_newest_migration_is_what_this_version_works_on() -> None:
    assert revisions()[-1] == migrate.HEAD


def test_migrated_is_as_declared(empty: Engine) -> None:
    migrate.upgrade(empty)
    assert set(schema.schema_tables.values()) == set(schema.metadata.tables.values()), "tables are made when asked for"
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        assert protection.compare_protection(connection) == []


def test_every_migration_takes_the_data_of_the_one_before_along(office: Office) -> None:
    """A record with something in every table that an office fills goes up from each revision and is the same."""
    workspace = office.workspace
    before = table_rows(workspace.engine)
    for revision in revisions():
        migrate.upgrade(workspace.engine, revision)
    assert table_rows(workspace.engine) == before
    assert verify_workspace(workspace, VerifyRequest(), lambda *_: None).findings == []


def test_the_ledger_is_never_taken_away(office: Office) -> None:
    with pytest.raises(NotImplementedError, match="never taken away"):
        migrate.downgrade(office.workspace.engine, "base")
    assert verify_workspace(office.workspace, VerifyRequest(), lambda *_: None).findings == []


def table_rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with run_transaction(engine, writes=False) as connection:
        return {
            name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for name, table in schema.schema_tables.items()
        }


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
def test_the_database_refuses_to_change_or_delete(office: Office, table: str) -> None:
    office.workspace.append_to_journal("someone", JournalVerb.VIEW_LEDGER, "workspace:all", "a view", now())
    engine, columns_of = office.workspace.engine, schema.schema_tables[table]
    if table == "countersignatures":
        size = table_rows(engine)["checkpoints"][0][0]
        with run_transaction(engine, writes=True) as connection:
            connection.execute(insert(columns_of).values(size=size, name="court", line="x", at_us=1))
    before = table_rows(engine)[table]
    assert before
    plain = [column for column in columns_of.columns if not column.primary_key and column.name not in {"salt", "text"}]
    column = next(iter(plain), columns_of.c[columns_of.columns.keys()[0]])
    changed = b"x" if isinstance(column.type, type(columns_of.metadata.tables["ledger"].c.leaf_hash.type)) else "9"
    statements: list[Executable] = [
        update(columns_of).values({column.name: changed}),
        delete(columns_of),
        text(f"DELETE FROM {table}"),
        text(
            f"TRUNCATE {table} CASCADE"
            if engine.dialect.name == "postgresql"
            else f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        ),
    ]
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"), engine.connect() as connection, connection.begin():
            connection.execute(statement)
    assert table_rows(engine)[table] == before


def test_a_purge_may_empty_commitments_and_nothing_else(office: Office) -> None:
    engine, openings = office.workspace.engine, schema.schema_tables["openings"]
    with run_transaction(engine, writes=True) as connection:
        connection.execute(update(openings).where(openings.c.seq == 1).values(salt=None, text=None))
    assert [row[2:] for row in table_rows(engine)["openings"] if row[0] == 1] == [(None, None)]
    with pytest.raises(DBAPIError, match="append-only"), engine.connect() as connection, connection.begin():
        connection.execute(update(openings).where(openings.c.seq == 2).values(text="another"))


def test_foreign_keys_and_types_hold(office: Office) -> None:
    engine = office.workspace.engine
    stray = asdict(OfficerKey("0" * 16, "nobody", b"x" * 32, 1, "nobody"))
    with pytest.raises(DBAPIError), engine.connect() as connection, connection.begin():
        connection.execute(insert(schema.schema_tables["officer_keys"]).values(**stray))
    with pytest.raises(DBAPIError), engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE officers SET enrolled_at_us = 'yesterday'"))


def test_a_dropped_trigger_is_reported(office: Office) -> None:
    engine = office.workspace.engine
    on = " ON ledger" if engine.dialect.name == "postgresql" else ""
    with run_transaction(engine, writes=True) as connection:
        connection.execute(text(f"DROP TRIGGER ledger_no_delete{on}"))
    findings = verify_workspace(office.workspace, VerifyRequest(), lambda *_: None).findings
    assert [finding.where for finding in findings] == ["trigger ledger_no_delete"]


def test_a_failed_change_leaves_nothing(office: Office) -> None:
    before = table_rows(office.workspace.engine)
    with suppress(ZeroDivisionError), office.workspace.change(office.io.signer, now()) as change:
        change.ledger.append(Verb.CASE_CHANGED, change.signer, "case:x", facts={"n": 1})
        change.tables[Officer].change([office.io.officer.officer_id], {}, name="Another")
        raise ZeroDivisionError
    assert table_rows(office.workspace.engine) == before


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    with run_transaction(office.workspace.engine, writes=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="newer Sightline"):
        open_workspace(office.workspace.folder)


def test_a_workspace_of_an_older_version_is_upgraded_once_and_verifies(office: Office) -> None:
    folder = office.workspace.folder
    with pytest.raises(Refused, match="has this version already"):
        upgrade_workspace(folder, now())
    migrate.downgrade(office.workspace.engine, "0001")
    with pytest.raises(Refused, match="older Sightline"):
        open_workspace(folder)
    assert upgrade_workspace(folder, now()) == ("0001", migrate.HEAD)
    assert verify_workspace(open_workspace(folder), VerifyRequest(), lambda *_: None).findings == []


def test_entries_of_one_transaction_follow_each_other_and_their_checkpoint_covers_them(office: Office) -> None:
    with office.workspace.change(office.io.signer, now()) as change:
        for number in range(300):
            change.ledger.append(
                Verb.CASE_CHANGED, change.signer, f"case:{number}", facts={"n": number}, tells={"why": "x"}
            )
    with office.workspace.read() as tables:
        seqs = [json.loads(row.entry_json)["seq"] for row in tables[LedgerRow].read_each()]
    assert seqs == list(range(len(seqs)))
    assert verify_workspace(office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_migrations_name_their_tables_as_the_schema_does() -> None:
    text_ = "".join(path.read_text(encoding="utf-8") for path in sorted(VERSIONS.glob("0*.py")))
    named = re.findall(r'^    "(\w+)": \[|create_table\(\s*"(\w+)"', text_, re.MULTILINE)
    assert {one or other for one, other in named} == set(schema.TABLES)


def test_purged_runs_are_found_without_reading_all_runs(empty: Engine) -> None:
    migrate.upgrade(empty)
    query = "SELECT run_id FROM runs WHERE row_key IS NULL ORDER BY run_id"
    with run_transaction(empty, writes=False) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        assert "runs_purged" in str(list(connection.execute(text(f"{explain} {query}"))))
