"""Read whole leads by their rows.

Of each file, only the row groups with them are read; of the columns of rules, only those of rules that hold for them.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from copy import copy
from functools import reduce
from itertools import accumulate
from operator import or_

import polars as pl

from sightline.services.artifacts.lead_files import LeadJson, Leads, with_interval
from sightline.services.artifacts.parquet_files import map_read_errors
from sightline.services.lead_index.lead_columns import IN_ORDER
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.triage import RANKS
from sightline.workspace.workspace import Workspace

AT_HAND = 500
"""How many leads are cached as rows: those on first pages are asked for again and again."""


BY_SERIOUSNESS = tuple((rule, 1 << list(RULES).index(rule)) for rule in sorted(RANKS, key=lambda one: RANKS[one]))
"""The rules for a lead, the most serious first, each with its bit."""


class LeadRows:
    """The rows of a generation's files, numbered through; what a file says of its columns is read once."""

    def __init__(self, workspace: Workspace, leads: Leads) -> None:
        self.read, self._workspace = leads, workspace
        self._told: OrderedDict[int, LeadJson] = OrderedDict()
        self._lock = threading.Lock()
        self._files = [pl.scan_parquet(path) for path in leads.files["leads"]]
        heights = pl.collect_all([file.select(pl.len()) for file in self._files])
        self._begins = [0, *accumulate(int(height.item()) for height in heights)]
        # By row: a bit for each rule that holds. Most rules hold of few leads, and their columns are most of a file's.
        self._holds = pl.concat([pl.Series([], dtype=pl.UInt64), *map(_compute_rule_bits, self._files)]).rechunk()
        rules = {rule.count for rule in RULES.values()} | {rule.at for rule in RULES.values()}
        self._there = [frozenset(file.collect_schema()) for file in self._files]
        self._plain = [sorted(there - rules) for there in self._there]

    def with_leads(self, leads: Leads) -> LeadRows:
        """Return a copy that reads its rows from `leads`: the same generation with other marks."""
        again = copy(self)
        again.read, again._told = leads, OrderedDict()
        return again

    def read_leads(self, rows: Sequence[int]) -> tuple[LeadJson, ...]:
        """Return the leads of these rows, in this order. The last ones are cached."""
        with self._lock:
            known = {row: self._told[row] for row in rows if row in self._told}
        known |= self._read([row for row in rows if row not in known])
        with self._lock:
            self._told |= known
            for row in rows:
                self._told.move_to_end(row)
            while len(self._told) > AT_HAND:
                self._told.popitem(last=False)
        return tuple(known[row] for row in rows)

    def open_frame(self, rows: Sequence[int]) -> pl.LazyFrame:
        """Return the leads of these rows, in order, as `Leads.frame`: no other row of the files is read."""
        slices = [
            self._files[file].slice(begins, length) for file, begins, length in self._list_stretches(sorted(rows))
        ]
        if not slices:
            return self.read.open_frame().head(0)
        return self.read.apply_marks_and_replies(with_interval(pl.concat(slices)))

    def find_strongest_rules(self, rows: Sequence[int]) -> tuple[str | None, ...]:
        """Return the rule of each row's most serious reason, None for a lead without any. No file is read."""
        holding = self._holds.gather(list(rows)).to_list()
        return tuple(next((rule for rule, bit in BY_SERIOUSNESS if bits & bit), None) for bits in holding)

    def _read(self, rows: Sequence[int]) -> dict[int, LeadJson]:
        if not rows:
            return {}
        with map_read_errors(self._workspace, self.read.generation):
            result = pl.concat(pl.collect_all(list(self._read_slices(sorted(rows)))), how="diagonal")
            by_id = {
                lead_json["lead_id"]: lead_json
                for lead_json in self.read.to_json(self.read.apply_marks_and_replies(result.lazy()))
            }
        return {row: by_id[lead_id] for row, lead_id in zip(sorted(rows), result["lead_id"], strict=True)}

    def _read_slices(self, rows: Sequence[int]) -> Iterator[pl.LazyFrame]:
        """Yield the rows, in order, with the columns that say something of them."""
        for file, begins, length in self._list_stretches(rows):
            yield (
                self._files[file]
                .slice(begins, length)
                .select(self._list_columns(file, self._begins[file] + begins, length))
            )

    def _list_stretches(self, rows: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """Yield file, first row in it, and length of rows that follow each other in a file. `rows` are in order."""
        first = 0
        for at, row in enumerate(rows):
            file = bisect_right(self._begins, row) - 1
            is_last = at + 1 == len(rows) or rows[at + 1] != row + 1 or rows[at + 1] >= self._begins[file + 1]
            if is_last:
                yield file, rows[first] - self._begins[file], at + 1 - first
                first = at + 1

    def _list_columns(self, file: int, row: int, length: int) -> list[str]:
        """The columns of a file that say something of these rows."""
        bits, there = reduce(or_, self._holds.slice(row, length).to_list()), self._there[file]
        rules = [rule for at, rule in enumerate(RULES.values()) if bits >> at & 1]
        return [*self._plain[file], *(name for rule in rules for name in (rule.count, rule.at) if name in there)]


def _compute_rule_bits(leads: pl.LazyFrame) -> pl.Series:
    """Of each lead the bits of rules that hold of it, in the order of RULES."""
    there = leads.collect_schema()
    bits = [
        pl.when(pl.col(rule.count) > 0).then(pl.lit(1 << at, pl.UInt64)).otherwise(pl.lit(0, pl.UInt64))
        for at, rule in enumerate(RULES.values())
        if rule.count in there
    ]
    return leads.select(pl.sum_horizontal(bits).cast(pl.UInt64).alias("holds")).collect(optimizations=IN_ORDER)["holds"]


assert len(RULES) <= 64, "each rule has its bit"
