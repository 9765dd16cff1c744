"""Detect the format of a log by reading its beginning with every format, and explain the choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from sightline.errors import AmbiguousFormat, UnknownFormat
from sightline.stages.formats.head import HEAD_BYTES, cut_first_frames
from sightline.stages.formats.loader import Format, load_format
from sightline.stages.formats.misread_fields import find_misread_field
from sightline.stages.formats.named_services import list_services
from sightline.stages.formats.program import Delimited, Frames, JsonFrame, MarkerHeader, Program
from sightline.stages.formats.stored_formats import StoredFormat, StoredProgram
from sightline.stages.formats.text_shape import choose_examples
from sightline.stages.formats.unknown_bytes import DOCKER, describe_unknown_bytes
from sightline.stages.formats.unread_hosts import (
    HeadObjects,
    Keys,
    find_host_list_key,
    find_unread_host_keys,
    read_head_objects,
)
from sightline.stages.formats.unread_visitors import find_unread_visitor_key
from sightline.stages.formats.w3c_software import find_header_zone, find_other_software
from sightline.stages.formats.wrapped import unwrap_lines

ENOUGH = Fraction(9, 10)
MOST_TO_FOREIGN = 3
CANDIDATES = 5
DRAFT_A_FORMAT = "sightline formats draft LOG > mine.toml begins a format of your own"
ADD_A_FORMAT = f"if you know the format, name it with --format (sightline formats list shows all); {DRAFT_A_FORMAT}"
HALF = Fraction(1, 2)
MAX_TRIED = 500
PARTLY = "sightline formats test {0} LOG shows what it cannot read; with --format {0} the rest is read all the same"
BOTH = (
    "match --format {0}, then match --format {1}: each reads its own lines and counts the other's as rejects"
    " (--max-rejects 100); every hit still names its place in the one file"
)
OLD_LINE_ENDS = "it ends lines in CR alone, as old Macs did; write LF (tr '\\r' '\\n') and keep both files"


class ReadingScore(Protocol):
    """How a program reads some frames: `frames = records + comments + rejects`."""

    @property
    def frames(self) -> int:
        """Return the number of all frames."""

    @property
    def records(self) -> int:
        """Return the number of readable records."""

    @property
    def comments(self) -> int:
        """Return the number of frames that are comments."""


Scorer = Callable[[Program | StoredProgram, bytes], ReadingScore]
"""Reads a log's first frames with a program. Missing declarations are assumed, because they do not affect the format.
"""


Comparer = Callable[[Sequence[Program | StoredProgram], bytes, Fraction], Sequence[ReadingScore]]
"""Reads a log's first frames with programs that cut frames alike. One that cannot read the share may stop early, if its
count of records is right or 0.
"""


@dataclass(frozen=True, slots=True)
class FormatReading:
    """How one format reads the frames that are no comments to it."""

    format: Format | StoredFormat
    records: int
    frames: int

    @property
    def share(self) -> Fraction:
        """Return the share of its frames that it reads; 0 without frames."""
        return Fraction(self.records, self.frames) if self.frames else Fraction(0)

    def says(self) -> str:
        """Return a sentence such as `combined reads 200 of 200 frames`."""
        return f"{self.format.name} reads {self.records:,} of {self.frames:,} frames"


@dataclass(frozen=True, slots=True)
class Detection:
    """The format of a log, why it was chosen, and the results of all formats, the best first.

    Formats without a record may not have been tried on every frame. `services`: those of a proxy that the lines name,
    if most of them name no site.
    """

    format: Format
    reason: str
    readings: tuple[FormatReading, ...]
    services: tuple[str, ...] = ()


def find_format(
    head: bytes,
    formats: Mapping[str, Format] | Mapping[str, StoredFormat],
    score: Scorer,
    compare: Comparer | None = None,
) -> Detection:
    """Return the one format that reads the whole frames of a log's first 256 KiB.

    `head` is decompressed. `compare`, where given, takes less time than `score` of each format. Raises UnknownFormat,
    with the candidates or with what the bytes look like, if no format reads enough of the frames that are no comments
    to it (90 %, or all but few where no other format reads any), if several read as many, if there is no frame, or if
    lines end in CR alone. A format that narrows another is preferred to it wherever it reads 90 %, even if the other
    reads more. A format with a `decision` counts only where
    that decides most of its records; two such formats, or one that is not decided, are two readings of who visited
    what, and are refused.
    """
    if _ends_lines_in_cr(head):
        raise UnknownFormat(f"no format reads this: {OLD_LINE_ENDS}", hint=ADD_A_FORMAT)
    readings = _compute_readings(
        head, formats, compare or (lambda programs, some, _: [score(program, some) for program in programs])
    )
    fitting = [reading for reading in readings if reading.records and reading.share >= ENOUGH]
    if not fitting:
        decided = tuple(reading for reading in readings if is_decided(reading, head, score))
        fitting = _select_all_but_few(decided)
        if not fitting:
            raise _build_unknown_error(head[:HEAD_BYTES], decided, score)
    best = [reading for reading in fitting if is_decided(reading, head, score)]
    if not best:
        raise _build_ambiguity_error(_select_unnarrowed(fitting))
    narrowest = _select_unnarrowed(best)
    first = narrowest[0]
    equal = [reading for reading in narrowest if (reading.records, reading.share) == (first.records, first.share)]
    rivals = [reading for reading in narrowest if reading.format.decision is not None]
    if first in rivals and len({rival.format.decision.reading for rival in rivals if rival.format.decision}) > 1:
        raise _build_ambiguity_error(rivals)
    if len(equal) > 1:
        raise _build_tie_error(equal)
    chosen = first.format if isinstance(first.format, Format) else load_format(first.format.name)
    whole = cut_first_frames(head, chosen.program.frames)
    _check_lines(chosen, whole, score)
    # By name: to compare two readings is to compare two formats, part by part.
    out = {reading.format.name for reading in fitting} - {reading.format.name for reading in best} | {first.format.name}
    others = [reading for reading in readings if reading.format.name not in out]
    services = list_services(chosen.program, whole, lambda program: score(program, whole))
    return Detection(chosen, f"{first.says()}; {_describe_next(others)}", readings, services)


def is_decided(reading: FormatReading, head: bytes, score: Scorer) -> bool:
    """Return whether most of the records are lines that only this format can mean."""
    decision = reading.format.decision
    if decision is None or not reading.records:
        return True
    decided = score(decision.program, cut_first_frames(head, decision.program.frames))
    return decided.records * 2 > reading.records


def _compute_readings(
    head: bytes, formats: Mapping[str, Format] | Mapping[str, StoredFormat], compare: Comparer
) -> tuple[FormatReading, ...]:
    some: list[FormatReading] = []
    none: list[FormatReading] = []
    for frames, alike, programs in _group_by_frames(tuple(formats.values())):
        for one, counts in zip(alike, compare(programs, cut_first_frames(head, frames), ENOUGH), strict=True):
            reading = FormatReading(one, counts.records, counts.frames - counts.comments)
            (some if counts.records else none).append(reading)
    # Most formats read nothing: they need no sorting by fractions.
    some.sort(key=lambda reading: (-reading.records, -reading.share, reading.format.name))
    none.sort(key=lambda reading: reading.format.name)
    return (*some, *none)


_Group = tuple[Frames, list[Format | StoredFormat], list[Program | StoredProgram]]
_GROUPS: dict[tuple[int, ...], tuple[tuple[Format | StoredFormat, ...], list[_Group]]] = {}


def _group_by_frames(formats: tuple[Format | StoredFormat, ...]) -> list[_Group]:
    """Return formats that cut frames alike, by name, and their programs: for thousands of logs, the same ones."""
    key = tuple(map(id, formats))
    known = _GROUPS.get(key)
    if known is None:
        alike: dict[Frames, list[Format | StoredFormat]] = {}
        for one in sorted(formats, key=lambda one: one.name):
            alike.setdefault(one.program.frames, []).append(one)
        _GROUPS.clear()
        # The formats are held too, so that no other gets the id of one.
        groups = [(frames, some, [one.program for one in some]) for frames, some in alike.items()]
        known = _GROUPS[key] = formats, groups
    return known[1]


def _select_all_but_few(readings: Sequence[FormatReading]) -> list[FormatReading]:
    """The one format that reads all lines but few, where no other format reads any line; none where there is none."""
    one, *others = [*_select_unnarrowed_of_equals([reading for reading in readings if reading.records]), None]
    if one is None or others != [None]:
        return []
    foreign = one.frames - one.records
    is_enough = one.records > foreign if foreign == 1 else one.records >= foreign * MOST_TO_FOREIGN
    return [one] if is_enough else []


def _select_unnarrowed(readings: Sequence[FormatReading]) -> list[FormatReading]:
    """The readings whose format no other one narrows, in their order."""
    narrowed = {name for reading in readings for name in reading.format.narrows}
    return [reading for reading in readings if reading.format.name not in narrowed]


def _select_unnarrowed_of_equals(readings: Sequence[FormatReading]) -> list[FormatReading]:
    """The readings less those whose format another one narrows that reads as much."""
    return [
        reading
        for reading in readings
        if not any(
            reading.format.name in other.format.narrows and other.records >= reading.records and other.records
            for other in readings
        )
    ]


def _build_ambiguity_error(readings: Sequence[FormatReading]) -> AmbiguousFormat:
    """The refusal of a log that several formats read, each with another visitor or site."""
    ways = [
        f"{reading.format.name} {reading.format.decision.reading}"
        for reading in readings
        if reading.format.decision is not None
    ]
    names = ", ".join(reading.format.name for reading in readings)
    if len(readings) == 1:
        return AmbiguousFormat(
            f"its lines may mean different visitors or sites: {ways[0]}; but most lines do not show that it is one",
            hint=f"look at some lines: {DRAFT_A_FORMAT}; say --format {names} only if it reads them right",
        )
    return AmbiguousFormat(
        f"its lines may mean different visitors or sites: {'; '.join(ways)}",
        hint=f"ask who ran the server which of them it is, then say so with --format, one of: {names}",
    )


def _build_misread_error(chosen: Format, misread: str) -> AmbiguousFormat:
    """The refusal of a web log whose lines have another field where the format takes the visitor, request or site."""
    return AmbiguousFormat(
        f"{chosen.name} reads its lines, but in most of them {misread}",
        hint=f"look at some lines: {DRAFT_A_FORMAT}; say --format"
        f" {chosen.name} only if no line names a visitor or a site elsewhere",
    )


def _check_lines(chosen: Format, whole: bytes, score: Scorer) -> None:
    """Raise AmbiguousFormat if the lines show that a field, or the zone of the times, may be another than is read."""
    lines = unwrap_lines(whole)
    objects = read_head_objects(lines) if isinstance(chosen.program.split, JsonFrame) else None
    if objects and chosen.keys:
        _check_sites(chosen.name, chosen.keys, objects)
    if misread := find_misread_field(chosen.program, lines, lambda program: score(program, whole)):
        raise _build_misread_error(chosen, misread)
    if key := find_unread_visitor_key(chosen.program, lines, objects):
        raise _build_visitor_error(chosen, key)
    if program := find_other_software(chosen.name, whole):
        raise _build_software_error(chosen, program)
    if zone := find_header_zone(chosen.program, whole):
        raise _build_zone_error(chosen, zone)


def _build_visitor_error(chosen: Format, key: str) -> AmbiguousFormat:
    """The refusal of a web log that names other visitors under a key that the format does not read."""
    return AmbiguousFormat(
        f"{chosen.name} does not read {key}, which holds other addresses in most lines: they may be the visitors', and"
        " the one that it reads a proxy's",
        hint=f"ask who ran the server; if they are the visitors', write a format of your own that begins with extends ="
        f" {chosen.name!r} and reads {key} (docs/how-to/add_a_format.md); if not, say --format {chosen.name}",
    )


def _build_software_error(chosen: Format, program: str) -> AmbiguousFormat:
    """The refusal of a W3C log of another program, whose times the format would take for UTC."""
    return AmbiguousFormat(
        f"{chosen.name} reads its lines, but takes their times for UTC, and another program wrote it: {program}",
        hint=f"ask in which zone that program writes; if it is UTC, say --format {chosen.name}; if not, write a format"
        f" of your own: {DRAFT_A_FORMAT}",
    )


def _build_zone_error(chosen: Format, zone: str) -> AmbiguousFormat:
    """The refusal of a W3C log whose header names another zone than the one that the format takes for its times."""
    return AmbiguousFormat(
        f"{chosen.name} reads its lines, but takes their times for UTC, and its header names another zone: {zone}",
        hint=f"ask in which zone that program writes; if it is UTC, say --format {chosen.name}; if not, write a format"
        f" of your own: {DRAFT_A_FORMAT}",
    )


def _check_sites(name: str, keys: Keys, objects: HeadObjects) -> None:
    """Raise AmbiguousFormat if most objects of a JSON log name a site where the format reads none, or several."""
    if unread := find_unread_host_keys(objects, keys):
        raise AmbiguousFormat(
            f"{name} finds no site in most lines, and another key names a host: {', '.join(unread[:CANDIDATES])}",
            hint=f"if that is the site, write a format of your own that begins with extends = {name!r} and says"
            f" {keys.site} = {unread[0]!r} under [paths] (docs/how-to/add_a_format.md); if it is not, say --format"
            f" {name}",
        )
    if (key := find_host_list_key(objects, keys)) is not None:
        raise AmbiguousFormat(
            f"{name} takes the first of several values of {key} for the site",
            hint="a log shipper may have put the name of its machine beside the site; give the log as the server wrote"
            f" it, or say --format {name} if the first value is the site in every line",
        )


def _describe_next(others: list[FormatReading]) -> str:
    if others and others[0].records:
        return f"next best {others[0].format.name} {others[0].records:,}"
    return "no other format fits"


def _build_tie_error(best: list[FormatReading]) -> UnknownFormat:
    names = ", ".join(reading.format.name for reading in best)
    return UnknownFormat(
        f"several formats read this equally well: {names} ({best[0].records:,} of {best[0].frames:,} frames)",
        hint=f"say which with --format, one of: {names}",
    )


def _build_unknown_error(head: bytes, readings: tuple[FormatReading, ...], score: Scorer) -> UnknownFormat:
    partly = _select_unnarrowed_of_equals([reading for reading in readings if reading.records])[:CANDIDATES]
    if (looks := describe_unknown_bytes(head)) and not (looks == DOCKER and partly):
        return UnknownFormat(f"no format reads this: {looks}", hint=ADD_A_FORMAT)
    if not partly:
        return UnknownFormat(f"none of the {len(readings)} known formats reads any record of it", hint=ADD_A_FORMAT)
    message = f"no format reads 90 % of the frames: {'; '.join(reading.says() for reading in partly)}"
    first = _find_narrowest([reading for reading in readings if reading.records == partly[0].records])
    if first.format.program.frames is not Frames.LINES:
        return UnknownFormat(message, hint=PARTLY.format(first.format.name))
    tried = cut_first_frames(head, Frames.LINES).splitlines(keepends=True)[:MAX_TRIED]
    left = _list_unread_lines(first.format, tried, score)
    enough = ENOUGH * len(tried) - (len(tried) - len(left))
    second = _find_reading_of_rest(left, enough, [reading for reading in readings if reading is not first], score)
    unread = choose_examples(line.rstrip(b"\r\n") for line in left)
    if second is not None:
        names = (first.format.name, second.format.name)
        return UnknownFormat(
            f"{message}; {' and '.join(names)} may both be in it", hint=BOTH.format(*names), unread=unread
        )
    hint = PARTLY.format(partly[0].format.name) if partly[0].share >= HALF else ADD_A_FORMAT
    return UnknownFormat(message, hint=hint, unread=unread)


def _list_unread_lines(chosen: Format | StoredFormat, lines: list[bytes], score: Scorer) -> list[bytes]:
    """The lines that a format does not read, each tried behind the line that names its columns, if there is one."""
    program = load_format(chosen.name).program if isinstance(chosen, StoredFormat) else chosen.program
    header = program.split.header if isinstance(program.split, Delimited) else None
    comments = tuple(text.encode() for text in program.comments)
    above, left = b"", []
    for line in lines:
        if isinstance(header, MarkerHeader):
            is_header = header.marker.encode() in line
        else:
            is_header = header is not None and not above and bool(line.strip()) and not line.startswith(comments)
        if is_header:
            above = line
        elif not _reads_all(score(chosen.program, above + line)):
            left.append(line)
    return left


def _find_narrowest(readings: Sequence[FormatReading]) -> FormatReading:
    """The first that no other one narrows."""
    return next(iter(_select_unnarrowed(readings)), readings[0])


def _find_reading_of_rest(
    left: list[bytes], enough: Fraction, others: list[FormatReading], score: Scorer
) -> FormatReading | None:
    """The format that reads enough of the lines that the nearest one leaves, and most of them; None where none does."""
    fitting = []
    for other in others:
        read = score(other.format.program, b"".join(left)) if left and other.records else None
        if read is not None and read.records >= enough and read.records * 2 > len(left):
            fitting.append(other)
    return _find_narrowest(fitting) if fitting else None


def _reads_all(score: ReadingScore) -> bool:
    return score.records + score.comments == score.frames


def _ends_lines_in_cr(head: bytes) -> bool:
    """Return whether a text has no LF and a CR within: a format would take all of it for one line."""
    return b"\n" not in head and b"\r" in head.rstrip(b"\r") and b"\0" not in head[:1024]
