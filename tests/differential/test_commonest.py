"""On the commonest lines of each format with any one thing wrong, kernel and oracle give the same bytes."""

from dataclasses import replace
from pathlib import Path

import pytest

from sightline.stages.formats.program import Dissect
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.zones import build_zone_table
from tests.differential.commonest import SERVER, mutated_logs
from tests.differential.logs import ALL_DECLARED, AN_EIGHTH_FAST, FORMATS, ROWS
from tests.differential.sides import Case, assert_sides_agree

OPEN = tuple(row + ",,,,,," for row in ROWS)
BERLIN = replace(ALL_DECLARED, timezone=build_zone_table("Europe/Berlin"))


def agree_on(logs: tuple[bytes, ...], name: str, options: ReadOptions, folder: Path) -> None:
    """Sides agree where every record that names no other host is a hit of the server, so that its row shows how it was
    read, and where few are, so that the kernel reads most on its fast path; what it sketches is the same.
    """
    full, fast = (
        assert_sides_agree(Case(logs, FORMATS[name].program, (OPEN,), options, all_hits_of=server), folder)
        for server in (SERVER, None)
    )
    assert full.accounts[0]["hits"]
    assert full.accounts[0]["rejects"]
    assert full.sketches == fast.sketches


@pytest.mark.parametrize("name", AN_EIGHTH_FAST)
def test_sides_agree_on_the_commonest_lines(name: str, tmp_path: Path) -> None:
    # Formats without a fast path cost the oracle most, and the kernel reads them in one way only.
    stride = 120 if isinstance(FORMATS[name].program.split, Dissect) else 500
    agree_on(mutated_logs(name, stride, most_shapes=2), name, ALL_DECLARED, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_agree_on_the_commonest_lines_with_every_byte(name: str, tmp_path: Path) -> None:
    agree_on(mutated_logs(name, 1), name, BERLIN, tmp_path)
