"""Find rows of a reply that cannot both be true.

The ports or prefixes of two lines overlap in part, one assignment has two ends, one SIM, session or account has two
numbers, one number has two customers, two SIMs or two devices at a time.
"""

from __future__ import annotations

from ipaddress import ip_network

import polars as pl

from sightline.stages.resolve.assignment_spans import FOREVER_US, LEAST_PREFIX
from sightline.stages.resolve.block_sizes import find_odd_blocks
from sightline.stages.resolve.device_changes import find_device_slips
from sightline.stages.resolve.double_logins import find_two_logins
from sightline.stages.resolve.inside_addresses import find_several_holders
from sightline.stages.resolve.model import ASSIGNED, SECOND_US, NumberKind, RowStatement
from sightline.stages.resolve.number_shapes import find_odd_shapes, find_other_networks
from sightline.stages.resolve.repeated_rows import (
    find_copied_blocks,
    find_copied_contracts,
    find_copied_logins,
    find_copies,
    find_equal_starts,
    find_equal_times,
    find_moved,
    find_moved_to_others,
    find_other_insides,
    find_other_starts,
)
from sightline.stages.resolve.searched_rows import is_contradicted

MOST_KEPT = 100_000
"""The maximum number of compared rows. Later ones of a longer file are not compared."""
MOST_TOGETHER = 500
"""The maximum number of rows whose blocks touch one another, directly or by others, that are compared in pairs."""
SLACK_US = 10 * SECOND_US
"""Two lines may have one port for this long: devices write the end of one and the start of the next one apart."""
_MINUTE_US = 60 * SECOND_US
_PLACES_US = 600 * SECOND_US
"""For so long the session before may outlast a journey over a border."""
_MOST_SIMS = 2
"""The maximum number of numbers that one telephone has in a reply."""
_MOST_LINES = 2
"""The number of lines of a device at which it may be a customer's."""
_MOST_DOUBLED = 20_000
"""The maximum number of rows of assignments with several lines at a time that are compared in pairs."""
_MOST_NAMES = 2_000
"""The maximum number of names that are compared."""
_BLOCK = ["ip", "port_from", "port_to"]
_SAME = [*_BLOCK, "inside_ip", "protocol", "destination_ip", "destination_port", "number_kind", "number", "start_us"]
_COMPARED = ["row", *_SAME, "end_us", "is_static"]
_ASSIGNMENT = [*_BLOCK, "protocol", "destination_ip", "destination_port", "number_kind"]
_IDS = {name: ASSIGNED[name] for name in ("row", "number", "number_kind", "start_us")} | {"id": pl.String()}
_LEAST_USUAL, _MOST_UNUSUAL = 5, 0.2
"""The minimum number of assignments with the usual value, and the maximum part with others: then these alone err."""


IS_POSSIBLE = (pl.col("end_us") >= pl.col("start_us")).fill_null(value=True)
"""Matches rows that do not end before they start."""


class RowConflicts:
    """The assignments of a reply that are compared with one another: `take` its rows in batches, then `find`."""

    def __init__(self) -> None:
        self._rows = [pl.DataFrame(schema={name: ASSIGNED[name] for name in _COMPARED})]
        self._ids = [pl.DataFrame(schema=_IDS)]
        self._room = MOST_KEPT

    def take(self, assigned: pl.DataFrame) -> None:
        """Note the rows of a batch (ASSIGNED) that give an address to a line from a start on, with `ids` if any."""
        if not self._room:
            return
        is_line = pl.col("says") == RowStatement.ASSIGNED.value
        some = assigned.filter(is_line).drop_nulls(["ip", "number", "start_us"]).head(self._room)
        self._room -= some.height
        self._rows.append(some.select(_COMPARED))
        if "ids" in some.columns:
            each = some.select("row", "number", "number_kind", "start_us", id="ids").explode("id", keep_nulls=False)
            self._ids.append(each.select(list(_IDS)))

    @property
    def rows(self) -> pl.DataFrame:
        """Return the compared rows: `row`, the assignment, `number`, `start_us` and `end_us`."""
        return pl.concat(self._rows)

    def find_doubled(self, assignments: pl.DataFrame, searched: pl.Series) -> pl.Series:
        """Return rows whose whole assignment another line had at the same time, however far from what was asked.

        One of both is wrong, and nothing says which, or in what. For up to _MINUTE_US two devices wrote the change of
        hands: that matters only where it is as near to what was asked. One that answers the question
        too is a conflict of its verdict. `assignments`: rows and what they answer (`asked`, `from_us`, `until_us`).
        `searched`: rows with the times of a search (`is_contradicted`). A row of a pool contradicts none: its line may
        have had any of its addresses.
        """
        rows = pl.concat(self._rows).filter(~_is_of_pool())
        texts = [pl.col(name).cast(pl.String).fill_null("") for name in _ASSIGNMENT]
        rows = rows.with_columns(*texts, pl.col("end_us").fill_null(FOREVER_US))
        rows = rows.with_columns(repeated=pl.col("row").n_unique().over(*_ASSIGNMENT, "number", "start_us", "end_us"))
        shared = find_several_holders(rows.rename({"number": "holder"}), _ASSIGNMENT)
        some = rows.filter(pl.col("row").is_in(shared.implode())).head(_MOST_DOUBLED)
        is_alone = pl.col("number").n_unique().over("asked") == 1
        mine = assignments.filter(is_alone).select("row", "asked", "from_us", "until_us").join(some, on="row")
        pairs = mine.join(some, on=_ASSIGNMENT, suffix="_2").filter(pl.col("number") != pl.col("number_2"))
        first, last = pl.max_horizontal("start_us", "start_us_2"), pl.min_horizontal("end_us", "end_us_2")
        overlap = last - first
        is_near = (first - _MINUTE_US <= pl.col("until_us")) & (last + _MINUTE_US >= pl.col("from_us"))
        contradicting = pairs.filter(is_contradicted(searched))
        return contradicting.filter(overlap > SLACK_US, (overlap > _MINUTE_US) | is_near)["row"].unique()

    def find_across(self) -> pl.Series:
        """Return the rows, of several replies, that another one contradicts. Only what holds at one time is compared.

        An assignment that went on when the first of two replies was written has another end in the second. Prefixes are
        compared apart, by `find_nested`, and rows of one line with a moved clock by `list_moved_of_line`.
        """
        rows, ids = pl.concat(self._rows), pl.concat(self._ids)
        doubtful_rows = [_find_overlapped(rows), _find_of_two_lines(rows, ids)]
        possible = rows.filter(IS_POSSIBLE)
        doubtful_rows += [find_other_starts(possible), find_moved_to_others(possible), find_copies(possible)]
        doubtful_rows += [find_copied_contracts(possible)]
        return pl.concat(doubtful_rows).unique().sort()

    def find(self) -> pl.Series:
        """Return the rows that another one contradicts.

        Rows of one line, block and start with several ends are in doubt but for those with the first end: until then,
        all of them say the same. And rows that are another one written again; one that ends before it starts is in
        doubt itself, and says nothing of the edges of another.
        """
        rows = pl.concat(self._rows)
        possible = rows.filter(IS_POSSIBLE)
        ended = possible.drop_nulls("end_us")
        later = ended.filter(pl.col("end_us") > pl.col("end_us").min().over(_SAME) + SLACK_US)["row"]
        ids = pl.concat(self._ids)
        doubtful_rows = [
            later,
            _find_overlapped(rows),
            find_nested(rows),
            _find_several(ids),
            _find_two_at_once(rows, ids),
        ]
        doubtful_rows += [
            find_other_starts(possible),
            find_moved(possible),
            find_copies(possible),
            find_odd_blocks(rows),
        ]
        doubtful_rows += [find_copied_blocks(possible), find_copied_logins(possible), find_copied_contracts(possible)]
        doubtful_rows += [find_other_insides(possible), find_two_logins(possible, ids)]
        doubtful_rows += [
            find_odd_shapes(rows),
            find_other_networks(ids),
            find_equal_times(possible.filter(_has_both_families())),
            find_equal_starts(possible),
        ]
        return pl.concat(doubtful_rows).unique().sort()


def _is_of_pool() -> pl.Expr:
    """Match rows of more IPv4 addresses than one line gets, which are written as one prefix: `198.51.100.16/28`."""
    several = pl.col("ip").n_unique().over("row") > 1 << 32 - LEAST_PREFIX[4]
    return several & ~pl.col("is_static").fill_null(value=False)


def _has_both_families() -> pl.Expr:
    """Match rows whose times are those of an address of IPv4 and of one of IPv6."""
    is_six = pl.col("ip").str.contains(":", literal=True)
    return is_six.n_unique().over("start_us", "end_us") > 1


_AT_ONCE = ["imsi", "sim", "session", "imei", "mac", "prefix", "caf"]
"""Kinds of ids that one line alone has at a time."""


def _find_of_two_lines(rows: pl.DataFrame, ids: pl.DataFrame) -> pl.Series:
    """Return rows whose id another line has at the same time. An id of more than two lines is one of the network."""
    some = ids.filter(pl.col("id").str.extract("^([a-z]+):").is_in(_AT_ONCE))
    some = some.filter(pl.col("number").n_unique().over("id") == _MOST_LINES)
    return _find_overlapping(some, rows, "id", "number")


def _find_several(ids: pl.DataFrame) -> pl.Series:
    """Return rows whose SIM or session has another number elsewhere, or whose number has another customer.

    Where nearly all assignments of one have the same number, only the others are in doubt. And rows that name an
    account alone that has numbers: a person may have several under one account, and such a row names none of them.
    """
    if ids.is_empty():
        return ids["row"]
    kind, value = pl.col("id").str.extract("^([a-z]+):"), pl.col("id").str.extract("^[a-z]+:(.*)$")
    rows = ids.with_columns(kind=kind, value=value)
    numbers = rows.filter(pl.col("number").str.to_lowercase() != pl.col("value"))
    is_own = pl.col("kind").is_in(["imsi", "sim", "session"])
    # The form of a company has many connections.
    lines = pl.col("number").n_unique().over("id")
    is_given_twice = (is_own & (lines > 1)) | ((pl.col("kind") == "caf") & (lines == _MOST_LINES))
    of_sims = _without_usual(numbers.filter(is_given_twice), "id", "number")
    changed = find_device_slips(numbers)
    changed = _without_usual(_without_usual(changed, "id", "number"), "number", "id")
    is_of_many = pl.col("number").n_unique().over("id") > _MOST_SIMS
    of_devices = _without_usual(numbers.filter(kind="imei").filter(is_of_many), "id", "number")
    bare = rows.filter(pl.col("kind") == "account", pl.col("number").str.to_lowercase() == pl.col("value"))
    of_accounts = bare.join(numbers.filter(kind="account"), on="id", how="semi")
    return pl.concat([of_sims["row"], changed["row"], of_devices["row"], of_accounts["row"], _find_renamed(rows)])


def _without_usual(rows: pl.DataFrame, of: str, value: str) -> pl.DataFrame:
    """Return the rows without those whose value is the one of nearly all assignments (by start) of the same `of`."""
    each = rows.unique([of, value, "start_us"]).group_by(of, value).len("with_it")
    share = pl.col("with_it") / pl.col("with_it").sum().over(of)
    usual = each.filter(pl.col("with_it") >= _LEAST_USUAL, share >= 1 - _MOST_UNUSUAL)
    return rows.join(usual, on=[of, value], how="anti", maintain_order="left")


def _find_two_at_once(rows: pl.DataFrame, ids: pl.DataFrame) -> pl.Series:
    """Return rows whose mobile number had another SIM at the same time, or whose id was used by two devices at once.

    Or who was in two circles, or in cells of two networks, at once: a telephone is in one place. Or whose device had
    another line at the same time. One of the two SIMs, or lines, is another one's. An id with which
    two devices log in is shared. A device of more than two lines is one of the network.
    """
    if ids.is_empty():
        return ids["row"]
    is_sim = pl.col("id").str.starts_with("imsi:") & (pl.col("number_kind") == NumberKind.MSISDN.value)
    is_device = pl.col("id").str.contains("^(?:mac|prefix):")
    is_login = is_device & (pl.col("number_kind") == NumberKind.USER_ID.value)
    of_one = ids.filter(is_sim | is_login).with_columns(kind=pl.col("id").str.extract("^([a-z]+):"))
    several = of_one.filter(pl.col("id").n_unique().over("number", "kind") > 1)
    places = ids.filter(pl.col("id").str.contains("^(?:circle|network):"), number_kind=NumberKind.MSISDN.value)
    places = places.with_columns(kind=pl.col("id").str.extract("^([a-z]+):"))
    places = places.filter(pl.col("id").n_unique().over("number", "kind") > 1)
    of_two = ids.filter(is_device).filter(pl.col("number").n_unique().over("id") == _MOST_LINES)
    each = [_find_overlapping(table, rows, "number", "id") for table in several.partition_by("kind")]
    each += [_find_overlapping(table, rows, "number", "id", _PLACES_US) for table in places.partition_by("kind")]
    return pl.concat([*each, _find_overlapping(of_two, rows, "id", "number")]).unique()


def _find_overlapping(
    some: pl.DataFrame, rows: pl.DataFrame, of: str, holder: str, slack_us: int = SLACK_US
) -> pl.Series:
    """Return the rows of some ids whose `of` has another holder in a row of the same time, for more than the slack."""
    if some.is_empty():
        return some["row"]
    timed = some.select("row", "id").join(rows.select("row", "number", "start_us", "end_us"), on="row")
    timed = timed.with_columns(pl.col("end_us").fill_null(FOREVER_US)).head(_MOST_NAMES)
    pairs = timed.join(timed, on=of, suffix="_2").filter(
        pl.col(holder) != pl.col(f"{holder}_2"),
        (pl.col("start_us") + slack_us < pl.col("end_us_2")) & (pl.col("start_us_2") + slack_us < pl.col("end_us")),
    )
    return pairs["row"].unique()


def _find_renamed(rows: pl.DataFrame) -> pl.Series:
    """Return rows whose number has customers with different names: names that have no word of two letters in common."""
    names = rows.filter(kind="name").with_columns(words=pl.col("value").str.extract_all(r"[\pL\pM]{2,}"))
    each = names.filter(pl.col("words").list.len() > 0, pl.col("value").n_unique().over("number") > 1)
    pairs = each.select("number", "value", "words").unique(["number", "value"]).head(_MOST_NAMES)
    apart = pairs.join(pairs, on="number", suffix="_2").filter(
        pl.col("words").list.set_intersection("words_2").list.len() == 0
    )
    return _without_usual(each.join(apart, on="number", how="semi"), "number", "value")["row"]


def _find_overlapped(rows: pl.DataFrame) -> pl.Series:
    """Return rows with a block of ports that overlaps another line's, and is not the same, at the same time.

    A NAT gives a port of an address to one line (RFC 6888). Ports told apart by destination may be given twice. Blocks
    that share the one port where they meet are not compared: their ends may be written as the first port behind.
    """
    is_block = pl.col("port_to") - pl.col("port_from") < 60_000
    shared = rows.drop_nulls("port_from").filter(is_block, pl.col("destination_ip").is_null())
    touching = _group_touching(shared.select(_BLOCK).unique())
    pool = shared.join(touching, on=_BLOCK).select(
        "group", "row", "number", "protocol", *_BLOCK[1:], "start_us", "end_us"
    )
    pool = pool.with_columns(pl.col("end_us").fill_null(FOREVER_US))
    pool = pool.filter(pl.len().over("group") <= MOST_TOGETHER)
    doubtful_rows = [pl.Series("row", [], pl.UInt32)]
    for group in pool.partition_by("group"):
        pairs = group.join(group, how="cross", suffix="_2").filter(
            pl.col("number") != pl.col("number_2"),
            _share_ports(),
            (pl.col("port_from") != pl.col("port_from_2")) | (pl.col("port_to") != pl.col("port_to_2")),
            (pl.col("start_us") + SLACK_US < pl.col("end_us_2")) & (pl.col("start_us_2") + SLACK_US < pl.col("end_us")),
            pl.coalesce(pl.col("protocol") == pl.col("protocol_2"), pl.lit(value=True)),
        )
        doubtful_rows.append(pairs["row"])
    return pl.concat(doubtful_rows).unique()


def find_nested(rows: pl.DataFrame) -> pl.Series:
    """Return rows with a prefix in which another line has an address or a prefix at the same time, and these rows too.

    A line that has a prefix has all of it, or gives a part of it on to lines that are not the licensee's. If both rows
    have ports, only where these overlap. Rows without an address, a line or a start are left out.
    """
    nothing = pl.Series("row", [], pl.UInt32)
    rows = rows.drop_nulls(["ip", "number", "start_us"])
    texts = rows["ip"].unique().sort()
    if not texts.str.contains("/", literal=True).any():
        return nothing
    networks = {text: ip_network(text, strict=False) for text in texts}
    lengths = sorted({(one.version, one.prefixlen) for text, one in networks.items() if "/" in text})
    around = [
        (text, outer)
        for text, one in networks.items()
        for version, length in lengths
        if version == one.version and length < one.prefixlen
        if (outer := str(one.supernet(new_prefix=length))) in networks
    ]
    pairs = pl.DataFrame(around, schema={"ip": pl.String, "outer": pl.String}, orient="row")
    some = rows.select("row", "ip", *_BLOCK[1:], "number", "start_us", pl.col("end_us").fill_null(FOREVER_US))
    both = some.join(pairs, on="ip").join(some, left_on="outer", right_on="ip", suffix="_2")
    both = both.filter(
        pl.col("number") != pl.col("number_2"),
        (pl.col("start_us") + SLACK_US < pl.col("end_us_2")) & (pl.col("start_us_2") + SLACK_US < pl.col("end_us")),
        pl.col("port_from").is_null() | pl.col("port_from_2").is_null() | _share_ports(),
    )
    return pl.concat([nothing, both["row"], both["row_2"].rename("row")]).unique()


def _share_ports() -> pl.Expr:
    """Match pairs of blocks with a port in common; with two or more, if both blocks have several."""
    first = pl.max_horizontal("port_from", "port_from_2").cast(pl.Int64)
    shared = pl.min_horizontal("port_to", "port_to_2").cast(pl.Int64) - first + 1
    is_one_port = (pl.col("port_from") == pl.col("port_to")) | (pl.col("port_from_2") == pl.col("port_to_2"))
    return (shared > 1) | ((shared == 1) & is_one_port)


def _group_touching(blocks: pl.DataFrame) -> pl.DataFrame:
    """Return the blocks (`ip port_from port_to`) that overlap others of their address, with a `group` of each chain."""
    ordered = blocks.sort("ip", "port_from", "port_to")
    before = pl.col("port_to").cum_max().shift().over("ip")
    numbered = ordered.with_columns(group=(pl.col("port_from") > before).fill_null(value=True).cum_sum())
    return numbered.filter(pl.len().over("group") > 1)
