"""Samples of formats, read with the oracle."""

import gzip
import re
from pathlib import Path

from sightline.stages.formats.loader import builtin
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frames import Frame, frames
from sightline.stages.scan.reference.read import Reader
from sightline.stages.scan.reference.shown import shown

SAMPLES = Path(__file__).parents[2] / "samples"
OPTIONS = ReadOptions(timezone=((0, 0),), year=2026, date_order="dmy")
COUNTED = re.compile(r"The driver counted (\d+) records, (\d+) of them visits")


def logs() -> list[Path]:
    """Every sample, in order."""
    return sorted(path for path in SAMPLES.glob("*/*.log*") if not path.name.endswith(".jsonl"))


def content(path: Path) -> bytes:
    """What a sample holds, decompressed."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def read(name: str, raw: bytes) -> list[dict[str, object]]:
    """What a format says of each frame, with the number of its line."""
    reader = Reader(builtin()[name].program, OPTIONS)
    lines = [frame for frame in frames([raw], OPTIONS.max_frame_bytes) if isinstance(frame, Frame)]
    return [{"line": frame.line_number} | shown(reader.read(frame)) for frame in lines]


def counted(path: Path) -> tuple[int, int] | None:
    """Records and visits as the driver of the real server counted them; None for a sample by hand."""
    origin = (path.parent / "ORIGIN.md").read_text()
    section = origin.split(f"## {path.name}\n", 1)[1].split("\n## ", 1)[0]
    found = COUNTED.search(section)
    return (int(found[1]), int(found[2])) if found else None
