"""Collect the findings of a check: all are counted, the first ones of each kind are listed."""

from __future__ import annotations

from collections import Counter

import polars as pl

from sightline.stages.resolve import reasons
from sightline.stages.resolve.model import FINDINGS, FindingKind

MOST_NAMED = 1_000


class Findings:
    """The findings of a check so far."""

    def __init__(self) -> None:
        self._counts: Counter[FindingKind] = Counter()
        self._named: dict[FindingKind, list[pl.DataFrame]] = {kind: [] for kind in FindingKind}
        self._room = dict.fromkeys(FindingKind, MOST_NAMED)

    def add(self, kind: FindingKind, rows: pl.DataFrame) -> None:
        """Add findings of a kind: `row`, `row_id`, the shift `by_us`, and the doubtful `column`."""
        self._counts[kind] += rows.height
        named = rows.head(self._room[kind]).select("row", "row_id", pl.col("^by_us$"), pl.col("^column$"))
        self._room[kind] -= named.height
        self._named[kind].append(named)

    def add_first(self, kind: FindingKind, rows: pl.LazyFrame, count: int) -> None:
        """Add that many findings of a kind, and examine only the rows to be listed."""
        remaining = self._room[kind]
        self.add(
            kind,
            rows.head(remaining).collect()
            if remaining
            else pl.DataFrame(schema={"row": pl.UInt32, "row_id": pl.String}),
        )
        self._counts[kind] += count - min(remaining, count)

    def take_back(self, kind: FindingKind, rows: pl.DataFrame) -> None:
        """Remove findings about rows (`row`) of the reply, after later rows explained them."""
        self._counts[kind] -= rows.height
        self._named[kind] = [named.join(rows, on="row", how="anti") for named in self._named[kind]]

    def count_kinds(self) -> dict[FindingKind, int]:
        """Return the number of findings of each kind, without kinds that have none."""
        return {kind: self._counts[kind] for kind in FindingKind if self._counts[kind]}

    def to_frame(self) -> pl.DataFrame:
        """Return FINDINGS: the first ones of each kind, by kind, row and row id."""
        result = [
            (kind, row["row"], row["row_id"], reasons.explain_finding(kind, row))
            for kind, named in self._named.items()
            if named
            for row in pl.concat(named, how="diagonal").sort("row", "row_id").iter_rows(named=True)
        ]
        return pl.DataFrame(result, schema=FINDINGS, orient="row")
