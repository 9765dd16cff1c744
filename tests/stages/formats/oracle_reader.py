"""Samples of formats, read with the oracle."""

import gzip
import re
from itertools import pairwise
from pathlib import Path

from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.formats.program import Frames
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record_json import to_json_object

SAMPLES = Path(__file__).parents[2] / "samples"
OPTIONS = ReadOptions(timezone=((0, 0),), year=2026, date_order="dmy", made_at_us=1_785_481_200_000_000)
COUNTED = re.compile(r"The driver counted (\d+) records, (\d+) of them visits")
REFUSED = re.compile(r"^(\d+) frame cannot be read", re.MULTILINE)


def logs() -> list[Path]:
    """Every sample, in order."""
    return sorted(path for path in SAMPLES.glob("*/*.log*") if not path.name.endswith(".jsonl"))


def content(path: Path) -> bytes:
    """What a sample holds, decompressed."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def read(name: str, raw: bytes) -> list[dict[str, object]]:
    """What a format says of each frame, with the number of its line."""
    reader = MemberReader(load_builtin_formats()[name].program, OPTIONS)
    kind = load_builtin_formats()[name].program.frames
    lines = [frame for frame in split_frames([raw], OPTIONS.max_frame_bytes, kind) if isinstance(frame, Frame)]
    return [{"line": frame.line_number} | to_json_object(reader.read(frame)) for frame in lines]


def without(name: str, raw: bytes, lines: set[object]) -> bytes:
    """A log less the frames on those lines."""
    kind = load_builtin_formats()[name].program.frames
    found = [frame for frame in split_frames([raw], OPTIONS.max_frame_bytes, kind) if isinstance(frame, Frame)]
    heads = {True: 8, False: 4} if kind is Frames.FRAME_STREAMS else {False: 0}
    starts = [frame.byte_offset - heads[frame.is_control] for frame in found]
    extents = zip(found, pairwise([*starts, len(raw)]), strict=True)
    return b"".join(raw[start:end] for frame, (start, end) in extents if frame.line_number not in lines)


def driver_counts(path: Path) -> tuple[int, int] | None:
    """Records and visits as the driver of the real server counted them; None for a sample by hand."""
    found = COUNTED.search(_section(path))
    return (int(found[1]), int(found[2])) if found else None


def driver_rejects(path: Path) -> int:
    """How many frames of a real server's log its driver says cannot be read."""
    return sum(int(count) for count in REFUSED.findall(_section(path)))


def _section(path: Path) -> str:
    origin = (path.parent / "ORIGIN.md").read_text()
    return origin.split(f"## {path.name}\n", 1)[1].split("\n## ", 1)[0]
