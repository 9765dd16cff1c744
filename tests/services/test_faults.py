"""What goes wrong around a scan: full and read-only disks, an S3 that refuses, a database that
restarts, many at once.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

from sightline.errors import StoreUnreachable
from sightline.ledger.verbs import Verb
from sightline.model import IntentState
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.waits import set_wait_reporter
from sightline.workspace import keys
from sightline.workspace.workspace import Workspace, open_workspace
from tests.office import Office, combined_log, found_office, now, signed_list
from tests.servers.fixtures import Bucket
from tests.servers.postgres import Postgres
from tests.servers.proxy import Refusing
from tests.waits import HUNG_S, delay

QUIET = lambda *_: None  # noqa: E731


@pytest.fixture
def flags(tmp_path: Path) -> Path:
    return signed_list(tmp_path, "kind,value,category\ndomain,board.example,csam\n")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log that takes long enough for something to happen meanwhile."""
    path = tmp_path / "access.log"
    piece = combined_log(30_000, hits_every=30)
    path.write_text("".join(piece for _ in range(12)))
    return path


def request(office: Office, *logs: Path, flags: Path) -> ScanRequest:
    return ScanRequest(logs, office.source.name, office.authority.number, (flags,))


def nothing_is_half_done(workspace: Workspace) -> None:
    with workspace.read() as tables:
        assert tables[rows.Run].count() == tables[rows.Exhibit].count() == tables[rows.Segment].count() == 0
    assert verify_workspace(workspace, VerifyRequest(), QUIET).findings == []


def all_is_done(workspace: Workspace, runs: int, hits: int) -> None:
    with workspace.read() as tables:
        assert (tables[rows.Run].count(), sum(run.hits for run in tables[rows.Run].select())) == (runs, hits)
        assert sum(segment.rows for segment in tables[rows.Segment].select()) == hits
        files = {segment.file for segment in tables[rows.Segment].select()}
        assert {intent.state for intent in tables[rows.Intent].select()} <= {IntentState.REGISTERED, IntentState.SWEPT}
    assert {name.name for name in workspace.segments.names()} - files == {
        name.name for name in workspace.segments.names("lists")
    }
    assert verify_workspace(workspace, VerifyRequest(rows=True), QUIET).findings == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def typed(
    office: Office, folder: Path, *words: object, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command as it is typed, by the investigating officer."""
    key = folder / "io.key"
    if not key.exists():
        keys.write_private(key, office.io.signer.private, None)
    environment = os.environ | {"SIGHTLINE_WORKSPACE": str(office.workspace.folder), "SIGHTLINE_KEY": str(key)}
    command = [sys.executable, "-P", "-m", "sightline", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, preexec_fn=before)


def scanned(office: Office, log: Path, flags: Path) -> tuple[object, ...]:
    return "scan", log, "--source", office.source.name, "--authority", office.authority.number, "--list", flags


def test_a_full_disk_is_reported_and_leaves_nothing_half_done(
    small_disk: Path, tmp_path: Path, log: Path, flags: Path
) -> None:
    office = found_office(small_disk / "workspace")
    filler = small_disk / "filler"
    filler.write_bytes(bytes((os.statvfs(small_disk).f_bavail - 60) * os.statvfs(small_disk).f_frsize))
    done = typed(office, tmp_path, *scanned(office, log, flags))
    assert done.returncode == 4, done.stderr
    assert "No space left on device" in done.stderr
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr
    filler.unlink()
    nothing_is_half_done(office.workspace)
    assert typed(office, tmp_path, *scanned(office, log, flags)).returncode == 0
    all_is_done(office.workspace, 1, 12_000)


def test_a_read_only_disk_is_reported(small_disk: Path, tmp_path: Path, log: Path, flags: Path) -> None:
    office = found_office(small_disk / "workspace")
    office.workspace.engine.dispose()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = typed(office, tmp_path, *scanned(office, log, flags))
    assert done.returncode == 4, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    nothing_is_half_done(office.workspace)


def test_a_file_size_limit_is_reported(tmp_path: Path, log: Path, flags: Path) -> None:
    office = found_office(tmp_path / "workspace")
    limit = 32 << 10
    done = typed(
        office,
        tmp_path,
        *scanned(office, log, flags),
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    nothing_is_half_done(office.workspace)


def test_an_s3_that_refuses_every_third_request_costs_time_only(
    tmp_path: Path, s3: Bucket, s3_refusing: Refusing, log: Path, flags: Path
) -> None:
    office = found_office(tmp_path / "workspace", segments=s3.url_at(s3_refusing.endpoint))
    scan_logs(office.io, request(office, log, flags=flags), QUIET)
    all_is_done(office.workspace, 1, 12_000)
    assert s3_refusing.spoiled > 1


def test_an_s3_that_always_refuses_is_reported_and_a_later_scan_succeeds(
    tmp_path: Path,
    s3: Bucket,
    s3_refusing: Refusing,
    log: Path,
    flags: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sightline.storage.bucket_errors import Patience

    monkeypatch.setattr("sightline.storage.bucket_client.RETRIES", {"max_retries": 1})
    office = found_office(tmp_path / "workspace", segments=s3.url_at(s3_refusing.endpoint))
    monkeypatch.setattr(office.workspace.segments, "_patience", Patience(tries=2, first_s=0.01, total_s=2.0))
    s3_refusing.every = 1
    with pytest.raises(StoreUnreachable, match="503"):
        scan_logs(office.io, request(office, log, flags=flags), QUIET)
    nothing_is_half_done(office.workspace)
    s3_refusing.every = 0
    scan_logs(office.io, request(office, log, flags=flags), QUIET)
    all_is_done(office.workspace, 1, 12_000)


def test_an_s3_that_never_answers_ends_a_scan_in_time(
    tmp_path: Path, s3: Bucket, s3_refusing: Refusing, log: Path, flags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightline.storage.bucket_errors import Patience

    patience = Patience(first_s=0.05, longest_s=0.1, total_s=3.0, silent_s=1.0, tell_s=0.5)
    heard: list[str] = []
    over = threading.Event()
    # From the first segment on: all other requests wait for the lock that this one holds.
    s3_refusing.every, s3_refusing.spoils = 1, lambda _, path: ".parquet" in path and over.wait(HUNG_S)
    office = found_office(tmp_path / "workspace", segments=s3.url_at(s3_refusing.endpoint))
    monkeypatch.setattr(office.workspace.segments, "_patience", patience)
    set_wait_reporter(heard.append)
    with pytest.raises(StoreUnreachable, match="does not answer: nothing got through for 3 s"):
        scan_logs(office.io, request(office, log, flags=flags), QUIET)
    assert not over.is_set(), "the server was silent to the end"
    set_wait_reporter(lambda _: None)
    s3_refusing.spoils = lambda *_: False
    over.set()
    # Once, and not again for what is cleared away: the sweep of the next scan does that.
    assert len(heard) == 1
    with office.workspace.read() as tables:
        assert [intent.state for intent in tables[rows.Intent].select()] == [IntentState.GIVEN_UP]
    nothing_is_half_done(office.workspace)
    scan_logs(office.io, request(office, log, flags=flags), QUIET)
    all_is_done(office.workspace, 1, 12_000)


def test_a_silent_s3_is_no_finding_of_verify_and_is_not_waited_for_at_each_file(
    tmp_path: Path, s3: Bucket, s3_refusing: Refusing, flags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightline.storage.bucket_errors import Patience

    office = found_office(tmp_path / "workspace", segments=s3.url_at(s3_refusing.endpoint))
    logs = [tmp_path / f"access.{number}.log" for number in range(12)]
    for number, path in enumerate(logs):
        path.write_text(combined_log(30, start=1000 * number))
    scan_logs(office.io, request(office, *logs, flags=flags), QUIET)
    with office.workspace.change(office.io.signer, now()) as change:
        change.tables[rows.Case].change([office.case.case_id], {}, station="another")
    patience = Patience(first_s=0.05, longest_s=0.1, total_s=2.0, silent_s=1.0, tell_s=0.5)
    monkeypatch.setattr(office.workspace.segments, "_patience", patience)
    over = threading.Event()
    s3_refusing.every, s3_refusing.spoils = 1, lambda *_: over.wait(HUNG_S)
    heard: list[str] = []
    set_wait_reporter(heard.append)
    with pytest.raises(StoreUnreachable, match="not everything was verified") as raised:
        verify_workspace(office.workspace, VerifyRequest(rows=True), QUIET)
    set_wait_reporter(lambda _: None)
    assert not over.is_set(), "the server was silent to the end"
    over.set()
    assert len(heard) < len(logs), "it does not wait at each of twelve files"
    assert any(f"case:{office.case.case_id}" in detail for detail in raised.value.details), "what was found is said"


@pytest.mark.parametrize("away_s", [0.0, 2.5])
def test_a_database_that_restarts_under_a_scan_is_waited_for(
    tmp_path: Path, postgres: Postgres, postgres_url: str, log: Path, flags: Path, away_s: float
) -> None:
    office = found_office(tmp_path / "workspace", database=postgres_url)
    restarts: list[threading.Thread] = []
    over = threading.Event()

    def start() -> None:
        delay(away_s)
        postgres.start()
        # The server ends with the thread that started it.
        over.wait()

    def watch(read: int, _all: int | None, _hits: int = 0, _step: str = "", /) -> None:
        if read and not restarts:
            postgres.stop(rudely=True)
            restarts.append(threading.Thread(target=start))
            restarts[0].start()

    try:
        scan_logs(office.io, request(office, log, flags=flags), watch)
        assert restarts, "the scan was over before anything could happen"
        all_is_done(office.workspace, 1, 12_000)
    finally:
        over.set()
        for restart in restarts:
            restart.join()
            postgres.restart(rudely=True)


def test_a_database_that_stays_unreachable_is_reported(
    tmp_path: Path, postgres: Postgres, postgres_url: str, log: Path, flags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightline.services.scan.scan.PATIENCE_S", 1.0)
    office = found_office(tmp_path / "workspace", database=postgres_url)
    stopped: list[bool] = []

    def watch(read: int, _all: int | None, _hits: int = 0, _step: str = "", /) -> None:
        if read and not stopped:
            postgres.stop(rudely=True)
            stopped.append(True)

    try:
        with pytest.raises(StoreUnreachable, match="does not answer") as raised:
            scan_logs(office.io, request(office, log, flags=flags), watch)
        assert raised.value.exit_code == 4
    finally:
        postgres.start()
    nothing_is_half_done(office.workspace)
    scan_logs(office.io, request(office, log, flags=flags), QUIET)
    with office.workspace.read() as tables:
        assert tables[rows.Run].count() == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_scans_and_an_officer_at_once(
    request: pytest.FixtureRequest, tmp_path: Path, flags: Path, kind: str
) -> None:
    database = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    office = found_office(tmp_path / "workspace", database=database)
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(40):
        (folder / f"access.{number}.log").write_text(combined_log(600, start=1000 * number))
    scan_request = ScanRequest((folder,), office.source.name, office.authority.number, (flags,))
    office.workspace.engine.dispose()
    fork = multiprocessing.get_context("fork")
    scans = [fork.Process(target=_scans, args=(office, scan_request)) for _ in range(2)]
    for process in scans:
        process.start()
    turns = 0
    while any(process.is_alive() for process in scans):
        with office.workspace.change(office.io.signer, now()) as change:
            change.ledger.append(
                Verb.CASE_CHANGED,
                change.signer,
                f"case:{office.case.case_id}",
                tells={"why": "a note as the order says"},
            )
        turns += 1
        delay(0.01)
    assert [process.exitcode for process in scans] == [0, 0]
    all_is_done(office.workspace, 40, 8_000)
    with office.workspace.read() as tables:
        whose = [ledger_row.verb == Verb.CASE_CHANGED for ledger_row in tables[rows.LedgerRow].select()]
    assert turns > 2
    of_scans = [len(list(same)) for is_officers, same in groupby(whose) if not is_officers]
    assert len(of_scans) > 2, "the officer gets a turn between the steps of the scans, not only before and after them"


def _scans(office: Office, asked: ScanRequest) -> None:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.services.scan import plan

    plan.GROUP_FILES = 4
    officer_session = OfficerSession(open_workspace(office.workspace.folder), office.io.signer, office.io.officer, now)
    scan_logs(officer_session, asked, QUIET)
