"""Archives whose members several workers read: the same account and segments, byte for byte, whatever is in them."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.errors import DamagedInput, SightlineError
from sightline.services.cluster import archive_parts, exhibit_task
from sightline.services.cluster.exhibit_task import NO_KEY
from sightline.services.scan.scan import scan_logs
from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.scan import kernel
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.results import ScanInput
from sightline.stages.scan.segments import SegmentLimits
from tests.office import combined_log, found_office, issuer_key, now, signed_list
from tests.services.cluster.unit import FLAGS, QUIET, LocalCluster, contents, local_cluster, make_request, require_whole

KILLED = """
import os, signal
from sightline.stages.scan import kernel
kernel.scan_part = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
"""
WRITTEN_TO = """
import os
from sightline.stages.scan import kernel
read = kernel.scan_part
def scan_part(given, *words, **more):
    os.utime(given.path, ns=(1, more["within"][0] + 1))
    return read(given, *words, **more)
kernel.scan_part = scan_part
"""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many parts of small archives."""
    monkeypatch.setattr(archive_parts, "PART_BYTES", 40_000)
    monkeypatch.setattr(archive_parts, "LEAST_BYTES", 1_000)


def texts() -> Iterator[tuple[str, bytes]]:
    """Members of an archive: small ones, a large one, an empty one, packed ones, and one that no format reads."""
    for number in range(14):
        visits = 2_000 if number == 6 else 40 + 30 * number
        yield (
            f"host-{number}/{'long' * 40 if number == 3 else 'access'}.log",
            combined_log(visits, start=10_000 * number, host=str(number)).encode(),
        )
    yield "empty.log", b""
    yield "old/access.log.1.gz", gzip.compress(combined_log(300, start=900_000).encode(), mtime=0)
    yield "notes/readme.txt", b"what the provider wrote of its servers\n" * 20
    # No line end, and times that run backwards from the member before.
    yield "last.log", combined_log(70, start=5).encode()[:-1]


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number, (name, text) in enumerate(texts()):
            method = zipfile.ZIP_STORED if number % 3 == 0 else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 1, 0, 0, 0)), text, method)


def write_tar(path: Path, mode: str = "w") -> None:
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        # A packed copy of another log would not be read again.
        for name, text in [*texts()][mode != "w" :]:
            about = tarfile.TarInfo(name)
            about.size = len(text)
            archive.addfile(about, io.BytesIO(text))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    write_zip(folder / "logs.zip")
    write_tar(folder / "logs.tar")
    write_tar(folder / "stream.tar.gz", "w:gz")
    damaged = bytearray((folder / "logs.zip").read_bytes())
    damaged[3_000] ^= 1
    (folder / "damaged.zip").write_bytes(damaged)
    # What follows the end of the archive is a break of its structure, which belongs to no member.
    (folder / "longer.tar").write_bytes((folder / "logs.tar").read_bytes() + b"x" * 10_240)
    (folder / "plain.log").write_text(combined_log(200, start=70_000))
    return folder


def alone(logs: Path, tmp_path: Path) -> dict[str, object]:
    office = found_office(tmp_path / "alone")
    scan_logs(office.io, make_request(office, logs, tmp_path), QUIET)
    return contents(office.workspace)


def test_members_are_read_by_several_workers_and_leave_what_one_reading_leaves(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[exhibit_task.ExhibitTask] = []
    write = exhibit_task.ExhibitTask.to_json

    def to_json(task: exhibit_task.ExhibitTask) -> str:
        sent.append(task)
        return write(task)

    monkeypatch.setattr(exhibit_task.ExhibitTask, "to_json", to_json)
    office = found_office(tmp_path / "workspace")
    with local_cluster(logs, tmp_path) as running:
        scan_logs(office.io, make_request(office, logs, tmp_path, cluster=running.address), QUIET)
    assert contents(office.workspace) == alone(logs, tmp_path)
    require_whole(office)
    parts = Counter(Path(task.inputs[0].name).name for task in sent if task.part is not None)
    assert min(parts["logs.zip"], parts["logs.tar"], parts["damaged.zip"]) > 5
    assert "stream.tar.gz" not in parts
    # In parts first; then one worker read all of it, because it is no sum of its parts.
    whole = {
        Path(given.name).name for task in sent if task.part is None and task.digest is None for given in task.inputs
    }
    assert parts["longer.tar"] > 5 and whole == {"longer.tar", "stream.tar.gz", "plain.log"}


def test_a_worker_that_dies_within_an_archive_changes_nothing(logs: Path, tmp_path: Path) -> None:
    office, cluster = found_office(tmp_path / "workspace"), LocalCluster(logs, tmp_path)
    try:
        cluster.start_scheduler()
        cluster.start_worker("dies", patch=KILLED)
        cluster.start_worker("dies too", patch=KILLED)
        cluster.start_worker("lives")
        scan_logs(office.io, make_request(office, logs, tmp_path, cluster=cluster.address), QUIET)
        assert sum(worker.poll() is not None for worker in cluster.workers) == 2
    finally:
        cluster.stop()
    assert contents(office.workspace) == alone(logs, tmp_path)
    require_whole(office)


def test_an_archive_that_changes_meanwhile_is_an_error_and_registers_nothing(logs: Path, tmp_path: Path) -> None:
    office, cluster = found_office(tmp_path / "workspace"), LocalCluster(logs, tmp_path)
    try:
        cluster.start_scheduler()
        cluster.start_worker("one", patch=WRITTEN_TO)
        with pytest.raises(DamagedInput, match="was changed while it was read"):
            scan_logs(office.io, make_request(office, logs / "logs.tar", tmp_path, cluster=cluster.address), QUIET)
    finally:
        cluster.stop()
    assert contents(office.workspace) == {}


def read_parts(archive: Path, folder: Path, limits: SegmentLimits) -> tuple[list[Path], ExhibitScan]:
    """Read an archive in parts and as a whole, with small segments. Return the files of the parts, and the whole."""
    flags = kernel.open_list(signed_list(folder, FLAGS), (issuer_key().derive_public(),), now())
    scan_input = ScanInput(archive, load_builtin_formats()["combined"].program)
    files = []
    for number, one in enumerate(archive_parts.divide_archive(archive)):
        files.append(folder / f"{number}.part")
        kernel.scan_part(
            scan_input,
            [flags],
            ReadOptions(),
            limits=DecompressionLimits(),
            all_hits_of=None,
            threads=2,
            within=one.range,
            file=files[-1],
        )
    (folder / "whole").mkdir()
    (whole,), _ = kernel.scan(
        [scan_input],
        [flags],
        ReadOptions(),
        EngineSettings(
            limits=DecompressionLimits(), hits=("segments", folder / "whole"), row_keys=[NO_KEY], segment_limits=limits
        ),
    )
    return files, whole


@pytest.mark.parametrize("limits", [SegmentLimits(7, 1 << 20, 4), SegmentLimits(500, 9_000, 64), SegmentLimits()])
def test_segments_are_cut_where_one_reading_cuts_them(tmp_path: Path, limits: SegmentLimits) -> None:
    write_zip(tmp_path / "logs.zip")
    files, whole = read_parts(tmp_path / "logs.zip", tmp_path, limits)
    (tmp_path / "joined").mkdir()
    parts = kernel.join_parts(files, whole.sha256, whole.size_bytes, tmp_path / "joined", NO_KEY, limits)
    same = [name for name in type(whole).__slots__ if name != "seconds"]
    assert [getattr(parts, name) for name in same] == [getattr(whole, name) for name in same]
    assert len(files) > 5 and len(whole.segments) >= 1
    for segment in whole.segments:
        assert (tmp_path / "joined" / segment.file).read_bytes() == (tmp_path / "whole" / segment.file).read_bytes()


def test_bytes_that_are_no_part_are_an_error(tmp_path: Path) -> None:
    write_tar(tmp_path / "logs.tar")
    files, _ = read_parts(tmp_path / "logs.tar", tmp_path, SegmentLimits())
    good = files[0].read_bytes()
    for number in range(0, len(good), max(1, len(good) // 60)):
        altered = bytearray(good)
        altered[number] ^= 0xFF
        for place, content in enumerate((bytes(altered), good[:number])):
            (tmp_path / "bad.part").write_bytes(content)
            folder = tmp_path / f"bad-{number}-{place}"
            folder.mkdir()
            try:
                kernel.join_parts([tmp_path / "bad.part"], "0" * 64, len(good), folder, NO_KEY)
            except SightlineError as why:
                assert "panicked" not in str(why) and type(why).__name__ != "ProgramFault"
