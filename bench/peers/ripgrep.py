"""ripgrep: lines that hold any of the names as they stand, from those the visits by host. One file is one thread's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import polars

RG = Path(sys.executable).with_name("rg")
HIT = re.compile(
    r"(?P<line_number>\d+):(?P<byte_offset>\d+):"
    r"(?P<raw>(?P<timestamp>\S+) +\d+ (?P<source_ip>\S+) \S+/(?P<status>\d+) (?P<bytes>\d+) (?P<method>\S+)"
    r" (?P<url>(?:[a-z]+://)?(?P<host>[^/:\s]+)\S*) .*)"
)


def find(log: Path, names: Path, out: Path) -> None:
    """Write the hits to `out`."""
    asked: list[str | Path] = [
        RG,
        "--no-config",
        "-F",
        "-f",
        names,
        "--line-number",
        "--byte-offset",
        "--no-filename",
        log,
    ]
    output = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    flagged = frozenset(names.read_text().split())
    rows = [
        hit.groupdict() | {"indicator": name} for hit in HIT.finditer(output) if (name := above(hit["host"], flagged))
    ]
    polars.DataFrame(rows).with_columns(polars.col("line_number", "byte_offset").cast(polars.Int64)).write_parquet(out)


def above(host: str, flagged: frozenset[str]) -> str | None:
    """The flagged name that the host is or is under."""
    labels = host.split(".")
    return next((name for start in range(len(labels)) if (name := ".".join(labels[start:])) in flagged), None)
