"""Bar 4: a seized server's log, of which every record is a hit, through to sealed segments, beside DuckDB."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars

from bench import seized
from bench.agree import Disagreement
from bench.bars import Bar, Race, Report
from bench.inputs import WORK, Inputs
from bench.runs import Run, in_turn, run, warm

SEGMENTS, TABLE = WORK / "segments", WORK / "sealed.parquet"
COMPARED: dict[str, type[polars.DataType] | polars.DataType] = {
    "timestamp": polars.Datetime("us", "UTC"),
    "source_ip": polars.String,
    "method": polars.String,
    "url": polars.String,
    "status": polars.Int64,
    "bytes": polars.Int64,
    "referrer": polars.String,
    "user_agent": polars.String,
    "raw": polars.Binary,
}


def run_sealed(inputs: Inputs) -> Report:
    """Both do the work in turn; their rows are compared first."""
    log, lines = inputs.seized, inputs.size.seized
    own: list[Run] = []

    def sightline() -> float:
        own.append(seal(inputs))
        return own[-1].seconds

    contestants: dict[str, Callable[[], float]] = {"Sightline": sightline, "DuckDB": lambda: duckdb(inputs)}
    warm(log)
    sightline(), duckdb(inputs)
    agree(lines)
    taken = in_turn(contestants, inputs.size.runs)
    cores = max(run.cpu_seconds / run.seconds for run in own)
    peak = max(run.peak_bytes for run in own) / (1 << 20)
    note = (
        f"{lines:,} lines, every one a hit; both hold the same rows. Sightline's are salted, hashed and under one root,"
        f" and on the disk; it kept {cores:.1f} cores busy."
    )
    bars = (
        Bar(
            "4",
            "a server's own log, sealed",
            lines / taken["Sightline"] / 1e6,
            1,
            "million hits a second",
            at_least=True,
        ),
        Bar(
            "4",
            "a server's own log, DuckDB beside Sightline",
            taken["DuckDB"] / taken["Sightline"],
            2,
            "times",
            at_least=True,
        ),
        Bar("-", "memory at most, sealing", peak, 1024, "MiB"),
    )
    return Report((Race("A server's own log", note, log.stat().st_size, taken),), bars)


def seal(inputs: Inputs) -> Run:
    """One scan, from the start of Python to the last segment on disk."""
    asked: list[str | Path] = [
        sys.executable,
        "-m",
        "bench.segment_run",
        inputs.seized,
        inputs.server,
        inputs.key,
        seized.SERVER,
        SEGMENTS,
    ]
    return run(asked)


def duckdb(inputs: Inputs) -> float:
    """The same by DuckDB, without the time to load it."""
    TABLE.unlink(missing_ok=True)
    asked: list[str | Path] = [
        sys.executable,
        "-m",
        "bench.peers",
        "duckdb_sealed",
        inputs.seized,
        inputs.server,
        TABLE,
    ]
    done = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def agree(lines: int) -> None:
    """Raise Disagreement unless both hold as many rows as there are lines, and the same ones."""
    found = {name: digest(path) for name, path in (("Sightline", SEGMENTS / "*.parquet"), ("DuckDB", TABLE))}
    if found["Sightline"] != found["DuckDB"] or found["DuckDB"][0] != lines:
        raise Disagreement(
            f"a server's own log: rows and sums of their hashes are {found} for {lines:,} lines: no table"
        )


def digest(path: Path) -> tuple[int, ...]:
    """How many rows, and of each column the sum of its values' hashes with the lines': whatever the order."""
    rows = polars.scan_parquet(path).select(polars.col(name).cast(kind) for name, kind in COMPARED.items())
    line = polars.col("raw").hash(0)
    sums = [(polars.col(name).hash(1) ^ line).and_(polars.lit(0xFFFFFFFF, polars.UInt64)).sum() for name in COMPARED]
    found = rows.select(polars.len(), *(one.alias(name) for one, name in zip(sums, COMPARED, strict=True)))
    return tuple(int(value) for value in found.collect(engine="streaming").row(0))
