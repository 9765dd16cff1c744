"""Sessions of addresses whose hits are those of the last rebuild of this process: they are not computed again.

Addresses are divided into stretches of whole blocks. A stretch is used again only if all its hits are equal, value by
value. Exhibits have other ordinals in each generation, so places are compared by exhibit, and restated.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import polars as pl

from sightline.services.leads.rebuild_inputs import RebuildInputs
from sightline.services.sessions import segment_cache
from sightline.services.sessions.sessionise import make_sessions
from sightline.stages.enrich.model import DataSet
from sightline.stages.leads.rules import SEEING
from sightline.stages.leads.sessions import BLOCK
from sightline.stages.leads.visits import PLACE_BITS

STRETCH = 1 << 10
"""About how many hits a stretch has. Where it ends follows from its own last block alone, so others do not move it."""
PLACES = ("first_at", *(rule.at for rule in SEEING))
"""Columns of sessions that name a place: an exhibit's ordinal, and an offset."""
Member = tuple[str, str | None]
Block = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _AddressRange:
    """A stretch of addresses: its hits without ordinals, and its sessions."""

    hits: pl.DataFrame
    sessions: pl.DataFrame


@dataclass(slots=True)
class _RebuildMemory:
    """What one rebuild leaves. `members` are by ordinal; `codes` name a member in all rebuilds of this process."""

    key: Hashable
    members: Sequence[Member] = ()
    codes: dict[Member, int] = field(default_factory=dict)
    stretches: dict[Block, _AddressRange] = field(default_factory=dict)
    rows: int = 0


class SessionMemory:
    """Makes the sessions of one rebuild, and remembers them for the next one when it is closed.

    Two rebuilds at a time do not disturb each other: the first takes what is remembered, and the second has nothing.
    """

    _last: ClassVar[_RebuildMemory | None] = None

    def __init__(self, inputs: RebuildInputs, sets: Sequence[DataSet], places: pl.DataFrame, seed: int) -> None:
        self._inputs, self._sets, self._places = inputs, sets, places
        before, SessionMemory._last = SessionMemory._last, None
        # A process that rebuilds once, as most commands do, spends nothing on remembering.
        self._is_first = before is None
        key = inputs.is_exercise, inputs.weights, tuple(dataset.dataset_id for dataset in inputs.datasets), seed
        self._before = before if before is not None and before.key == key else _RebuildMemory(key)
        members = list(places.sort("ordinal").select("exhibit", "member").iter_rows())
        codes = self._before.codes
        self._codes = pl.Series([codes.setdefault(member, len(codes)) for member in members], dtype=pl.UInt32)
        self._own = _RebuildMemory(key, members, codes)
        ordinals = {member: at for at, member in enumerate(members)}
        self._ordinals = pl.Series([ordinals.get(member) for member in self._before.members], dtype=pl.UInt64)

    def close(self) -> None:
        """Let the next rebuild use what this one made."""
        SessionMemory._last = self._own

    @classmethod
    def forget(cls) -> None:
        """Forget everything."""
        cls._last = None

    def make_sessions(self, hits: pl.DataFrame) -> pl.DataFrame:
        """Return what `sessionise.make_sessions` returns for all hits of some blocks of addresses."""
        if self._is_first or self._own.rows + len(hits) > segment_cache.ROWS:
            return self._compute(hits)
        self._own.rows += len(hits)
        blocks = _divide(hits)
        divided = hits.with_columns(_number_block()).join(blocks, on=["hi", "block"], how="left", maintain_order="left")
        parts = self._without_ordinals(divided).partition_by("stretch", as_dict=True, include_key=False)
        firsts = blocks.group_by("stretch", maintain_order=True).first()
        names = {stretch: (hi, block) for stretch, hi, block in firsts.select("stretch", "hi", "block").iter_rows()}
        known = {stretch: one for (stretch,), part in parts.items() if (one := self._find(names[stretch], part))}
        rows = self._join(divided, blocks, known)
        made = rows.partition_by("stretch", as_dict=True, include_key=False)
        for (stretch,), part in parts.items():
            stretch_rows = made.get((stretch,), rows.drop("stretch").clear())
            self._own.stretches[names[stretch]] = _AddressRange(part, stretch_rows)
        return rows.drop("stretch")

    def _find(self, first: Block, hits: pl.DataFrame) -> _AddressRange | None:
        """Return the stretch of the last rebuild with the same hits."""
        stretch = self._before.stretches.get(first)
        return stretch if stretch is not None and stretch.hits.equals(hits) else None

    def _join(self, divided: pl.DataFrame, blocks: pl.DataFrame, known: Mapping[int, _AddressRange]) -> pl.DataFrame:
        """Return all sessions in order, with `stretch`: the known ones, and the others computed now."""
        other = divided.filter(~pl.col("stretch").is_in(list(known))).drop("stretch", "block")
        made = []
        if len(other):
            new = self._compute(other)
            whose = new.select("hi", _number_block()).join(
                blocks, on=["hi", "block"], how="left", maintain_order="left"
            )
            made.append(new.with_columns(whose["stretch"]))
        if known:
            numbered = [
                one.sessions.with_columns(pl.lit(stretch, pl.UInt32).alias("stretch")) for stretch, one in known.items()
            ]
            made.append(self._restate(pl.concat(numbered)))
        rows = pl.concat(made).sort("stretch", "session", maintain_order=True)
        return rows.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("session"))

    def _compute(self, hits: pl.DataFrame) -> pl.DataFrame:
        return make_sessions(
            hits, self._sets, self._places, exercise=self._inputs.is_exercise, weights=self._inputs.weights
        )

    def _without_ordinals(self, hits: pl.DataFrame) -> pl.DataFrame:
        """Return hits whose places do not depend on ordinals: an offset, and the code of its member."""
        code = self._codes.gather(hits["place"] // (1 << PLACE_BITS)).alias("code")
        return hits.with_columns(pl.col("place") % (1 << PLACE_BITS), code)

    def _restate(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return sessions of the last rebuild with the ordinals of this one."""
        moved = []
        for name in PLACES:
            if rows[name].null_count() < len(rows):
                ordinal = self._ordinals.gather(rows[name] // (1 << PLACE_BITS))
                moved.append((ordinal * (1 << PLACE_BITS) + rows[name] % (1 << PLACE_BITS)).alias(name))
        return rows.with_columns(moved)


def _number_block() -> pl.Expr:
    return (pl.col("lo") // BLOCK).alias("block")


def _divide(hits: pl.DataFrame) -> pl.DataFrame:
    """Return `hi block stretch` of every block of addresses, in order: stretches are numbered from 0."""
    blocks = hits.group_by("hi", _number_block()).len().sort("hi", "block")
    ends = pl.struct("hi", "block").hash() % STRETCH < pl.col("len")
    stretch = ends.shift(1, fill_value=False).cum_sum().cast(pl.UInt32).alias("stretch")
    return blocks.select("hi", "block", stretch)
