"""e2guardian's and DansGuardian's own layouts, whose dates begin with the year and need not have two digits."""

from dataclasses import replace

import pytest

from sightline.services.match.engine import choose_engine, detect_format
from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.formats.program import Frames
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record_json import to_json_object

from .oracle_reader import OPTIONS

YEAR_FIRST = replace(OPTIONS, date_order="ymd")
BANNED = "*DENIED* Banned site: flagged.example"


def read_line(line: str) -> dict[str, object]:
    reader = MemberReader(load_builtin_formats()["e2guardian"].program, YEAR_FIRST)
    (frame,) = split_frames([line.encode() + b"\n"], YEAR_FIRST.max_frame_bytes, Frames.LINES)
    assert isinstance(frame, Frame)
    return to_json_object(reader.read(frame))


@pytest.mark.parametrize(
    "line",
    [
        "2026.1.8 12:34:56 asha 192.0.2.7 http://flagged.example/a  GET 1632 0  1 404 text/html   -",
        f"2026.1.8 12:34:56 asha 192.0.2.7 http://flagged.example/a {BANNED} GET 0 0 Adult 1 403 -   -",
        f'"2026.1.8 12:34:56","asha","192.0.2.7","http://flagged.example/a","{BANNED}","GET","3","0","","1","403","-"',
        '"2026.1.8 12:34:56","asha","192.0.2.7","http://flagged.example/a","","GET",3,0,"",1,200,"text/html","-"',
        "2026.01.08 12:34:56\tasha\t192.0.2.7\thttp://flagged.example/a\t\tGET\t5\t0\t\t1\t200\ttext/html\t\tdefault\t",
    ],
)
def test_each_layout_with_a_date_gives_who_what_and_when(line: str) -> None:
    result = read_line(line)

    wanted = ("2026-01-08T12:34:56.000000Z", "192.0.2.7", "flagged.example", "asha")
    assert tuple(result.get(name) for name in ("timestamp", "source_ip", "host", "user")) == wanted
    assert detect_format(choose_engine()[1], OPTIONS, line.encode() + b"\n").format.name == "e2guardian"


@pytest.mark.parametrize(
    "line",
    [
        "2026.1.8 12:34:56 x 203.0.113.66 http://a.example/ y 192.0.2.7 http://b.example/  GET 10 0  1 200 -   -",
        '"2026.1.8 12:34:56","x","203.0.113.66","http://a.example/","192.0.2.7","http://b.example/","","GET","3","0"',
        "2026.1.8 12:34:56\tx\t203.0.113.66\thttp://a.example/\t192.0.2.7\thttp://b.example/\t\tGET\t5\t0\t\t1\t200\t-",
    ],
)
def test_a_user_s_name_cannot_put_another_address_before_the_visitor_s(line: str) -> None:
    assert "reject" in read_line(line)
