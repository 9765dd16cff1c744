"""A growing log through every kind of rotation, restarted at every step: nothing is lost or doubled."""

from __future__ import annotations

import gzip
import os
import shutil
import time
from pathlib import Path

import pytest

from sightline.model import PartEnd
from tests.office import combined_log
from tests.services.live.unit import LiveOffice

ONE, TWO, THREE = (combined_log(200, start=1000 * number, hits_every=5) for number in range(3))


def append(log: Path, text: str) -> None:
    with log.open("a", encoding="utf-8") as stream:
        stream.write(text)


def settle() -> None:
    """Let the clock of the file system go on, so that files are newer than those before."""
    time.sleep(0.02)


@pytest.fixture
def live(tmp_path: Path) -> LiveOffice:
    return LiveOffice.found(tmp_path)


def test_a_log_that_grows_becomes_parts_of_whole_lines(live: LiveOffice) -> None:
    half = ONE[: len(ONE) // 2]
    append(live.log, half)
    assert live.watch_once().gaps == []
    assert live.watch_once().parts == 0, "nothing new came, so nothing is registered"
    append(live.log, ONE[len(half) :])
    live.watch_once()
    live.require_whole(ONE)
    ends = [part.closed_by for part in live.parts()]
    assert PartEnd.SIZE in ends and ends[-1] is PartEnd.NO_MORE_BYTES
    assert all(part.first_us and part.last_us for part in live.parts())


@pytest.mark.parametrize("is_read_before", [True, False])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_rotation_by_rename(live: LiveOffice, *, is_read_before: bool, packed: str) -> None:
    append(live.log, ONE)
    live.watch_once()
    append(live.log, TWO)
    if is_read_before:
        live.watch_once()
    rotated = live.log.with_name("access.log.1")
    live.log.rename(rotated)
    if packed:
        Path(f"{rotated}{packed}").write_bytes(gzip.compress(rotated.read_bytes()))
        rotated.unlink()
    settle()
    append(live.log, THREE)
    assert live.watch_once().gaps == []
    live.watch_once()
    live.require_whole(ONE, TWO, THREE)


def test_several_rotations_while_nobody_watched(live: LiveOffice) -> None:
    append(live.log, ONE[:3000])
    live.watch_once()
    append(live.log, ONE[3000:])
    live.log.rename(live.log.with_name("access.log.2"))
    settle()
    live.log.with_name("access.log.1").write_text(TWO)
    settle()
    live.log.write_text(THREE)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE)


def test_rotation_by_copy_and_truncation(live: LiveOffice) -> None:
    append(live.log, ONE)
    live.watch_once()
    append(live.log, TWO)
    shutil.copyfile(live.log, live.log.with_name("access.log.1"))
    settle()
    os.truncate(live.log, 0)
    append(live.log, THREE)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE)


def test_what_rotation_took_away_is_a_gap_that_is_told(live: LiveOffice) -> None:
    append(live.log, ONE)
    live.watch_once()
    live.log.write_text(TWO)
    (gap,) = live.watch_once().gaps
    assert f"from byte {len(ONE)} on" in gap
    assert [part.gap is not None for part in live.parts()].count(True) == 1
    live.require_whole(ONE, TWO)


def test_the_last_line_is_read_once_its_end_came(live: LiveOffice) -> None:
    line = ONE.splitlines(keepends=True)
    append(live.log, "".join(line[:2]) + line[2][:40])
    live.watch_once()
    assert live.parts()[-1].lines == 2
    append(live.log, line[2][40:])
    live.watch_once()
    live.require_whole("".join(line[:3]))


def test_the_same_lines_again_are_a_part_and_no_second_hits(live: LiveOffice) -> None:
    append(live.log, ONE[:4000].rpartition("\n")[0] + "\n")
    live.watch_once()
    hits, text = live.hits(), live.log.read_text()
    append(live.log, text)
    live.watch_once()
    assert live.hits() == hits
    first, second = live.parts()
    assert first.exhibit_id == second.exhibit_id and second.first_offset == first.until_offset
