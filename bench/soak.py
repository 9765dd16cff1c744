"""Run a watch for a long time at a low rate, and report whether anything grows: `python -m bench.soak --minutes 60`.

A process of its own watches a log that is rotated by rename and compressed, a log that is copied and truncated, and a
spool folder. Leads are rebuilt as hits come. Another process writes, and samples what the watch uses.

With `--simulated`, time is simulated: the next step is written when the watch would wait, so that an hour of steps
takes as long as the work for it. Latency is then that of the work alone.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

from tests.office import combined_log
from tests.services.live.unit import LiveOffice

from bench.hit_pairs import HitPairs, NewHits
from sightline.services.live.watch import WatchTotals, watch
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage.rows import FeedPart, Run

ADDRESSES = 500
"""How many addresses make the flagged visits, in turn: they are not more and more leads."""
MOST_GROWTH = 1.05
"""How much larger the last quarter's memory may be than the second's; the first one warms up."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the watch uses at one moment. `store_bytes`: of the workspace, which keeps what was registered."""

    at_s: float
    rss_bytes: int
    open_files: int
    threads: int
    scratch_bytes: int
    waiting_bytes: int
    store_bytes: int
    parts: int
    rebuilds: int
    latency_s: float


@dataclass(slots=True)
class Writer:
    """Writes the inputs of a feed. `written_s`: when each flagged line was written."""

    folder: Path
    lines: int = 0
    written_s: list[float] = field(default_factory=list)
    _steps: int = 0
    _rotations: int = 0

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Return the logs and the spool folder."""
        return self.folder / "renamed.log", self.folder / "copied.log", self.folder / "spool"

    def step(self, rate: int, hits_each: int, rotate_each: int) -> None:
        """Write one step's lines to each log, now and then a spool file, and rotate at times."""
        renamed, copied, spool = self.inputs
        if self._steps and self._steps % rotate_each == 0:
            self._rotate(renamed, copied)
        for log in (renamed, copied):
            with log.open("a") as stream:
                stream.write(self._text(rate, is_flagged=self._steps % hits_each == 0))
        if self._steps % 10 == 0:
            beside = spool / f".{self._steps}"
            beside.write_text(self._text(rate, is_flagged=True))
            beside.rename(spool / f"{self._steps:08}.log")
        self._steps += 1

    def _text(self, rate: int, *, is_flagged: bool) -> str:
        other = combined_log(rate, start=self.lines + 1, hits_every=1 << 40)
        self.lines += rate
        if not is_flagged:
            return other
        number = len(self.written_s)
        self.lines += 1
        self.written_s.append(time.monotonic())
        line = combined_log(1).replace("2001:db8::0", f"198.51.{100 + number % ADDRESSES // 250}.{number % 250}")
        return other + line.replace("/room/0", f"/room/{number}")

    def _rotate(self, renamed: Path, copied: Path) -> None:
        """Rename one log and compress the one that was renamed before; copy and truncate the other."""
        self._rotations += 1
        name = f"{self._rotations:06}"
        before = renamed.with_name(f"{renamed.name}.{self._rotations - 1:06}")
        if before.exists():
            with gzip.open(packing := before.with_name(f".{before.name}"), "wb") as stream:
                stream.write(before.read_bytes())
            packing.rename(before.with_name(f"{before.name}.gz"))
            before.unlink()
        renamed.rename(renamed.with_name(f"{renamed.name}.{name}"))
        shutil.copy(copied, copied.with_name(f"{copied.name}.{name}"))
        os.truncate(copied, 0)
        for log in (renamed, copied):
            for old in sorted(self.folder.glob(f"{log.name}.*"))[:-3]:
                old.unlink()


def watch_into(live: LiveOffice, log: Path, stop: Event) -> None:
    """Watch until `stop` is set. The totals are appended to a file after each part and rebuild, with its new hits."""
    with log.open("a", buffering=1) as stream:
        hits, rebuilds = NewHits(live.office.workspace), 0

        def tell(totals: WatchTotals) -> None:
            nonlocal rebuilds
            found = {name: getattr(totals, name) for name in ("parts", "lines", "hits", "rebuilds", "gaps")}
            at_s = time.monotonic()
            is_rebuilt, rebuilds = totals.rebuilds > rebuilds, totals.rebuilds
            numbers = hits.read_numbers() if is_rebuilt else []
            stream.write(json.dumps({"at_s": at_s, **found, "numbers": numbers}) + "\n")

        watch(live.office.io, live.request, tell, stop)


def start_watch(live: LiveOffice, log: Path) -> int:
    """Return the process that watches, until it gets SIGTERM."""
    child = os.fork()
    if child:
        return child
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        watch_into(live, log, stop)
    finally:
        os._exit(0)
    return child


@dataclass(slots=True)
class Totals:
    """What the watch wrote of itself, read as it grows."""

    path: Path
    last: dict[str, Any] = field(default_factory=dict)
    pairs: HitPairs = field(default_factory=HitPairs)
    _offset: int = 0

    @property
    def taken_s(self) -> list[float]:
        """Return how long each flagged line took, in the order in which leads had them."""
        return list(self.pairs.taken_s.values())

    def read(self, written_s: Sequence[float]) -> None:
        """Read what is new. A flagged line is done once its own hit is in a generation of leads."""
        if not self.path.exists():
            return
        with self.path.open() as stream:
            stream.seek(self._offset)
            text = stream.read()
        whole = text[: text.rfind("\n") + 1]
        self._offset += len(whole.encode())
        for line in whole.splitlines():
            self.last = json.loads(line)
            self.pairs.add(self.last["numbers"], self.last["at_s"], written_s)


def size_of(*folders: Path) -> int:
    """Return the bytes of all files in folders."""
    found = 0
    for folder in folders:
        # A folder that the watch deletes meanwhile has no bytes.
        for parent, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    found += os.lstat(f"{parent}/{name}").st_blocks * 512
    return found


def sample(child: int, folder: Path, totals: Totals, begun_s: float, since: int) -> Sample:
    """Return what the watch uses now. Latency is the median since so many flagged lines."""
    about = Path(f"/proc/{child}/status").read_text()
    values = dict(line.split(":", 1) for line in about.splitlines() if ":" in line)
    latest = totals.taken_s[since:] or [0.0]
    return Sample(
        round(time.monotonic() - begun_s, 1),
        int(values["VmRSS"].split()[0]) * 1024,
        len(list(Path(f"/proc/{child}/fd").iterdir())),
        int(values["Threads"]),
        size_of(folder / "scratch"),
        size_of(folder / "feed" / "spool"),
        size_of(folder / "workspace"),
        int(totals.last.get("parts", 0)),
        int(totals.last.get("rebuilds", 0)),
        round(statistics.median(latest), 3),
    )


class SimulatedTime(Event):
    """Writes the next step whenever the watch has nothing to do, and stops it after the last one."""

    def __init__(self, steps: int, step: Callable[[int], None]) -> None:
        super().__init__()
        self._steps, self._step, self._done = steps, step, 0

    def wait(self, _timeout: float | None = None) -> bool:
        """Let a step of time pass."""
        if self._done == self._steps:
            self.set()
            return True
        self._step(self._done)
        self._done += 1
        return False


def quarters(samples: Sequence[Sample], name: str) -> list[float]:
    """Return the medians of a value in the four quarters of the time."""
    length = max(1, len(samples) // 4)
    return [statistics.median(getattr(one, name) for one in samples[at * length :][:length]) for at in range(4)]


def soak(folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    """Run the watch and its writer, and return what was measured. Raises AssertionError if a line is lost."""
    (folder / "scratch").mkdir()
    tempfile.tempdir = str(folder / "scratch")
    writer = Writer(folder / "feed")
    (folder / "feed" / "spool").mkdir(parents=True)
    live = LiveOffice.found(folder)
    live = replace(live, request=replace(live.request, inputs=writer.inputs, pause_s=0.2, makes_leads=True))
    totals = Totals(folder / "totals.jsonl")
    run = simulate if arguments.simulated else run_for_real
    samples = run(live, writer, totals, folder, arguments)
    totals.read(writer.written_s)
    return describe(live, writer, totals, samples)


def run_for_real(
    live: LiveOffice, writer: Writer, totals: Totals, folder: Path, arguments: argparse.Namespace
) -> list[Sample]:
    """Write beside a watch in a process of its own, by the clock. Return the samples."""
    child = start_watch(live, totals.path)
    begun_s, samples, since = time.monotonic(), list[Sample](), 0
    next_step_s, next_sample_s = begun_s + 5, begun_s + arguments.sample
    while time.monotonic() < begun_s + 60 * arguments.minutes:
        time.sleep(max(0.0, next_step_s - time.monotonic()))
        writer.step(arguments.rate, arguments.hits_each, arguments.rotate_each)
        next_step_s += arguments.step
        if time.monotonic() >= next_sample_s:
            next_sample_s += arguments.sample
            totals.read(writer.written_s)
            samples.append(sample(child, folder, totals, begun_s, since))
            since = len(totals.taken_s)
            print(json.dumps(asdict(samples[-1])), file=sys.stderr, flush=True)
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    return samples


def simulate(
    live: LiveOffice, writer: Writer, totals: Totals, folder: Path, arguments: argparse.Namespace
) -> list[Sample]:
    """Watch here, and write a step whenever nothing is left to do. Return the samples, by simulated time."""
    samples, since = list[Sample](), [0]
    for log in writer.inputs[:2]:
        log.touch()

    def step(number: int) -> None:
        if number and number * arguments.step % arguments.sample < arguments.step:
            totals.read(writer.written_s)
            now = sample(os.getpid(), folder, totals, 0.0, since[0])
            samples.append(replace(now, at_s=number * arguments.step))
            since[0] = len(totals.taken_s)
            print(json.dumps(asdict(samples[-1])), file=sys.stderr, flush=True)
        writer.step(arguments.rate, arguments.hits_each, arguments.rotate_each)

    watch_into(live, totals.path, SimulatedTime(int(60 * arguments.minutes / arguments.step), step))
    return samples


def describe(live: LiveOffice, writer: Writer, totals: Totals, samples: Sequence[Sample]) -> dict[str, object]:
    """Compare what was written with what was registered, and the quarters of the time with each other."""
    # What was written after the last look of the watch is read now.
    live.watch_once()
    all_hits, written = HitPairs(), len(writer.written_s)
    all_hits.add(NewHits(live.office.workspace).read_numbers(), None, writer.written_s)
    with live.office.workspace.read() as tables:
        parts, hits = tables[FeedPart].select(), sum(run.hits for run in tables[Run].select())
    lines = sum(part.lines for part in parts)
    gaps = [part.gap for part in parts if part.gap]
    findings = verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings
    taken = sorted(totals.taken_s)
    names = ("rss_bytes", "open_files", "threads", "scratch_bytes", "waiting_bytes", "latency_s")
    found = {name: quarters(samples, name) for name in names}
    memory = found["rss_bytes"]
    return {
        "minutes": samples[-1].at_s / 60,
        "lines": [writer.lines, lines],
        "hits": [written, hits],
        "lost": all_hits.list_lost(written),
        "doubled": all_hits.list_doubled(written),
        "gaps": gaps,
        "findings_of_verify": [str(finding) for finding in findings],
        "parts": len(parts),
        "rebuilds": samples[-1].rebuilds,
        "quarters": found,
        "store_bytes_a_part": (samples[-1].store_bytes - samples[0].store_bytes)
        / max(1, samples[-1].parts - samples[0].parts),
        "latency_p50_s": taken[len(taken) // 2],
        "latency_p99_s": taken[len(taken) * 99 // 100],
        "memory_growth": memory[3] / memory[1],
        "does_not_grow": memory[3] <= MOST_GROWTH * memory[1] and found["open_files"][3] <= found["open_files"][1],
    }


def main() -> int:
    """Soak, and print one JSON object. Each sample is printed to standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--simulated", action="store_true", help="minutes are simulated")
    parser.add_argument("--rate", type=int, default=20, help="lines a step, for each log")
    parser.add_argument("--step", type=float, default=1.0, help="seconds between two steps of the writer")
    parser.add_argument("--hits-each", type=int, default=10, help="steps between two flagged lines of a log")
    parser.add_argument("--rotate-each", type=int, default=120, help="steps between two rotations")
    parser.add_argument("--sample", type=float, default=30, help="seconds between two samples")
    with tempfile.TemporaryDirectory(prefix="sightline-soak-") as folder:
        found = soak(Path(folder), parser.parse_args())
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write("\n")
    is_whole = not (found["gaps"] or found["lost"] or found["doubled"])
    return 0 if found["does_not_grow"] and is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
