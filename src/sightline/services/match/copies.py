"""Find duplicate logs, so that each is read once. Content proves a copy, never names or times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from sightline.errors import DamagedInput, Refused
from sightline.model import Likeness
from sightline.services.match.content_digest import Content, DigestScope, Unpacker
from sightline.services.match.inputs import START_BYTES, ChosenExhibit
from sightline.stages.scan.engine_output import ExhibitScan

BEGINNINGS = 64
"""Number of shortest logs that are searched for at the beginning of others that begin alike."""


@dataclass(frozen=True, slots=True)
class CopiedLog:
    """A log that is not read, because its content is read elsewhere."""

    path: str
    sha256: str
    size_bytes: int
    likeness: Likeness
    copy_of: str


@dataclass(frozen=True, slots=True)
class PossibleCopy:
    """A log that is read although it, or a member, begins as another does: some hits come twice."""

    path: str
    likeness: Likeness
    other: str


@dataclass(frozen=True, slots=True)
class DistinctExhibits:
    """The exhibits to read, copies that are not, similar logs, and the digests of copies' originals."""

    exhibits: tuple[ChosenExhibit, ...]
    copies: tuple[CopiedLog, ...]
    alike: tuple[PossibleCopy, ...]
    digests: tuple[str | None, ...]

    def confirm(self, scanned: Sequence[ExhibitScan]) -> None:
        """Raise DamagedInput if an original changed since copies were compared with it."""
        for exhibit, digest, result in zip(self.exhibits, self.digests, scanned, strict=True):
            if digest not in {None, result.sha256}:
                what = f"{exhibit.scan.name} changed while it was read, after a copy of it had been left out"
                raise DamagedInput(what, hint="copy the logs to where nobody writes, then run again")


def find_copies(exhibits: Sequence[ChosenExhibit], unpacker: Unpacker) -> DistinctExhibits:
    """Return which exhibits to read: of copies the first. Only logs that begin alike are compared further.

    An archive in several formats is compared as one, and read as one exhibit for each of them.

    Raises Refused for two logs if it cannot be decided whether they are copies.
    """
    search = CopySearch(exhibits, unpacker)
    numbers = [
        number for number, exhibit in enumerate(exhibits) if exhibit.scan.path is not None and exhibit.start is not None
    ]
    for group in _group_alike(numbers, lambda number: exhibits[number].start):
        search.settle(group)
    left = set(search.copies)
    remaining = [number for number in range(len(exhibits)) if number not in left]
    originals = {search.originals[number] for number in left}
    return DistinctExhibits(
        exhibits=tuple(part for number in remaining for part in exhibits[number].parts),
        copies=tuple(search.copies[number] for number in sorted(left)),
        alike=tuple(one for _, one in sorted(search.alike.items())),
        digests=tuple(
            search.compute_stored_sha256(number) if number in originals else None
            for number in remaining
            for _ in exhibits[number].parts
        ),
    )


@dataclass(slots=True)
class CopySearch:
    """The search for copies. Exhibits are numbered in the order of the scan."""

    exhibits: Sequence[ChosenExhibit]
    unpacker: Unpacker
    copies: dict[int, CopiedLog] = field(default_factory=dict)
    originals: dict[int, int] = field(default_factory=dict)
    alike: dict[int, PossibleCopy] = field(default_factory=dict)
    digests: dict[tuple[int, int], str] = field(default_factory=dict)

    def settle(self, group: Sequence[int]) -> None:
        """Find the copies in a group of logs that begin alike, and what else they share."""
        for same_size in _group_alike(group, lambda number: self.exhibits[number].size_bytes):
            for same in _group_alike(same_size, self.compute_stored_sha256):
                self._leave_out(same, Likeness.SAME_BYTES)
        left = [number for number in group if number not in self.copies]
        if len(left) < 2:
            return
        # A plain file's content is as long as the file, so one pass also gives its digest as a beginning of others.
        lengths = sorted(self.exhibits[number].size_bytes or 0 for number in left)[:BEGINNINGS]
        contents = {number: self.unpacker.digest_content(self.exhibits[number], lengths) for number in left}
        whole = [number for number in left if contents[number].kind in {DigestScope.LOG, DigestScope.ARCHIVE}]
        for same in _group_alike(whole, lambda number: contents[number].sha256):
            self._leave_out(same, Likeness.SAME_CONTENT)
        self._compare({number: contents[number] for number in left if number not in self.copies})

    def compute_stored_sha256(self, number: int) -> str:
        """Return the SHA-256 of an exhibit as stored."""
        exhibit = self.exhibits[number]
        assert exhibit.scan.path is not None
        assert exhibit.size_bytes is not None
        status = exhibit.scan.path.stat()
        file = (status.st_dev, status.st_ino)
        if file not in self.digests:
            self.digests[file] = self.unpacker.compute_stored_sha256(exhibit.scan.path, exhibit.size_bytes)
        return self.digests[file]

    def _leave_out(self, same: Sequence[int], likeness: Likeness) -> None:
        first, *others = same
        of_others: defaultdict[int, list[int]] = defaultdict(list)
        for copy, original in self.originals.items() if likeness is Likeness.SAME_CONTENT else ():
            of_others[original].append(copy)
        for number in others:
            # A copy of a copy by its bytes is a copy of the first by its content.
            for copy in (number, *of_others[number]):
                exhibit = self.exhibits[copy]
                self.originals[copy] = first
                self.copies[copy] = CopiedLog(
                    exhibit.scan.name,
                    self.compute_stored_sha256(copy),
                    exhibit.size_bytes or 0,
                    likeness,
                    self.exhibits[first].scan.name,
                )

    def _compare(self, contents: dict[int, Content]) -> None:
        """Note which content is the beginning of another, and which archives begin with a neighbour."""
        archives = [
            number
            for number, content in contents.items()
            if content.kind in {DigestScope.ARCHIVE, DigestScope.FIRST_MEMBER}
        ]
        logs = [number for number in contents if number not in archives]
        for number in archives:
            if others := [other for other in contents if other != number]:
                self._add_likeness(number, Likeness.FIRST_MEMBER, (logs or others)[0])
        logs.sort(key=lambda number: (contents[number].size_bytes, contents[number].kind is DigestScope.LOG, number))
        unsettled = [number for number in logs[BEGINNINGS:] if contents[number].kind is DigestScope.TOO_LARGE]
        shorter = [*logs[:BEGINNINGS], *unsettled]
        lengths = {size for number in shorter if (size := contents[number].size_bytes) >= START_BYTES}
        for place, number in enumerate(logs):
            whole = contents[number]
            if not whole.beginnings.keys() >= {length for length in lengths if length <= whole.size_bytes}:
                whole = self.unpacker.digest_content(self.exhibits[number], lengths)
            before = set(logs[:place])
            for other in (length for length in shorter if length in before):
                self._compare_two(other, contents[other], number, whole)

    def _compare_two(self, one: int, beginning: Content, other: int, whole: Content) -> None:
        """Note if one log is the beginning of another. Raises Refused if they may be the same."""
        if whole.beginnings.get(beginning.size_bytes) != beginning.sha256:
            return
        if DigestScope.TOO_LARGE in {beginning.kind, whole.kind}:
            names = f"{self.exhibits[one].scan.name} and {self.exhibits[other].scan.name}"
            raise Refused(
                f"{names} may hold the same: zstd and zip are compared in memory, up to 256 MiB only",
                hint="a log must not count twice: leave one of them out, or unpack it and try again",
            )
        if one not in self.alike:
            self._add_likeness(one, Likeness.BEGINNING, other)

    def _add_likeness(self, number: int, likeness: Likeness, other: int) -> None:
        self.alike[number] = PossibleCopy(self.exhibits[number].scan.name, likeness, self.exhibits[other].scan.name)


def _group_alike(numbers: Iterable[int], key: Callable[[int], Hashable]) -> list[list[int]]:
    """Return groups of two or more numbers that share a key, in order."""
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number in numbers:
        groups[key(number)].append(number)
    return [group for group in groups.values() if len(group) > 1]
