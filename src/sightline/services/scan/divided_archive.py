"""An archive that several workers read: what each said of its part, until all have."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sightline.errors import DamagedInput, name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.services.cluster.archive_parts import (
    PART_FILE,
    ArchiveDigest,
    ArchivePart,
    ReadPart,
    is_whole,
    parse_part,
    require_same_bytes,
)
from sightline.services.cluster.exhibit_task import ExhibitTask, TaskResult
from sightline.stages.scan import kernel
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.stages.scan.options import DecompressionLimits

JOINED = "joined"
"""The folder in which segments are sealed before they get their place in the group."""
DIGEST = -1
"""In place of the number of a part: the task that hashes the archive."""


@dataclass(slots=True)
class DividedArchive:
    """The parts of one archive, and the results of their tasks by number."""

    name: str
    parts: Sequence[ArchivePart]
    results: dict[int, TaskResult] = field(default_factory=dict)
    begun: datetime | None = None

    def list_tasks(self, whole: ExhibitTask) -> list[tuple[int, ExhibitTask]]:
        """Return the task that hashes, then a task for each part, the biggest first."""
        order = sorted(range(len(self.parts)), key=lambda number: -self.parts[number].unpacked_bytes)
        digest = replace(whole, digest=[archive_part.range for archive_part in self.parts])
        return [(DIGEST, digest), *((number, replace(whole, part=self.parts[number].range)) for number in order)]

    def add(self, number: int, result: TaskResult, begun: datetime) -> bool:
        """Take the result of a task that was sent at an instant. Return whether it was the last one."""
        self.results[number] = result
        self.begun = begun if self.begun is None else min(self.begun, begun)
        return len(self.results) == len(self.parts) + 1

    def join_if_whole(self, limits: DecompressionLimits) -> JoinedArchive | None:
        """Return what the parts make. None if only a reading of the whole archive says what is in it.

        Raises DamagedInput if the workers did not read the same bytes.
        """
        ordered = [self.results[number] for number in range(len(self.parts))]
        parts = [parse_part(task_result.read_account()) for task_result in ordered]
        if not is_whole(parts, limits):
            self.remove()
            return None
        digest = ArchiveDigest(**self.results[DIGEST].read_account())
        require_same_bytes(self.name, digest, parts)
        assert self.begun is not None
        return JoinedArchive(self, self.begun, digest, parts)

    def remove(self) -> None:
        """Remove what the workers left."""
        for task_result in self.results.values():
            shutil.rmtree(task_result.folder, ignore_errors=True)


@dataclass(slots=True)
class JoinedArchive:
    """An archive of which all parts were read. `begun`: when its first task was sent."""

    archive: DividedArchive
    begun: datetime
    digest: ArchiveDigest
    parts: Sequence[ReadPart]

    @property
    def machine(self) -> Mapping[str, str]:
        """Return the machines that read it, as one: each fact has all its values."""
        machines = [task_result.machine for task_result in self.archive.results.values()]
        names = dict.fromkeys(name for machine in machines for name in machine)
        return {name: ", ".join(sorted({machine[name] for machine in machines if name in machine})) for name in names}

    @property
    def hits(self) -> int:
        """Return the hits of all parts."""
        return sum(read_part.scanned["hits"] for read_part in self.parts)

    def join(self, folder: Path, row_key: bytes) -> ExhibitScan:
        """Cut and seal the segments of all parts in a new folder within `folder`, and return the account."""
        files = []
        for number, part in enumerate(self.parts):
            file = Path(self.archive.results[number].folder) / PART_FILE
            if compute_sha256(file) != part.hits_sha256:
                raise DamagedInput(f"{file} is not what the worker wrote", hint="run the scan again")
            files.append(file)
        within = folder / JOINED
        with name_output_on_error(within):
            within.mkdir(mode=0o700)
        scanned = kernel.join_parts(files, self.digest.sha256, self.digest.size_bytes, within, row_key)
        self.archive.remove()
        return scanned
