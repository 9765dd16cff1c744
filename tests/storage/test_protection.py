"""What protects the tables: whatever is dropped, replaced, switched off or added is named, on both engines."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import protection, schema
from sightline.storage.database import build_sqlite_url, open_engine, run_transaction
from sightline.storage.migrate import upgrade
from tests.office import found_office

NEVER = "BEGIN SELECT 1; END"
ON_SQLITE = {
    "the body of a trigger does nothing": (
        ["DROP TRIGGER ledger_no_update", f"CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger {NEVER}"],
        "trigger ledger_no_update",
    ),
    "a trigger has an exception": (
        [
            "DROP TRIGGER journal_no_delete",
            "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal WHEN OLD.seq <> 7"
            " BEGIN SELECT RAISE(ABORT, 'the record is append-only: journal'); END",
        ],
        "trigger journal_no_delete",
    ),
    "a trigger stands on another table": (
        ["DROP TRIGGER openings_no_delete", f"CREATE TRIGGER openings_no_delete BEFORE DELETE ON holds {NEVER}"],
        "trigger openings_no_delete",
    ),
    "a trigger is gone": (["DROP TRIGGER checkpoints_no_replace"], "trigger checkpoints_no_replace"),
    "a trigger more": ([f"CREATE TRIGGER helper AFTER INSERT ON journal {NEVER}"], "trigger helper"),
    "a view more": (["CREATE VIEW ledger_view AS SELECT * FROM ledger"], "view ledger_view"),
    "an index is gone": (["DROP INDEX ledger_by_verb"], "index ledger_by_verb"),
    "an index is of another column": (
        ["DROP INDEX ledger_by_verb", "CREATE INDEX ledger_by_verb ON ledger (thing)"],
        "index ledger_by_verb",
    ),
    "an index is of other rows": (
        ["DROP INDEX runs_purged", "CREATE INDEX runs_purged ON runs (run_id) WHERE row_key IS NOT NULL"],
        "index runs_purged",
    ),
    "an index refuses rows": (["CREATE UNIQUE INDEX one_actor ON custody (exhibit_id)"], "index one_actor"),
    "a table without its keys": (
        ["PRAGMA foreign_keys = OFF", "DROP TABLE holds", "CREATE TABLE holds (hold_id TEXT, thing TEXT)"],
        "table holds",
    ),
    "a column more": (["ALTER TABLE cases ADD COLUMN beside TEXT"], "table cases"),
    "another table": (["CREATE TABLE ledger2 AS SELECT * FROM ledger"], "table ledger2"),
}
SILENT = "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
ON_POSTGRESQL = {
    "the function does nothing": ([SILENT], "function refuse_change"),
    "the function runs as its owner": (["ALTER FUNCTION refuse_change() SECURITY DEFINER"], "function refuse_change"),
    "the function has a setting": (["ALTER FUNCTION refuse_change() SET search_path = x"], "function refuse_change"),
    "a trigger calls another function": (
        [
            SILENT.replace("refuse_change", "let_change"),
            "DROP TRIGGER ledger_no_delete ON ledger",
            "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION let_change()",
        ],
        "trigger ledger_no_delete",
    ),
    "a trigger has an exception": (
        [
            "DROP TRIGGER ledger_no_update ON ledger",
            "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger FOR EACH ROW WHEN (OLD.seq <> 7)"
            " EXECUTE FUNCTION refuse_change()",
        ],
        "trigger ledger_no_update",
    ),
    "the parentheses of a condition": (
        [
            "DROP TRIGGER openings_no_update ON openings",
            "CREATE TRIGGER openings_no_update BEFORE UPDATE ON openings FOR EACH ROW WHEN ("
            "(NEW.seq IS DISTINCT FROM OLD.seq OR NEW.name IS DISTINCT FROM OLD.name OR NEW.salt IS NOT NULL)"
            " AND NEW.salt IS DISTINCT FROM OLD.salt OR NEW.text IS NOT NULL AND NEW.text IS DISTINCT FROM OLD.text)"
            " EXECUTE FUNCTION refuse_change()",
        ],
        "trigger openings_no_update",
    ),
    "a trigger is switched off": (
        ["ALTER TABLE ledger DISABLE TRIGGER ledger_no_truncate"],
        "trigger ledger_no_truncate",
    ),
    "a trigger fires on replicas alone": (
        ["ALTER TABLE ledger ENABLE REPLICA TRIGGER ledger_no_update"],
        "trigger ledger_no_update",
    ),
    "foreign keys are switched off": (["ALTER TABLE custody DISABLE TRIGGER ALL"], "foreign key of custody"),
    "a trigger is gone": (["DROP TRIGGER journal_no_truncate ON journal"], "trigger journal_no_truncate"),
    "a trigger more": (
        [
            SILENT.replace("refuse_change", "helper"),
            "CREATE TRIGGER helper BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION helper()",
        ],
        "trigger helper",
    ),
    "a rule": (["CREATE RULE nothing AS ON INSERT TO journal DO INSTEAD NOTHING"], "rule journal.nothing"),
    "rows are hidden": (["ALTER TABLE ledger ENABLE ROW LEVEL SECURITY"], "table ledger"),
    "rows are lost in a crash": (["ALTER TABLE countersignatures SET UNLOGGED"], "table countersignatures"),
    "a primary key is gone": (
        ["ALTER TABLE openings DROP CONSTRAINT openings_pkey"],
        "constraint openings: PRIMARY KEY (seq, name)",
    ),
    "a foreign key is gone": (
        ["ALTER TABLE officer_keys DROP CONSTRAINT officer_keys_officer_id_fkey"],
        "constraint officer_keys: FOREIGN KEY (officer_id) REFERENCES officers(officer_id)",
    ),
    "a constraint more": (["ALTER TABLE journal ADD CHECK (seq < 9)"], "constraint journal: CHECK ((seq < 9))"),
    "a column may be empty": (["ALTER TABLE ledger ALTER COLUMN entry_json DROP NOT NULL"], "column ledger.entry_json"),
    "a column has a default": (["ALTER TABLE ledger ALTER COLUMN actor SET DEFAULT 'x'"], "column ledger.actor"),
    "an index is gone": (["DROP INDEX ledger_by_verb"], "index ledger_by_verb"),
    "an index is of other rows": (
        ["DROP INDEX runs_purged", "CREATE INDEX runs_purged ON runs (run_id) WHERE row_key IS NOT NULL"],
        "index runs_purged",
    ),
}


def find_faults(engine: Engine) -> set[str]:
    with run_transaction(engine, writes=False) as connection:
        return {difference.name for difference in protection.compare_protection(connection)}


def run(engine: Engine, statements: list[str]) -> None:
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


@pytest.mark.parametrize("what", ON_SQLITE)
def test_an_alteration_in_sqlite_is_named(tmp_path: Path, what: str) -> None:
    statements, name = ON_SQLITE[what]
    engine = open_engine(build_sqlite_url(tmp_path / "record.sqlite"))
    upgrade(engine)
    assert find_faults(engine) == set()
    run(engine, statements)
    assert name in find_faults(engine)
    engine.dispose()


@pytest.mark.parametrize("what", ON_POSTGRESQL)
def test_an_alteration_in_postgresql_is_named(postgres_url: str, what: str) -> None:
    statements, name = ON_POSTGRESQL[what]
    engine = open_engine(postgres_url)
    upgrade(engine)
    assert find_faults(engine) == set()
    run(engine, statements)
    assert name in find_faults(engine)
    engine.dispose()


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
def test_every_trigger_is_compared_on_sqlite(tmp_path: Path, table: str) -> None:
    engine = open_engine(build_sqlite_url(tmp_path / "record.sqlite"))
    upgrade(engine)
    names = [f"{table}_no_delete", f"{table}_no_update", f"{table}_no_replace"]
    for name in names:
        run(engine, [f"DROP TRIGGER {name}", f"CREATE TRIGGER {name} BEFORE DELETE ON {table} {NEVER}"])
    assert find_faults(engine) == {f"trigger {name}" for name in names}
    engine.dispose()


def test_verify_names_a_trigger_whose_body_was_replaced(tmp_path: Path) -> None:
    workspace = found_office(tmp_path / "workspace").workspace
    statements, name = ON_SQLITE["the body of a trigger does nothing"]
    run(workspace.engine, statements)
    report = verify_workspace(workspace, VerifyRequest(), lambda *_: None)
    assert [(finding.where, finding.what) for finding in report.findings] == [(name, protection.ALTERED)]
