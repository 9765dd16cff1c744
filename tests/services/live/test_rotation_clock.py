"""A log that is rotated while its clock is set back or stands still, and watches that are killed anywhere."""

from __future__ import annotations

import gzip
import os
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from sightline.ledger.instants import to_microseconds
from sightline.services.live import packed_logs
from sightline.services.live.growing_file import GrowingFile
from sightline.services.live.read_positions import ReadPosition
from sightline.services.live.status import FeedWatcher
from sightline.services.live.watch import watch
from sightline.services.scan.live_status import Watcher
from tests.office import combined_log, now
from tests.services.live.test_growing_file import append
from tests.services.live.unit import LiveOffice, UntilIdle

SECOND_NS = 1_000_000_000
STEPS = 60


@dataclass(slots=True)
class RotatedLog:
    """A log with a writer, a rotation in steps, and a watch, whose memory of parts survives its kills."""

    folder: Path
    dice: random.Random
    clock: str
    packing: str
    now_ns: int = 1_700_000_000 * SECOND_NS
    lines: int = 0
    written: bytes = b""
    read: bytes = b""
    steps: list[tuple[Path, Path]] = field(default_factory=list)
    places: list[ReadPosition] = field(default_factory=list)
    feed: GrowingFile | None = None
    read_ns: int = 0

    @property
    def log(self) -> Path:
        return self.folder / "access.log"

    def tick(self) -> None:
        if self.clock == "set back" and self.dice.random() < 0.15:
            self.now_ns -= self.dice.randrange(1, 50) * SECOND_NS
        elif self.clock == "whole seconds":
            self.now_ns += self.dice.choice([0, 0, 0, SECOND_NS])
        else:
            self.now_ns += self.dice.randrange(1, SECOND_NS)

    def append(self) -> None:
        self.tick()
        count = self.dice.randrange(1, 30)
        text = b"".join(b"line %d\n" % number for number in range(self.lines, self.lines + count))
        self.lines += count
        self.written += text
        with self.log.open("ab") as stream:
            stream.write(text)
        os.utime(self.log, ns=(self.now_ns, self.now_ns))

    def rotate(self) -> None:
        """Plan the steps of a rotation: each numbered file moves on by one, the oldest first, and then the log."""
        numbers = {int(path.name.split(".")[2]): path for path in self.folder.glob("access.log.*")}
        for number in sorted(numbers, reverse=True):
            ends = "".join(numbers[number].suffixes[2:])
            self.steps.append((numbers[number], self.folder / f"access.log.{number + 1}{ends}"))
        first = self.folder / "access.log.1"
        self.steps.append((self.log, first))
        if self.packing and self.dice.random() < 0.5:
            self.steps.extend([(first, first.with_name("access.log.1.gz"))] * 2)

    def step(self) -> None:
        self.tick()
        old, new = self.steps.pop(0)
        if new.suffix != ".gz" or old.suffix == ".gz":
            old.rename(new)
            return
        # What is half of it has the time of the original already, as the whole will.
        packed, about = gzip.compress(old.read_bytes()), old.stat()
        is_whole = new.exists()
        new.write_bytes(packed if is_whole else packed[: self.dice.randrange(1, len(packed))])
        made_ns = about.st_mtime_ns if self.packing == "keeps the time" else self.now_ns
        os.utime(new, ns=(made_ns, made_ns))
        if is_whole:
            old.unlink()

    def look(self) -> None:
        """Let the watch read some parts. Before, it may be killed."""
        if self.feed is None or self.dice.random() < 0.3:
            self.feed = GrowingFile(self.log, self.dice.choice([512, 4096]), self.places, self.read_ns)
        for start in self.feed.find_starts():
            self.feed.begin(start, self.now_ns // 1000)
            self.places.append(start.place)
            self.read_ns = self.now_ns
        for _ in range(self.dice.choice([1, 1, 3, 50])):
            if (piece := self.feed.read()) is None:
                return
            assert piece.gap is None
            self.read += piece.content
            self.places.append(piece.place)
            self.read_ns = self.now_ns
            self.feed.accept(piece)

    def run(self) -> None:
        self.look()
        for _ in range(STEPS):
            number = self.dice.random()
            if self.steps and number < 0.5:
                self.step()
            elif number < 0.75:
                self.append()
            elif number < 0.85 and not self.steps and self.log.exists():
                self.rotate()
            else:
                self.look()
        while self.steps:
            self.step()
        self.append()
        for _ in range(60):
            self.look()


@pytest.mark.parametrize("packing", ["", "keeps the time", "takes its own time"])
@pytest.mark.parametrize("clock", ["goes on", "whole seconds", "set back"])
def test_every_line_is_read_once_and_in_order_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: str, packing: str
) -> None:
    monkeypatch.setattr(packed_logs, "WAIT_S", 1e9)
    for seed in range(12):
        folder = tmp_path / str(seed)
        folder.mkdir()
        log = RotatedLog(folder, random.Random(seed), clock, packing)
        log.run()
        assert log.read.splitlines() == log.written.splitlines(), seed


def test_files_that_were_there_before_a_log_was_begun_are_not_read_after_its_clock_is_set_back(tmp_path: Path) -> None:
    """They are registered with the start. So a watch that is killed before its first part knows them."""
    log = tmp_path / "access.log"
    for name, text in (("access.log.1", b"before 1\n"), ("access.log.2", b"before 2\n"), ("access.log", b"one\n")):
        (tmp_path / name).write_bytes(text)
    feed = GrowingFile(log, 4096)
    places = [start.place for start in feed.find_starts()]
    for number in (2, 1):
        (tmp_path / f"access.log.{number}").rename(tmp_path / f"access.log.{number + 1}")
    log.rename(tmp_path / "access.log.1")
    log.write_bytes(b"two\n")
    os.utime(tmp_path / "access.log.1", ns=(SECOND_NS, SECOND_NS))
    feed = GrowingFile(log, 4096, places, SECOND_NS * 2)
    read = []
    while (piece := feed.read()) is not None:
        read.append((piece.content, piece.gap))
        feed.accept(piece)
    assert read == [(b"one\n", None), (b"two\n", None)]


@pytest.mark.parametrize("is_newer_larger", [False, True])
def test_files_that_were_read_say_what_numbers_mean(tmp_path: Path, *, is_newer_larger: bool) -> None:
    """Some programs give the newest file the largest number."""
    log = tmp_path / "access.log"
    log.write_bytes(b"line 0\n")
    places: list[ReadPosition] = []
    read = b""
    for turn in range(1, 8):
        if turn % 3 == 0:
            feed = GrowingFile(log, 4096, places)
            for start in feed.find_starts():
                places.append(start.place)
                feed.begin(start, 0)
            while (piece := feed.read()) is not None:
                assert piece.gap is None
                read += piece.content
                places.append(piece.place)
                feed.accept(piece)
        for number in [] if is_newer_larger else range(turn - 1, 0, -1):
            (tmp_path / f"access.log.{number}").rename(tmp_path / f"access.log.{number + 1}")
        log.rename(tmp_path / f"access.log.{turn if is_newer_larger else 1}")
        log.write_bytes(b"line %d\n" % turn)
        os.utime(log, ns=((99 - turn) * SECOND_NS, (99 - turn) * SECOND_NS))
    feed = GrowingFile(log, 4096, places)
    while (piece := feed.read()) is not None:
        read += piece.content
        feed.accept(piece)
    assert read == b"".join(b"line %d\n" % turn for turn in range(8)).removeprefix(b"line 0\nline 1\n")


@pytest.mark.parametrize("is_newer_larger", [False, True])
def test_a_file_that_was_read_and_is_packed_later_is_not_read_again(tmp_path: Path, *, is_newer_larger: bool) -> None:
    """A program that packs without keeping the time leaves the packed file newer than the next one."""
    log, places, read = tmp_path / "access.log", list[ReadPosition](), b""
    for turn in range(5):
        log.write_bytes(b"line %d\n" % turn)
        os.utime(log, ns=(turn * SECOND_NS, turn * SECOND_NS))
        feed = GrowingFile(log, 4096, places)
        for start in feed.find_starts():
            places.append(start.place)
            feed.begin(start, 0)
        while (piece := feed.read()) is not None:
            read += piece.content
            places.append(piece.place)
            feed.accept(piece)
        before = tmp_path / f"access.log.{turn if is_newer_larger else 1}"
        if before.exists():
            packed = before.with_name(f"access.log.{turn if is_newer_larger else turn + 1}.gz")
            packed.write_bytes(gzip.compress(before.read_bytes()))
            os.utime(packed, ns=(99 * SECOND_NS, 99 * SECOND_NS))
            # Its inode stays in use, as that of any file would that was made meanwhile.
            before.rename(tmp_path / f"other-{turn}")
        log.rename(tmp_path / f"access.log.{turn + 1 if is_newer_larger else 1}")
    assert read == b"".join(b"line %d\n" % turn for turn in range(5))


def test_parts_that_come_after_a_clock_was_set_back_are_seen_at_once(tmp_path: Path) -> None:
    """No entry of the ledger is before the last one, and parts have its time."""
    live = LiveOffice.found(tmp_path)
    append(live.log, combined_log(20))
    live.watch_once()
    feeds, exhibits = FeedWatcher(), Watcher()
    now_us = to_microseconds(now())
    with live.office.workspace.read() as tables:
        (before,) = feeds.look(tables, now_us)
        assert len(exhibits.look(tables, now_us).came) == before.parts
    append(live.log, combined_log(20, start=3000))
    officer_session = replace(live.office.io, clock=lambda: now() - timedelta(minutes=10))
    assert watch(officer_session, live.request, lambda _totals: None, UntilIdle()).parts
    with live.office.workspace.read() as tables:
        (after,) = feeds.look(tables, now_us)
        assert after.parts == len(live.parts()) > before.parts
        assert len(exhibits.look(tables, now_us).came) == after.parts
