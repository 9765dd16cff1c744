"""Read one frame to one outcome, and score how well a program reads a piece of a log."""

from __future__ import annotations

from dataclasses import replace

from sightline.model import RejectCode
from sightline.stages.formats.head import cut_whole_frames
from sightline.stages.formats.program import Frames, JsonFrame, Program
from sightline.stages.formats.stored_formats import StoredProgram
from sightline.stages.formats.wrapped import unwrap_frame
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.cut_texts import without_cut_texts
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frame_streams import read_control_frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.record import CommentFrame, Header, Outcome, Record
from sightline.stages.scan.reference.record_fields import read_fields
from sightline.stages.scan.reference.slots import Branch
from sightline.stages.scan.reference.split import split_frame
from sightline.stages.scan.results import ProgramScore


def read_frame(
    program: Program, options: ReadOptions, header: Header | None, frame: bytes, *, is_ended: bool = True
) -> Outcome:
    """Read a frame as a record, a comment (with a header if it names columns), or the reason why it is unreadable.

    `frame` is without line end and BOM; NUL bytes before a text are left out. `header` is the content of the member's
    last header line. `is_ended`: a line end stood behind it, so that nothing of it was cut off.
    """
    if program.frames is not Frames.FRAME_STREAMS:
        frame = frame.lstrip(b"\0") or frame
    is_json = isinstance(program.split, JsonFrame)
    text = unwrap_frame(frame, is_json=is_json) if program.frames is Frames.LINES else frame
    branch = split_frame(program, header, text)
    if not isinstance(branch, RejectCode):
        branch = without_cut_texts(program, branch, is_ended=is_ended or text is not frame or frame.endswith(b"\r"))
    return read_fields(program, options, branch) if isinstance(branch, Branch) else branch


class MemberReader:
    """Reads the frames of one member in their order, with its current header line."""

    def __init__(self, program: Program, options: ReadOptions) -> None:
        self._program = program
        self._options = options
        self._header: Header | None = None

    @property
    def header(self) -> Header | None:
        """Return the content of the last header line."""
        return self._header

    def read(self, frame: Frame) -> Outcome:
        """Read the next frame."""
        if frame.raw is None:
            return RejectCode.FRAME_TOO_LONG
        if frame.is_control:
            outcome: Outcome = read_control_frame(frame.raw)
        else:
            outcome = read_frame(self._program, self._options, self._header, frame.text, is_ended=frame.is_ended)
        if isinstance(outcome, CommentFrame) and outcome.header is not None:
            self._header = outcome.header
        return outcome


def score_program(program: Program | StoredProgram, head: bytes, options: ReadOptions | None = None) -> ProgramScore:
    """Return how a program reads the whole frames of a log's first bytes. A truncated last frame does not count.

    A head without a frame end is one frame.
    """
    assert isinstance(program, Program), "stored programs are for the kernel"
    options = options or ReadOptions()
    reader = MemberReader(program, options)
    whole = split_frames([cut_whole_frames(head, program.frames)], options.max_frame_bytes, program.frames)
    outcomes = [reader.read(replace(frame, is_ended=True)) for frame in whole if isinstance(frame, Frame)]
    records = sum(isinstance(outcome, Record) for outcome in outcomes)
    comments = sum(isinstance(outcome, CommentFrame) for outcome in outcomes)
    return ProgramScore(len(outcomes), records, comments, len(outcomes) - records - comments)
