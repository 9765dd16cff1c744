"""On the commonest lines of each format with any one thing wrong, kernel and oracle give the same bytes."""

from pathlib import Path

import pytest

from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.zones import zone_table
from tests.differential.commonest import SERVER, mutated_logs
from tests.differential.logs import FORMATS, ROWS
from tests.differential.sides import Case, assert_sides_agree

OPEN = tuple(row + ",,,,,," for row in ROWS)
BERLIN = ReadOptions(zone_table("Europe/Berlin"), 2024, "dmy")


def agree_on(logs: tuple[bytes, ...], name: str, options: ReadOptions, folder: Path) -> None:
    """Every record that names no other host is a hit of the server, so that its row shows how it was read."""
    case = Case(logs, FORMATS[name].program, (OPEN,), options, all_hits_of=SERVER)
    told = assert_sides_agree(case, folder)
    assert told.accounts[0]["hits"]
    assert told.accounts[0]["rejects"]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_agree_on_the_commonest_lines(name: str, tmp_path: Path) -> None:
    agree_on(mutated_logs(name, 60, most_shapes=2), name, ReadOptions(((0, 0),), 2024, "dmy"), tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_agree_on_the_commonest_lines_with_every_byte(name: str, tmp_path: Path) -> None:
    agree_on(mutated_logs(name, 1), name, BERLIN, tmp_path)
