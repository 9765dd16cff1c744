"""Imports of tips that are killed at random moments lose nothing and double nothing, on both databases."""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import partial
from multiprocessing import forkserver
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from bench.crash.rounds import Tally, _kill
from bench.crash.world import Round, World

from sightline.casework.exhibits.tip_runs import select_newest_tip_runs
from sightline.model import AuthorityKind, IntentState, SourceKind
from sightline.services.tip_import import import_tips as importer
from sightline.services.tip_import.request import TipImportRequest
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage.rows import Exhibit, Intent, Run, Segment
from tests.office import found_office

REPORTS = 9
LASTS_S = 1.5


def write_reports(folder: Path, numbers: range, last: int) -> TipImportRequest:
    """A folder with a report of two connections for each number, the second from an address that ends in `last`."""
    folder.mkdir()
    for number in numbers:
        captures = [
            {
                "captureType": "IP Address",
                "value": address,
                "port": 40_000 + number,
                "dateTime": f"2026-06-05T12:0{at}:00Z",
            }
            for at, address in enumerate((f"203.0.113.{number}", f"198.51.100.{last}"))
        ]
        inside = {"reportedPeople": {"reportedPersons": [{"sourceInformation": {"sourceCaptures": captures}}]}}
        (folder / f"{number}.json").write_text(json.dumps({"reportId": number, "reportedInformation": inside}))
    return TipImportRequest((folder,), "NCMEC", "GD-12")


def import_once(here: Round, request: TipImportRequest) -> None:
    """Import, and once more what a reading process had no time for on a busy machine: it is named, and not lost."""
    officer_session = here.officer_session()
    for _ in range(3):
        failed = importer.import_tips(officer_session, request, lambda *_: None).failed
        if not failed:
            break
    officer_session.workspace.engine.dispose()
    assert failed == []


def import_in_fork(here: Round, request: TipImportRequest) -> None:
    """As `import_once`, in a process that was forked: the server of its reading processes is its parent's child."""
    forkserver._forkserver.__init__()  # type: ignore[misc]
    import_once(here, request)


def current_connections(here: Round) -> Counter[tuple[str, str]]:
    """Report and address of each connection that counts, and all that is wrong with the workspace."""
    workspace = here.officer_session().workspace
    report = verify_workspace(workspace, VerifyRequest(rows=True), lambda *_: None)
    assert report.findings == []
    found: Counter[tuple[str, str]] = Counter()
    with workspace.read() as tables:
        runs = {run.run_id for run in select_newest_tip_runs(tables[Run].select()).values()}
        segments, exhibits = tables[Segment].select(), tables[Exhibit].count()
        unfinished = [
            intent for intent in tables[Intent].select() if intent.state in {IntentState.OPEN, IntentState.GIVEN_UP}
        ]
    for segment in segments:
        if segment.run_id in runs:
            with workspace.segments.open_local(segment.file) as path:
                found.update(pl.read_parquet(path).select("indicator", "source_ip").iter_rows())
    stray = {name.name for name in workspace.segments.names()} - {segment.file for segment in segments}
    assert (sorted(stray), unfinished, exhibits) == ([], [], REPORTS + 3)
    workspace.engine.dispose()
    return found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_tip_import_is_whole_after_it_resumes(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    monkeypatch.setattr(importer, "GROUP_FILES", 2)
    office = found_office(tmp_path / "template", database=database)
    office.add_source(kind=SourceKind.TIP, name="NCMEC")
    office.add_authority(kind=AuthorityKind.REFERRAL, number="GD-12", sources_json="null")
    first = write_reports(tmp_path / "first", range(1, REPORTS + 1), 1)
    newer = write_reports(tmp_path / "newer", range(2, 5), 2)
    expected = Counter((str(number), f"203.0.113.{number}") for number in range(1, REPORTS + 1))
    expected += Counter(
        (str(number), f"198.51.100.{2 if number in range(2, 5) else 1}") for number in range(1, REPORTS + 1)
    )
    world, dice, tally = World(tmp_path, office, cast("Any", None), database, Counter()), random.Random(5), Tally()
    for number in range(2):
        with (here := world.round(f"tips_{number}")) as officer_session:
            officer_session.workspace.engine.dispose()
            for wanted in (first, newer):
                for _ in range(3):
                    if _kill(partial(import_in_fork, here, wanted), dice.uniform(0.1, LASTS_S), "import", tally):
                        break
                import_once(here, wanted)
            assert current_connections(here) == expected
    assert tally.wrong == []
    assert tally.killed >= 4
