"""Rotation as it goes wrong: unfinished copies, clocks, equal times, lines cut in two, zeros, equal content."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sightline.services.live.growing_file import GrowingFile
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from tests.office import combined_log
from tests.services.live.test_growing_file import append
from tests.services.live.unit import LiveOffice

ONE, TWO, THREE, FOUR = (combined_log(60, start=1000 * number, hits_every=5) for number in range(4))
SECOND_NS = 1_000_000_000


@pytest.fixture
def live(tmp_path: Path) -> LiveOffice:
    return LiveOffice.found(tmp_path)


def rotate(log: Path, text: str, written_s: int) -> None:
    """Shift the numbered files, rename the log, and write a new one. All times are those that are given."""
    for number in range(9, 0, -1):
        if (old := log.with_name(f"access.log.{number}")).exists():
            old.rename(log.with_name(f"access.log.{number + 1}"))
    log.rename(log.with_name("access.log.1"))
    write_at(log, text, written_s)


def write_at(log: Path, text: str, written_s: int) -> None:
    append(log, text)
    os.utime(log, ns=(written_s * SECOND_NS, written_s * SECOND_NS))


@pytest.mark.parametrize("times", [(5, 5, 5, 5), (5000, 4000, 4500, 4600), (5000, 6000, 100, 200)])
def test_files_of_equal_times_or_of_a_clock_that_was_set_back_are_read_in_order(
    live: LiveOffice, times: tuple[int, ...]
) -> None:
    """Some file systems count in seconds, and clocks are set back. Names say what is newer."""
    write_at(live.log, ONE, times[0])
    live.watch_once()
    for text, written_s in zip((TWO, THREE, FOUR), times[1:], strict=True):
        rotate(live.log, text, written_s)
    assert live.watch_once().gaps == []
    assert live.watch_once().parts == 0
    live.require_whole(ONE, TWO, THREE, FOUR)


def test_a_copy_that_is_being_made_is_not_read_while_the_watch_is_behind(live: LiveOffice) -> None:
    append(live.log, ONE)
    live.watch_once()
    live.log.rename(live.log.with_name("access.log.1"))
    append(live.log, TWO)
    live.log.with_name("access.log.1").rename(live.log.with_name("access.log.2"))
    copy = live.log.with_name("access.log.1")
    copy.write_text(TWO[: len(TWO) // 2])
    live.watch_once()
    live.require_whole(ONE, TWO)
    shutil.copyfile(live.log, copy)
    os.truncate(live.log, 0)
    append(live.log, THREE)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE)


def test_a_copy_that_was_read_is_not_read_again_after_a_longer_first_part(live: LiveOffice) -> None:
    """The log keeps its inode when it is truncated, and its next part may end behind the last one."""
    append(live.log, ONE)
    live.watch_once()
    for number, text in enumerate((TWO + THREE, FOUR)):
        copy = live.log.with_name(f"access.log.{2 - number}")
        shutil.copyfile(live.log, copy)
        os.utime(copy, ns=(SECOND_NS * 2**33, SECOND_NS * 2**33))
        os.truncate(live.log, 0)
        append(live.log, text)
        assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE, FOUR)


def test_a_line_that_truncation_cut_in_two_is_a_gap_and_names_nobody(live: LiveOffice) -> None:
    """The end of a line can be a whole line of another address: 10.1.2.3 is the end of 110.1.2.3."""
    flagged = next(line for line in TWO.splitlines(keepends=True) if "//board.example/" in line)
    line = f"1{flagged}"
    append(live.log, ONE)
    live.watch_once()
    append(live.log, THREE + line[:1])
    shutil.copyfile(live.log, live.log.with_name("access.log.1"))
    os.truncate(live.log, 0)
    append(live.log, line[1:])
    assert live.watch_once().gaps == []
    append(live.log, FOUR)
    (gap,) = live.watch_once().gaps
    assert "a line that was cut in two" in gap and f"{len(flagged)} bytes at the beginning of access.log" in gap
    assert live.watch_once().parts == 0
    live.require_whole(ONE, THREE, FOUR)
    assert verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_the_last_line_of_a_renamed_log_needs_no_end(live: LiveOffice) -> None:
    append(live.log, ONE)
    live.watch_once()
    append(live.log, TWO.rstrip("\n"))
    rotate(live.log, THREE, 2**33)
    assert live.watch_once().gaps == []
    assert sum(part.lines for part in live.parts()) == 3 * 60
    assert sum(live.hits().values()) == 3 * 12


def test_zeros_that_a_writer_left_after_truncation_do_not_hide_the_first_line(live: LiveOffice) -> None:
    append(live.log, ONE)
    live.watch_once()
    shutil.copyfile(live.log, live.log.with_name("access.log.1"))
    with live.log.open("r+b") as stream:
        stream.truncate(0)
        stream.seek(len(ONE))
        stream.write(TWO.encode())
    (gap,) = live.watch_once().gaps
    assert f"{len(ONE):,} bytes of zeros" in gap
    live.require_whole(ONE, TWO)
    append(live.log, THREE)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE)


def test_the_same_lines_in_the_next_file_are_read(live: LiveOffice) -> None:
    """A file is known by its inode. Its content may come again."""
    write_at(live.log, ONE, 1000)
    live.watch_once()
    for number in range(1, 7):
        live.log.rename(live.log.with_name(f"access.log-{20260300 + number}"))
        write_at(live.log, ONE, 1000 + number)
        if number in {1, 2, 6}:
            assert live.watch_once().gaps == []
    assert sum(part.lines for part in live.parts()) == 7 * 60


def test_a_log_that_is_truncated_while_it_is_read_is_read_where_its_copy_is(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(live.log, ONE)
    live.watch_once()
    append(live.log, TWO)
    look, done = GrowingFile._look, list[object]()

    def look_and_truncate(growing: GrowingFile, place: object) -> object:
        found = look(growing, place)  # type: ignore[arg-type]
        if not done:
            done.append(shutil.copyfile(live.log, live.log.with_name("access.log.1")))
            os.truncate(live.log, 0)
            append(live.log, THREE)
        return found

    monkeypatch.setattr(GrowingFile, "_look", look_and_truncate)
    assert live.watch_once().gaps == []
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE)
