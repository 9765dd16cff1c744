"""Worlds of both generators made, run and graded, one process each, and the sums of what they gave."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sightline.exercise.faults import FAULTS, ROWS

Counts = dict[str, int]
Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is: sessions a world, the share of reply rows with a fault, and how many worlds run at once."""

    sessions: int
    faulty: float
    at_once: int


@dataclass(frozen=True, slots=True)
class World:
    """One world to run: which generator makes it, and its seed."""

    generator: str
    seed: int


@dataclass(frozen=True, slots=True)
class Sum:
    """What all worlds of one generator gave together.

    `whole`, `naive`, `misled`, `resolutions`: counts by name. Each fault has counts of its own.
    """

    seeds: tuple[int, ...]
    whole: Counts
    naive: Counts
    misled: Counts
    resolutions: Counts
    by_fault: dict[str, Counts]
    traceless: dict[str, Counts]
    seconds: float
    peak_bytes: int


def row_faults(faulty: float) -> dict[str, float]:
    """Return the shares of faults of reply rows, in their usual proportion, that are `faulty` together.

    Those that leave no trace keep their usual share: how often they occur says nothing of a reader.
    """
    traceless = {name: FAULTS[name].share for name in ROWS if FAULTS[name].traceless}
    usual = {name: FAULTS[name].share for name in ROWS if not FAULTS[name].traceless}
    if faulty == 0:
        return dict.fromkeys(ROWS, 0.0)
    scale = max(0.0, faulty - sum(traceless.values())) / sum(usual.values())
    return {name: round(share * scale, 6) for name, share in usual.items()} | traceless


def commands(world: World, size: Size) -> list[str]:
    """Return the command that makes, runs and grades a world, and prints its grade as JSON."""
    common = ["--sessions", str(size.sessions), "--seed", str(world.seed), "--json"]
    if world.generator == "field":
        return ["bench.attribution.field", *common, "--faulty", str(size.faulty)]
    faults = [f"--fault={name}={share}" for name, share in row_faults(size.faulty).items()]
    return ["sightline", "exercise", "benchmark", *common, "--quiet", *faults]


def measure(worlds: Sequence[World], size: Size, tell: Callable[[str], object]) -> list[Found]:
    """Run all worlds, some at once, and return their grades in order."""
    with ThreadPoolExecutor(size.at_once) as pool:
        return list(pool.map(lambda world: _measured(world, size, tell), worlds))


def _measured(world: World, size: Size, tell: Callable[[str], object]) -> Found:
    tell(f"{world.generator} world, seed {world.seed}: begun")
    command = [sys.executable, "-W", "ignore", "-m", *commands(world, size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found: Found = json.loads(done.stdout.splitlines()[-1])
    tell(f"{world.generator} world, seed {world.seed}: {_headline(world, found)}")
    return found


def _headline(world: World, found: Found) -> str:
    if world.generator == "field":
        counts = found["counts"]
        return f"{counts.get('wrong-traced', 0)} wrong, {counts.get('mixed-traced', 0)} mixed"
    return f"{found['wrong_subscribers']} wrong, {found['mixed_subscribers']} mixed"


def exercise_sum(seeds: Sequence[int], found: Sequence[Found]) -> Sum:
    """Return the sum of grades of `sightline exercise benchmark`."""
    real = [one["resolutions"] for one in found]
    return Sum(
        tuple(seeds),
        add(_numbers(one) for one in found),
        add(_numbers(one["naive"]) for one in found),
        add(_numbers(one["traceless"]) for one in found),
        add(_numbers(one) for one in real),
        _by_name([_merged(one["by_fault"], some["by_fault"]) for one, some in zip(found, real, strict=True)]),
        _by_name([_merged(one["traceless"], some["traceless"]) for one, some in zip(found, real, strict=True)]),
        max(one["seconds"] for one in found),
        max(one["peak_bytes"] for one in found),
    )


def field_sum(seeds: Sequence[int], found: Sequence[Found]) -> Sum:
    """Return the sum of grades of field worlds."""
    counts = add(one["counts"] for one in found)
    return Sum(
        tuple(seeds),
        counts,
        {},
        {},
        add(one.get("crossed", {}) for one in found),
        _by_name([one["by_fault"] for one in found]),
        {},
        max(one["seconds"] for one in found),
        max(one.get("peak_bytes", 0) for one in found),
    )


def _merged(leads: Found, replies: Found) -> dict[str, Counts]:
    """The counts of each fault: those of its leads, and those of its replies, which have the wrong ones."""
    known = {name: _numbers(one) for name, one in leads.items() if isinstance(one, dict)}
    return {name: known.get(name, {}) | _numbers(replies.get(name, {})) for name in [*known, *replies]}


def _numbers(found: Found) -> Counts:
    return {name: value for name, value in found.items() if isinstance(value, int)}


def _by_name(rows: Sequence[dict[str, Counts]]) -> dict[str, Counts]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: add(row.get(name, {}) for row in rows) for name in names}


def add(rows: Iterable[Counts]) -> Counts:
    """Return the sum of counts, by name."""
    whole: Counts = {}
    for row in rows:
        for name, count in row.items():
            whole[name] = whole.get(name, 0) + count
    return whole
