"""Read columns of text by their distinct values: each is parsed once, by the same function as everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.model import SECOND_US, NumberKind
from sightline.stages.resolve.replies import (
    address_values,
    cell_text,
    durations,
    reply_times,
    single_rows,
    stated_ids,
    subscriber_numbers,
)
from sightline.stages.resolve.replies.cell_text import UnreadableValue
from sightline.stages.resolve.replies.column_times import place_times
from sightline.stages.resolve.replies.reply_times import DAY_US, TimeRules
from sightline.stages.resolve.replies.shared_words import load_shared_words

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_INSIDE_FIRST = "10|100|172|192|"
_FIRST = (
    "[1-9]|1[1-9]|[2-9][0-9]|10[1-9]|11[0-9]|12[0-68-9]|1[345][0-9]|16[0-8]|17[013-9]|18[0-9]|19[013-9]"
    "|2[01][0-9]|22[0-3]|24[0-9]|25[0-4]"
)
OUTSIDE = rf"^(?:{_FIRST})(?:\.{_OCTET}){{3}}$"
"""IPv4 in canonical text, surely outside the ranges that are read one by one."""
ANY = rf"^(?:{_INSIDE_FIRST}{_FIRST})(?:\.{_OCTET}){{3}}$"
_USER_ID = "^[A-Za-z0-9][A-Za-z0-9._-]*@[A-Za-z0-9._-]+$"
_LEAST = pl.Series([None, 1, 10, 100, 1_000, 10_000, None], dtype=pl.UInt16())
"""The lowest port with that many digits."""


_CLOCK_FORM = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_TWO, _FOUR = "[0-9]{2}", "[0-9]{4}"
_ISO = [(f"{_FOUR}-{_TWO}-{_TWO}{sign}{_CLOCK_FORM}", f"%Y-%m-%d{sign}%H:%M:%S") for sign in (" ", "T")]
_FORMS: dict[str | None, list[tuple[str, str]]] = {
    None: _ISO,
    "ymd": _ISO,
    **{
        order: [
            *_ISO,
            *(
                (
                    f"{_TWO}{sign}{_TWO}{sign}{_FOUR} {_CLOCK_FORM}".replace(".", "[.]"),
                    f"{days.replace('-', sign)} %H:%M:%S",
                )
                for sign in "/-."
            ),
        ]
        for order, days in (("dmy", "%d-%m-%Y"), ("mdy", "%m-%d-%Y"))
    },
}
"""Patterns and layouts of whole seconds in the most common forms, by the declared order."""

Read = Callable[[str], tuple[object, ...]]
Schema = dict[str, pl.DataType]
ADDRESS: Schema = {"ip": pl.String(), "port": pl.UInt16(), "is_inside": pl.Boolean()}
PORTS: Schema = {"first": pl.UInt16(), "last": pl.UInt16()}
NUMBER: Schema = {"number": pl.String(), "kind": pl.String()}
_CLOCK: Schema = {"clock": pl.Int64(), "step": pl.Int64(), "offset": pl.Int64()}
_INSTANT: Schema = {"us": pl.Int64(), "slack_us": pl.Int64()}
_MOST_KNOWN = 1 << 20


def repeat_value(value: object, height: int, kind: pl.DataType) -> pl.Series:
    """Return a column of one value."""
    return pl.Series([value], dtype=kind).new_from_index(0, height)


def choose_values(mask: pl.Series, one: pl.Series, other: pl.Series) -> pl.Series:
    """Return, for each row, one value where the mask holds, else the other."""
    if mask.all():
        return one
    return pl.select(pl.when(mask).then(one).otherwise(other)).to_series()


class ParsedTexts:
    """The results of `read` for texts. Each text is read once in a file.

    `is_exact`: texts are passed unchanged; otherwise without surrounding blanks, and one that means "nothing" is null.
    """

    def __init__(self, read: Read, schema: Schema, *, is_exact: bool = False, seed: pl.DataFrame | None = None) -> None:
        self._read, self._schema, self._is_exact = read, schema, is_exact
        self._nothing: tuple[object, ...] = (None,) * len(schema)
        self._full = {"text": pl.String(), **schema, "is_bad": pl.Boolean()}
        empty = pl.DataFrame([(None, *self._nothing, False)], schema=self._full, orient="row")
        self._seed = empty if seed is None else pl.concat([empty, seed.cast(pl.Schema(self._full))])
        self._known = self._seed

    def parse(self, texts: pl.Series) -> pl.DataFrame:
        """Return the columns of the schema, and `is_bad` where `read` raises UnreadableValue, for each text."""
        frame = pl.DataFrame({"text": texts})
        result = self._look_up(frame)
        fresh = result.filter(pl.col("is_bad").is_null())["text"].unique().to_list()
        if fresh:
            if self._known.height > _MOST_KNOWN:
                self._known = self._seed
                fresh = frame.join(self._seed, on="text", how="anti", nulls_equal=True)["text"].unique().to_list()
            rows = [(text, *self._parse_row(text)) for text in fresh]
            self._known = pl.concat([self._known, pl.DataFrame(rows, schema=self._full, orient="row")])
            result = self._look_up(frame)
        return result.drop("text")

    def _look_up(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(self._known, on="text", how="left", maintain_order="left", nulls_equal=True)

    def _parse_row(self, text: str | None) -> tuple[object, ...]:
        try:
            stated = text if self._is_exact else cell_text.clean_text(text or "")
            return (*(self._nothing if stated is None else self._read(stated)), False)
        except UnreadableValue:
            return (*self._nothing, True)

    def parse_others(self, texts: pl.Series, is_plain: pl.Series, plain: pl.DataFrame) -> pl.DataFrame:
        """Return the same as `parse`. Where `is_plain`, `plain` has the result, without a lookup."""
        if is_plain.all():
            return plain.with_columns(repeat_value(False, len(texts), pl.Boolean()).alias("is_bad"))
        others = self.parse(pl.select(pl.when(~is_plain).then(texts)).to_series())
        return others.with_columns(
            pl.when(is_plain).then(plain[name]).otherwise(others[name]).alias(name) for name in self._schema
        )


class Readers:
    """The readers for all kinds of columns of one file."""

    def __init__(self, rules: TimeRules) -> None:
        self.rules = rules
        self._addresses = ParsedTexts(address_values.parse_endpoint, ADDRESS)
        self._ports = ParsedTexts(address_values.parse_ports, PORTS)
        self._numbers = {
            field: ParsedTexts(partial(single_rows.parse_number, field), NUMBER) for field in single_rows.NUMBERS
        }
        self._row_ids = ParsedTexts(lambda text: (stated_ids.read_row_id(text),), {"row_id": pl.String()})
        self._seconds = ParsedTexts(lambda text: (durations.parse_seconds(text),), {"s": pl.Int64()})
        self._session_seconds = ParsedTexts(lambda text: (durations.parse_session_seconds(text),), {"s": pl.Int64()})
        units = {"duration": rules.duration_us, "lifetime": rules.lifetime_us}
        self._lasting = {
            field: ParsedTexts(partial(_parse_lasting, unit_us), {"us": pl.Int64()}) for field, unit_us in units.items()
        }
        self._said = ParsedTexts(partial(_parse_lasting, rules.duration_us or SECOND_US), {"us": pl.Int64()})
        self._heads = ParsedTexts(self._parse_head, {"day": pl.Int64()}, is_exact=True)
        self._tails = ParsedTexts(_parse_clock_row, _CLOCK, is_exact=True, seed=_list_all_clocks())
        self._wholes = ParsedTexts(self._read_instant, _INSTANT)
        self._days = ParsedTexts(self._parse_day, {"day": pl.Int64()})
        self._clocks = ParsedTexts(_parse_clock_row, _CLOCK)

    def _parse_head(self, text: str) -> tuple[object, ...]:
        if len(text) != 11 or text[10] not in " T-":
            raise UnreadableValue(ReplyCode.BAD_TIME)
        return self._parse_day(text[:10])

    def _parse_day(self, text: str) -> tuple[object, ...]:
        return (reply_times.parse_day(reply_times.strip_midnight(text), self.rules.order, self.rules.year),)

    def _read_instant(self, text: str) -> tuple[object, ...]:
        instant = reply_times.parse_instant(text, self.rules)
        return instant.us, instant.slack_us

    def read_addresses(self, texts: pl.Series, *, inside: bool = False) -> pl.DataFrame:
        """Return `ip`, `port`, `is_inside`, `is_bad`.

        With `inside`, the addresses may be inside ones and are not checked.
        """
        inside = inside or self.rules.takes_inside
        is_plain = texts.str.contains(ANY if inside else OUTSIDE).fill_null(value=False)
        facts = {
            "port": repeat_value(None, len(texts), ADDRESS["port"]),
            "is_inside": repeat_value(False, len(texts), ADDRESS["is_inside"]),
        }
        result = self._addresses.parse_others(texts, is_plain, pl.DataFrame({"ip": texts, **facts}))
        return result.with_columns(facts["is_inside"]) if self.rules.takes_inside else result

    def read_ports(self, texts: pl.Series) -> pl.DataFrame:
        """Return `first`, `last`, `is_bad`."""
        port = texts.cast(pl.UInt16, strict=False)
        # A text as long as the digits of its number has no other characters.
        is_plain = (port >= _LEAST.gather(texts.str.len_bytes().clip(0, 6))) | (texts == "")
        plain = pl.DataFrame({"first": port, "last": port})
        return self._ports.parse_others(texts, is_plain.fill_null(value=False), plain)

    def read_numbers(self, field: str, texts: pl.Series) -> pl.DataFrame:
        """Return `number`, `kind`, `is_bad`."""
        if field in {"msisdn", "line"}:
            kind, (number, is_plain) = NumberKind.MSISDN, _with_country_code(texts)
        elif field == "user_id":
            kind, number = NumberKind.USER_ID, texts
            is_plain = (texts.str.contains(_USER_ID) & ~texts.str.contains(_build_nobodys_pattern())).fill_null(
                value=False
            )
        else:
            return self._numbers[field].parse(texts)
        of_kind = repeat_value(kind.value, len(texts), pl.String())
        return self._numbers[field].parse_others(texts, is_plain, pl.DataFrame({"number": number, "kind": of_kind}))

    def read_row_ids(self, texts: pl.Series) -> pl.DataFrame:
        """Return `row_id`, `is_bad`."""
        is_plain = texts.str.contains("^[0-9a-f]{12}$").fill_null(value=False)
        return self._row_ids.parse_others(texts, is_plain, pl.DataFrame({"row_id": texts}))

    def read_seconds(self, texts: pl.Series) -> pl.DataFrame:
        """Return `s`, `is_bad`."""
        return self._seconds.parse(texts)

    def read_session_seconds(self, texts: pl.Series) -> pl.DataFrame:
        """Return `s`, less than 0 of a session that stopped before its start, and `is_bad`."""
        return self._session_seconds.parse(texts)

    def read_lasting(self, field: str, texts: pl.Series) -> pl.DataFrame:
        """Return `us`, `is_bad` of a `duration` or `lifetime`. `us` is null without a unit."""
        return self._lasting[field].parse(texts)

    def read_durations(self, texts: pl.Series) -> pl.DataFrame:
        """Return `duration_s`, in seconds if the text has no unit, and `is_bad`."""
        result = self._said.parse(texts)
        return result.select(duration_s=pl.col("us") / SECOND_US, is_bad="is_bad")

    def read_instants(self, texts: pl.Series) -> pl.DataFrame:
        """Return `us`, `slack_us`, `is_bad` of texts with date and time.

        Rows in order of time repeat theirs: a text in several consecutive rows is read once.
        """
        run = texts.rle_id()
        if not len(texts) or run[-1] * 2 > len(texts):
            return self._read_instants(texts)
        return self._read_instants(texts.filter(run != run.shift(1, fill_value=1)))[run]

    def _read_instants(self, texts: pl.Series) -> pl.DataFrame:
        quick = self._read_alike(texts)
        if quick is None:
            return self._compose_instants(texts)
        is_slow = quick["us"].is_null()
        if not is_slow.any():
            return quick.with_columns(is_bad=pl.lit(value=False))
        return _overlay_values(quick, self._compose_instants(pl.select(pl.when(is_slow).then(texts)).to_series()))

    def _read_alike(self, texts: pl.Series) -> pl.DataFrame | None:
        """The instants of texts that are written as the first one is, if that is one of the commonest forms."""
        first = next((text for text in texts.head(16) if text), "")
        for form, layout in _FORMS.get(self.rules.order, ()):
            if re.fullmatch(form, first):
                local = texts.str.to_datetime(layout, time_unit="us", strict=False, cache=False).cast(pl.Int64)
                is_alike = texts.str.contains(f"^{form}$")
                alike = local if is_alike.all() else pl.select(pl.when(is_alike).then(local)).to_series()
                return place_times(alike, None, SECOND_US, self.rules.zone)
        return None

    def _compose_instants(self, texts: pl.Series) -> pl.DataFrame:
        """`us`, `slack_us`, `is_bad` of texts by their dates of ten letters and what is behind, else by the whole."""
        days = self._heads.parse(texts.str.slice(0, 11))["day"]
        result = self._tails.parse(texts.str.slice(11))
        quick = place_times(days * DAY_US + result["clock"], result["offset"], result["step"], self.rules.zone)
        is_slow = quick["us"].is_null()
        if not is_slow.any():
            return quick.with_columns(is_bad=pl.lit(value=False))
        return _overlay_values(quick, self._wholes.parse(pl.select(pl.when(is_slow).then(texts)).to_series()))

    def read_days(self, texts: pl.Series) -> pl.DataFrame:
        """Return `day` (days since 1970), `is_bad` of dates."""
        return self._days.parse(texts)

    def read_instants_of_two(self, dates: pl.Series, clocks: pl.Series) -> pl.DataFrame:
        """Return `us`, `slack_us`, `is_bad` of dates and times of day in columns of their own."""
        days, result = self._days.parse(dates), self._clocks.parse(clocks)
        is_absent = days["day"].is_null() & result["clock"].is_null() & ~days["is_bad"] & ~result["is_bad"]
        both = place_times(days["day"] * DAY_US + result["clock"], result["offset"], result["step"], self.rules.zone)
        return both.with_columns(is_bad=both["us"].is_null() & ~is_absent)


def _with_country_code(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Numbers of India, of which ten digits lack their country's code (`msisdn`); and which texts are such."""
    number, letters = texts.cast(pl.Int64, strict=False), texts.str.len_bytes()
    is_ten = ((letters == 10) & number.is_between(6 * 10**9, 10**10 - 1)).fill_null(value=False)
    is_whole = (
        (letters == 12)
        & number.is_between(91 * 10**10, 92 * 10**10 - 1)
        & ~number.is_between(911800 * 10**6, 911801 * 10**6 - 1)
        & ~number.is_between(911860 * 10**6, 911861 * 10**6 - 1)
    ).fill_null(value=False)
    filled = [*(digit * 10 for digit in "0123456789"), "9876543210", "1234567890", "0123456789"]
    is_filled = number.is_in([int(f"{code}{digits}") for code in ("", subscriber_numbers.INDIA) for digits in filled])
    is_ten, is_whole = is_ten & ~is_filled, is_whole & ~is_filled
    if not is_ten.any():
        return texts, is_whole
    return choose_values(is_ten, subscriber_numbers.INDIA + texts, texts), is_ten | is_whole


def _overlay_values(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """The other, with what the one has in its place."""
    return other.with_columns(us=pl.coalesce(one["us"], "us"), slack_us=pl.coalesce(one["slack_us"], "slack_us"))


@cache
def _build_nobodys_pattern() -> str:
    """A pattern of user ids that may be nobody's (`is_nobodys`): those with a word for it, and none without."""
    known = {*load_shared_words().nobody, *load_shared_words().placeholders, *load_shared_words().equipment}
    some = "|".join(sorted({heading.partition(" ")[0] for heading in known}))
    same = "|".join(f"[{character}._-]*" for character in "abcdefghijklmnopqrstuvwxyz0123456789")
    of_words = f"^[^@]*xxx|^(?:{same})@|^(?:[^@]*[^@a-z])?(?:{some})(?:[^a-z]|$)"
    return f"^[^@]*[a-z][A-Z]|^[0-9._-]*@|(?i:{of_words}|^{stated_ids.INTERFACE_NAME}$)"


@cache
def _list_all_clocks() -> pl.DataFrame:
    second = pl.int_range(86_400, eager=True)
    parts = [(part.cast(pl.String).str.zfill(2)) for part in (second // 3600, second // 60 % 60, second % 60)]
    step, offset = pl.lit(SECOND_US).alias("step"), pl.lit(None, pl.Int64).alias("offset")
    text = parts[0] + ":" + parts[1] + ":" + parts[2]
    return pl.DataFrame({"text": text, "clock": second * SECOND_US}).select(
        "text", "clock", step, offset, is_bad=pl.lit(value=False)
    )


def _parse_lasting(unit_us: int | None, text: str) -> tuple[object, ...]:
    return (durations.parse_duration_us(text, unit_us),)


def _parse_clock_row(text: str) -> tuple[object, ...]:
    clock = reply_times.parse_clock(text)
    return clock.us, clock.step_us, clock.offset_s
