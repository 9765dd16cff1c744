"""Upgrade the database schema to this version, and check its version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from sightline.errors import Refused
from sightline.storage.database import run_transaction

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0027"
"""The newest migration, which this version of Sightline needs. A test compares it with the folder."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to a revision, in one transaction."""
    with run_transaction(engine, writes=True) as connection:
        upgrade_within(connection, revision)


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """Bring the schema up to a revision, in the transaction of a connection."""
    from alembic import command  # noqa: PLC0415  - takes a while to load, and is needed once

    command.upgrade(_build_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to a revision, in one transaction."""
    from alembic import command  # noqa: PLC0415

    with run_transaction(engine, writes=True) as connection:
        command.downgrade(_build_config(connection), revision)


def _build_config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def read_revision(connection: Connection) -> str | None:
    """Return the migration of a database, or None for one without our tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    result = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if result is None else str(result)


def require_head(connection: Connection, name: str) -> None:
    """Raise an error unless the database has this program's version."""
    result = read_revision(connection)
    if result == HEAD:
        return
    _require_known(result, name)
    raise Refused(
        f"{name} is of an older Sightline (schema {result}, this one has {HEAD})",
        hint="back it up with the Sightline that made it, then: sightline upgrade",
    )


def require_older(connection: Connection, name: str) -> str:
    """Return the version of a database that is older than this program's. Raises an error for any other."""
    result = read_revision(connection)
    if result == HEAD:
        raise Refused(f"{name} has this version already (schema {HEAD})", hint="there is nothing to do")
    return _require_known(result, name)


def _require_known(version: str | None, name: str) -> str:
    if version is None:
        raise Refused(f"{name} contains no workspace", hint="make one: sightline init DIR")
    if version > HEAD:
        raise Refused(
            f"{name} was made by a newer Sightline (schema {version}, this one has {HEAD})",
            hint="use that version or a newer one",
        )
    return version
