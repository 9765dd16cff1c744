import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.model import RejectCode
from sightline.stages.formats.program import Frames
from sightline.stages.scan.reference.frame import BOM, Break, Frame
from sightline.stages.scan.reference.frames import split_frames
from tests.stages.scan import dnstaps


def whole_frames(pieces: Iterable[bytes], limit: int) -> list[Frame]:
    """Frames of bytes that nothing breaks off."""
    found = [frame for frame in split_frames(pieces, limit) if isinstance(frame, Frame)]
    assert len(found) == len(list(split_frames(pieces, limit)))
    return found


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\xc3\xa4", b"\x00"])).map(b"".join), st.integers(1, 5))
def test_frames_and_line_ends_are_all_the_bytes(content: bytes, size: int) -> None:
    found = whole_frames(cut(content, size), 1 << 20)
    assert [frame.line_number for frame in found] == list(range(1, len(found) + 1))
    rebuilt, at = b"", 0
    for frame in found:
        assert frame.byte_offset == at == len(rebuilt)
        end = content.find(b"\n", at)
        line = content[at:] if end < 0 else content[at : end + 1]
        assert frame.raw == (line[:-2] if line.endswith(b"\r\n") else line.removesuffix(b"\n"))
        rebuilt, at = rebuilt + line, at + len(line)
    assert rebuilt == content


@pytest.mark.parametrize("size", [1, 3, 100])
def test_only_a_frame_over_the_limit_is_too_long(size: int) -> None:
    content = b"12345\r\n123456\n12345\r\r\n123456\r\n12345"
    found = [
        (whole_frame.byte_offset, whole_frame.length, whole_frame.raw is None)
        for whole_frame in whole_frames(cut(content, size), 5)
    ]
    assert found == [(0, 5, False), (7, 6, True), (14, 6, True), (22, 6, True), (30, 5, False)]


def test_bom_belongs_to_the_first_frame_and_is_not_parsed() -> None:
    first, second = whole_frames([b"\xef\xbb", b"\xbfa\n\xef\xbb\xbfb"], 100)
    assert (first.raw, first.text) == (b"\xef\xbb\xbfa", b"a")
    assert second.text == b"\xef\xbb\xbfb"


def test_break_takes_the_begun_frame_with_it() -> None:
    found = list(split_frames([b"whole\nbeg", b"un", RejectCode.BROKEN_STREAM], 100))
    assert found[1:] == [Break(6, 5, RejectCode.BROKEN_STREAM, b"b")]
    assert list(split_frames([b"whole\n", RejectCode.BROKEN_STREAM], 100))[1:] == [
        Break(6, 0, RejectCode.BROKEN_STREAM)
    ]


@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r", b"\n", b"\r\n", BOM])).map(b"".join), st.integers(1, 5))
def test_blocks_are_the_runs_of_lines_that_are_not_blank(content: bytes, size: int) -> None:
    lines = whole_frames([content], 1 << 20)
    found = [frame for frame in split_frames(cut(content, size), 1 << 20, Frames.BLOCKS) if isinstance(frame, Frame)]
    blank = [line for line in lines if not line.text.strip(b" \t")]
    assert [frame for frame in found if not frame.text.strip(b" \t")] == blank
    blocks = [frame for frame in found if frame.text.strip(b" \t")]
    for block in blocks:
        inside = [line for line in lines if block.byte_offset <= line.byte_offset <= block.byte_offset + block.length]
        inside = [line for line in inside if line not in blank]
        assert (block.byte_offset, block.line_number) == (inside[0].byte_offset, inside[0].line_number)
        assert block.raw == content[block.byte_offset : inside[-1].byte_offset + inside[-1].length]
        assert not re.search(rb"\n[ \t]*\r?\n", block.text)
    assert sum(frame.length for frame in found) <= len(content)
    assert len(blank) + sum(1 + (block.raw or b"").count(b"\n") for block in blocks) == len(lines)


def test_a_block_over_the_limit_is_one_frame_up_to_the_blank_line() -> None:
    content = b"12345\r\n6\n\n12\n\r\n12345\n      \nx\n \n"
    found = [frame for frame in split_frames([content], 5, Frames.BLOCKS) if isinstance(frame, Frame)]
    positions = [(frame.byte_offset, frame.length, frame.line_number, frame.raw) for frame in found]
    # The line of six spaces is too long to be looked at: no blank line.
    assert positions == [
        (0, 8, 1, None),
        (9, 0, 3, b""),
        (10, 2, 4, b"12"),
        (13, 0, 5, b""),
        (15, 14, 6, None),
        (30, 1, 9, b" "),
    ]


@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"}", b"\n", b"\r\n", BOM])).map(b"".join), st.integers(1, 5))
def test_an_indented_frame_is_a_line_and_those_that_begin_with_a_blank_or_a_brace(content: bytes, size: int) -> None:
    found = [frame for frame in split_frames(cut(content, size), 1 << 20, Frames.INDENTED) if isinstance(frame, Frame)]
    starts = [
        line for line in whole_frames([content], 1 << 20) if content[line.byte_offset :][:1] not in (b" ", b"\t", b"}")
    ]
    first = [(0, 1)] if content[:1] in (b" ", b"\t", b"}") else []
    assert [(frame.byte_offset, frame.line_number) for frame in found] == first + [
        (line.byte_offset, line.line_number) for line in starts
    ]
    ends = [*(frame.byte_offset for frame in found[1:]), len(content)]
    for one, end in zip(found, ends[: len(found)], strict=True):
        assert one.raw == re.sub(rb"\r?\n\Z", b"", content[one.byte_offset : end])


def test_an_indented_frame_over_the_limit_is_one_frame() -> None:
    content = b"a {\r\n  x\r\n}\r\nb\n" + b" " * 9 + b"\n"
    found = [
        (frame.byte_offset, frame.length, frame.raw)
        for frame in split_frames([content], 5, Frames.INDENTED)
        if isinstance(frame, Frame)
    ]
    assert found == [(0, 11, None), (13, 11, None)]


@given(st.lists(st.binary(max_size=5)), st.integers(1, 7))
def test_frames_of_a_stream_and_their_lengths_are_all_the_bytes(payloads: list[bytes], size: int) -> None:
    content = dnstaps.stream(*(payload or b"x" for payload in payloads))
    found = [
        frame for frame in split_frames(cut(content, size), 1 << 20, Frames.FRAME_STREAMS) if isinstance(frame, Frame)
    ]
    assert [frame.line_number for frame in found] == list(range(1, len(payloads) + 3))
    assert [frame.raw for frame in found if not frame.is_control] == [payload or b"x" for payload in payloads]
    assert all(content[frame.byte_offset :].startswith(frame.raw or b"") for frame in found)
    assert sum(frame.length + (8 if frame.is_control else 4) for frame in found) == len(content)


def test_a_stream_that_ends_inside_a_frame_breaks_off_there() -> None:
    whole = dnstaps.stream(b"first", b"second")
    for length in range(len(whole)):
        ends = [frame for frame in split_frames([whole[:length]], 3, Frames.FRAME_STREAMS) if isinstance(frame, Break)]
        starts = [0, 42, 51, 61]
        assert ends == ([] if length in starts else [_broken(max(at for at in starts if at < length), length)])


def _broken(start: int, length: int) -> Break:
    return Break(start, length - start, RejectCode.BROKEN_STREAM)
