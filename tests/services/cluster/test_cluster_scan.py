"""Scans whose exhibits the workers of a cluster read: the same hits, byte for byte, and no key of anything."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.errors import NotAllowed, OutputUnwritable, SightlineError, StoreUnreachable, UsageError
from sightline.services.cluster import coordinator, exhibit_task
from sightline.services.cluster.addresses import parse_address
from sightline.services.cluster.certificates import make_keys
from sightline.services.cluster.revocation import issue_keys, revoke_certificate
from sightline.services.scan import cluster_reader
from sightline.services.scan.scan import scan_logs
from sightline.storage import rows
from tests.office import combined_log, found_office, now
from tests.services.cluster.unit import LocalCluster, contents, local_cluster, make_request, require_whole

QUIET = lambda *_: None  # noqa: E731


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many tasks for few files."""
    monkeypatch.setattr(cluster_reader, "BATCH_FILES", 4)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of several sizes and kinds, more than one task of them."""
    folder = tmp_path_factory.mktemp("logs")
    for number in range(70):
        (folder / f"access-{number:02}.log").write_text(combined_log(30 + number, start=number * 1000))
    (folder / "packed.log.gz").write_bytes(gzip.compress(combined_log(600, start=90_000).encode()))
    with zipfile.ZipFile(folder / "logs.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"host-{number}.log", combined_log(90, start=100_000 + number * 1000))
    return folder


@pytest.fixture(scope="module")
def cluster(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with local_cluster(logs, tmp_path_factory.getbasetemp()) as running:
        yield running


@pytest.fixture
def alone(logs: Path, tmp_path: Path) -> dict[str, object]:
    """What a scan on one machine leaves."""
    office = found_office(tmp_path / "alone")
    scan_logs(office.io, make_request(office, logs, tmp_path), QUIET)
    return contents(office.workspace)


def test_a_cluster_leaves_what_one_machine_leaves(
    cluster: LocalCluster, logs: Path, tmp_path: Path, alone: dict[str, object]
) -> None:
    office = found_office(tmp_path / "workspace")
    outcome = scan_logs(office.io, make_request(office, logs, tmp_path, cluster=cluster.address), QUIET)
    assert contents(office.workspace) == alone and len(alone) == 72
    # In the order of the plan, although the biggest exhibits came first.
    assert [job for job, _, _ in outcome.done] == outcome.work
    require_whole(office)
    again = scan_logs(office.io, make_request(office, logs, tmp_path, cluster=cluster.address), QUIET)
    assert all(registered.was_there for _, registered, _ in again.done)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://192.0.2.7:8786", "tcp:// is not encrypted"),
        ("tcp://scheduler.example", "tcp:// is not encrypted"),
        ("http://127.0.0.1:8786", "not the address"),
        ("tls://198.51.100.1:8786/x", "not the address"),
        ("tls://198.51.100.1:port", "not the address"),
    ],
)
def test_an_unencrypted_scheduler_elsewhere_is_refused(address: str, says: str) -> None:
    with pytest.raises(SightlineError, match=says):
        parse_address(address)


def test_with_tls_only_members_of_the_authority_take_part(logs: Path, tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    make_keys(tmp_path / "keys", now(), 30)
    make_keys(tmp_path / "others", now(), 30)
    log = logs / "access-07.log"
    with local_cluster(logs, tmp_path, workers=1, keys=tmp_path / "keys") as running:
        request = make_request(office, log, tmp_path, cluster=running.address)
        with pytest.raises(UsageError, match="the folder of keys is missing"):
            scan_logs(office.io, request, QUIET)
        with pytest.raises(StoreUnreachable, match="no scheduler answers"):
            scan_logs(office.io, replace(request, cluster_keys=tmp_path / "others"), QUIET)
        plain = f"tcp://127.0.0.1:{running.port}"
        with pytest.raises(StoreUnreachable, match="no scheduler answers"):
            scan_logs(office.io, replace(request, cluster=plain), QUIET)
        scan_logs(office.io, replace(request, cluster_keys=tmp_path / "keys"), QUIET)
    assert len(contents(office.workspace)) == 1
    require_whole(office)


def test_a_revoked_member_is_refused_by_both_sides_and_the_others_go_on(logs: Path, tmp_path: Path) -> None:
    office, keys = found_office(tmp_path / "workspace"), tmp_path / "keys"
    make_keys(keys, now(), 30)
    lost, other = tmp_path / "lost", tmp_path / "other"
    for folder in (lost, other):
        issue_keys(keys, "coordinator", folder, now(), 30)
    issue_keys(keys, "scheduler", lost, now(), 30)
    log = logs / "access-07.log"
    with local_cluster(logs, tmp_path, workers=1, keys=keys) as running:
        request = make_request(office, log, tmp_path, cluster=running.address)
        scan_logs(office.io, replace(request, cluster_keys=lost), QUIET)
    for name in ("coordinator", "scheduler"):
        revoke_certificate(keys, lost / f"{name}.pem", now())
        # A second time changes nothing.
        revoke_certificate(keys, lost / f"{name}.pem", now())
    request = make_request(office, logs / "access-08.log", tmp_path)
    with local_cluster(logs, tmp_path, workers=1, keys=keys) as running:
        request = replace(request, cluster=running.address)
        with pytest.raises(StoreUnreachable, match="no scheduler answers"):
            scan_logs(office.io, replace(request, cluster_keys=lost), QUIET)
        scan_logs(office.io, replace(request, cluster_keys=other), QUIET)
    with local_cluster(logs, tmp_path, workers=0, keys=lost) as running:
        request = replace(request, logs=(logs / "access-09.log",), cluster=running.address, cluster_keys=keys)
        with pytest.raises(StoreUnreachable, match="no scheduler answers"):
            scan_logs(office.io, request, QUIET)
    (lost / "ca.crl").write_bytes((keys / "ca.crl").read_bytes())
    with pytest.raises(UsageError, match="was revoked"):
        scan_logs(office.io, replace(request, cluster_keys=lost), QUIET)
    assert len(contents(office.workspace)) == 2
    require_whole(office)


def test_cluster_messages_contain_no_secret_and_no_hit(
    cluster: LocalCluster, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task and its result are texts of names, digests and numbers."""
    sent: list[str] = []
    monkeypatch.setattr(
        exhibit_task.ExhibitTask,
        "to_json",
        lambda task, write=exhibit_task.ExhibitTask.to_json: _kept(sent, write(task)),
    )
    monkeypatch.setattr(
        exhibit_task, "parse_result", lambda text, read=exhibit_task.parse_result: read(_kept(sent, text))
    )
    office = found_office(tmp_path / "workspace")
    scan_logs(office.io, make_request(office, logs / "access-09.log", tmp_path, cluster=cluster.address), QUIET)
    with office.workspace.read() as tables:
        (run,) = tables[rows.Run].select()
    assert len(sent) == 2 and run.row_key is not None
    for text in sent:
        for secret in (
            run.row_key.hex(),
            office.io.officer.name,
            office.authority.number,
            "198.51.100",
            "board.example",
        ):
            assert secret not in text


def _kept(sent: list[str], text: str) -> str:
    sent.append(text)
    return text


def test_a_task_has_a_program_once_and_is_not_written_before_it_is_sent(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the tasks of a hundred thousand small files take a gigabyte of the coordinator's memory."""
    written: list[str] = []
    monkeypatch.setattr(
        exhibit_task.ExhibitTask,
        "to_json",
        lambda task, write=exhibit_task.ExhibitTask.to_json: _kept(written, write(task)),
    )
    monkeypatch.setattr(coordinator, "WORKERS_S", 0.5)
    office = found_office(tmp_path / "workspace")
    with local_cluster(logs, tmp_path, workers=0) as running:
        request = make_request(office, logs, tmp_path, cluster=running.address)
        with pytest.raises(StoreUnreachable, match="no worker is at"):
            scan_logs(office.io, request, QUIET)
        assert written == []
        running.start_worker("one")
        scan_logs(office.io, request, QUIET)
    tasks = [json.loads(text) for text in written]
    assert len(tasks) > 12 and max(len(one["inputs"]) for one in tasks) == 4
    assert all(len(one["programs"]) == 1 for one in tasks)


def test_a_worker_of_another_build_is_refused_by_name(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = found_office(tmp_path / "workspace")
    monkeypatch.setattr(coordinator, "WORKERS_S", 0.5)
    with local_cluster(logs, tmp_path, workers=0) as running:
        request = make_request(office, logs / "access-03.log", tmp_path, cluster=running.address)
        with pytest.raises(StoreUnreachable, match="no worker is at"):
            scan_logs(office.io, request, QUIET)
        running.start_worker("old-one", patch="import sightline; sightline.__version__ = '0.0.9'")
        with pytest.raises(NotAllowed, match=r"no worker at .* runs sightline 0\.1") as refusal:
            scan_logs(office.io, request, QUIET)
        assert refusal.value.details[0].startswith("refused: old-one: sightline 0.0.9")
        running.start_worker("new-one")
        scan_logs(office.io, request, QUIET)
    assert len(contents(office.workspace)) == 1
    require_whole(office)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"build": "sightline 0.0.9"}, "worker-x: it runs sightline 0.1.0, .* the task is of sightline 0.0.9"),
        ({"staging": "/"}, "worker-x: it may not write to /"),
        ({"inputs": [{"path": "/etc/hostname"}]}, "worker-x: it may not read /etc/hostname"),
        ({"lists": [{"file": "{write}/list", "sha256": "0" * 64}]}, "the compiled list list is .* here"),
    ],
)
def test_a_worker_refuses_what_it_was_not_started_for(tmp_path: Path, change: dict[str, object], says: str) -> None:
    (tmp_path / "list").write_text("another list")
    exhibit_task.set_task_place(exhibit_task.TaskPlace("worker-x", (tmp_path / "logs",), (tmp_path,)))
    task = {
        "build": exhibit_task.identify_build(),
        "staging": str(tmp_path),
        "inputs": [],
        "lists": [],
        "programs": [],
        **change,
    }
    text = json.dumps(task).replace("{write}", str(tmp_path))
    result = exhibit_task.parse_result(exhibit_task.read_exhibits(text))
    with pytest.raises(SightlineError, match=says):
        raise result.build_error()


FULL = """
import resource, signal
from sightline.services.cluster import exhibit_task
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
read = exhibit_task._read
def read_with_limit(*words):
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
    return read(*words)
exhibit_task._read = read_with_limit
"""


def test_a_full_disk_names_the_file_and_a_dead_worker_is_replaced(logs: Path, tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    with local_cluster(logs, tmp_path, workers=0) as running:
        running.start_worker("full", patch=FULL)
        request = make_request(office, logs / "packed.log.gz", tmp_path, cluster=running.address)
        with pytest.raises(OutputUnwritable, match=r"segments/.* cannot be written: File too large"):
            scan_logs(office.io, request, QUIET)
        running.kill(running.workers[0])
        running.start_worker("good")
        scan_logs(office.io, request, QUIET)
    assert len(contents(office.workspace)) == 1
    require_whole(office)


def test_a_lost_scheduler_is_an_error_and_the_next_scan_goes_on(
    logs: Path, tmp_path: Path, alone: dict[str, object], capfd: pytest.CaptureFixture[str]
) -> None:
    office = found_office(tmp_path / "workspace")
    with local_cluster(logs, tmp_path) as running:
        request = make_request(office, logs, tmp_path, cluster=running.address)

        def stop_early(_done: int, _all: int | None, hits: int = 0, _what: str = "", /) -> None:
            if hits and running.scheduler is not None and running.scheduler.poll() is None:
                running.kill(running.scheduler)

        with pytest.raises(StoreUnreachable, match=r"scheduler at .* was lost"):
            scan_logs(office.io, request, stop_early)
        assert "Traceback" not in capfd.readouterr().err
        registered = len(contents(office.workspace))
        running.start_scheduler()
        running.start_worker("later")
        outcome = scan_logs(office.io, request, QUIET)
    assert sum(each.was_there for _, each, _ in outcome.done) == registered < 72
    assert contents(office.workspace) == alone
    require_whole(office)


def test_the_workspace_may_lie_on_servers(
    cluster: LocalCluster, logs: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """With segments in a bucket, the workers write to the workspace's scratch folder."""
    database, bucket = request.getfixturevalue("postgres_url"), request.getfixturevalue("s3")
    office = found_office(tmp_path / "workspace", database=database, segments=bucket.url)
    alone = found_office(tmp_path / "alone")
    scan_logs(alone.io, make_request(alone, logs / "packed.log.gz", tmp_path), QUIET)
    scan_logs(office.io, make_request(office, logs / "packed.log.gz", tmp_path, cluster=cluster.address), QUIET)
    assert contents(office.workspace) == contents(alone.workspace)
    require_whole(office)
