"""Count how many of a log's first frames each of several programs reads, for detection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from sightline.model import RejectCode
from sightline.stages.formats.program import Program
from sightline.stages.scan.engine_output import SampleReading
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record import Record

LEAST_FRAMES = 16
"""A program that reads none of the first frames of a log may read some of the others, but is not its format."""


def score_program(program: Program, options: ReadOptions, head: bytes) -> SampleReading:
    """Return how a program reads a log's first frames. A truncated last frame does not count."""
    trial = ProgramTrial(program, options)
    trial.read(_list_frames([program], options, head))
    return trial.summarise()


def compare(programs: Sequence[Program], options: ReadOptions, head: bytes, enough: Fraction) -> list[SampleReading]:
    """Return how each program reads a log's first frames. All programs cut frames alike.

    A program stops where it can no longer read `enough`. Its counts are as of `score` all the same, unless it has read
    no record until then and another program reads enough: frames that such a program reads are then not tried.
    """
    log = _list_frames(programs, options, head)
    trials = [ProgramTrial(program, options) for program in programs]
    fitting = [read for trial in trials if (read := trial.read_while_possible(log, enough))]
    is_read = frozenset().union(*fitting)
    readings = []
    for trial, program in zip(trials, programs, strict=True):
        leaves_out = is_read if not trial.records else ()
        trial.read(log[at] for at in range(trial.next, len(log)) if at not in leaves_out)
        readings.append(score_program(program, options, head) if leaves_out and trial.records else trial.summarise())
    return readings


def _list_frames(programs: Sequence[Program], options: ReadOptions, head: bytes) -> list[Frame]:
    kinds = {program.frames for program in programs}
    return [
        frame
        for kind in kinds
        for frame in split_frames([head], options.max_frame_bytes, kind)
        if isinstance(frame, Frame)
    ]


class ProgramTrial:
    """One program on its way through a log."""

    def __init__(self, program: Program, options: ReadOptions) -> None:
        self._reader = MemberReader(program, options)
        self._rejects = Counter[RejectCode]()
        self.records = self._comments = self.next = 0

    def summarise(self) -> SampleReading:
        """Return what it read so far."""
        rejects = dict(self._rejects)
        return SampleReading(
            self.records + self._comments + sum(rejects.values()), self.records, self._comments, rejects
        )

    def read(self, log: Iterable[Frame]) -> None:
        """Read these frames."""
        for frame in log:
            # Whether a last line was cut off says nothing about its format.
            outcome = self._reader.read(replace(frame, is_ended=True))
            if isinstance(outcome, RejectCode):
                self._rejects[outcome] += 1
            elif isinstance(outcome, Record):
                self.records += 1
            else:
                self._comments += 1

    def read_while_possible(self, log: Sequence[Frame], enough: Fraction) -> set[int] | None:
        """Read until `enough` is out of reach. Return the numbers of the frames that are records if it is reached."""
        read, rejects, fits = set(), 0, False
        while self.next < len(log):
            before = self.records, self._comments
            self.read(log[self.next : self.next + 1])
            if self.records > before[0]:
                read.add(self.next)
            rejects += before == (self.records, self._comments)
            self.next += 1
            counting = len(log) - self._comments
            fits = counting - rejects >= counting * enough
            if not fits and self.next >= LEAST_FRAMES:
                break
        return read if fits and read else None
