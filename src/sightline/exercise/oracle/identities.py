"""Decide which subscriber a number is valid for, and when, and what corroborates a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

FIXED = ("installation_address",)
MOBILE = ("msisdn", "imsi", "imei", "cell", "application_form")
"""The fields that a form must have to corroborate a line."""
JOINS_US = 1_000_000
TWICE = 2


def limit_to_validity(resolved: pl.DataFrame, visits: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """Return the verdicts, without those whose visit is outside the dates that every form of a number covers.

    Rule: "identities hold for a time"; `valid_from_us`, `valid_until_us` of a form, null is open. Without a form, or
    without dates, every verdict stays.
    """
    if not {"valid_from_us", "valid_until_us"} <= set(forms.columns):
        return resolved
    since, until = pl.col("valid_from_us"), pl.col("valid_until_us")
    covers = (since.is_null() | (since <= pl.col("from_us"))) & (until.is_null() | (pl.col("until_us") <= until))
    outside = (
        resolved.filter(pl.col("verdict") == "subscriber")
        .join(visits.select("at", "from_us", "until_us"), on="at")
        .join(forms.select("number", "valid_from_us", "valid_until_us"), on="number")
        .group_by("at")
        .agg(covers.any().alias("is_covered"))
        .filter(~pl.col("is_covered"))["at"]
    )
    is_outside = pl.col("at").is_in(outside.implode())
    return resolved.with_columns(
        pl.when(is_outside).then(pl.lit("candidates")).otherwise("verdict").alias("verdict"),
        pl.when(is_outside).then(pl.lit("outside of the dates of its form")).otherwise("why").alias("why"),
        pl.when(~is_outside).then("number").alias("number"),
    )


def find_corroborated(resolved: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """Return the `number`s of one licensee that two resolutions of different assignments, and notices, name.

    Each has the licensee's certificate, and a complete certified form. Assignments that overlap, or follow each other
    within a second, are one: so is one row pasted twice.
    """
    whole = pl.any_horizontal(pl.all_horizontal(pl.col(some).is_not_null()) for some in (FIXED, MOBILE))
    known = set(forms.filter("certified", whole)["number"].drop_nulls())
    named = resolved.filter(pl.col("verdict") == "subscriber", "certified")
    by_number: dict[str, list[tuple[int, int, int]]] = {}
    for number, leases, notices in named.select("number", "leases", "notices").iter_rows():
        if number in known:
            by_number.setdefault(number, []).extend((*lease, notice) for lease in leases for notice in notices)
    result = sorted(number for number, leases in by_number.items() if _is_twice(leases))
    return pl.DataFrame({"number": result}, schema={"number": pl.String})


def _is_twice(leases: Iterable[tuple[int, int, int]]) -> bool:
    """Return whether there are two separate assignments, each named in answer to another notice."""
    groups: list[dict[str, Any]] = []
    for first, last, notice in sorted(leases):
        if groups and first <= groups[-1]["last"] + JOINS_US:
            groups[-1]["last"] = max(groups[-1]["last"], last)
            groups[-1]["notices"].add(notice)
        else:
            groups.append({"last": last, "notices": {notice}})
    notices = set().union(*(group["notices"] for group in groups)) if groups else set()
    return len(groups) >= TWICE and len(notices) >= TWICE
