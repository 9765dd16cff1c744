"""Columns of text read by their distinct values: each is read once, by the function that reads it everywhere."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from sightline.stages.resolve.reading import times, values
from sightline.stages.resolve.reading.times import DAY_US, TimeRules
from sightline.stages.resolve.reading.values import Unreadable
from sightline.stages.resolve.reading.zoned import placed

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_INSIDE_FIRST = "10|100|172|192|"
_FIRST = "[1-9]|1[1-9]|[2-9][0-9]|10[1-9]|11[0-9]|12[0-68-9]|1[345][0-9]|16[0-8]|17[013-9]|18[0-9]|19[013-9]|2[01][0-9]|22[0-3]|24[0-9]|25[0-4]"
OUTSIDE = rf"^(?:{_FIRST})(?:\.{_OCTET}){{3}}$"
"""IPv4 in its canonical text, that is surely none of a range which is looked at one by one."""
ANY = rf"^(?:{_INSIDE_FIRST}{_FIRST})(?:\.{_OCTET}){{3}}$"
INDIAN = "^91[0-9]{10}$"
PLAIN_NAME = "^[A-Za-z0-9][A-Za-z0-9._-]*@[A-Za-z0-9._-]+$"


def mapped(texts: pl.Series, read: Callable[[str], tuple[object, ...]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """What `read` makes of each text, aligned with them: its columns, and `is_bad` where it raises Unreadable.

    A text that says that nothing is there gives nulls and is not bad.
    """
    distinct = texts.unique()
    rows: list[tuple[object, ...]] = []
    nothing = (None,) * len(schema)
    for text in distinct.to_list():
        try:
            stated = None if text is None else values.stated(text)
            rows.append((*(nothing if stated is None else read(stated)), False))
        except Unreadable:
            rows.append((*nothing, True))
    table = pl.DataFrame(rows, schema={**schema, "is_bad": pl.Boolean()}, orient="row")
    keyed = table.with_columns(distinct.alias("text"))
    return (
        pl.DataFrame({"text": texts})
        .join(keyed, on="text", how="left", maintain_order="left", nulls_equal=True)
        .drop("text")
    )


def quick(
    texts: pl.Series, pattern: str, read: Callable[[str], tuple[object, ...]], schema: dict[str, pl.DataType]
) -> pl.DataFrame:
    """As `mapped`; a text of the pattern is its own first column, and the others are as given by `PLAIN`."""
    is_plain = texts.str.contains(pattern).fill_null(False)  # noqa: FBT003  - as Polars has it
    first, *others = schema
    if is_plain.all():
        frame = pl.DataFrame({first: texts})
        fills = [pl.lit(PLAIN.get(name), schema[name]).alias(name) for name in others]
        return frame.with_columns(*fills, pl.lit(False).alias("is_bad"))  # noqa: FBT003
    slow = mapped(pl.select(pl.when(is_plain).then(None).otherwise(texts)).to_series(), read, schema)
    return slow.with_columns(
        pl.when(is_plain).then(texts).otherwise(pl.col(first)).alias(first),
        *(
            pl.when(is_plain).then(pl.lit(PLAIN.get(name), schema[name])).otherwise(pl.col(name)).alias(name)
            for name in others
        ),
    )


PLAIN: dict[str, object] = {"is_inside": False}
ADDRESS: dict[str, pl.DataType] = {"ip": pl.String(), "port": pl.UInt16(), "is_inside": pl.Boolean()}
PORTS: dict[str, pl.DataType] = {"first": pl.UInt16(), "last": pl.UInt16()}
_CLOCK: dict[str, pl.DataType] = {"clock": pl.Int64(), "step": pl.Int64(), "offset": pl.Int64()}
_INSTANT: dict[str, pl.DataType] = {"us": pl.Int64(), "slack_us": pl.Int64()}


def addresses(texts: pl.Series, *, inside: bool = False) -> pl.DataFrame:
    """`ip`, `port`, `is_inside`, `is_bad`."""
    return quick(texts, ANY if inside else OUTSIDE, values.endpoint, ADDRESS)


def ports(texts: pl.Series) -> pl.DataFrame:
    """`first`, `last`, `is_bad`."""
    return mapped(texts, values.ports, PORTS)


def instants(texts: pl.Series, rules: TimeRules) -> pl.DataFrame:
    """`us`, `slack_us`, `is_bad` of texts with date and time."""

    def head(text: str) -> tuple[object, ...]:
        if len(text) != 11 or text[10] not in " T-":
            raise Unreadable(values.ReplyCode.BAD_TIME)
        return (times.day(text[:10], rules.order, rules.year),)

    def whole(text: str) -> tuple[object, ...]:
        found = times.instant(text, rules)
        return found.us, found.slack_us

    heads = _read(texts.str.slice(0, 11), head, {"day": pl.Int64()})
    clocks = _read(texts.str.slice(11), _clock, _CLOCK)
    quickly = placed(heads["day"] * DAY_US + clocks["clock"], clocks["offset"], clocks["step"], rules.zone)
    is_slow = quickly["us"].is_null()
    if not is_slow.any():
        return quickly.with_columns(is_bad=pl.lit(False))  # noqa: FBT003
    slow = mapped(pl.select(pl.when(is_slow).then(texts)).to_series(), whole, _INSTANT)
    return slow.with_columns(us=pl.coalesce(quickly["us"], "us"), slack_us=pl.coalesce(quickly["slack_us"], "slack_us"))


def instants_of_two(dates: pl.Series, clocks: pl.Series, rules: TimeRules) -> pl.DataFrame:
    """`us`, `slack_us`, `is_bad` of dates and times of day in columns of their own."""

    def day(text: str) -> tuple[object, ...]:
        return (times.day(times.date_alone(text), rules.order, rules.year),)

    days = mapped(dates, day, {"day": pl.Int64()})
    found = mapped(clocks, _clock, _CLOCK)
    is_absent = days["day"].is_null() & found["clock"].is_null() & ~days["is_bad"] & ~found["is_bad"]
    local = days["day"] * DAY_US + found["clock"]
    both = placed(local, found["offset"], found["step"], rules.zone)
    return both.with_columns(is_bad=both["us"].is_null() & ~is_absent)


def _clock(text: str) -> tuple[object, ...]:
    found = times.clock(text)
    return found.us, found.step_us, found.offset_s


def _read(texts: pl.Series, read: Callable[[str], tuple[object, ...]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """As `mapped`, of texts as they stand, blanks included."""

    distinct = texts.unique()
    rows: list[tuple[object, ...]] = []
    for text in distinct.to_list():
        try:
            rows.append(read(text or ""))
        except Unreadable:
            rows.append((None,) * len(schema))
    keyed = pl.DataFrame(rows, schema=schema, orient="row").with_columns(distinct.alias("text"))
    return (
        pl.DataFrame({"text": texts})
        .join(keyed, on="text", how="left", maintain_order="left", nulls_equal=True)
        .drop("text")
    )
