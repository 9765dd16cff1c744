"""Worlds made, run and graded, one process each, so that memory is each one's own; and their sum."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ADDED = (
    "sessions leads missed invented statistics_leaks subscribers_named wrong_subscribers resolvable resolved"
    " ceilings_too_high ceilings_too_low places_nameable places_named places_named_of_nameable places_wrong tor_covered"
    " tor_missed automation automation_recognised accidents accidents_recognised"
).split()
Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Sum:
    """What all worlds together gave. Faults: sessions, ceilings too high and low, missed, wrong lines.

    `resolutions`: what real replies gave; empty where no notice was sent.
    """

    sessions: int
    seeds: tuple[int, ...]
    whole: Counts
    naive: Counts
    by_fault: dict[str, Counts]
    traceless: dict[str, Counts]
    misled: Counts
    resolutions: Counts
    seconds: float
    peak_bytes: int


def benchmark(sessions: int, seed: int) -> dict[str, Any]:
    """The JSON of `sightline exercise benchmark`."""
    words = ("exercise", "benchmark", "--sessions", str(sessions), "--seed", str(seed), "--json", "--quiet")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "sightline", *words], check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def added(found: Sequence[dict[str, Any]], sessions: int, seeds: Sequence[int]) -> Sum:
    """The sum of several grades."""
    faults = [one["by_fault"] for one in found]
    lost = [{name: of for name, of in one["traceless"].items() if isinstance(of, dict)} for one in found]
    misled = [{name: of for name, of in one["traceless"].items() if isinstance(of, int)} for one in found]
    return Sum(
        sessions,
        tuple(seeds),
        _sum([{name: one[name] for name in ADDED} for one in found]),
        _sum([one["naive"] for one in found]),
        {name: _sum([one[name] for one in faults if name in one]) for name in _names(faults)},
        {name: _sum([one[name] for one in lost if name in one]) for name in _names(lost)},
        _sum(misled),
        _sum([_numbers(one.get("resolutions") or {}) for one in found]),
        max(one["seconds"] for one in found),
        max(one["peak_bytes"] for one in found),
    )


def _numbers(found: dict[str, Any]) -> Counts:
    return {name: value for name, value in found.items() if isinstance(value, int)}


def _names(some: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for one in some for name in one))


def _sum(rows: Sequence[Counts]) -> Counts:
    return {name: sum(row.get(name, 0) for row in rows) for name in _names(rows)}
