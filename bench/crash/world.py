"""What is scanned and into what: a template of an office to copy for each round, logs, a list, the hits to expect."""

from __future__ import annotations

import gzip
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars
from sqlalchemy import create_engine, make_url, text
from tests.office import Office, combined_log, found_office, now, signed_list

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.storage.rows import Run, Segment
from sightline.workspace.workspace import CONFIG, Workspace, open_workspace

Hits: TypeAlias = Counter[tuple[str, int, str]]
"""Exhibit, byte offset and indicator id of each hit."""


@dataclass(frozen=True)
class World:
    """A template of a workspace, and all that a round needs besides."""

    folder: Path
    office: Office
    request: ScanRequest
    database: str | None
    expected: Hits

    @classmethod
    def make(cls, folder: Path, database: str | None) -> World:
        """An office, its logs and its list; `database` is the URL of an empty PostgreSQL database, None for SQLite."""
        office = found_office(folder / "template", database=database)
        logs = folder / "logs"
        logs.mkdir()
        for number in range(9):
            (logs / f"access.{number}.log").write_text(combined_log(400, start=1000 * number))
        for number in range(9, 12):
            packed = gzip.compress(combined_log(900, start=1000 * number).encode(), mtime=0)
            (logs / f"access.{number}.log.gz").write_bytes(packed)
        (logs / "large.log").write_text(combined_log(9_000, start=50_000))
        flags = signed_list(folder, "kind,value,category\ndomain,board.example,csam\n")
        request = ScanRequest((logs,), office.source.name, office.authority.number, (flags,), threads=2)
        world = cls(folder, office, request, database, Counter())
        with world.round("undisturbed") as officer_session:
            scan_logs(officer_session, request, lambda *_: None)
            expected = count_hits(officer_session.workspace)
        assert len(expected) == sum(expected.values()) > 4_000
        return cls(folder, office, request, database, expected)

    def round(self, name: str) -> Round:
        """A fresh copy of the template, gone at the end."""
        return Round(self, name)


class Round:
    """A copy of the template as a context: an office to work in."""

    def __init__(self, world: World, name: str) -> None:
        self._world, self._folder, self._name = world, world.folder / name, f"round_{name}"

    def __enter__(self) -> OfficerSession:
        template = self._world.office.workspace
        template.engine.dispose()
        shutil.copytree(template.folder, self._folder)
        if self._world.database is not None:
            self._admin(f'CREATE DATABASE "{self._name}" TEMPLATE "{make_url(self._world.database).database}"')
            url = make_url(self._world.database).set(database=self._name).render_as_string(hide_password=False)
            config = self._folder / CONFIG
            config.write_text(config.read_text().replace(self._world.database, url))
        return self.officer_session()

    def officer_session(self) -> OfficerSession:
        """The investigating officer at the copy, opened anew."""
        io = self._world.office.io
        return OfficerSession(open_workspace(self._folder), io.signer, io.officer, now)

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder)
        if self._world.database is not None:
            self._admin(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def _admin(self, statement: str) -> None:
        url = make_url(self._world.database or "").set(database="postgres", drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def count_hits(workspace: Workspace) -> Hits:
    """The hits in registered segments."""
    with workspace.read() as tables:
        exhibits = {run.run_id: run.exhibit_id for run in tables[Run].select()}
        segments = tables[Segment].select()
    hits: Hits = Counter()
    for segment in segments:
        with workspace.segments.open_local(segment.file) as path:
            frame = polars.read_parquet(path, columns=["byte_offset", "indicator_id"])
        hits.update((exhibits[segment.run_id], offset, indicator) for offset, indicator in frame.iter_rows())
    return hits
