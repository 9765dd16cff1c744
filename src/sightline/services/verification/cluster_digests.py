"""Let the workers of a cluster hash the files of a verification. What an answer is worth is decided here.

A worker is told where a file is, and not its digest. A file counts as hashed only if the answer is the registered
digest. The coordinator reads every other file itself, and some of the confirmed ones, chosen at random. If one answer
differs from what it reads, no worker's answer counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import SystemRandom

from sightline.errors import DamagedInput, SightlineError, StoreUnreachable
from sightline.message_text import count_noun
from sightline.services.cluster.addresses import ClusterAccess, parse_address
from sightline.services.cluster.coordinator import connect_cluster
from sightline.services.cluster.exhibit_task import TaskResult
from sightline.services.verification.digest_task import build_digest_task, hash_files
from sightline.services.verification.file_checks import AddBytes, KnownFile, hash_file
from sightline.services.verification.report import VerificationReport, VerifiedPart

BATCH_FILES = 1000
BATCH_BYTES = 256 << 20
"""Size of one task: many small files, or one large one."""
SAMPLED = 50
"""The coordinator reads one in this number of confirmed bytes again, and at least one file."""


@dataclass(frozen=True, slots=True)
class WorkerDigest:
    """The digest of a file that a worker gave, and the name of the worker."""

    digest: str
    worker: str


def confirm_digests(
    access: ClusterAccess,
    known_files: Sequence[KnownFile],
    report: VerificationReport,
    add_bytes: AddBytes,
    *,
    rows: bool,
) -> set[int]:
    """Return the places in `known_files` of the files that workers hashed to their registered digests.

    `rows`: segments are left out, because the coordinator reads them for their rows. Adds notes to the report. Raises
    StoreUnreachable if the scheduler or all workers are gone.
    """
    sent = [
        at
        for at, known_file in enumerate(known_files)
        if known_file.shared is not None and not (rows and known_file.segment_id)
    ]
    batches = list(_group_batches(known_files, sent))
    tasks = [
        (_name_batch(known_files, batch), partial(build_digest_task, [_get_path(known_files[at]) for at in batch]))
        for batch in batches
    ]
    answers: dict[int, WorkerDigest] = {}
    with connect_cluster(parse_address(access.address), access.keys) as cluster:
        for number, result in cluster.run_tasks(tasks, access.clock, lambda: add_bytes(0), hash_files):
            for at, answer in _match_answers(batches[number], result):
                answers[at] = answer
                add_bytes(known_files[at].size_bytes or 0)
    unread = len(sent) - len(answers)
    if unread:
        report.note(
            VerifiedPart.EXHIBIT,
            count_noun(unread, "file"),
            "not readable for the worker, so read on this machine",
        )
    liar = _find_liar(known_files, answers)
    if liar is not None:
        report.note(
            VerifiedPart.EXHIBIT, f"the worker {liar}", "gave a wrong digest: this machine read all files itself"
        )
        return set()
    return {at for at, answer in answers.items() if answer.digest == known_files[at].sha256}


def _match_answers(batch: Sequence[int], result: TaskResult) -> Iterator[tuple[int, WorkerDigest]]:
    """Yield the place and the answer of each file that a worker could read. Raises DamagedInput for another number."""
    if len(result.digests) != len(batch):
        raise DamagedInput(
            f"the worker {result.worker} answered for {len(result.digests)} of {len(batch)} files",
            hint="look at that machine, and verify without --cluster",
        )
    for at, digest in zip(batch, result.digests, strict=True):
        if digest is not None:
            yield at, WorkerDigest(digest, result.worker)


def _group_batches(known_files: Sequence[KnownFile], sent: Iterable[int]) -> Iterator[list[int]]:
    """Yield the files of each task, biggest files first."""
    batch: list[int] = []
    size = 0
    for at in sorted(sent, key=lambda at: -(known_files[at].size_bytes or 0)):
        size += known_files[at].size_bytes or 0
        if batch and (size > BATCH_BYTES or len(batch) == BATCH_FILES):
            yield batch
            batch, size = [], known_files[at].size_bytes or 0
        batch.append(at)
    if batch:
        yield batch


def _name_batch(known_files: Sequence[KnownFile], batch: Sequence[int]) -> str:
    more = f" and {len(batch) - 1} more" if len(batch) > 1 else ""
    return f"{known_files[batch[0]].where}{more}"


def _get_path(known_file: KnownFile) -> Path:
    assert known_file.shared is not None
    return known_file.shared


def _find_liar(known_files: Sequence[KnownFile], answers: Mapping[int, WorkerDigest]) -> str | None:
    """Return the worker of a wrong answer, among those that differ from the registration and a sample of the others."""
    differing = [at for at, answer in answers.items() if answer.digest != known_files[at].sha256]
    sample = _sample_files(known_files, sorted(answers.keys() - set(differing)))
    for at in (*differing, *sample):
        try:
            with known_files[at].open() as path:
                if hash_file(path, lambda _size: None) != answers[at].digest:
                    return answers[at].worker
        except StoreUnreachable:
            raise
        except (SightlineError, OSError):
            # The file is gone or unreadable here. The report names it.
            continue
    return None


def _sample_files(known_files: Sequence[KnownFile], confirmed: Sequence[int]) -> Iterator[int]:
    """Yield places in an order that no worker can foresee, until their files are a share of all bytes."""
    left = sum(known_files[at].size_bytes or 0 for at in confirmed) / SAMPLED
    for at in SystemRandom().sample(confirmed, len(confirmed)):
        yield at
        left -= known_files[at].size_bytes or 0
        if left <= 0:
            return
