"""Drafts of shapes that no program is known for: what they read once an officer has answered the questions."""

import pytest

from sightline.stages.formats.draft.text import DraftAnswers, format_answered_draft, open_questions
from sightline.stages.formats.loader import read_format
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record_json import to_json_object

from .oracle_reader import OPTIONS
from .test_drafts import read_with

SEEN = ("2026-03-01T10:00:01", "2026-03-01T10:00:38", "2026-03-01T10:01:15")
VISITORS = ("192.0.2.7", "2001:db8::17", "203.0.113.90")
SHAPES: dict[str, tuple[str, dict[str, str]]] = {
    "bars": (
        "2026-03-01 {clock} | {ip} | shop{n}.example | GET /a/{n} | 200 | Mozilla/5.0 (X11) Firefox/12{n}",
        {"address1": "source_ip", "host1": "host"},
    ),
    "bars-around-free-text": (
        "2026-03-01 {clock} | Mozilla/5.0 (X11) | 203.0.113.66 | Firefox/12{n} | {ip} | shop{n}.example | 200",
        {"address1": "source_ip", "host1": "host"},
    ),
    "comma-and-blank": (
        "2026-03-01 {clock}, {ip}, 4000{n}, shop{n}.example, GET, /a/{n}",
        {"address1": "source_ip", "number1": "source_port", "host1": "host"},
    ),
    "clock-first": ("{clock}.123 01-03-2026 {ip} GET https://shop{n}.example/a/{n} 200", {"address1": "source_ip"}),
    "tilde": (
        "{ip}~4000{n}~2026-03-01 {clock}~GET~shop{n}.example~/a/{n}",
        {"column1": "source_ip", "column2": "source_port", "column5": "host", "column6": "url"},
    ),
    "keys-with-colons": (
        "Mar 01 2026 {clock} gw7 web: client: {ip}, site: shop{n}.example, uri: /a/{n}, verb: GET",
        {"address1": "source_ip", "host1": "host", "word2": "url", "method1": "method"},
    ),
}
"""By shape: a line, and the field of each piece."""


def read_shape(line: str, fields: dict[str, str]) -> tuple[str, list[dict[str, object]]]:
    """The format of a shape whose questions are answered, and the records that it reads."""
    lines = [
        line.format(n=n, ip=ip, clock=seen[11:]) for n, (ip, seen) in enumerate(zip(VISITORS, SEEN, strict=True))
    ] * 4
    raw = "".join(f"{one}\n" for one in lines).encode()
    asked = open_questions(raw)
    assert asked is not None
    answers = DraftAnswers("Shape", "its maker", asked.record_kind, asked.times[0].rule, True, fields)
    text = format_answered_draft(raw, "shape", answers)
    assert text is not None
    return text, read_with(read_format(text), raw)


@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "bars-around-free-text"])
def test_shapes_that_nobody_named_are_read_once_the_questions_are_answered(shape: str) -> None:
    _, made = read_shape(*SHAPES[shape])
    assert [(one.get("source_ip"), str(one.get("timestamp"))[:19]) for one in made] == [
        *zip(VISITORS, SEEN, strict=True)
    ] * 4
    assert [one["host"] for one in made[:3]] == ["shop0.example", "shop1.example", "shop2.example"]


def test_a_separator_in_free_text_moves_no_column() -> None:
    """The name of a browser is what a visitor chooses: here it holds two bars and an address."""
    line, fields = SHAPES["bars-around-free-text"]
    usual = line.replace(" | 203.0.113.66 | ", " ")
    text, _ = read_shape(usual, fields)
    made = read_with(read_format(text), line.format(n=1, ip=VISITORS[0], clock="10:00:01").encode() + b"\n")
    assert made[0]["source_ip"] == VISITORS[0]


@pytest.mark.parametrize("tail", ['"GET /a HTTP/1.1" 200', "GET /a HTTP/1.1"])
def test_a_chain_of_forwarded_addresses_is_no_visitor(tail: str) -> None:
    """What stands before the last address of a chain is what the client says: `forwarded`, and no source of its own."""
    chains = ("192.0.2.7", "203.0.113.90, 192.0.2.7", "2001:db8::17, 203.0.113.90, 192.0.2.7")
    raw = "".join(f"2026-03-01T10:00:01Z {chain} shop.example {tail}\n" for chain in chains * 4).encode()
    asked = open_questions(raw)
    assert asked is not None
    assert not any(open_piece.address_fields for open_piece in asked.pieces)
    fields = {"addresses1": "forwarded"} | {
        open_piece.piece: "host" for open_piece in asked.pieces if open_piece.piece == "host1"
    }
    text = format_answered_draft(
        raw, "chain", DraftAnswers("Chain", "its maker", "http-request", asked.times[0].rule, True, fields)
    )
    assert text is not None
    item = read_format(text)
    assert [one.get("source_ip") for one in read_with(item, raw)] == ["192.0.2.7"] * 12
    untrusted = MemberReader(item.program, OPTIONS)
    lines = [frame for frame in split_frames([raw], OPTIONS.max_frame_bytes) if isinstance(frame, Frame)]
    assert not any("source_ip" in to_json_object(untrusted.read(frame)) for frame in lines)
