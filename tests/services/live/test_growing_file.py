"""A growing log through every kind of rotation, restarted at every step: nothing is lost or doubled."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from sightline.errors import DamagedInput, UsageError
from sightline.model import PartEnd
from sightline.services.live import growing_file, packed_logs, spool_folder
from sightline.services.live.alarms import Alarm
from sightline.services.live.growing_file import GrowingFile
from sightline.services.live.read_positions import list_rotated_logs
from sightline.services.live.spool_folder import SpoolFolder
from sightline.services.live.status import list_feeds
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from tests.office import combined_log
from tests.services.live.unit import LiveOffice
from tests.waits import wait_until

ONE, TWO, THREE, FOUR = (combined_log(200, start=1000 * number, hits_every=5) for number in range(4))


def append(log: Path, text: str) -> None:
    with log.open("a", encoding="utf-8") as stream:
        stream.write(text)


def settle(live: LiveOffice) -> None:
    """Let the clock of the file system go on, so that files are newer than those before."""
    probe = live.log.parent.parent / "probe"
    newest_ns = max((path.stat().st_mtime_ns for path in live.log.parent.iterdir()), default=0)

    def is_newer() -> bool:
        probe.write_bytes(b"")
        return probe.stat().st_mtime_ns > newest_ns

    wait_until(is_newer, "a newer time of a file")


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
    settle(live)
    append(live.log, THREE)
    assert live.watch_once().gaps == []
    live.watch_once()
    live.require_whole(ONE, TWO, THREE)


def test_several_rotations_while_nobody_watched(live: LiveOffice) -> None:
    append(live.log, ONE[:3000])
    live.watch_once()
    append(live.log, ONE[3000:])
    live.log.rename(live.log.with_name("access.log.2"))
    settle(live)
    live.log.with_name("access.log.1").write_text(TWO)
    settle(live)
    live.log.write_text(THREE)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE)


def test_rotation_by_copy_and_truncation(live: LiveOffice) -> None:
    append(live.log, ONE)
    live.watch_once()
    append(live.log, TWO)
    shutil.copyfile(live.log, live.log.with_name("access.log.1"))
    settle(live)
    os.truncate(live.log, 0)
    append(live.log, THREE)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE)


def test_a_log_removed_by_rotation_is_reported_as_a_gap(live: LiveOffice) -> None:
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


def begin(live: LiveOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that ends before it reads a line."""

    def end(_: GrowingFile) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(GrowingFile, "read", end)
        live.watch_once()


@pytest.mark.parametrize("how", ["renamed", "copied", "compressed"])
def test_a_log_rotated_before_the_first_part_is_read(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    live.log.with_name("access.log.1").write_text(THREE)
    settle(live)
    append(live.log, ONE)
    begin(live, monkeypatch)
    append(live.log, TWO)
    if how == "renamed":
        live.log.rename(live.log.with_name("access.log.2"))
    elif how == "copied":
        shutil.copyfile(live.log, live.log.with_name("access.log.2"))
        os.truncate(live.log, 0)
    else:
        live.log.with_name("access.log.2.gz").write_bytes(gzip.compress(live.log.read_bytes()))
        live.log.unlink()
    settle(live)
    append(live.log, FOUR)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, FOUR)


@pytest.mark.parametrize("is_there", [True, False])
def test_an_empty_log_rotated_before_the_first_part_is_read(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    if is_there:
        append(live.log, "")
    begin(live, monkeypatch)
    settle(live)
    append(live.log, ONE)
    shutil.copyfile(live.log, live.log.with_name("access.log.1"))
    settle(live)
    os.truncate(live.log, 0)
    append(live.log, TWO)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO)


def test_a_log_removed_before_the_first_part_is_reported_as_a_gap(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(live.log, ONE)
    begin(live, monkeypatch)
    live.log.unlink()
    append(live.log, TWO)
    (gap,) = live.watch_once().gaps
    assert "from byte 0 on" in gap
    live.require_whole(TWO)
    assert verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_files_that_are_renamed_while_they_are_listed_are_no_gap(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that was read while files were renamed lacks some. What it lacks is not lost."""
    append(live.log, ONE[: len(ONE) // 2])
    live.watch_once()
    append(live.log, ONE[len(ONE) // 2 :])
    live.log.rename(live.log.with_name("access.log.1"))
    append(live.log, TWO)
    find, renamed = list_rotated_logs, list[Path]()

    def find_and_rename(path: Path) -> list[Path]:
        found = find(path)
        if not renamed:
            for name, other in (("access.log.1", "access.log.2"), ("access.log", "access.log.1")):
                renamed.append(path.with_name(name).rename(path.with_name(other)))
            append(path, THREE)
        return found

    monkeypatch.setattr(growing_file, "list_rotated_logs", find_and_rename)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE)


def test_an_unfinished_or_unsupported_file_is_not_read_as_lines(live: LiveOffice) -> None:
    append(live.log, ONE)
    live.watch_once()
    settle(live)
    for name in ("access.log.1.gz.tmp", "access.log.swp", "access.log~", "access.log.1.zst"):
        live.log.with_name(name).write_bytes(bytes(range(256)) * 9)
    live.log.rename(live.log.with_name("access.log.2"))
    append(live.log, TWO)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO)
    # What is lost with a log that was packed so names it.
    append(live.log, THREE)
    live.log.unlink()
    append(live.log, FOUR)
    assert "not unpacked here: access.log.1.zst" in live.watch_once().gaps[0]


def packed(text: str, share: float) -> bytes:
    """The first bytes of a packed text."""
    whole = gzip.compress(text.encode())
    return whole[: int(len(whole) * share)]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("is_half_read", [True, False])
def test_a_packed_file_that_is_being_written_is_waited_for(
    live: LiveOffice, share: float, *, is_half_read: bool
) -> None:
    append(live.log, ONE)
    live.watch_once()
    if is_half_read:
        append(live.log, TWO)
    live.log.unlink()
    rotated = live.log.with_name("access.log.1.gz")
    rotated.write_bytes(packed(ONE + TWO, share))
    settle(live)
    append(live.log, THREE)
    for _ in range(2):
        assert live.watch_once().gaps == []
    read = sum(part.until_offset - part.first_offset for part in live.parts())
    live.require_whole((ONE + TWO)[:read])
    assert read < len(ONE + TWO), "nothing behind it is read"
    rotated.write_bytes(packed(ONE + TWO, 1))
    settle(live)
    append(live.log, FOUR)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, TWO, THREE, FOUR)


@pytest.mark.parametrize("damage", ["cut", "altered", "empty"])
def test_a_packed_file_that_stays_damaged_is_a_gap_and_the_watch_goes_on(
    live: LiveOffice, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(live.log, ONE)
    live.watch_once()
    live.log.rename(live.log.with_name("access.log.2"))
    settle(live)
    content = packed(TWO, 0.05)
    if damage == "altered":
        content = content[:100] + bytes(100) + packed(TWO, 1)[200:]
    live.log.with_name("access.log.1.gz").write_bytes(b"" if damage == "empty" else content)
    settle(live)
    append(live.log, THREE)
    assert live.watch_once().parts == 0
    monkeypatch.setattr(packed_logs, "WAIT_S", 0.0)
    (gap,) = live.watch_once().gaps
    assert gap.startswith(f"{live.log}: access.log.1.gz is damaged from byte 0 on, and was left out (")
    live.require_whole(ONE, THREE)
    (feed,) = list_feeds(live.office.io)
    assert Alarm.GAP in feed.alarms
    assert verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings == []
    append(live.log, FOUR)
    assert live.watch_once().gaps == []
    live.require_whole(ONE, THREE, FOUR)


def test_the_intact_beginning_of_a_damaged_packed_file_is_read(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_logs, "WAIT_S", 0.0)
    append(live.log, ONE)
    live.watch_once()
    live.log.unlink()
    large = "".join(combined_log(200, start=1000 * number, hits_every=5) for number in range(40, 80))
    live.log.with_name("access.log.1.gz").write_bytes(packed(ONE + large, 0.9))
    settle(live)
    append(live.log, THREE)
    (gap,) = live.watch_once().gaps
    read = sum(part.until_offset - part.first_offset for part in live.parts()) - len(ONE) - len(THREE)
    assert 0 < read < len(large)
    assert f"access.log.1.gz is damaged from byte {len(ONE) + read} on" in gap
    live.require_whole(ONE, large[:read], THREE)


def test_a_file_that_vanishes_from_a_spool_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "log"
    live = LiveOffice.found(tmp_path, spool)
    for number, text in enumerate((ONE, TWO, THREE)):
        (spool / f"{number}.log").write_text(text)
    list_names = SpoolFolder._list_names

    def list_and_lose(folder: SpoolFolder) -> list[str]:
        found = list_names(folder)
        (spool / "1.log").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(SpoolFolder, "_list_names", list_and_lose)
    live.watch_once()
    live.require_whole(ONE, THREE)


def test_a_spool_of_many_files_is_not_listed_for_each_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing ten thousand files for each of them takes longer than reading them."""
    listed, scandir = list[Path](), os.scandir
    for number in range(40):
        (tmp_path / f"{number:02}.log").write_text(f"{number}\n")

    def note_and_list(path: Path) -> Any:
        listed.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", note_and_list)
    folder, read = SpoolFolder(tmp_path, 1 << 12), []
    while (piece := folder.read()) is not None:
        read.append(piece.content.decode())
        folder.accept(piece)
        if len(read) == 20:
            (tmp_path / "later.log").write_text("later\n")
    assert read == [*(f"{number}\n" for number in range(40)), "later\n"]
    assert len(listed) == 3 and list(tmp_path.iterdir()) == []


def test_a_log_that_became_something_else_is_refused_and_read_on_when_it_is_back(tmp_path: Path) -> None:
    live = LiveOffice.found(tmp_path)
    live.log.write_text(ONE)
    live.watch_once()
    aside = live.log.rename(tmp_path / "aside")
    live.log.mkdir()
    with pytest.raises(UsageError, match="it was watched as a log, and is a folder now"):
        live.watch_once()
    live.log.rmdir()
    os.mkfifo(live.log)
    with pytest.raises(DamagedInput, match=r"access\.log: it is no regular file"):
        live.watch_once()
    live.log.unlink()
    live.log.symlink_to(live.log.name)
    with pytest.raises(DamagedInput, match="symbolic links"):
        live.watch_once()
    live.log.unlink()
    aside.rename(live.log)
    live.log.with_name("access.log.7").symlink_to("access.log.7")
    os.mkfifo(live.log.with_name("access.log.8"))
    append(live.log, TWO)
    live.watch_once()
    live.require_whole(ONE, TWO)


def test_a_spool_folder_reads_the_oldest_first_and_only_closed_files(tmp_path: Path) -> None:
    for name, written_s in (("b.log", 2), ("a.log", 2), ("c.log", 1), (".d.log", 0), ("e.log.tmp", 0)):
        (tmp_path / name).write_text(f"{name}\n")
        os.utime(tmp_path / name, (written_s, written_s))
    (tmp_path / "loop.log").symlink_to("loop.log")
    (tmp_path / "folder.log").mkdir()
    os.mkfifo(tmp_path / "pipe.log")
    feed, read = SpoolFolder(tmp_path, 1 << 12), []
    assert feed.count_waiting_bytes() == 18
    while (piece := feed.read()) is not None:
        read.append(piece.content.decode())
        feed.accept(piece)
    assert read == ["c.log\n", "a.log\n", "b.log\n"] and feed.count_waiting_bytes() == 0


def test_a_count_of_waiting_bytes_that_took_long_is_used_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_folder, "LONG_S", -1.0)
    monkeypatch.setattr(spool_folder, "COUNT_EACH", 1e9)
    feed = SpoolFolder(tmp_path, 1 << 12)
    assert feed.count_waiting_bytes() == 0
    (tmp_path / "a.log").write_text("one\n")
    assert feed.count_waiting_bytes() == 0 and SpoolFolder(tmp_path, 1 << 12).count_waiting_bytes() == 4
