"""Bars 3 and 7, and memory: what a longer list costs, how fast Sightline starts, how much it holds."""

from __future__ import annotations

import json
import statistics
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.bars import Bar, Race, Report
from bench.inputs import SIGHTLINE, WORK, Inputs
from bench.runs import in_turn, warm
from bench.scans import OUT, seconds, sightline
from sightline.stages.lists.trust import read_trusted_keys
from sightline.stages.scan import kernel

MILLION = 1_000_000
MEMORY_THREADS = 2
STARTS = 20
MEGABYTE = 1_000_000


def lists(inputs: Inputs) -> Report:
    """Bar 3: the shortest list beside the longest, and what the longest takes and costs to open and compile."""
    least, *_, most = inputs.size.names
    contestants: dict[str, Callable[[], float]] = {
        "Sightline": lambda: sightline(inputs, [inputs.log], least).seconds,
        f"{most:,} names": lambda: sightline(inputs, [inputs.log], most).seconds,
    }
    compiled = [inputs.compiled(count) for count in (least, most)]
    warm(*compiled, inputs.log)
    taken = in_turn(contestants, inputs.size.runs)
    compile_one: list[str | Path] = [
        SIGHTLINE,
        "lists",
        "compile",
        inputs.names(MILLION),
        "--trust",
        inputs.key,
        "--overwrite",
    ]
    took = [seconds([*compile_one, "--out", WORK / "compiled.out"]) for _ in range(3)]
    bars = [
        Bar("3", f"{most:,} names beside {least:,}", taken[f"{most:,} names"] / taken["Sightline"], 1.5, "times"),
        Bar("3", f"probe index, {most:,} names", index_bytes(compiled[1]) / most, 16, "bytes a name"),
        Bar("3", f"opening {most:,} compiled names", opening_ms(compiled[1], inputs.key), 50, "ms"),
        Bar("3", f"compiling {MILLION:,} names", statistics.median(took), 2, "s"),
    ]
    note = f'The plain log again; "Sightline" is with {least:,} names. Both find the same visits.'
    return Report((Race("Length of the list", note, inputs.log.stat().st_size, taken),), tuple(bars))


def index_bytes(compiled: Path) -> int:
    """Bloom filter and slots of a compiled list, by its own head (`docs/adr/0004-lists.md`)."""
    with compiled.open("rb") as stream:
        _, _, _, _, offset, length = struct.unpack("<8sIIQQQ", stream.read(40))
        stream.seek(offset)
        sections = json.loads(stream.read(length))["sections"]
    return int(sections["bloom"][1] + sections["slots"][1])


def opening_ms(compiled: Path, key: Path) -> float:
    """Opening a compiled list, its signature checked: median of five, in a process that runs already."""
    keys, now = read_trusted_keys([key]), datetime.now(UTC)
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        kernel.open_list(compiled, keys, now)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3


def starts(inputs: Inputs) -> Report:
    """Bar 7: what nobody should wait for."""
    small, _ = inputs.first(MEGABYTE)
    match: list[str | Path] = [
        SIGHTLINE,
        "match",
        small,
        "--list",
        inputs.names(1_000),
        "--trust",
        inputs.key,
        "--quiet",
    ]
    commands = {
        "help": partial(seconds, [SIGHTLINE, "--help"]),
        "match": partial(seconds, [*match, "--out", OUT, "--overwrite"]),
    }
    taken = in_turn(commands, STARTS)
    bars = [
        Bar("7", "`sightline --help`", taken["help"] * 1e3, 150, "ms"),
        Bar("7", "`sightline match`, a 1 MB log", taken["match"] * 1e3, 400, "ms"),
    ]
    return Report((), tuple(bars))


def memory(inputs: Inputs) -> Report:
    """How much a scan holds at most, with a million names: that of the process, the mapped list included."""
    peak = sightline(inputs, [inputs.log], MILLION, MEMORY_THREADS).peak_bytes / (1 << 20)
    what = f"memory at most, {MILLION:,} names, {MEMORY_THREADS} threads"
    return Report((), (Bar("-", what, peak, 1024, "MiB"),))
