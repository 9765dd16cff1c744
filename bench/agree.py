"""Work counts only where its result is right: every output against what the generator knows."""

from __future__ import annotations

from pathlib import Path

import polars


class Disagreement(Exception):
    """An output that does not hold the visits that the log holds."""


def check(name: str, out: Path, hits: Path, *, one_file: bool = True) -> None:
    """Raise Disagreement unless the output's lines, and their numbers if it has any, are those of the hits.

    Numbers are compared only where the log was one file.
    """
    found, known = polars.read_parquet(out), polars.read_parquet(hits)
    _compare(name, "lines", found["raw"].cast(polars.Binary), known["raw"].cast(polars.Binary))
    if one_file and "line_number" in found.columns:
        _compare(name, "line numbers", found["line_number"].cast(polars.Int64), known["line_number"])


def _compare(name: str, what: str, found: polars.Series, known: polars.Series) -> None:
    if not found.sort().equals(known.sort()):
        missing, more = len(set(known) - set(found)), len(set(found) - set(known))
        difference = f"{missing:,} are missing, {more:,} are none: no table"
        raise Disagreement(f"{name}: {len(found):,} {what} for {len(known):,} visits; {difference}")
