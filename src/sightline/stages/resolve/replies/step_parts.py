"""Answers in two steps: NAT logs and access logs of one reply that belong together, and their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from sightline.stages.resolve.model import ASSIGNED, ReplyBatch, RowStatement
from sightline.stages.resolve.replies import assignment_table, column_names, file_places, nat_join, single_rows
from sightline.stages.resolve.replies.log_parts import LogPart, RequestsPart
from sightline.stages.resolve.replies.reply_parts import ReplyPart, offset_rows
from sightline.stages.resolve.replies.table_part import TablePart
from sightline.stages.resolve.time_signs import widen_times

INSIDE = (
    r"^(?:10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\."
    r"|f[cd][0-9a-f]{2}:)"
)
"""The canonical beginnings of addresses inside a network."""


@dataclass(frozen=True, slots=True)
class AccessPart:
    """An access log: its rows with inside addresses are the second step of an answer, and no faults.

    A row that repeats the id of a notice's row belongs to that row too, with its inside address alone.
    """

    part: TablePart | LogPart | RequestsPart

    @property
    def layout(self) -> str:
        """Return the name of its layout."""
        return self.part.layout

    @property
    def layout_reason(self) -> str:
        """Return the reason for that layout."""
        return self.part.layout_reason

    def read_batches(self) -> Iterator[tuple[ReplyBatch, int, int]]:
        """Yield its rows, with inside addresses and IPv6, which may be either, also as `inside`."""
        part = replace(self.part, rules=replace(self.part.rules, takes_inside=True))
        for batch, last, size in part.read_batches():
            is_six = batch.assigned["ip"].str.contains(":", literal=True).fill_null(value=False)
            is_inside = batch.assigned["ip"].str.contains(INSIDE).fill_null(value=False)
            is_line = batch.assigned["says"] == RowStatement.ASSIGNED
            lines = batch.assigned.filter((is_six | is_inside) & is_line).select(*ASSIGNED)
            repeats = pl.lit(is_inside & is_line) & pl.col("row_id").is_not_null()
            bare = {name: pl.lit(None, ASSIGNED[name]) for name in ("ip", "number", "number_kind")}
            named = batch.assigned.filter(repeats).with_columns(inside_ip="ip").with_columns(**bare)
            others = batch.assigned.filter(~is_inside | ~is_line)
            yield replace(batch, assigned=pl.concat([others, named]).sort("row"), inside=lines), last, size


@dataclass(frozen=True, slots=True)
class StepsPart:
    """Access logs and NAT logs of one archive: each row of a NAT log gets the line with its inside address.

    A row of a NAT log that was not read whole gets none: a part of it, such as its ports, may contradict. Nor does one
    whose file is of another part of the network, by its name.
    """

    layout: str
    layout_reason: str
    access: Sequence[TablePart | LogPart | RequestsPart]
    nat: Sequence[TablePart | LogPart]

    def read_batches(self) -> Iterator[tuple[ReplyBatch, int, int]]:
        """Yield the rows of access logs that have public addresses, then those of NAT logs with their lines."""
        before = 0
        lines: list[tuple[frozenset[str], pl.DataFrame]] = []
        for part in self.access:
            last = before
            for batch, done, size in AccessPart(part).read_batches():
                last = before + done
                moved = offset_rows(batch, before)
                lines.append((part.place, _name_space(moved.inside, part.place)))
                yield moved, last, size
            before = last
        for nat in self.nat:
            of_it = [assigned for place, assigned in lines if not file_places.are_apart(place, nat.place)]
            access, _ = widen_times(pl.concat([pl.DataFrame(schema=ASSIGNED), *of_it]))
            last, rejected = before, pl.Series("row", [], pl.UInt32)
            for batch, done, size in nat.read_batches():
                last = before + done
                moved = offset_rows(batch, before)
                # Rows that are events come after all others, and so after their rejects.
                rejected = rejected.append(moved.rejects["row"].cast(pl.UInt32))
                yield replace(moved, assigned=nat_join.join_steps(moved.assigned, access, rejected)), last, size
            before = last


def _name_space(assigned: pl.DataFrame, place: frozenset[str]) -> pl.DataFrame:
    """Return assignments with the place of their file in their address space."""
    if not place:
        return assigned
    text = pl.lit(f"files={' '.join(sorted(place))}")
    return assigned.with_columns(space=pl.concat_str("space", text, separator=";", ignore_nulls=True))


def join_two_steps(parts: list[ReplyPart]) -> list[ReplyPart]:
    """The parts, with NAT logs and access logs joined where the reply has both."""
    nat = [part for part in parts if isinstance(part, TablePart | LogPart) and _is_nat(part)]
    access = [part for part in parts if isinstance(part, TablePart | LogPart | RequestsPart) and _is_access(part)]
    if not nat or not access:
        return parts
    names = ", ".join(dict.fromkeys(part.layout for part in (*access, *nat)))
    why = "; ".join(dict.fromkeys(part.layout_reason for part in (*access, *nat)))
    steps_part = StepsPart(names, f"{why}; NAT log and access log are joined by the address inside", access, nat)
    return [steps_part, *(part for part in parts if all(part is not other for other in (*nat, *access)))]


def as_second_step(part: ReplyPart) -> ReplyPart:
    """The part, as the second step of an answer where it is an access log, or has more addresses inside than others.

    A heading that says that its addresses are public ones is believed: one from inside is a fault there.
    """
    if not isinstance(part, TablePart | LogPart | RequestsPart) or not _is_access(part):
        return part
    if isinstance(part, TablePart | RequestsPart):
        headings = [
            part.headings[part.fit.places[address]]
            for address in assignment_table.ADDRESSES
            if address in part.fit.places
        ]
        says_public = any(_PUBLIC & {*column_names.split_words(heading)} for heading in headings)
        is_known = isinstance(part, TablePart) and part.parameters is not None
        if not headings or says_public or is_known:
            return part
    return AccessPart(part) if part.is_mostly_inside else part


_INSIDE_FIELDS = frozenset({"inside_ip", "source_ip", "softwire"})
_PUBLIC = frozenset("public nat nated natted translated external outside global post".split())


def _is_nat(part: TablePart | LogPart) -> bool:
    """Whether a part says which inside address had a public one, and names no line."""
    if isinstance(part, LogPart):
        return part.forms is not None
    places = part.fit.places
    return "ip" in places and bool(_INSIDE_FIELDS & {*places}) and not {*single_rows.NUMBERS} & {*places}


def _is_access(part: TablePart | LogPart | RequestsPart) -> bool:
    """Whether a part says whose an address was: one inside may be its address."""
    if isinstance(part, LogPart):
        return part.forms is None
    places = part.fit.places
    return not _INSIDE_FIELDS & {*places} and bool({*single_rows.NUMBERS} & {*places})
