"""Scan exhibits for hits, rejects and counts: the oracle's `scan`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sightline.errors import ProgramFault
from sightline.model import ExhibitId, Hit, Reject, RejectCode
from sightline.stages.lists.model import FlagList
from sightline.stages.scan.hit_rows import HitRows
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.reference.containers import Pieces, read_members
from sightline.stages.scan.reference.exhibit import read_exhibit
from sightline.stages.scan.reference.frame import Break, Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.hits import HitPlace, find_record_hits
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record import Record
from sightline.stages.scan.reference.record_matches import Matcher
from sightline.stages.scan.results import ExhibitCounts, ScanInput, ScanResult, Sink


@dataclass(slots=True)
class RunningCounts:
    """The counts of one exhibit during its scan, with its hits and rejects."""

    frames: int = 0
    records: int = 0
    comments: int = 0
    hit_records: int = 0
    outside_window: int = 0
    hits: list[Hit] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def add(self, hits: Sequence[Hit | None]) -> None:
        """Count a record and its matches. None is a match outside every window."""
        result = [hit for hit in hits if hit is not None]
        self.records += 1
        self.hit_records += bool(result)
        self.outside_window += len(hits) - len(result)
        self.hits += result

    def refuse(self, pieces: Pieces, place: HitPlace, *, is_unknown: bool) -> None:
        """Count a whole member that no format reads as one reject; one that another scan reads leaves nothing."""
        length, code = 0, RejectCode.UNKNOWN_FORMAT
        for piece in pieces:
            if isinstance(piece, RejectCode):
                code = piece
            else:
                length += len(piece)
        if is_unknown:
            self.frames += 1
            self.rejects.append(Reject(code, place.exhibit, place.member, 0, length))

    def check(self) -> None:
        """Raise ProgramFault unless every frame is a record, a comment or a reject."""
        if self.frames != self.records + self.comments + len(self.rejects):
            raise ProgramFault(f"{self.frames} frames are not {self.records} + {self.comments} + {len(self.rejects)}")


def scan(
    inputs: Sequence[ScanInput],
    lists: Sequence[FlagList],
    options: ReadOptions,
    *,
    sink: Sink,
    limits: DecompressionLimits | None = None,
    all_hits_of: str | None = None,
    digest_key: bytes | None = None,
) -> ScanResult:
    """Scan every exhibit with every list. Hits and rejects go to the sink in the order of ADR 2.

    Exhibits are held in memory: this is for small inputs. Raises OSError for an unreadable one.
    """
    matcher = Matcher(lists, digest_key=digest_key, all_hits_of=all_hits_of)
    return ScanResult(
        tuple(
            _scan_exhibit(scan_inputs, matcher, options, limits or DecompressionLimits(), sink)
            for scan_inputs in inputs
        )
    )


def _scan_exhibit(
    scan_inputs: ScanInput, matcher: Matcher, options: ReadOptions, limits: DecompressionLimits, sink: Sink
) -> ExhibitCounts:
    exhibit = read_exhibit(scan_inputs)
    account = RunningCounts()
    number = -1
    for member, pieces in read_members(exhibit, limits):
        place = HitPlace(exhibit.id, member)
        number += member is not None
        use, first_day = "r", scan_inputs.first_day
        if scan_inputs.members is not None and member is not None:
            use, first_day = scan_inputs.members.use(number), scan_inputs.members.find_first_day(number)
        if use != "r":
            account.refuse(pieces, place, is_unknown=use == "u")
            continue
        reader = MemberReader(scan_inputs.program, replace(options, first_day=first_day))
        for frame in split_frames(pieces, options.max_frame_bytes, scan_inputs.program.frames):
            account.frames += 1
            outcome = frame.code if isinstance(frame, Break) else reader.read(frame)
            if isinstance(outcome, RejectCode):
                account.rejects.append(Reject(outcome, place.exhibit, place.member, frame.byte_offset, frame.length))
            elif isinstance(outcome, Record) and isinstance(frame, Frame):
                account.add(find_record_hits(outcome, matcher, options, frame, place))
            else:
                account.comments += 1
    account.check()
    if account.hits:
        sink.write_hits(HitRows(account.hits))
    if account.rejects:
        sink.write_rejects(account.rejects)
    return _build_summary(scan_inputs, exhibit.id, len(exhibit.content), account)


def _build_summary(
    scan_inputs: ScanInput, exhibit: ExhibitId, size_bytes: int, account: RunningCounts
) -> ExhibitCounts:
    rejects = Counter(reject.code for reject in account.rejects)
    return ExhibitCounts(
        path=scan_inputs.name,
        sha256=exhibit,
        size_bytes=size_bytes,
        frames=account.frames,
        records=account.records,
        comments=account.comments,
        hit_records=account.hit_records,
        hits=len(account.hits),
        outside_window=account.outside_window,
        rejects={code: rejects[code] for code in RejectCode if rejects[code]},
    )
