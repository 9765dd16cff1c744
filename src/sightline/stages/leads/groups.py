"""Find groups of leads by what they share. A group says what to look at together, never that it is one person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from sightline.model import Ceiling

NEAR_US = 86_400 * 1_000_000
"""Within a day, an address that names a line is likely to be the same line; an assignment or a line may end sooner."""
ACCOUNT, ADDRESS, FILE, SUBSCRIBER = "account", "address within a day", "file", "subscriber"
"""What leads may share, in words."""
Shared = tuple[str, str, str]
"""Two ids of leads, and what they share."""


def group_by_account(leads: pl.DataFrame) -> Iterable[Shared]:
    """Yield leads (`lead_id user is_tip`) of tips that name the same account at the same service.

    An account in a log is one of its own site: leads of one source are joined already (ADR 17).
    """
    of_tips = pl.col("is_tip") & pl.col("user").str.contains(" at ", literal=True)
    named = leads.filter(of_tips.fill_null(value=False)).sort("user", "lead_id")
    yield from _pair_neighbours(named, pl.col("user").eq(pl.col("user").shift(1)), ACCOUNT)


def group_by_address(leads: pl.DataFrame) -> Iterable[Shared]:
    """Yield leads (`lead_id hi lo ceiling first_us last_us`) of one address that one line has, within a day.

    A shared address is that of many lines at once, so nothing is joined by it.
    """
    of_lines = leads.filter(pl.col("ceiling") == Ceiling.SUBSCRIBER.value).sort("hi", "lo", "first_us", "lead_id")
    is_same = pl.col("hi").eq(pl.col("hi").shift(1)) & pl.col("lo").eq(pl.col("lo").shift(1))
    until = pl.col("last_us").cum_max().over("hi", "lo").shift(1)
    yield from _pair_neighbours(of_lines, is_same & (pl.col("first_us") - until <= NEAR_US), ADDRESS)


def group_by_file(digests: pl.DataFrame) -> Iterable[Shared]:
    """Yield leads (`lead_id digest`) of reports that state the same file."""
    assignments = digests.unique().sort("digest", "lead_id")
    yield from _pair_neighbours(assignments, pl.col("digest").eq(pl.col("digest").shift(1)), FILE)


def group_by_subscriber(named: pl.DataFrame) -> Iterable[Shared]:
    """Yield leads (`lead_id subscriber`) for which replies name the same subscriber, whenever and in whichever case."""
    assignments = named.unique().sort("subscriber", "lead_id")
    yield from _pair_neighbours(assignments, pl.col("subscriber").eq(pl.col("subscriber").shift(1)), SUBSCRIBER)


def _pair_neighbours(ordered: pl.DataFrame, is_same: pl.Expr, what: str) -> Iterable[Shared]:
    pairs = ordered.select(pl.col("lead_id").shift(1).alias("other"), "lead_id", is_same.alias("is_same"))
    return ((one, other, what) for one, other in pairs.filter("is_same").select("other", "lead_id").iter_rows())


def join_groups(order: Sequence[str], shared: Iterable[Shared]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return groups of the leads of `order`, each in that order, with what joins it; groups by their first leads."""
    parent: dict[str, str] = {}
    why: dict[str, set[str]] = {}
    for one, other, what in shared:
        first, second = _find_root(parent, one), _find_root(parent, other)
        reasons = why.pop(first, set()) | why.pop(second, set()) | {what}
        parent[second] = first
        why[first] = reasons
    members: dict[str, list[str]] = {}
    for lead_id in order:
        members.setdefault(_find_root(parent, lead_id), []).append(lead_id)
    return [(tuple(ids), tuple(sorted(why.get(root, ())))) for root, ids in members.items()]


def _find_root(parent: dict[str, str], lead_id: str) -> str:
    """Return what stands for the group of a lead, with the way to it made short."""
    root = lead_id
    while (above := parent.get(root, root)) != root:
        root = above
    while (above := parent.get(lead_id, lead_id)) != root:
        parent[lead_id], lead_id = root, above
    return root
