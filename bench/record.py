"""The workspace: append entries, verify it beside SHA-256 alone, and open it with a hundred million hits."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.office import Office, found_office, now, signed_list

from bench.bars import Bar, Report
from bench.inputs import Inputs
from sightline.ledger.verbs import Verb
from sightline.model import IntentState, ListUse
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.storage.database import run_transaction
from sightline.storage.table import Tables
from sightline.workspace.workspace import open_workspace

ENTRIES = 10_000
HITS = 100_000_000
ROWS_A_SEGMENT = 500_000
OPENINGS = 20


def record(inputs: Inputs) -> Report:
    """The bars of the record: entries, verification, opening."""
    with TemporaryDirectory(prefix="sightline-bench-") as folder:
        office = found_office(Path(folder) / "workspace")
        verified, hashed = _verified(office, inputs, Path(folder))
        appended = statistics.median(_seconds(lambda: _append(office)) for _ in range(inputs.size.runs))
        _fill(office)
        opened = statistics.median(_seconds(lambda: _open(office)) for _ in range(OPENINGS))
    bars = (
        Bar("record", "verify: times SHA-256 alone over the same bytes", verified / hashed, 1.0, "times"),
        Bar("record", f"{ENTRIES:,} ledger entries in one transaction", appended, 2.0, "s"),
        Bar("record", f"a workspace with {HITS:,} hits opens", opened * 1000, 100, "ms"),
    )
    return Report(bars=bars)


def _verified(office: Office, inputs: Inputs, folder: Path) -> tuple[float, float]:
    """Seconds that verifying a workspace takes, and that hashing the same bytes takes, alternating, medians."""
    flags = signed_list(folder, "kind,value,category\ndomain,board.example,csam\n")
    request = ScanRequest((inputs.log,), office.source.name, office.authority.number, (flags,))
    scan_logs(office.io, request, lambda *_: None)
    with office.workspace.read() as tables:
        segment_files = [
            office.workspace.folder / "segments" / segment.file for segment in tables[rows.Segment].select()
        ]
    verified, hashed = [], []
    for _ in range(inputs.size.runs):
        hashed.append(_seconds(lambda: _hash([inputs.log, *segment_files])))
        verified.append(_seconds(lambda: _verify(office)))
    return statistics.median(verified), statistics.median(hashed)


def _hash(paths: list[Path]) -> None:
    subprocess.run(["openssl", "dgst", "-sha256", *map(str, paths)], check=True, capture_output=True)


def _verify(office: Office) -> None:
    assert verify_workspace(office.workspace, VerifyRequest(), lambda *_: None).is_intact


def _append(office: Office) -> None:
    with office.workspace.change(office.io.signer, now()) as change:
        for number in range(ENTRIES):
            change.ledger.append(
                Verb.CASE_CHANGED,
                change.signer,
                f"case:{number}",
                facts={"number": number},
                tells={"why": "a reason as the order says"},
            )


def _fill(office: Office) -> None:
    """Rows of as many runs and segments as a hundred million hits have; their files are not needed to open it."""
    with office.workspace.read() as tables:
        run, intent = tables[rows.Run].select()[0], tables[rows.Intent].select()[0]
        exhibit = tables[rows.Exhibit].select()[0]
    with run_transaction(office.workspace.engine, writes=True) as connection:
        tables = Tables(connection)
        for number in range(HITS // ROWS_A_SEGMENT):
            ident = f"{number:064x}"
            tables[rows.Exhibit].add(replace(exhibit, exhibit_id=ident))
            tables[rows.Intent].add(replace(intent, intent_id=ident[-26:], state=IntentState.REGISTERED))
            filled = replace(run, run_id=ident, exhibit_id=ident, intent_id=ident[-26:], use=ListUse.LEADS)
            tables[rows.Run].add(replace(filled, hits=ROWS_A_SEGMENT))
            tables[rows.Segment].add(
                rows.Segment(ident, ident, 0, ROWS_A_SEGMENT, f"{ident[-26:]}/000000.parquet", ident, 1, 0, 1)
            )


def _open(office: Office) -> None:
    """Open a workspace and count its hits."""
    workspace = open_workspace(office.workspace.folder)
    with workspace.read() as tables:
        assert sum(segment.rows for segment in tables[rows.Segment].select()) >= HITS
    workspace.engine.dispose()


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
