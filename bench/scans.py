"""Bars 1 and 2: whole scans, beside peers and beside what the bytes alone cost."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shutil import which

import polars

from bench import agree
from bench.bars import Bar, Race, Report
from bench.inputs import CORES, PARTS, SIGHTLINE, WORK, Inputs
from bench.runs import Command, Run, in_turn, run, warm

NAMES = 100_000
PEERS = {"ClickHouse": 1.7, "DuckDB": 2.5, "Polars": 3.0, "ripgrep": 9.0}
"""How many times faster than each a scan shall be."""
HASH, LINES = "SHA-256 alone (`openssl dgst`)", "lines alone (`wc -l`)"
BUSY = 0.9
"""The share of all processors that several files shall keep busy."""
RIPGREP_BYTES = 1 << 30
"""ripgrep gets the log's first GiB, for it takes long; its time is counted in proportion."""
OUT = WORK / "out.parquet"


def sightline(inputs: Inputs, logs: list[Path], names: int, threads: int = CORES) -> Run:
    """One scan by the command line, from its start to its end, with a compiled list; its hits are checked."""
    asked: list[str | Path] = [SIGHTLINE, "match", *logs, "--list", inputs.compiled(names), "--trust", inputs.key]
    taken = run([*asked, "--threads", str(threads), "--out", OUT, "--overwrite", "--quiet"])
    agree.check("Sightline", OUT, inputs.hits, one_file=len(logs) == 1)
    return taken


def peer(name: str, log: Path, hits: Path, names: Path) -> float:
    """One peer's whole job, without the time to load it; its hits are checked."""
    asked: list[str | Path] = [sys.executable, "-m", "bench.peers", name.lower(), log, names, OUT]
    OUT.unlink(missing_ok=True)
    done = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True)
    agree.check(name, OUT, hits)
    return float(done.stdout)


def seconds(command: Command) -> float:
    """How long a command takes."""
    return run(command).seconds


def plain(inputs: Inputs) -> Report:
    """Bar 1: the plain log."""
    log, names, size_bytes = inputs.log, inputs.names(NAMES), inputs.log.stat().st_size
    first, first_hits = inputs.first(RIPGREP_BYTES)
    share = size_bytes / first.stat().st_size
    contestants: dict[str, Callable[[], float]] = {
        "Sightline": lambda: sightline(inputs, [log], NAMES).seconds,
        HASH: partial(seconds, ["openssl", "dgst", "-sha256", log]),
        LINES: partial(seconds, ["wc", "-l", log]),
    }
    contestants |= {name: partial(peer, name, log, inputs.hits, names) for name in PEERS}
    contestants["ripgrep"] = lambda: share * peer("ripgrep", first, first_hits, names)
    warm(first, log)
    taken = in_turn(contestants, inputs.size.runs)
    own = taken["Sightline"]
    bars = [Bar("1", "plain log, beside SHA-256 alone", own / taken[HASH], 1.3, "times")]
    bars += [
        Bar("1", f"plain log, {name} beside Sightline", taken[name] / own, wanted, "times", at_least=True)
        for name, wanted in PEERS.items()
    ]
    hits = len(polars.read_parquet(inputs.hits))
    note = f"{inputs.size.lines:,} lines, {hits:,} hits; every tool found all of them. {NAMES:,} names."
    if first != log:
        note += f" ripgrep had the first {first.stat().st_size / 1e9:.1f} GB; its time is in proportion."
    return Report((Race("Plain log", note, size_bytes, taken),), tuple(bars))


def packed(inputs: Inputs) -> Report:
    """Bar 2: the same log compressed, in one file and in several."""
    kinds = [
        ("gzip", [inputs.gzip], "igzip"),
        ("zstd", [inputs.zstd], "zstd"),
        (f"{PARTS} gzip files", inputs.parts, "igzip"),
    ]
    return sum((_packed(inputs, *kind) for kind in kinds), Report())


def _packed(inputs: Inputs, what: str, logs: list[Path], tool: str) -> Report:
    if which(tool) is None:
        print(f"bench: {tool} is not here: {what} skipped", file=sys.stderr)
        return Report()
    own: list[Run] = []

    def scan() -> float:
        own.append(sightline(inputs, logs, NAMES))
        return own[-1].seconds

    limit = f"unpacking alone (`{tool} -dc`)"
    contestants: dict[str, Callable[[], float]] = {"Sightline": scan, limit: partial(seconds, [tool, "-dcq", *logs])}
    if len(logs) > 1:
        at_once = f"printf '%s\\0' \"$@\" | xargs -0 -n 1 -P {CORES} {tool} -dc"
        contestants[f"unpacking alone, {CORES} at once"] = partial(seconds, ["sh", "-c", at_once, "sh", *logs])
    warm(*logs)
    taken = in_turn(contestants, inputs.size.runs)
    packed_bytes = sum(log.stat().st_size for log in logs)
    note = f"The same lines in {packed_bytes / 1e9:.2f} GB; MB/s of what was unpacked."
    bars = [Bar("2", f"{what}, beside unpacking alone", taken["Sightline"] / taken[limit], 1.3, "times")]
    if len(logs) > 1:
        busy = statistics.median(run.cpu_seconds / run.seconds for run in own)
        bars.append(Bar("2", f"{what}, processors kept busy", busy, BUSY * CORES, f"of {CORES}", at_least=True))
    return Report((Race(what, note, inputs.log.stat().st_size, taken),), tuple(bars))
