"""On every sample, under every format, kernel and oracle give the same bytes."""

from pathlib import Path

import pytest

from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.zones import build_zone_table
from tests.differential.logs import DIGEST_KEY, FORMATS, ROWS, SAMPLES
from tests.differential.sides import Case, assert_sides_agree

OPEN = tuple(row + ",,,,,," for row in ROWS)
BERLIN = ReadOptions(
    timezone=build_zone_table("Europe/Berlin"), year=2024, date_order="dmy", made_at_us=1_785_481_200_000_000
)
FILES = sorted(SAMPLES.glob("*/*.log*"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_sides_agree_on_the_sample(path: Path, tmp_path: Path) -> None:
    result = assert_sides_agree(
        Case((path.read_bytes(),), FORMATS[path.parent.name].program, (OPEN,), BERLIN), tmp_path
    )
    assert result.accounts[0]["records"]


def agree_on_samples(paths: list[Path], name: str, folder: Path, most_lines: int | None = None) -> None:
    contents = {path: path.read_bytes().splitlines(keepends=True) for path in paths}
    # The packed ones stay whole: what is cut off within a stream is tried elsewhere.
    most = {".log": most_lines}
    exhibits = tuple(b"".join(lines[: most.get(path.suffix)]) for path, lines in contents.items())
    assert_sides_agree(Case(exhibits, FORMATS[name].program, (OPEN, OPEN[:3]), digest_key=DIGEST_KEY), folder)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_agree_on_samples_of_other_formats(name: str, tmp_path: Path) -> None:
    agree_on_samples(FILES[sorted(FORMATS).index(name) % 4 :: 4], name, tmp_path, most_lines=8)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_agree_on_all_samples_of_other_formats(name: str, tmp_path: Path) -> None:
    agree_on_samples(FILES, name, tmp_path)
