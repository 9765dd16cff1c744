"""The servers that other tests lean on do what their fixtures say."""

from __future__ import annotations

import psycopg
import pytest

from tests.servers.postgres import Postgres


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_each_database_is_empty_and_its_own(postgres: Postgres, postgres_url: str) -> None:
    other = postgres.fresh()
    with connect(postgres_url) as connection:
        connection.execute("CREATE TABLE t (n int)")
    with connect(other) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 't'").fetchone() == (0,)
    postgres.drop(other)


@pytest.mark.parametrize("rudely", [False, True])
def test_committed_rows_are_there_after_a_restart(postgres: Postgres, postgres_url: str, rudely: bool) -> None:
    before = connect(postgres_url)
    before.execute("CREATE TABLE t (n int)")
    before.execute("INSERT INTO t VALUES (7)")
    postgres.restart(rudely=rudely)
    with pytest.raises(psycopg.OperationalError):
        before.execute("SELECT 1")
    with connect(postgres_url) as after:
        assert after.execute("SELECT n FROM t").fetchone() == (7,)
