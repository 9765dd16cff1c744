"""Verifications whose files the workers of a cluster hash: the same findings as on one machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from sightline.errors import StoreUnreachable
from sightline.file_digests import compute_sha256
from sightline.services.cluster import exhibit_task
from sightline.services.cluster.addresses import ClusterAccess
from sightline.services.cluster.coordinator import Cluster
from sightline.services.scan.scan import scan_logs
from sightline.services.verification import cluster_digests, file_checks
from sightline.services.verification.digest_task import build_digest_task, hash_files
from sightline.services.verification.report import VerificationReport
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from tests.office import Office, combined_log, found_office
from tests.services.cluster.unit import QUIET, LocalCluster, local_cluster, make_request


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_digests, "BATCH_FILES", 3)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    base = tmp_path_factory.getbasetemp()
    with local_cluster(base, base) as running:
        yield running


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office that scanned a dozen logs."""
    (logs := tmp_path / "logs").mkdir()
    for number in range(12):
        (logs / f"{number:02}.log").write_text(combined_log(60, start=1000 * number, hits_every=10))
    found = found_office(tmp_path / "workspace")
    scan_logs(found.io, make_request(found, logs, tmp_path), QUIET)
    return found


def verified(office: Office, address: str | None, *, by_rows: bool = False) -> VerificationReport:
    cluster = None if address is None else ClusterAccess(address, None, office.io.clock)
    return verify_workspace(office.workspace, VerifyRequest(rows=by_rows, cluster=cluster), QUIET)


def more_notes(together: VerificationReport, alone: VerificationReport) -> list[tuple[str, str]]:
    """The notes that only the cluster's report has."""
    return [(note.where, note.what) for note in together.notes if note not in alone.notes]


def files_of(office: Office, tmp_path: Path) -> tuple[list[Path], list[Path]]:
    """The logs, and the segments."""
    return sorted((tmp_path / "logs").iterdir()), sorted(Path(office.workspace.segments.where).rglob("*.parquet"))


def alter(office: Office, tmp_path: Path) -> None:
    """Alter, shorten and remove files."""
    logs, segments = files_of(office, tmp_path)
    logs[1].write_bytes(logs[1].read_bytes().replace(b"board", b"b0ard"))
    logs[2].write_bytes(logs[2].read_bytes()[:-1])
    logs[3].unlink()
    segments[4].write_bytes(segments[4].read_bytes()[:-9] + bytes(9))
    segments[5].unlink()


@pytest.mark.parametrize("by_rows", [False, True])
def test_a_cluster_finds_what_one_machine_finds(
    cluster: LocalCluster, office: Office, tmp_path: Path, *, by_rows: bool
) -> None:
    alone = verified(office, None, by_rows=by_rows)
    assert alone.findings == [] and asdict(verified(office, cluster.address, by_rows=by_rows)) == asdict(alone)
    alter(office, tmp_path)
    alone, together = verified(office, None, by_rows=by_rows), verified(office, cluster.address, by_rows=by_rows)
    assert len(alone.findings) == 4 and len(alone.absent) == 1
    # The segment that is gone is what its worker could not read.
    assert more_notes(together, alone) == (
        [] if by_rows else [("1 file", "not readable for the worker, so read on this machine")]
    )
    assert asdict(together) | {"notes": 0} == asdict(alone) | {"notes": 0}


def test_workers_hash_all_files_without_knowing_a_digest(
    cluster: LocalCluster, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    here: list[Path] = []
    results, read = Cluster.run_tasks, file_checks.hash_file

    def kept_tasks(self: Cluster, tasks: list[tuple[str, Callable[[], str]]], *more: Any) -> object:
        sent.extend(text() for _, text in tasks)
        return results(self, tasks, *more)

    def kept_path(path: Path, add_bytes: file_checks.AddBytes) -> str:
        here.append(path)
        return read(path, add_bytes)

    monkeypatch.setattr(Cluster, "run_tasks", kept_tasks)
    monkeypatch.setattr(file_checks, "hash_file", kept_path)
    assert verified(office, cluster.address).findings == []
    logs, segments = files_of(office, tmp_path)
    asked = [file["path"] for text in sent for file in json.loads(text)["files"]]
    assert set(asked) >= {str(path) for path in (*logs, *segments)} and len(asked) == len(set(asked))
    assert here == []
    with office.workspace.read() as tables:
        digests = {*tables[rows.Exhibit].list_values("exhibit_id"), *tables[rows.Segment].list_values("sha256")}
    assert len(digests) == 24 and not any(digest in text for digest in digests for text in sent)


@pytest.mark.parametrize("answer", ["'0' * 64", "None", "REMEMBERED[str(path)]"])
def test_a_worker_that_lies_is_named_and_changes_no_finding(
    office: Office, tmp_path: Path, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it names wrong digests, reads nothing, or remembers what altered files were, if one
    of them is sampled.
    """
    monkeypatch.setattr(cluster_digests, "SAMPLED", 1)
    remembered = {str(path): compute_sha256(path) for path in tmp_path.rglob("*") if path.is_file()}
    alter(office, tmp_path)
    patch = (
        f"from sightline.services.verification import digest_task\nREMEMBERED = {remembered!r}\n"
        f"digest_task.compute_sha256 = lambda path: {answer}"
    )
    with local_cluster(tmp_path, tmp_path, workers=0) as running:
        running.start_worker("mallory", patch=patch)
        together = verified(office, running.address)
    alone = verified(office, None)
    assert together.findings == alone.findings and len(alone.findings) == 4
    assert [where == "the worker mallory" for where, _ in more_notes(together, alone)] == [answer != "None"]


def test_a_dead_worker_changes_nothing_and_a_lost_scheduler_is_reported(office: Office, tmp_path: Path) -> None:
    killed = False
    with local_cluster(tmp_path, tmp_path) as running:
        request = VerifyRequest(cluster=ClusterAccess(running.address, None, office.io.clock))

        def kill_worker(done: int, *_: object) -> None:
            nonlocal killed
            if done and not killed:
                killed = True
                running.kill(running.workers.pop())

        report = verify_workspace(office.workspace, request, kill_worker)
        assert killed and asdict(report) == asdict(verified(office, None))

        def kill_scheduler(done: int, *_: object) -> None:
            if done and running.scheduler is not None and running.scheduler.poll() is None:
                running.kill(running.scheduler)

        with pytest.raises(StoreUnreachable, match=r"was lost: not everything was verified"):
            verify_workspace(office.workspace, request, kill_scheduler)


def test_files_that_workers_may_not_read_are_read_locally(office: Office, tmp_path: Path) -> None:
    alter(office, tmp_path)
    (tmp_path / "elsewhere").mkdir()
    exhibit_task.set_task_place(exhibit_task.TaskPlace("worker-x", (tmp_path / "elsewhere",), ()))
    task = build_digest_task([tmp_path / "logs" / "00.log", Path("/etc/hostname")])
    assert exhibit_task.parse_result(hash_files(task)).digests == [None, None]
    with local_cluster(tmp_path / "elsewhere", tmp_path / "elsewhere", workers=1) as running:
        together = verified(office, running.address)
    alone = verified(office, None)
    assert together.findings == alone.findings and len(alone.findings) == 4
    assert more_notes(together, alone)[0][1] == "not readable for the worker, so read on this machine"
