"""Bar 5: leads rebuilt from sealed hits: seconds, peak memory, and how both grow with hits and with sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy
import polars
from tests.office import Office, found_office, signed_list

from bench.bars import Bar, Report
from bench.inputs import SIGHTLINE, WORK, Inputs
from bench.runs import run
from sightline.errors import NotAllowed
from sightline.model import AuthorityKind, SourceKind
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.workspace import keys

SITE = "board.example"
LOG_LINES = 4_000_000
HITS = {"small": 4_000_000, "full": 100_000_000}
VISITS = (5, 20)
"""Visits of a session, on the mean: as in the exercise world, and of a board whose visitors stay."""
ADDRESSES = 1 << 17
DAYS = 80
BEGINS_S = 1_767_225_600
PATHS = [f"/rooms/{at % 97}/item-{at}.jpg" for at in range(40_000)]
PATHS += [f"/rooms/thread-{at}?page={at % 7}" for at in range(10_000)]
AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{at % 40 + 100}.0) Gecko/20100101 Browser/{at}" for at in range(400)]
MICRO, GIB = 1_000_000, 1 << 30


def leads(inputs: Inputs) -> Report:
    """The bar at either number of visits a session."""
    hits = HITS[inputs.size.name]
    bars: list[Bar] = []
    for visits in VISITS:
        with _workspace(hits, visits) as (folder, key):
            took = run([SIGHTLINE, "leads", "rebuild", "--quiet", "--workspace", folder, "--key", key])
        what = f"{hits:,} hits, {visits} a session"
        bars.append(Bar("5", f"leads rebuilt, {what}: seconds for 100 million", took.seconds * 1e8 / hits, 60, "s"))
        bars.append(Bar("5", f"leads rebuilt, {what}: memory", took.peak_bytes / GIB, 8, "GiB"))
    return Report(bars=tuple(bars))


@contextmanager
def _workspace(hits: int, visits: int) -> Iterator[tuple[Path, Path]]:
    """A workspace with so many hits in logs of four million lines, and the key of an officer of it."""
    with TemporaryDirectory(prefix="leads-", dir=WORK) as name:
        folder = Path(name)
        office = found_office(folder / "workspace")
        office.add_source(
            kind=SourceKind.SEIZED_SERVER, name="server", server_name=SITE, clock_uncertainty_s=1, clock_measured="NTP"
        )
        number = office.add_authority(kind=AuthorityKind.SEIZURE, number="SM 1").number
        flags = signed_list(folder, f"kind,value,category\ndomain,{SITE},csam\n")
        for at in range(-(-hits // LOG_LINES)):
            log = folder / "access.log"
            _write(log, min(LOG_LINES, hits - at * LOG_LINES), visits, at)
            _scan(
                office, ScanRequest((log,), "server", number, (flags,), all_hits_of=SITE, why="bar 5 as the order says")
            )
            log.unlink()
        key = folder / "key"
        keys.write_private(key, office.io.signer.private, None)
        office.workspace.engine.dispose()
        yield office.workspace.folder, key


def _scan(office: Office, request: ScanRequest) -> None:
    try:
        scan_logs(office.io, request, lambda *_: None)
    except NotAllowed:
        office.approve()
        scan_logs(office.io, request, lambda *_: None)


def _write(path: Path, lines: int, visits: int, seed: int) -> None:
    """A server's own log with ports: sessions of so many visits on the mean, side by side in time."""
    dice = numpy.random.default_rng((5, seed, visits))
    sessions = 2 * lines // visits
    lengths = dice.geometric(1 / visits, sessions)
    of: Any = numpy.repeat(numpy.arange(sessions), lengths)[:lines]
    gaps = polars.Series(dice.exponential(40, len(of)).astype(int))
    begins = dice.integers(0, DAYS * 86_400, sessions)
    session = polars.Series(of)

    def each(high: int) -> polars.Series:
        return polars.Series(dice.integers(0, high, sessions)).gather(session)

    page = polars.Series(dice.integers(0, len(PATHS), len(of)))
    frame = polars.DataFrame({"session": session, "gap": gaps, "page": page}).with_columns(
        (polars.col("gap").cum_sum().over("session") + polars.Series(begins).gather(session) + BEGINS_S).alias("at"),
        address=each(ADDRESSES),
        port=each(60_000) + 1024,
        agent=polars.Series(AGENTS).gather(each(len(AGENTS))),
        path=polars.Series(PATHS).gather(page),
        size=(page * 37) % 90_000 + 200,
    )
    line = polars.format(
        '198.{}.{}.{}:{} - - [{}] "GET {} HTTP/1.1" 200 {} "-" "{}"',
        18 + polars.col("address") // 65_536,
        polars.col("address") // 256 % 256,
        polars.col("address") % 256,
        "port",
        polars.from_epoch("at").dt.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "path",
        "size",
        "agent",
    )
    frame.sort("at").select(line).write_csv(path, include_header=False, quote_style="never")
