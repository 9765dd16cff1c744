"""Choose a format for each member of an archive, as for each file of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from sightline.errors import AmbiguousFormat, UnknownFormat
from sightline.stages.formats.format_detection import HALF, Detection, FormatReading, is_decided
from sightline.stages.formats.head import cut_first_frames
from sightline.stages.formats.loader import Format
from sightline.stages.formats.program import Program
from sightline.stages.formats.stored_formats import StoredProgram
from sightline.stages.formats.unread_hosts import find_unread_host_keys, read_head_objects
from sightline.stages.formats.wrapped import unwrap_lines
from sightline.stages.scan.engine_output import MemberHead, SampleReading
from sightline.stages.scan.results import FirstDay, MemberPlan

MAX_HELD_BYTES = 64 << 20
"""First bytes of members that no format reads well are held until the formats of the others are known."""

Detect = Callable[[bytes], Detection]
Score = Callable[[Program | StoredProgram, bytes], SampleReading]


@dataclass(slots=True)
class ArchiveMember:
    """A member, and how it is read. No `format`: nothing stands in it, or no format reads it (`error`)."""

    name: str
    format: Format | None = None
    reason: str = ""
    error: UnknownFormat | None = None
    first_day: FirstDay | None = None
    notes: tuple[str, ...] = ()


Settle = Callable[[ArchiveMember, MemberHead], None]


@dataclass(slots=True)
class MemberFormats:
    """The members of an archive in stored order, each with its format."""

    members: list[ArchiveMember] = field(default_factory=list)

    @property
    def formats(self) -> list[Format]:
        """Return the formats in the order in which they occur."""
        return list(
            {member.format.name: member.format for member in self.members if member.format is not None}.values()
        )

    @property
    def unknown(self) -> list[ArchiveMember]:
        """Return the members that no format reads."""
        return [member for member in self.members if member.error is not None]

    def list_members(self, wanted: Format) -> list[ArchiveMember]:
        """Return the members in a format."""
        return [member for member in self.members if member.format is not None and member.format.name == wanted.name]

    def plan(self, wanted: Format) -> MemberPlan | None:
        """Return which members of the archive a scan in one format reads; None if it reads all.

        The first format's scan also takes what is empty, and counts what no format reads.
        """
        is_first = wanted.name == self.formats[0].name

        def use(member: ArchiveMember) -> str:
            if member.format is not None:
                return "r" if member.format.name == wanted.name else "s"
            return ("r" if member.error is None else "u") if is_first else "s"

        first_days = tuple(member.first_day for member in self.members)
        plan = MemberPlan("".join(map(use, self.members)), first_days if any(first_days) else ())
        return plan if plan.is_part or plan.first_days else None


def choose_member_formats(heads: Iterable[MemberHead], detect: Detect, score: Score, settle: Settle) -> MemberFormats:
    """Return the format of each member. One that none reads well is read as the others are, if that reads half of it.

    A member whose lines may mean different visitors or sites is never read as the others are. `settle` completes a
    member whose format is known.
    """
    member_formats, unknown_members = MemberFormats(), list[tuple[ArchiveMember, MemberHead]]()
    held_bytes = 0
    for head in heads:
        member = ArchiveMember(head.name or "")
        member_formats.members.append(member)
        if not head.head.strip():
            continue
        try:
            detection = detect(head.head)
        except UnknownFormat as error:
            member.error = error
            if not isinstance(error, AmbiguousFormat) and held_bytes < MAX_HELD_BYTES:
                unknown_members.append((member, head))
                held_bytes += len(head.head)
        else:
            member.format, member.reason = detection.format, detection.reason
            settle(member, head)
    formats = member_formats.formats
    for member, head in unknown_members:
        if as_others := _format_of_others(formats, head.head, score):
            member.format, member.reason, member.error = *as_others, None
            settle(member, head)
    return member_formats


def _format_of_others(formats: Iterable[Format], head: bytes, score: Score) -> tuple[Format, str] | None:
    """Return the format of other members that reads most of this one, if it reads half of it, and a sentence."""
    best: tuple[Fraction, Format, str] | None = None
    for format_ in formats:
        read = score(format_.program, cut_first_frames(head, format_.program.frames))
        reading = FormatReading(format_, read.records, read.frames - read.comments)
        if reading.share < HALF or (best is not None and reading.share <= best[0]):
            continue
        hides_site = format_.keys and find_unread_host_keys(read_head_objects(unwrap_lines(head)), format_.keys)
        if is_decided(reading, head, score) and not hides_site:
            best = reading.share, format_, f"{reading.says()}, and is the format of other members"
    return best and best[1:]
