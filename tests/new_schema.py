"""The schema of a new SQLite database, made by the migrations once in a process and then by the
statements they led to.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Engine, create_engine, inspect

from sightline.storage import migrate
from sightline.storage.database import run_transaction


def upgrade(engine: Engine, revision: str = "head") -> None:
    """As `migrate.upgrade`: a database of SQLite that is empty becomes in one step what its migrations make of it."""
    with run_transaction(engine, writes=True) as connection:
        if engine.dialect.name == "sqlite" and revision == "head" and not inspect(connection).get_table_names():
            for statement in statements():
                connection.exec_driver_sql(statement)
        else:
            migrate.upgrade_within(connection, revision)


@cache
def statements() -> tuple[str, ...]:
    """The definitions that the migrations lead to, in their order, and the number of the last migration."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            migrate.upgrade_within(connection)
            query = (
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE "
                "'\\'"
            )
            made = connection.exec_driver_sql(query).all()
            for kind, name, _ in made:
                rows = connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() if kind == "table" else 0
                assert rows == (name == "alembic_version"), f"a migration fills {name}, which this copy leaves empty"
    finally:
        engine.dispose()
    return (*(sql for *_, sql in made), f"INSERT INTO alembic_version VALUES ('{migrate.HEAD}')")
