"""Let the workers of a cluster read the exhibits of a scan. Registering stays here, and so do the row keys.

Workers write into the staging folder of an intent of its own, so that a coordinator that dies leaves nothing that is
not swept. The files of a group are moved from there to the group's own intent when all of the group is read.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError, name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.model import ListUse
from sightline.services.cluster import archive_parts
from sightline.services.cluster.addresses import ClusterAddress, parse_address
from sightline.services.cluster.coordinator import Cluster, connect_cluster
from sightline.services.cluster.exhibit_task import CompiledList, ExhibitTask, TaskResult, identify_build
from sightline.services.match.pipeline import CheckedInputs
from sightline.services.scan.divided_archive import JOINED, DividedArchive, JoinedArchive
from sightline.services.scan.group_reader import GroupReader, GroupResult
from sightline.services.scan.plan import ScanJob, group_jobs
from sightline.services.scan.request import ScanRequest
from sightline.stages.lists.compiled import is_compiled
from sightline.stages.scan import kernel
from sightline.stages.scan.engine_output import ExhibitScan, ScanCounts
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.segments import SealedSegment
from sightline.workspace import leases
from sightline.workspace.staged_write import StagedWrite, open_staged_write

BATCH_FILES = 64
BATCH_BYTES = 128 << 20
"""Size of one task: dozens of small exhibits, or one large one."""


@dataclass(slots=True)
class ExhibitBatch:
    """Exhibits that one task reads, and where they are: the group's number, and the first one's place in the group.

    `archive`: the only exhibit, if several tasks read it.
    """

    group: int
    first: int
    jobs: list[ScanJob]
    task: ExhibitTask
    archive: DividedArchive | None = None

    @property
    def name(self) -> str:
        """Return what a message calls it."""
        more = f" and {len(self.jobs) - 1} more" if len(self.jobs) > 1 else ""
        return f"{self.jobs[0].chosen.scan.name}{more}"


@dataclass(frozen=True, slots=True)
class SentTask:
    """A task of a batch. `archive`: the archive of which it reads a part, by number, or which it hashes."""

    batch: ExhibitBatch
    task: ExhibitTask
    archive: DividedArchive | None = None
    part: int = 0


@dataclass(slots=True)
class ReadBatch:
    """A batch that was read, or an archive of which all parts were."""

    result: TaskResult
    scanned: list[ExhibitScan]
    begun: datetime
    joined: JoinedArchive | None = None


@dataclass(slots=True)
class ClusterReader:
    """Reads the exhibits of one scan on a cluster. `tell` gets the bytes and hits so far."""

    officer_session: OfficerSession
    request: ScanRequest
    ready: CheckedInputs
    tell: Callable[[int, int], object]
    _lists: dict[str, CompiledList] = field(default_factory=dict)
    _read: dict[int, dict[int, ReadBatch]] = field(default_factory=dict)
    _bytes: int = 0
    _hits: int = 0

    @contextmanager
    def read_groups(self, todo: Sequence[ScanJob]) -> Iterator[Iterator[tuple[list[ScanJob], GroupReader]]]:
        """Yield the groups as they are read, each with what gives its result. The biggest exhibits come first."""
        address = self._address()
        if not todo:
            yield iter(())
            return
        session = self.officer_session
        with (
            connect_cluster(address, self.request.cluster_keys) as cluster,
            open_staged_write(session.workspace, session.signer, session.clock) as spool,
        ):
            yield self._take_groups(cluster, spool, _order_biggest_first(todo))
            spool.discard()
        leases.give_up(session.workspace, spool.intent)

    def _address(self) -> ClusterAddress:
        assert self.request.cluster is not None
        address = parse_address(self.request.cluster)
        if self.ready.digest_key is not None:
            raise UsageError(
                "--digest-key with --cluster: a key is sent to no worker",
                hint="scan with keyed lists without --cluster",
            )
        if self.ready.engine_name != "kernel":
            raise UsageError("--cluster needs the kernel, and it was not built", hint="make build")
        return address

    def _take_groups(
        self, cluster: Cluster, spool: StagedWrite, groups: list[list[ScanJob]]
    ) -> Iterator[tuple[list[ScanJob], GroupReader]]:
        batches = [
            batch for number, group in enumerate(groups) for batch in self._read_batches(number, group, spool.folder)
        ]
        left = Counter(batch.group for batch in batches)

        def tick() -> None:
            self.tell(self._bytes, self._hits)
            spool.renew(leases.RENEW_S)

        sent = [sent_task for batch in batches for sent_task in _list_tasks(batch)]
        tasks = [(sent_task.batch.name, sent_task.task.to_json) for sent_task in sent]
        for number, result in cluster.run_tasks(tasks, self.officer_session.clock, tick):
            batch, read_batch = sent[number].batch, self._take(sent[number], result, cluster.find_sending_time(number))
            if read_batch is None:
                if batch.archive is None and sent[number].archive is not None:
                    sent.append(SentTask(batch, batch.task))
                    cluster.add(batch.name, batch.task.to_json)
                continue
            self._read.setdefault(batch.group, {})[batch.first] = read_batch
            left[batch.group] -= 1
            if not left[batch.group]:
                read = self._read.pop(batch.group)
                yield groups[batch.group], partial(_take_group, [read[first] for first in sorted(read)])

    def _take(self, sent_task: SentTask, result: TaskResult, begun: datetime) -> ReadBatch | None:
        """Return the batch of a result if all of it was read. An archive that is no sum of its parts loses them."""
        if sent_task.archive is None:
            scanned = result.list_scans()
            self._count(sum(each.size_bytes for each in scanned), sum(each.hits for each in scanned))
            return ReadBatch(result, scanned, begun)
        if not sent_task.archive.add(sent_task.part, result, begun):
            return None
        joined = sent_task.archive.join_if_whole(self.ready.limits)
        if joined is None:
            sent_task.batch.archive = None
            return None
        self._count(joined.digest.size_bytes, joined.hits)
        return ReadBatch(result, [], joined.begun, joined)

    def _count(self, read_bytes: int, hits: int) -> None:
        self._bytes += read_bytes
        self._hits += hits

    def _read_batches(self, number: int, group: list[ScanJob], folder: Path) -> Iterator[ExhibitBatch]:
        """Yield the batches of a group."""
        archives, first = [_divide(job) for job in group], 0
        while first < len(group):
            archive = archives[first]
            jobs, size = [group[first]], group[first].chosen.size_bytes or 0
            for place in range(first + 1, min(first + BATCH_FILES, len(group))):
                job = group[place]
                size += job.chosen.size_bytes or 0
                if size > BATCH_BYTES or archive is not None or archives[place] is not None:
                    break
                jobs.append(job)
            yield ExhibitBatch(number, first, jobs, self._build_task(jobs, folder), archive)
            first += len(jobs)

    def _build_task(self, jobs: Sequence[ScanJob], folder: Path) -> ExhibitTask:
        reading = jobs[0].reading
        return ExhibitTask(
            build=identify_build(),
            staging=str(folder),
            inputs=[job.chosen.scan for job in jobs],
            lists=[self._find_compiled_list(open_list, folder) for open_list in reading.lists],
            options=asdict(reading.read_options(self.ready.options, jobs[0].chosen.format.times)),
            limits=asdict(self.ready.limits),
            all_hits_of=self.request.all_hits_of,
            has_segments=reading.use is not ListUse.STATISTICS,
        )

    def _find_compiled_list(self, open_list: OpenList[object], folder: Path) -> CompiledList:
        """Return a list as the workers read it, from the staging folder."""
        if open_list.path not in self._lists:
            path = folder / f"list-{len(self._lists)}.compiled"
            assert open_list.signature is not None
            with Path(open_list.path).open("rb") as stream:
                is_ready = is_compiled(stream)
            with name_output_on_error(path):
                if is_ready:
                    shutil.copyfile(open_list.path, path)
                else:
                    kernel.compile_list(Path(open_list.path), path, open_list.signature.minisig)
            self._lists[open_list.path] = CompiledList(str(path), compute_sha256(path))
        return self._lists[open_list.path]


def _divide(job: ScanJob) -> DividedArchive | None:
    """Return an exhibit as an archive that is read in parts, if it can be. Hits that are only counted have no part."""
    path, is_counted_only = job.chosen.scan.path, job.reading.use is ListUse.STATISTICS
    if is_counted_only or (job.chosen.size_bytes or 0) < archive_parts.LEAST_BYTES:
        return None
    parts = archive_parts.divide_archive(path)
    return DividedArchive(job.chosen.scan.name, parts) if len(parts) > 1 else None


def _list_tasks(batch: ExhibitBatch) -> list[SentTask]:
    if batch.archive is None:
        return [SentTask(batch, batch.task)]
    return [SentTask(batch, task, batch.archive, number) for number, task in batch.archive.list_tasks(batch.task)]


def _order_biggest_first(todo: Sequence[ScanJob]) -> list[list[ScanJob]]:
    """Return the groups of a scan, the biggest exhibits first; those of one use still come together."""
    uses = list(dict.fromkeys(job.reading.use for job in todo))
    order = sorted(todo, key=lambda job: (uses.index(job.reading.use), -(job.chosen.size_bytes or 0)))
    return list(group_jobs(order))


def _take_group(
    batches: Sequence[ReadBatch], folder: Path | None, row_keys: Sequence[bytes], going_on: ScanCounts
) -> GroupResult:
    """Move the segments of a group into its folder, in order, and seal them with the row keys."""
    scanned: list[ExhibitScan] = []
    machines: list[Mapping[str, str]] = []
    number = 0
    for batch in batches:
        if batch.joined is not None:
            assert folder is not None
            going_on(0, 0, 0)
            joined_scan = batch.joined.join(folder, row_keys[len(scanned)])
            moved = _move(folder / JOINED, joined_scan.segments, folder, number)
            number += len(moved)
            scanned.append(replace(joined_scan, segments=moved))
            machines.append(batch.joined.machine)
            continue
        for exhibit_scan in batch.scanned:
            going_on(0, 0, 0)
            sealed = []
            for segment in exhibit_scan.segments:
                assert folder is not None
                target = folder / f"{number:06}.parquet"
                sealed.append(_seal_segment(Path(batch.result.folder), segment, target, row_keys[len(scanned)]))
                number += 1
            scanned.append(replace(exhibit_scan, segments=tuple(sealed)))
            machines.append(batch.result.machine)
        shutil.rmtree(batch.result.folder, ignore_errors=True)
    return GroupResult(scanned, min(batch.begun for batch in batches), tuple(machines))


def _move(source: Path, segments: Sequence[SealedSegment], folder: Path, number: int) -> tuple[SealedSegment, ...]:
    """Move segments that are sealed into the folder of the group, numbered from `number`."""
    moved = []
    with name_output_on_error(folder):
        for place, segment in enumerate(segments):
            name = f"{number + place:06}.parquet"
            (source / segment.file).rename(folder / name)
            moved.append(replace(segment, file=name))
        source.rmdir()
    return tuple(moved)


def _seal_segment(source: Path, segment: SealedSegment, target: Path, row_key: bytes) -> SealedSegment:
    """Move one segment, and return it with the root that the row key gives it."""
    path = source / segment.file
    if compute_sha256(path) != segment.sha256:
        raise DamagedInput(f"{path} is not what the worker wrote", hint="run the scan again")
    root, rows = kernel.compute_segment_root(path, row_key)
    if rows != segment.rows:
        raise DamagedInput(f"{path} has {rows} rows, and the worker wrote {segment.rows}", hint="run the scan again")
    with name_output_on_error(target):
        path.rename(target)
    return replace(segment, file=target.name, segment_id=root)
