"""Commands timed in turn: one round runs each once, so that what slows the machine slows all."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CLOCK = Path(__file__).parent / "clock.py"

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took; `cpu_seconds` of all its processors together, `peak_bytes` of the largest process in it."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(command: Command) -> Run:
    """Run a command in a process of its own. Raises RuntimeError with its last words where it fails."""
    asked = [sys.executable, "-I", "-S", CLOCK, *command]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return Run(**json.loads(done.stdout))


def in_turn(contestants: Mapping[str, Callable[[], float]], runs: int) -> dict[str, float]:
    """Median seconds of each, over so many rounds."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(runs):
        for name, contestant in contestants.items():
            taken[name].append(contestant())
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def warm(*paths: Path) -> None:
    """Read files once, so that all who follow find them in the page cache."""
    for path in paths:
        with path.open("rb", buffering=0) as stream:
            while stream.read(1 << 22):
                pass
