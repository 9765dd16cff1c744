"""Detection reads a log's first frames with all formats at once: kernel and oracle stop at the same frame."""

from fractions import Fraction
from pathlib import Path

import pytest

from sightline.errors import UnknownFormat
from sightline.services.match.engine import detect_format
from sightline.stages.formats.format_detection import ENOUGH, find_format
from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.formats.program import Frames
from sightline.stages.scan import kernel, oracle
from tests.stages.formats.oracle_reader import OPTIONS, content, logs

COMMON = b'192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 2326\n'
COMBINED = COMMON.replace(b"\n", b' "-" "curl/8.0"\n')
QUERY = b"Oct 10 13:55:36 dnsmasq[7]: query[A] board.example from 192.0.2.7\n"
LINES = [
    log_format.program for log_format in load_builtin_formats().values() if log_format.program.frames is Frames.LINES
]


@pytest.mark.parametrize(
    "head",
    [
        COMBINED * 400,
        COMBINED * 200 + QUERY * 20,
        QUERY * 20 + COMBINED * 200,
        (COMBINED * 9 + QUERY) * 20,
        COMBINED * 50 + QUERY * 50,
        b"one\ntwo\n" * 50,
        b"",
    ],
)
def test_kernel_and_oracle_stop_alike_and_the_format_is_as_if_none_stopped(head: bytes) -> None:
    readings = kernel.compare(LINES, OPTIONS, head, ENOUGH)

    assert readings == oracle.compare(LINES, OPTIONS, head, ENOUGH)
    whole = [kernel.score_format(program, OPTIONS, head) for program in LINES]
    assert all(one == full or not one.records for one, full in zip(readings, whole, strict=True)), (
        "a count of records is right or 0"
    )


def test_a_program_that_cannot_reach_the_share_stops_unless_none_reaches_it() -> None:
    read = kernel.compare(
        [load_builtin_formats()["combined"].program, load_builtin_formats()["bind"].program],
        OPTIONS,
        COMBINED * 400,
        ENOUGH,
    )
    assert [(sample_reading.frames, sample_reading.records) for sample_reading in read] == [(400, 400), (41, 0)]

    alone = kernel.compare([load_builtin_formats()["bind"].program], OPTIONS, COMBINED * 400, ENOUGH)
    assert alone[0].frames == 400
    all_of_it = kernel.compare([load_builtin_formats()["bind"].program], OPTIONS, COMBINED * 400, Fraction(0))
    assert all_of_it == alone


def test_lines_that_the_format_does_not_read_are_tried_with_every_other() -> None:
    detection = detect_format(kernel, OPTIONS, COMBINED * 200 + QUERY * 20)

    assert detection.reason == "combined reads 200 of 220 frames; next best dnsmasq 20"


@pytest.mark.parametrize("log", logs(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_is_detected_as_if_every_format_read_all_of_it(log: Path) -> None:
    def outcome(using_compare: bool) -> str:
        head = content(log) * 3
        try:
            if using_compare:
                return detect_format(kernel, OPTIONS, head).reason
            return find_format(
                head, load_builtin_formats(), lambda program, some: kernel.score_format(program, OPTIONS, some)
            ).reason
        except UnknownFormat as error:
            return repr(error)

    assert outcome(True) == outcome(False)
