"""The oracle reads every frame of the shared vectors as they say, as the kernel does in `program/tests`."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from sightline.model import RejectCode
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record import CommentFrame, Outcome, Record
from tests.stages.scan.programs import program

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "program.json").read_text("utf-8"))


def options(given: dict[str, Any]) -> ReadOptions:
    if "timezone" in given:
        given = {**given, "timezone": tuple(map(tuple, given["timezone"]))}
    return ReadOptions(**given)


def frame(raw: bytes, limit: int) -> Frame:
    return Frame(1, 1, len(raw), raw if len(raw) <= limit else None)


def outcome_name(outcome: Outcome) -> str:
    if isinstance(outcome, RejectCode):
        return outcome.value
    return "comment" if isinstance(outcome, CommentFrame) else "record"


def show_field(value: object) -> object:
    """A field of a record as the vectors write it: bytes one character each."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, list):
        return [show_field(item) for item in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


@pytest.mark.parametrize("number", range(len(VECTORS["cases"])))
def test_frame_is_read_as_the_vector_says(number: int) -> None:
    case = VECTORS["cases"][number]
    given = options(case.get("options", {}))
    reader = MemberReader(program(VECTORS["programs"][case["program"]]), given)
    for header in case.get("header_frames", ()):
        assert isinstance(reader.read(frame(header.encode("latin-1"), given.max_frame_bytes)), CommentFrame)
    if "control_base64" in case:
        control = base64.b64decode(case["control_base64"])
        assert isinstance(reader.read(Frame(1, 1, len(control), control, is_control=True)), CommentFrame)
    raw = base64.b64decode(case["frame_base64"]) if "frame_base64" in case else case["frame"].encode("latin-1")
    outcome = reader.read(frame(raw, given.max_frame_bytes))
    assert outcome_name(outcome) == case["outcome"], case
    for field, wanted in case.get("fields", {}).items():
        assert isinstance(outcome, Record)
        assert show_field(getattr(outcome, field)) == wanted, (field, case)


def test_every_code_of_a_frame_occurs_in_the_vectors() -> None:
    seen = {case["outcome"] for case in VECTORS["cases"]}
    frames_alone = [code for code in RejectCode if code.value not in seen]
    assert frames_alone == list(RejectCode)[-6:] or frames_alone == [RejectCode.FRAME_TOO_LONG, *list(RejectCode)[-6:]]
