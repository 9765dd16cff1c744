"""Fixtures of real servers. A test whose server is missing is skipped by its name, or fails where it must be there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.servers.postgres import Postgres
from tests.servers.program import NotHere
from tests.servers.proxy import Refusing, refusing
from tests.servers.s3 import BUCKET, S3, UNIT


@dataclass(frozen=True)
class Bucket:
    """A prefix of its own in a bucket, whose keys are in the environment."""

    server: S3
    prefix: str

    @property
    def url(self) -> str:
        return self.url_at(self.server.endpoint)

    def url_at(self, endpoint: str, bucket: str = BUCKET) -> str:
        """The same prefix by way of another endpoint."""
        return f"s3://{bucket}/{self.prefix}?endpoint={endpoint}&region=us-east-1"


def missing(why: NotHere) -> None:
    """Skip by name, or fail where SIGHTLINE_REQUIRE_SERVERS=1 says that all servers are there."""
    if os.environ.get("SIGHTLINE_REQUIRE_SERVERS") == "1":
        pytest.fail(f"not installed, and SIGHTLINE_REQUIRE_SERVERS=1 wants it: {why}")
    pytest.skip(f"not installed: {why}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, which a test may restart."""
    try:
        server = Postgres()
    except NotHere as why:
        missing(why)
        raise
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database, which is dropped afterwards."""
    url = postgres.fresh()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """A server that speaks S3."""
    try:
        server = S3()
    except NotHere as why:
        missing(why)
        raise
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def s3(s3_server: S3, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty prefix of a bucket; the key of a unit, which may read and write there, is in the environment."""
    for name, value in UNIT.environment.items():
        monkeypatch.setenv(name, value)
    return Bucket(s3_server, f"t{secrets.token_hex(6)}")


@pytest.fixture
def s3_refusing(s3_server: S3) -> Iterator[Refusing]:
    """A proxy before that server, which refuses every third request unless told otherwise."""
    with refusing(s3_server.port) as proxy:
        yield proxy
