"""Generate rows of a reply that their own cells deny, and rows that no assignment can mean.

What a clerk, or a system, writes beside a line that did not have the address: a login that was rejected, a remark, an
address inside. Half of these rows stand beside the right one, half instead of it.
"""

from __future__ import annotations

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.networks import NETWORKS, RESALE, RESALE_EACH, V6
from sightline.exercise.relays import BUSINESS
from sightline.exercise.replies.assignments import pick_other_line
from sightline.exercise.replies.habits import Habit
from sightline.exercise.replies.line_names import INDEXES, compute_network_of_line
from sightline.exercise.shared_ports import BY_CONNECTION

MARKS = ("status", "remark", "address_type", "private_ip", "protocol", "contact", "customer", "duration", "zone")
"""The cells beside a row's assignment: null if its ISP's table has no such column."""
TYPES = {name: pl.String() for name in MARKS}
REJECTED = {
    "dhcp-leases": ("Offered", "Declined", "Abandoned"),
    "radius-csv": ("Login rejected", "Access-Reject", "Authentication failed"),
    "radius-detail": ("Login rejected",),
}
ELSEWHERE = ("Login rejected", "Failed", "Session not established")
REMARKS = (
    "previous user; current one could not be traced",
    "Holder before 2025, present one not known",
    "not sure, please verify",
    "surrendered; record of the earlier customer",
    "as per old CRM data, may have changed",
)
OPERATORS = ("Reseller", "ISP", "LCO")
SHARED = ("Dynamic (CGNAT)", "CGNAT", "Shared", "Dynamic - NAT pool")
ANOTHER_S = ("reply-rejected", "reply-remark", "reply-shared-type", "reply-inside", "reply-without-ports", "reply-udp")
"""Faults whose rows name a line that did not have the address."""
TABLES = ("ipdr-2013", "ipdr-2021", "nat-blocks", "radius-csv", "dhcp-leases")


def can_have(fault: str, network: int, habit: Habit) -> bool:
    """Return whether an ISP's reply can have a row fault: its layout has the column, its lines the ports."""
    one = NETWORKS[network]
    has_ports, is_table = one.lines_each > 1, habit.layout in TABLES
    match fault:
        case "reply-remark" | "reply-reversed" | "reply-echo":
            return is_table
        case "reply-shared-type":
            return is_table and not has_ports and one.base < V6
        case "reply-inside":
            return habit.layout == "ipdr-2013" and one.base < V6
        case "reply-without-ports" | "reply-udp":
            return has_ports
        case "reply-contact":
            return habit.layout == "ipdr-2013"
        case _:
            return True


def spoil_rows(rows: pl.DataFrame, dice: Dice, habit: Habit) -> pl.DataFrame:
    """Return the found rows, with MARKS. Rows with a fault of this module are changed by it. Needs `written`."""
    rows = rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in TYPES.items())
    is_another_s = pl.col("fault").is_in(ANOTHER_S).fill_null(value=False)
    throws = rows.filter(is_another_s & (dice.draw_unit("beside", "throw") < 0.5))
    return pl.concat(
        [throws, rows.with_columns(_build_marks(dice, habit)).with_columns(*_build_changes(dice, is_another_s))]
    )


def _is(name: str) -> pl.Expr:
    return (pl.col("fault") == name).fill_null(value=False)


def _build_marks(dice: Dice, habit: Habit) -> list[pl.Expr]:
    """Return what each spoiled row says beside its assignment."""

    def one_of(words: tuple[str, ...], purpose: str) -> pl.Expr:
        return pl.lit(pl.Series(words)).gather(dice.draw_below(len(words), purpose, "throw"))

    inside = pl.format("10.{}.{}.{}", *(dice.draw_below(250, f"inside {part}", "throw") + 1 for part in range(3)))
    mobile = pl.format("98{}", dice.draw_below(10**8, "contact", "throw").cast(pl.String).str.zfill(8))
    marks = {
        "status": ("reply-rejected", one_of(REJECTED.get(habit.layout, ELSEWHERE), "rejected")),
        "remark": ("reply-remark", one_of(REMARKS, "remark")),
        "address_type": ("reply-shared-type", one_of(SHARED, "shared type")),
        "private_ip": ("reply-inside", inside),
        "protocol": ("reply-udp", pl.lit("UDP")),
        "contact": ("reply-contact", mobile),
    }
    # The ISP whose NAT reuses ports logs whole connections.
    usual = {"protocol": pl.when(compute_network_of_line("written") == BY_CONNECTION).then(GOOD["protocol"])}
    conditions = [
        pl.when(_is(fault)).then(text).otherwise(usual.get(name)).alias(name) for name, (fault, text) in marks.items()
    ]
    # For its business customers the ISP states which are operators.
    line = pl.col("written")
    is_operator = (compute_network_of_line("written") == BUSINESS) & (line % INDEXES % RESALE_EACH == RESALE)
    return [*conditions, pl.when(is_operator).then(one_of(OPERATORS, "operator")).alias("customer")]


def _build_changes(dice: Dice, is_another_s: pl.Expr) -> list[pl.Expr]:
    """Return the changes to a spoiled row: its line, its time and its ports."""
    echo, reversed_ = _is("reply-echo"), _is("reply-reversed")
    # A clerk who copies the question looks up who has the address today.
    guesses = echo & (dice.draw_unit("today's", "throw") < 0.5)
    other = pick_other_line("written", dice.draw_unit("whom a spoiled row names", "throw"))
    start = pl.when(echo).then("from_us").when(reversed_).then("end_us").otherwise("start_us")
    end = pl.when(echo).then("until_us").when(reversed_).then("start_us").otherwise("end_us")
    no_ports = _is("reply-without-ports")
    return [
        pl.when(is_another_s | guesses).then(other).otherwise("written").alias("written"),
        start.alias("start_us"),
        end.alias("end_us"),
        *(pl.when(no_ports).then(None).otherwise(name).alias(name) for name in ("port_from", "port_to")),
    ]


GOOD = {
    "status": pl.lit("Active"),
    "address_type": pl.lit("Dynamic"),
    "protocol": pl.lit("TCP"),
    "customer": pl.lit("Retail"),
}
"""The value of the other rows of a file in a column that one of its rows has."""
CELL = pl.List(pl.Struct({"heading": pl.String, "value": pl.String}))


def fill_columns(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of one file. If one of them has a mark, all others have the usual value."""
    used = [name for name in GOOD if rows[name].null_count() < rows.height]
    return rows.with_columns(pl.col(name).fill_null(GOOD[name]) for name in used)


def build_cells() -> pl.Expr:
    """Return the cells beside a row's assignment, as headings and values."""
    pairs = [
        pl.when(pl.col(name).is_not_null()).then(pl.struct(pl.lit(name).alias("heading"), pl.col(name).alias("value")))
        for name in ("status", "remark", "address_type", "customer")
    ]
    return pl.concat_list(pairs).list.drop_nulls().cast(CELL)
