"""Find numbers of a row that are not its line's: cut, rounded, of a foreign SIM, beside a login of another number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import polars as pl

from sightline.stages.resolve.model import NumberKind
from sightline.stages.resolve.replies import identity_columns
from sightline.stages.resolve.replies.column_names import reduce_heading

_INDIAN_SIMS = r"^40[456][0-9]{11,12}$"
"""An IMSI of India begins with one of its mobile country codes (ITU-T E.212)."""


def doubt_foreign_sims(assigned: pl.DataFrame, frame: pl.DataFrame, at: int, heading: str) -> pl.DataFrame:
    """Return assignments with `doubted_by` where an Indian mobile number stands beside a SIM of another country."""
    text = pl.col(f"c{at}").str.replace_all("[^0-9]", "")
    is_foreign = text.str.contains("^[0-9]{14,15}$") & ~text.str.contains(_INDIAN_SIMS)
    foreign = frame.filter(is_foreign)["row"]
    is_indian = (pl.col("number_kind") == NumberKind.MSISDN.value) & pl.col("number").str.starts_with("91")
    doubt = pl.when(pl.col("row").is_in(foreign.implode()) & is_indian).then(pl.lit(heading.strip().lstrip("\ufeff")))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


_ROUNDED = r"^91[0-9]{6}0000$"
"""What is left of a mobile number of which a spreadsheet showed six figures: `9.19847E+11`."""


def doubt_rounded(assigned: pl.DataFrame, heading: str) -> pl.DataFrame:
    """Return assignments with `doubted_by` where most of the mobile numbers have six figures and zeros behind."""
    if not assigned["number"].str.ends_with("0000").any() or _has_many_numbers(assigned):
        return assigned
    numbers = assigned.filter(pl.col("number_kind") == NumberKind.MSISDN.value)["number"].drop_nulls().unique()
    is_rounded = numbers.str.contains(_ROUNDED)
    if numbers.is_empty() or 2 * is_rounded.sum() <= len(numbers):
        return assigned
    doubt = pl.when(pl.col("number").str.contains(_ROUNDED)).then(pl.lit(heading))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


_SOME = 20_000
"""The number of rows that show whether most numbers are rounded."""


def _has_many_numbers(assigned: pl.DataFrame) -> bool:
    """Whether the first of many rows have more mobile numbers that are not rounded than all rows have rounded ones."""
    first = assigned.head(_SOME).filter(pl.col("number_kind") == NumberKind.MSISDN.value)["number"].drop_nulls()
    others = first.filter(~first.str.ends_with("0000")).n_unique()
    return assigned.height > _SOME and others > int(assigned["number"].str.ends_with("0000").sum())


_LEAST_CUT = 3
_LEAST_ROUND = 5
_LEAST_FIGURES, _MOST_FIGURES = 8, 12
_CODE_AND_EIGHT = "^91[6-9][0-9]{7}$"
"""Ten figures that may be the code of India and the first eight of a number, whose last two were cut off."""


def doubt_cut(assigned: pl.DataFrame, texts: pl.Series, rows: pl.Series, heading: str) -> pl.DataFrame:
    """Return assignments with `doubted_by` where numbers seem to lack their last figures, or to be rounded.

    `texts`: the numbers as they stand in `rows`. Ten figures from 91 on are doubtful beside numbers of twelve, or where
    all of three or more begin so; so are five or more numbers that all end in 0, and three that all end in 000.
    """
    if not _may_be_cut(texts):
        return assigned
    figures = texts.str.replace_all(r"[^0-9]", "")
    known = figures.filter(figures.str.len_chars() >= 10).unique()
    is_cut, tens = figures.str.contains(_CODE_AND_EIGHT), known.filter(known.str.len_chars() == 10)
    has_whole = (known.str.contains("^91[6-9][0-9]{9}$")).any()
    are_all = len(tens) >= _LEAST_CUT and bool(tens.str.contains(_CODE_AND_EIGHT).all())
    ends = [len(known) >= least and bool(known.str.ends_with(zeros).all()) for least, zeros in
            ((_LEAST_ROUND, "0"), (_LEAST_CUT, "000"))]  # fmt: skip
    doubtful = rows if any(ends) else rows.filter(is_cut) if has_whole or are_all else rows.head(0)
    doubtful = pl.concat([doubtful, rows.filter(_is_odd(figures))])
    doubt = pl.when(pl.col("row").is_in(doubtful.implode())).then(pl.lit(heading))
    return assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))


_WHOLE = "^(?:91|0|0091)?[6-9][0-9]{9}$"
"""The figures of an Indian mobile number (National Numbering Plan: ten figures, the first of them 6 to 9)."""
_MANY = 0.8


def _is_odd(figures: pl.Series) -> pl.Series:
    """Match numbers that are none of the plan, where nearly all others of the column are: a figure was lost or added.

    Numbers of thirteen figures are those of machines.
    """
    known = figures.filter(figures.str.len_chars() >= _LEAST_FIGURES)
    whole = known.filter(known.str.contains(_WHOLE)).unique()
    if len(whole) < _LEAST_CUT or len(whole) < _MANY * known.n_unique():
        return pl.repeat(value=False, n=len(figures), dtype=pl.Boolean, eager=True)
    lengths = figures.str.len_chars()
    return lengths.is_between(_LEAST_FIGURES, _MOST_FIGURES) & ~figures.str.contains(_WHOLE)


def _may_be_cut(texts: pl.Series) -> bool:
    """Whether a text is no whole number, or all of the first ones end in 0: most files have neither."""
    number = texts.cast(pl.Int64, strict=False)
    is_whole = number.is_between(6 * 10**9, 10**10 - 1) | number.is_between(916 * 10**9, 92 * 10**10 - 1)
    is_whole &= ~number.is_between(91 * 10**8, 92 * 10**8 - 1)
    others = texts.filter(~is_whole.fill_null(value=False)).str.replace_all(r"[^0-9]", "")
    others = others.filter(others.str.len_chars() >= _LEAST_FIGURES)
    first = texts.head(100).str.replace_all(r"[^0-9]", "")
    first = first.filter(first.str.len_chars() >= 10)
    is_cut = others.str.contains(_CODE_AND_EIGHT) | ~others.str.contains(_WHOLE)
    return bool(is_cut.any() or first.str.ends_with("0").all())


_MADE_OF_NUMBERS = frozenset(
    """
    sessionid acctsessionid accountingsessionid chargingid recordid cdrid recordno filename sourcefile cdrfile
    cdrfilename ipdrfile ipdrfilename
    """.split()
)
"""Headings of names that a system makes, often of the line's number."""
_OWN_NUMBER = r"(?:^|[^0-9])91([6-9][0-9]{9})(?:[^0-9]|$)"
_LOGIN = r"^(?:\+?91|0)?([6-9][0-9]{9})(?:@.*)?$"


def doubt_other_numbers(
    assigned: pl.DataFrame, frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str]
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where a mobile number stands beside a login, session or file of another."""
    columns = [(at, _OWN_NUMBER) for at, one in enumerate(headings) if reduce_heading(one) in _MADE_OF_NUMBERS]
    columns += [(places["user_id"], _LOGIN)] if "user_id" in places else []
    for at, form in columns:
        others = frame.select("row", other=pl.col(f"c{at}").str.strip_chars().str.extract(form)).drop_nulls()
        if others.is_empty():
            continue
        beside = assigned.join(others, on="row", how="left", maintain_order="left")
        is_mobile = pl.col("number").str.contains("^91[6-9][0-9]{9}$") & (pl.col("number_kind") == "msisdn")
        is_other = is_mobile & (pl.col("number").str.slice(2) != pl.col("other"))
        doubt = pl.when(is_other.fill_null(value=False)).then(pl.lit(headings[at].strip().lstrip("\ufeff")))
        assigned = beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)).drop("other")
    return assigned


def doubt_repeated_ids(
    assigned: pl.DataFrame, frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str]
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where two of number, SIM and telephone are one: pasted twice."""
    columns = identity_columns.list_columns(headings, places)
    kinds = [("msisdn", places["msisdn"])] if "msisdn" in places else []
    kinds += [column for column in columns if column[0] in {"imsi", "imei", "sim"}]
    for (kind, at), (other_kind, other) in combinations(dict.fromkeys(kinds), 2):
        if kind == other_kind:
            continue
        expression, two = (pl.col(f"c{place}").str.replace_all("[^0-9]", "") for place in (at, other))
        rows = frame.filter((expression.str.len_chars() >= _LEAST_FIGURES) & (expression == two))["row"]
        doubt = pl.when(pl.col("row").is_in(rows.implode())).then(pl.lit(headings[other].strip().lstrip("\ufeff")))
        assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return assigned
