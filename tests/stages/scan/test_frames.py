from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.records import RejectCode
from sightline.stages.scan.reference.frame import Break, Frame
from sightline.stages.scan.reference.frames import frames


def whole_frames(pieces: Iterable[bytes], limit: int) -> list[Frame]:
    """Frames of bytes that nothing breaks off."""
    found = [one for one in frames(pieces, limit) if isinstance(one, Frame)]
    assert len(found) == len(list(frames(pieces, limit)))
    return found


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\xc3\xa4", b"\x00"])).map(b"".join), st.integers(1, 5))
def test_frames_and_line_ends_are_all_the_bytes(content: bytes, size: int) -> None:
    found = whole_frames(cut(content, size), 1 << 20)
    assert [one.line_number for one in found] == list(range(1, len(found) + 1))
    rebuilt, at = b"", 0
    for one in found:
        assert one.byte_offset == at == len(rebuilt)
        end = content.find(b"\n", at)
        line = content[at:] if end < 0 else content[at : end + 1]
        assert one.raw == (line[:-2] if line.endswith(b"\r\n") else line.removesuffix(b"\n"))
        rebuilt, at = rebuilt + line, at + len(line)
    assert rebuilt == content


@pytest.mark.parametrize("size", [1, 3, 100])
def test_only_a_frame_over_the_limit_is_too_long(size: int) -> None:
    content = b"12345\r\n123456\n12345\r\r\n123456\r\n12345"
    found = [(one.byte_offset, one.length, one.raw is None) for one in whole_frames(cut(content, size), 5)]
    assert found == [(0, 5, False), (7, 6, True), (14, 6, True), (22, 6, True), (30, 5, False)]


def test_bom_belongs_to_the_first_frame_and_is_not_parsed() -> None:
    first, second = whole_frames([b"\xef\xbb", b"\xbfa\n\xef\xbb\xbfb"], 100)
    assert (first.raw, first.text) == (b"\xef\xbb\xbfa", b"a")
    assert second.text == b"\xef\xbb\xbfb"


def test_break_takes_the_begun_frame_with_it() -> None:
    found = list(frames([b"whole\nbeg", b"un", RejectCode.BROKEN_STREAM], 100))
    assert found[1:] == [Break(6, 5, RejectCode.BROKEN_STREAM)]
    assert list(frames([b"whole\n", RejectCode.BROKEN_STREAM], 100))[1:] == [Break(6, 0, RejectCode.BROKEN_STREAM)]
