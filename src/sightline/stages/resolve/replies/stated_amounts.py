"""Compare amounts that a row states with its own facts: how many ports, how long, how many sessions, which IP version.

An amount that differs doubts its row: one of the two is wrong, or the row sums up several.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.model import SECOND_US
from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading

_PORTS = frozenset({"numberofports", "noofports", "portcount", "totalports", "blocksize", "portblocksize"})
_SIZES = _PORTS | {
    "portsallocated",
    "noofportsallocated",
    "portsassigned",
    "noofports",
    "portblocklength",
    "portrangesize",
}
"""Headings of how many ports a block has, from its first one on."""
_ASKED_PORTS = frozenset({"requestedport", "queriedport", "searchedport", "searchport", "askedport", "inputport"})
"""Headings of the port that a clerk searched for."""
_LASTING = frozenset({"durationsec", "durationsecs", "durationseconds", "totalduration", "sessionduration"})
_SESSIONS = frozenset(
    """
    sessions sessioncount noofsessions numberofsessions totalsessions count recordcount users noofusers numberofusers
    usercount usersonip noofsubscribers subscribercount noofmatches matchcount sessionsmatched recordsmatched
    """.split()
)
_VERSION = frozenset({"ipversion", "ipver", "ipaddressversion"})
_FAMILY = frozenset({"pdntype", "pdptype", "addressfamily", "pdntypeofip", "pdpcontexttype", "framedprotocoltype"})
_WAYS = "in out sent received uploaded downloaded upload download".split()
_BYTES = frozenset(
    f"{before}{unit}{behind}"
    for before in ("", "acct", "total")
    for unit in ("octets", "bytes", "input", "output", *_WAYS)
    for behind in ("octets", "bytes", "up", "down", *_WAYS)
    if "octets" in unit + behind or "bytes" in unit + behind
)
"""Headings of the bytes that a session moved."""
_WHOLE = frozenset({"bytes", "octets", "packets", "totalbytes", "totaloctets", "totalpackets", "noofpackets"})
"""Headings of all that a session moved."""
_PACKETS = frozenset({"packets", "pkts", "totalpackets", "noofpackets", "packetcount", "totalpkts", "pktcount"})
_FEWEST_PACKETS = 3
"""A connection of TCP that carried a request has at least its handshake and the request."""
_BOTH_WAYS = 2
_UNITS_S = (1, 60, 3_600)
"""Seconds, minutes or hours: what a duration without a unit may be in."""


def doubt_amounts(assigned: pl.DataFrame, frame: pl.DataFrame, marks: Sequence[SideColumn]) -> pl.DataFrame:
    """Return assignments with `doubted_by` where a stated amount differs from the row's own ports, times or address.

    `frame`: the rows' texts (`row`, `c0`, ...). Values that are no whole number say nothing here.
    """
    volumes = [column for column in marks if reduce_heading(column.heading) in _BYTES]
    wholes = [column for column in marks if reduce_heading(column.heading) in _WHOLE]
    for mark in marks:
        if reduce_heading(mark.heading) in _PACKETS:
            assigned = _doubt_few_packets(assigned, frame, mark)
    for idle in (*([volumes] if len(volumes) >= _BOTH_WAYS else []), *([whole] for whole in wholes)):
        assigned = _doubt_idle(assigned, frame, idle)
    assigned = _add_moved(assigned, frame, marks)
    assigned = _doubt_pasted(assigned, frame, marks)
    assigned = _doubt_sums(assigned, frame, marks)
    for mark in marks:
        if reduce_heading(mark.heading) in _FAMILY:
            assigned = _doubt_families(assigned, frame, mark)
        differs = _match_difference(reduce_heading(mark.heading))
        if differs is None:
            continue
        amounts = frame.select("row", amount=pl.col(f"c{mark.at}").str.extract(r"^\D{0,4}([0-9]{1,9})\D{0,8}$"))
        beside = assigned.join(
            amounts.with_columns(pl.col("amount").cast(pl.Int64)), on="row", how="left", maintain_order="left"
        )
        doubt = pl.when(differs.fill_null(value=False)).then(pl.lit(mark.heading.strip().lstrip("\ufeff")))
        assigned = beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)).drop("amount")
    return assigned


def find_size_column(marks: Sequence[SideColumn]) -> int | None:
    """Return the column that says how many ports each block has, or None if there is not exactly one."""
    size_marks = [mark.at for mark in marks if reduce_heading(mark.heading) in _SIZES]
    return size_marks[0] if len(size_marks) == 1 else None


def _doubt_idle(assigned: pl.DataFrame, frame: pl.DataFrame, volumes: Sequence[SideColumn]) -> pl.DataFrame:
    """Return assignments with `doubted_by` where all of these columns are zero: no visit was on such a session."""
    is_zero = pl.all_horizontal(pl.col(f"c{mark.at}").str.strip_chars(" '").str.contains("^0+$") for mark in volumes)
    idle = frame.filter(is_zero.fill_null(value=False))["row"]
    doubt = pl.when(pl.col("row").is_in(idle.implode())).then(pl.lit(volumes[0].heading.strip().lstrip("\ufeff")))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


def _doubt_few_packets(assigned: pl.DataFrame, frame: pl.DataFrame, mark: SideColumn) -> pl.DataFrame:
    """Return assignments with `doubted_by` where fewer packets were moved than a visit has."""
    count = pl.col(f"c{mark.at}").str.strip_chars(" '").str.extract("^([0-9]{1,9})$").cast(pl.Int64)
    few = frame.filter((count < _FEWEST_PACKETS).fill_null(value=False))["row"]
    doubt = pl.when(pl.col("row").is_in(few.implode())).then(pl.lit(mark.heading.strip().lstrip("\ufeff")))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


_SUMS = frozenset({"totalbytes", "totaloctets", "bytestotal", "octetstotal"})
_MOST_ROUNDED = 1_024
"""Bytes by which a sum may differ from its parts, and it may by one in a hundred: totals are rounded."""


def _doubt_sums(assigned: pl.DataFrame, frame: pl.DataFrame, marks: Sequence[SideColumn]) -> pl.DataFrame:
    """Return assignments with `doubted_by` where a sum of bytes is not that of both directions.

    Counters of 32 bits that have a column of their overflows beside them (gigawords) are no amounts alone.
    """
    sums = [mark for mark in marks if reduce_heading(mark.heading) in _SUMS]
    parts = [mark for mark in marks if reduce_heading(mark.heading) in _BYTES - _SUMS]
    is_of_words = any("gigawords" in reduce_heading(mark.heading) for mark in marks)
    if len(sums) != 1 or len(parts) != _BOTH_WAYS or is_of_words:
        return assigned
    total, first, second = (
        pl.col(f"c{column.at}").str.replace_all("[ ,']", "").str.extract("^([0-9]{1,15})$").cast(pl.Int64)
        for column in (*sums, *parts)
    )
    slack = pl.max_horizontal(pl.lit(_MOST_ROUNDED), total // 100)
    rows = frame.filter(((total - first - second).abs() > slack).fill_null(value=False))["row"]
    doubt = pl.when(pl.col("row").is_in(rows.implode())).then(pl.lit(sums[0].heading.strip().lstrip("\ufeff")))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


_UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_HAS_UNIT = r"(?:^|[^a-z])([kmg])i?b(?:ytes?)?(?:$|[^a-z])"
_AMOUNT = r"(?i)^'?([0-9][0-9,]{0,19}(?:\.[0-9]{1,9})?) ?(?:([kmg]?)i?b(?:ytes?)?)?$"
_VOLUMES = frozenset(
    "upload download uploaded downloaded uplink downlink volume totalvolume datavolume uplinkvolume downlinkvolume"
    " usage datausage totaldata dataused dataconsumed datavolumeuplink datavolumedownlink".split()
)
_TOTAL = frozenset(
    "volume totalvolume datavolume usage datausage totaldata dataused dataconsumed bytes octets totalbytes totaloctets"
    " bytestotal octetstotal".split()
)


def _add_moved(assigned: pl.DataFrame, frame: pl.DataFrame, marks: Sequence[SideColumn]) -> pl.DataFrame:
    """Return assignments with `moved_bytes` and `moved_by`, where columns say how much a session moved.

    Of both directions the larger one counts: an answer is in one of them, and headings are often exchanged. A number
    without a unit counts where its heading speaks of bytes. Rounded numbers count as the largest that they may stand
    for. Counters with their overflows in another column are left out.
    """
    amounts: dict[bool, list[SideColumn]] = {True: [], False: []}
    for mark in marks:
        name = re.sub(r"(?:in)?(?:[kmg]?i?b|[kmg]bytes)$", "", reduce_heading(mark.heading)) or "bytes"
        if reduce_heading(mark.heading) in _BYTES | _WHOLE or name in _BYTES | _VOLUMES | _WHOLE:
            is_total = reduce_heading(mark.heading) in _TOTAL or name in _TOTAL
            amounts[is_total].append(mark)
    used = amounts[True][:1] or (amounts[False] if len(amounts[False]) == _BOTH_WAYS else [])
    if not used or any("gigawords" in reduce_heading(mark.heading) for mark in marks):
        return assigned
    each = [_derive_most_bytes(mark) for mark in used]
    moved = pl.when(pl.all_horizontal(expression.is_not_null() for expression in each)).then(pl.max_horizontal(*each))
    by = used[0].heading.strip().lstrip("\ufeff")
    facts = frame.select("row", moved_bytes=moved.cast(pl.Int64)).with_columns(moved_by=pl.lit(by))
    return assigned.join(facts, on="row", how="left", maintain_order="left")


def _derive_most_bytes(mark: SideColumn) -> pl.Expr:
    """The most bytes that a cell of a column may stand for; null where it has no amount in a known unit."""
    heading = mark.heading.lower()
    of_heading = re.search(_HAS_UNIT, heading)
    is_of_bytes = of_heading is not None or "byte" in heading or "octet" in heading
    text = pl.col(f"c{mark.at}").str.strip_chars()
    number = text.str.extract(_AMOUNT, 1).str.replace_all(",", "")
    own = text.str.extract(r"(?i)([kmg]?)i?b(?:ytes?)?$", 1).str.to_lowercase().replace("", "b")
    usual = (of_heading[1] if of_heading else "b") if is_of_bytes else None
    unit = pl.coalesce(own, pl.lit(usual, pl.String)).replace_strict(_UNITS, default=None, return_dtype=pl.Int64)
    decimals = number.str.extract(r"\.([0-9]+)$").str.len_chars().fill_null(0)
    step = pl.when(unit > 1).then(unit / pl.lit(10.0).pow(decimals)).otherwise(0.0)
    return number.cast(pl.Float64, strict=False) * unit + step


_OF_PORTS = re.compile("port|range|block|nat|pool", re.IGNORECASE)


def _doubt_pasted(assigned: pl.DataFrame, frame: pl.DataFrame, marks: Sequence[SideColumn]) -> pl.DataFrame:
    """Return assignments with `doubted_by` where two other columns hold the ports of the row: they were pasted twice.

    A column of ports may well hold the same ones.
    """
    others = [mark for mark in marks if not _OF_PORTS.search(mark.heading)]
    if len(others) < _BOTH_WAYS or assigned["port_to"].null_count() == assigned.height:
        return assigned
    texts = frame.select("row", *(pl.col(f"c{mark.at}").str.strip_chars().alias(f"c{mark.at}") for mark in others))
    blocks = assigned.filter(pl.col("port_from") < pl.col("port_to")).select("row", "port_from", "port_to")
    beside = blocks.cast({"port_from": pl.String, "port_to": pl.String}).join(texts, on="row")
    is_edge = [
        pl.any_horizontal(pl.col(f"c{mark.at}") == pl.col(edge) for mark in others) for edge in blocks.columns[1:]
    ]
    rows = beside.filter(*is_edge)["row"]
    doubt = pl.when(pl.col("row").is_in(rows.implode())).then(pl.lit(others[0].heading.strip().lstrip("\ufeff")))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


def _doubt_families(assigned: pl.DataFrame, frame: pl.DataFrame, mark: SideColumn) -> pl.DataFrame:
    """Return assignments with `doubted_by` where a session was of IPv6 alone and the address is IPv4, or inversely."""
    text = pl.col(f"c{mark.at}").str.to_lowercase().str.replace_all("[^a-z0-9]", "")
    is_one = text.str.contains("^(?:pdn|pdp|type)?ipv[46]$")
    only = pl.when(is_one).then(text.str.ends_with("6"))
    beside = assigned.join(frame.select("row", is_six=only), on="row", how="left", maintain_order="left")
    is_other = pl.col("is_six") != pl.col("ip").str.contains(":", literal=True)
    doubt = pl.when(is_other.fill_null(value=False)).then(pl.lit(mark.heading.strip().lstrip("\ufeff")))
    return beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)).drop("is_six")


def _match_difference(heading: str) -> pl.Expr | None:
    """Match rows whose `amount` under that heading is not what their facts say; None for any other heading."""
    if heading in _PORTS:
        return _match_other_ports(is_block="block" in heading)
    if heading in _ASKED_PORTS:
        return (pl.col("amount") < pl.col("port_from")) | (pl.col("amount") > pl.col("port_to"))
    if heading in _LASTING:
        return _match_other_duration()
    if heading in _SESSIONS:
        return pl.col("amount") != 1
    if heading in _VERSION:
        is_six = pl.col("ip").str.contains(":", literal=True)
        return ((pl.col("amount") == 4) & is_six) | ((pl.col("amount") == 6) & ~is_six)
    return None


def _match_other_ports(*, is_block: bool) -> pl.Expr:
    """Match rows with another number of ports. A row of one connection may say how large its block is.

    A row that is several ranges may state the size of one, or of all.
    """
    ports = pl.col("port_to").cast(pl.Int64) - pl.col("port_from").cast(pl.Int64) + 1
    is_other = (pl.col("amount") != ports) & (pl.col("amount") != ports.sum().over("row"))
    return is_other & (ports > 1) if is_block else is_other


def _match_other_duration() -> pl.Expr:
    """Match rows whose stated duration, in any unit, is not the time from start to end."""
    lasts = pl.col("end_us") - pl.col("start_us")
    slack = pl.max_horizontal("start_slack_us", "end_slack_us").fill_null(0) + 10 * SECOND_US + lasts // 100
    fits = [(pl.col("amount") * unit * SECOND_US - lasts).abs() <= slack + (unit - 1) * SECOND_US for unit in _UNITS_S]
    return ~pl.any_horizontal(*fits)
