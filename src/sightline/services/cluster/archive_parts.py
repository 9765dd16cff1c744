"""Divide a zip or a plain tar over workers: which members are whose, and what a worker leaves of its own.

Each part has the members that begin within a range of the archive's bytes. One more task hashes the whole archive, and
each range of it. A worker hashes the range of its part too, so that all have read the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sightline.errors import DamagedInput
from sightline.file_digests import compute_sha256
from sightline.model.remote_path import is_remote
from sightline.stages.scan.engine_output import ExhibitScan, PartAccount
from sightline.stages.scan.options import DecompressionLimits

PART_BYTES = 128 << 20
"""Unpacked bytes of the members of one part; one large member is a part of its own."""
LEAST_BYTES = 1 << 20
"""A smaller archive is not divided, and its directory is not read for that."""
PART_FILE = "hits.part"
END = 1 << 62
"""The last range has no end, because the end of the archive belongs to it."""
HEAD_BYTES = 512
STEP_BYTES = 1 << 20

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ArchivePart:
    """The members that begin within a range of the bytes of an archive, and how many bytes they have unpacked."""

    range: Range
    unpacked_bytes: int


def divide_archive(path: Path | None) -> list[ArchivePart]:
    """Return the parts of an archive, in the order of its bytes. Fewer than two: one worker reads all of it.

    A compressed tar is one stream that has no beginning in its middle. An archive that Python cannot list, or whose
    members are listed in another order than they are stored in, is not divided either.
    """
    if path is None or is_remote(str(path)) or path.stat().st_size < LEAST_BYTES:
        return []
    try:
        entries = list(_list_entries(path))
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, tarfile.TarError, NotImplementedError):
        return []
    offsets = [offset for offset, _ in entries]
    if offsets != sorted(offsets):
        return []
    groups: list[list[tuple[int, int]]] = []
    size = PART_BYTES
    for entry in entries:
        if size + entry[1] > PART_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(entry)
        size += entry[1]
    bounds = [0, *(group[0][0] for group in groups[1:]), END]
    return [
        ArchivePart((bounds[place], bounds[place + 1]), sum(bytes_ for _, bytes_ in group))
        for place, group in enumerate(groups)
    ]


def _list_entries(path: Path) -> Iterator[tuple[int, int]]:
    """Yield where each entry of a zip or a plain tar begins, and its size."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        if head.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(stream) as archive:
                yield from ((member.header_offset, member.file_size) for member in archive.infolist())
        elif head[257:262] == b"ustar":
            stream.seek(0)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                while (tar_info := archive.next()) is not None:
                    # It remembers all, and a million of them take a gigabyte.
                    archive.members = []  # type: ignore[attr-defined]
                    yield tar_info.offset, tar_info.size


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A worker's result for one part of an archive. `scanned` has the counts of its members alone.

    `state`: size and time of the archive before and after. `range_sha256`: of the bytes of the range.
    """

    scanned: Mapping[str, Any]
    part: PartAccount
    hits_sha256: str
    range_sha256: str
    state: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class ArchiveDigest:
    """A worker's result for a whole archive, and for the ranges of its parts."""

    sha256: str
    size_bytes: int
    ranges: Sequence[str]
    state: Sequence[Sequence[int]]


def read_file_state(path: Path) -> list[int]:
    """Return size and time of a file."""
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]


def hash_ranges(path: Path, ranges: Sequence[Range]) -> ArchiveDigest:
    """Return the SHA-256 of a file, and of ranges of it that follow one another."""
    before, whole, result = read_file_state(path), hashlib.sha256(), []
    with path.open("rb") as stream:
        for first, until in ranges:
            result.append(_digest_range(stream.fileno(), first, until, whole))
        size = os.fstat(stream.fileno()).st_size
    return ArchiveDigest(whole.hexdigest(), size, result, [before, read_file_state(path)])


def hash_range(path: Path, within: Range) -> str:
    """Return the SHA-256 of a range of a file."""
    with path.open("rb") as stream:
        return _digest_range(stream.fileno(), *within, hashlib.sha256())


def _digest_range(number: int, first: int, until: int, whole: Any) -> str:  # noqa: ANN401  - hashlib names no type
    """Return the SHA-256 of a range, and add its bytes to that of the whole."""
    own = hashlib.sha256()
    while first < until:
        content = os.pread(number, min(STEP_BYTES, until - first), first)
        if not content:
            break
        first += len(content)
        own.update(content)
        whole.update(content)
    return own.hexdigest()


def is_whole(parts: Sequence[ReadPart], limits: DecompressionLimits) -> bool:
    """Return whether parts make what one reading of the archive makes.

    They may not where the archive is damaged, where it is not what its directory says, or where a limit on unpacking
    counts over all members: then one worker reads all of it, and says which.
    """
    if not all(read_part.part.is_divisible for read_part in parts):
        return False
    if any("decompression-limit" in read_part.scanned["rejects"] for read_part in parts):
        return False
    decoded = sum(read_part.part.decoded_bytes for read_part in parts)
    is_far = all(2 * read_part.part.decoded_bytes <= limits.ratio * read_part.part.packed_bytes for read_part in parts)
    return is_far and decoded <= limits.decoded_bytes


def require_same_bytes(name: str, digest: ArchiveDigest, parts: Sequence[ReadPart]) -> None:
    """Raise DamagedInput unless all workers have read the same bytes."""
    states = {tuple(state) for states in (digest.state, *(read_part.state for read_part in parts)) for state in states}
    if len(states) > 1 or [read_part.range_sha256 for read_part in parts] != list(digest.ranges):
        raise DamagedInput(f"{name} was changed while it was read", hint="scan a copy that nobody writes to")


def parse_part(content: Mapping[str, Any]) -> ReadPart:
    """Return what a worker said of a part."""
    return ReadPart(**{**content, "part": PartAccount(**content["part"])})


def describe_part(
    scanned: ExhibitScan, part: PartAccount, path: Path, within: Range, file: Path, was: list[int]
) -> object:
    """Return what a worker says of a part, as plain data. `was`: the state of the archive before."""
    read_part = ReadPart(
        asdict(scanned), part, compute_sha256(file), hash_range(path, within), [was, read_file_state(path)]
    )
    return asdict(read_part)
