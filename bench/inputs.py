"""What is scanned and against what, from a seed; made once, kept under `bench/work` by seed and size."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars

from bench.squid import World, blocks

WORK = Path(__file__).parent / "work"
SIGHTLINE = (sys.executable, "-m", "sightline")
SEED = 20191012


@dataclass(frozen=True, slots=True)
class Names:
    """A list of flagged names: as peers read it, signed, and compiled."""

    count: int
    text: Path
    compiled: Path
    pub: Path
    compile_s: float | None


def log(lines: int) -> tuple[Path, int]:
    """A Squid log, and how many of its lines are visits to a flagged name."""
    path = WORK / f"squid-{SEED}-{lines}.log"
    truth = path.with_suffix(".truth.parquet")
    if not truth.exists():
        WORK.mkdir(exist_ok=True)
        world = World.of(SEED, 1_000)
        hits = []
        with path.open("wb") as out:
            for text, found in blocks(world, lines, os.cpu_count() or 1):
                out.write(text)
                hits.append(found)
        polars.concat(hits).write_parquet(truth)
    return path, polars.scan_parquet(truth).select(polars.len()).collect().item()


def packed(path: Path, suffix: str, *command: str) -> Path:
    """The log compressed by a stock program."""
    out = Path(f"{path}{suffix}")
    if not out.exists():
        with out.open("wb") as stream:
            subprocess.run([*command, str(path)], stdout=stream, check=True)
    return out


def names(count: int) -> Names:
    """So many flagged names, the first of them visited; signed by a fresh key."""
    import time  # noqa: PLC0415

    keys = WORK / "keys"
    if not keys.exists():
        subprocess.run(
            [*SIGHTLINE, "lists", "keygen", "--issuer", "BENCH", "--out", keys], check=True, capture_output=True
        )
    text = WORK / f"names-{SEED}-{count}.txt"
    compiled = text.with_suffix(".compiled")
    compile_s = None
    if not compiled.exists():
        flagged = World.of(SEED, count).flagged
        text.write_text("\n".join(flagged.to_list()) + "\n", encoding="utf-8")
        key = str(keys / "BENCH.key")
        sign = [*SIGHTLINE, "lists", "sign", str(text), "--key", key, "--valid-until", "2099-01-01", "--overwrite"]
        subprocess.run(sign, check=True, capture_output=True)
        since = time.perf_counter()
        subprocess.run(
            [*SIGHTLINE, "lists", "compile", str(text), "--out", str(compiled)], check=True, capture_output=True
        )
        compile_s = time.perf_counter() - since
    return Names(count, text, compiled, keys / "BENCH.pub", compile_s)
