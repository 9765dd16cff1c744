"""Signs that a reply names the wrong lines: one for all, one at several networks, or rows of other times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from sightline.stages.resolve.file_signs import DAY_US, IS_FIXED, NEARLY_ALL, compute_commonest_share, sign_rows
from sightline.stages.resolve.model import FindingKind

AT_ONCE = 3
"""The number of networks, or of shared addresses, that one line cannot have at one instant."""
_NEIGHBOURS = 8
TIMED = ["ip", "port_from", "port_to", "start_us", "end_us"]


def find_one_subscriber(alone: pl.DataFrame, searched: pl.Series) -> Iterator[pl.DataFrame]:
    """One number for all that was asked: of many leads, or at several networks at once; or rows that are copies.

    `searched`: rows with the times of a search. Of a line with three addresses at once all rows of the file are in
    doubt: what a clerk copied there, he may have copied beside it.

    One line may have had many addresses, one after the other; and a block of neighbouring ones. Or a line has ports of
    three shared addresses at one instant: a NAT gives a line ports of one address (RFC 6888, REQ-2).
    """
    named = alone.filter(pl.col("number").is_not_null()).with_columns(_derive_network().alias("network"))
    if named.is_empty():
        return
    copies = named.filter(pl.col("ip").n_unique().over("start_us", "end_us", "number", "port_from", "port_to") >= 3)
    copies = copies.filter(~IS_FIXED)
    is_one = compute_commonest_share(named["number"]) >= NEARLY_ALL
    networks, leads = named["network"].n_unique(), named["lead_id"].n_unique()
    if copies.height >= NEARLY_ALL * named.height:
        yield sign_rows(FindingKind.ONE_SUBSCRIBER, copies["row"])
    elif is_one and ((networks >= 8 and leads >= 8) or _is_at_several(named)):
        yield sign_rows(FindingKind.ONE_SUBSCRIBER, named["row"])
    elif len(rows := find_at_several_addresses(named, searched)):
        lines = named.filter(pl.col("row").is_in(rows.implode()))["number"].unique()
        of_lines = _select_single_addresses(named).filter(pl.col("number").is_in(lines.implode()))["row"]
        yield sign_rows(FindingKind.ONE_SUBSCRIBER, of_lines, is_whole=False)


def find_copied_lines(rows: pl.DataFrame, searched: pl.Series) -> Iterator[pl.DataFrame]:
    """A line with blocks of three addresses at one instant, whatever was asked: its number was copied from row to row.

    `rows`: those of the file, asked about or not. Rows of connections do not count: some NATs spread these.
    """
    blocks = rows.filter(pl.col("port_from").is_not_null(), pl.col("destination_ip").is_null())
    copied = find_at_several_addresses(blocks, searched)
    if len(copied):
        lines = blocks.filter(pl.col("row").is_in(copied.implode()))["number"].unique()
        of_lines = blocks.filter(pl.col("number").is_in(lines.implode()))["row"]
        yield sign_rows(FindingKind.ONE_SUBSCRIBER, of_lines.unique().sort(), is_whole=False)


_LEAST_DERIVED = 3
"""The minimum number of rows, of different lines and addresses or ports, whose numbers end in these."""


def find_derived(alone: pl.DataFrame, questions: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """All numbers end in the last part of their row's address, or in a port of it: a formula was dragged down.

    A number ends so by chance in one row of a thousand.
    """
    some = alone.filter(~IS_FIXED, pl.col("number").str.contains(r"^[0-9]{10,15}$"))
    last = pl.col("ip").str.extract(r"\.([0-9]{1,3})$").str.zfill(3)
    ports = [pl.col(name).cast(pl.String).str.zfill(5) for name in ("port_from", "asked_port")]
    some = some.join(questions.select(asked="row_id", asked_port="port"), on="asked", maintain_order="left")
    for part in (last, *ports):
        tails = some.select("row", "number", tail=part).drop_nulls()
        is_derived = pl.col("number").str.ends_with(pl.col("tail"))
        if tails.height < max(_LEAST_DERIVED, NEARLY_ALL * alone.height) or tails["tail"].n_unique() < _LEAST_DERIVED:
            continue
        if tails["number"].n_unique() >= _LEAST_DERIVED and tails.select(is_derived.mean()).item() >= NEARLY_ALL:
            yield sign_rows(FindingKind.FILLED_DOWN, tails["row"])
            return


def _derive_network() -> pl.Expr:
    """Of an IPv4 address its neighbourhood of sixteen, of one of IPv6 its first 48 bits as they are written."""
    octets = pl.col("ip").str.extract_groups(r"^(\d+\.\d+\.\d+)\.(\d+)")
    place = octets.struct.field("2").cast(pl.Int64, strict=False) // 16
    v4 = pl.concat_str(octets.struct.field("1"), place.cast(pl.String), separator="-")
    return pl.coalesce(v4, pl.col("ip").str.extract(r"^([^:]*:[^:]*:[^:]*)"))


def _is_at_several(named: pl.DataFrame) -> bool:
    """Whether one IPv4 line had addresses of three networks at one instant, each of them whole."""
    whole = named.filter(
        ~IS_FIXED, pl.col("port_from").is_null(), ~pl.col("ip").str.contains(":"), pl.col("end_us").is_not_null()
    )
    if whole["network"].n_unique() < AT_ONCE:
        return False
    begins = whole.sort("start_us").unique(["network", "start_us", "end_us"], maintain_order=True)
    return _are_at_once(begins["start_us"].to_list(), begins["end_us"].to_list(), begins["network"].to_list())


def find_at_several_addresses(named: pl.DataFrame, searched: pl.Series, pooled: pl.Series | None = None) -> pl.Series:
    """Return the rows of lines with ports of three IPv4 addresses at one instant, or with three whole ones apart.

    A line may have a block of neighbouring addresses. `searched`: rows with the times of a search. Their line had the
    address at some instant of these: at that of the other addresses only if it had those all the time. `pooled`: rows
    of connections that a NAT spreads over its addresses (`find_pooled`). Where rows of one line, address and start have
    several ends, or of one end several starts, only the time of all of them counts.
    """
    shared = _trim_contradicted(_select_single_addresses(named.drop_nulls("number")))
    shared = shared.filter(pl.col("ip").n_unique().over("number") >= AT_ONCE).sort("number", "start_us", "row")
    is_pooled = pl.lit(value=False) if pooled is None else pl.col("row").is_in(pooled.implode())
    shared = shared.with_columns(
        is_searched=pl.col("row").is_in(searched.implode()),
        inside=pl.when(is_pooled).then(pl.col("inside_ip").fill_null("")),
    )
    result = [row for rows in shared.partition_by("number", maintain_order=True) for row in _list_at_once(rows)]
    return pl.Series("row", result, pl.UInt32).unique().sort()


def _select_single_addresses(named: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with ports of an IPv4 address, or a whole one, if the line's addresses are no block."""
    named = named.with_columns(_derive_network().alias("network"))
    shared = named.drop_nulls(["start_us", "end_us"]).filter(~pl.col("ip").str.contains(":"))
    last = pl.col("ip").str.extract(r"\.([0-9]+)$").cast(pl.Int64, strict=False)
    is_block = (pl.col("network").n_unique().over("number") == 1) | (
        (last.max().over("number") - last.min().over("number")) < _NEIGHBOURS
    )
    return shared.filter(pl.col("port_from").is_not_null() | ~(is_block | IS_FIXED))


def _trim_contradicted(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows from the last start, and until the first end, that rows of their line and address give.

    A row with a mistyped edge says nothing against rows of other addresses beyond what the others say of its own.
    """
    same = ["number", "ip", "port_from", "port_to"]
    is_possible = pl.col("start_us") <= pl.col("end_us")
    last = pl.col("start_us").filter(is_possible).max().over(*same, "end_us")
    first = pl.col("end_us").filter(is_possible).min().over(*same, "start_us")
    return rows.with_columns(
        start_us=pl.when(is_possible).then(last).otherwise("start_us"),
        end_us=pl.when(is_possible).then(first).otherwise("end_us"),
    )


def _list_at_once(rows: pl.DataFrame) -> set[int]:
    """Return the rows of one line, in the order of their starts, that hold at an instant with AT_ONCE addresses.

    Not so where all that hold then are connections that a network spreads over its addresses, `inside` one address of
    it as far as the rows say that ("": not said; null: no such connection).
    """
    spans = rows.select("start_us", "end_us", "ip", "row", "is_searched", "inside").rows()
    records = [span for span in spans if not span[4]]
    result: set[int] = set()
    current: list[tuple[int, str, int, str | None]] = []
    for start, end, ip, row, _, inside in records:
        current = [*(session for session in current if session[0] > start), (end, ip, row, inside)]
        insides = {session[3] for session in current}
        is_spread = None not in insides and len(insides - {""}) <= 1
        if not is_spread and len({session[1] for session in current}) >= AT_ONCE:
            result |= {session[2] for session in current}
    for start, end, ip, row, *_ in (span for span in spans if span[4]):
        around = [
            (record[2], record[3]) for record in records if record[0] <= start and record[1] >= end and record[2] != ip
        ]
        if len({address for address, _ in around}) >= AT_ONCE - 1:
            result |= {row, *(other_row for _, other_row in around)}
    return result


def _are_at_once(starts: Sequence[int], ends: Sequence[int], names: Sequence[str]) -> bool:
    """Whether spans of AT_ONCE different names have an instant in common. They are in the order of their starts."""
    current: dict[str, int] = {}
    for start, end, name in zip(starts, ends, names, strict=True):
        current = {one: until for one, until in current.items() if until > start}
        current[name] = max(end, current.get(name, end))
        if len(current) >= AT_ONCE:
            return True
    return False


def find_little_cover(
    assignments: pl.DataFrame, strangers: pl.DataFrame, unmet: pl.DataFrame, near: pl.DataFrame, addresses: int
) -> Iterator[pl.DataFrame]:
    """Find replies with no row at the time of most sessions, and rows of the same address and port at other times.

    These are as many as the rows that meet: of a part of an answer, a slip or two is beside much that other parts have.
    Or several would be met, were the clock another by one and the same number of hours: three sessions, and a tenth of
    those that have rows, or of the addresses that the notice asks about.
    """
    answered = assignments["session_id"].n_unique()
    by_ip, by_port = unmet.filter(asks="address"), unmet.filter(asks="port")
    whole = strangers.filter(pl.col("port_from").is_null())
    blocks = strangers.filter(pl.col("port_from").is_not_null())
    under = by_port.sort("port").join_asof(
        blocks.sort("port_from").select("ip", "port_from", "port_to", block_row="row"),
        left_on="port",
        right_on="port_from",
        by="ip",
        strategy="backward",
        check_sortedness=False,
    )
    inside = under.filter(pl.col("port") <= pl.coalesce("port_to", "port_from"))
    displaced = pl.concat(
        [
            by_ip.join(strangers, on="ip", how="semi").select("session_id"),
            by_port.join(whole, on="ip", how="semi").select("session_id"),
            inside.select("session_id"),
        ]
    ).unique()
    displaced = displaced.join(assignments, on="session_id", how="anti")
    rows, met = (table.unique(TIMED).height for table in (strangers, assignments))
    if displaced.height >= 2 and displaced.height > answered and rows >= met:
        at = strangers.filter(pl.col("ip").is_in(unmet["ip"].implode()))["row"]
        yield sign_rows(FindingKind.COVERS_LITTLE, at)
    shifts = near.filter(pl.col("by_us") % DAY_US != 0).join(unmet.select("row_id", "session_id", "ip"), on="row_id")
    shifts = shifts.unique(["session_id", "by_us"])
    usual = shifts.filter(pl.len().over("by_us") == pl.len().over("by_us").max())
    if usual.height:
        of_one = usual.filter(pl.col("by_us") == usual["by_us"].min())
        is_tenth = 10 * of_one.height >= answered + displaced.height
        answerable = of_one["ip"].n_unique()
        if (of_one.height >= 3 and is_tenth) or (answerable >= 3 and 10 * answerable >= addresses):
            yield sign_rows(FindingKind.ONE_SHIFT, of_one["row"])
