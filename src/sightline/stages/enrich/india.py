"""Map every code and name of India's states to the current ISO 3166-2 code, and states to their telecom circles."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import polars as pl


class IndianState(TypedDict):
    """A row of `india.toml`."""

    code: str
    name: str
    circles: list[str]
    older: list[str]
    names: list[str]


@cache
def load_states() -> tuple[IndianState, ...]:
    """Return the states and union territories, by code."""
    tables = tomllib.loads(files(__package__).joinpath("india.toml").read_text(encoding="utf-8"))
    result: list[IndianState] = [
        IndianState(
            code=table["code"], name=table["name"], circles=table["circles"], older=table["older"], names=table["names"]
        )
        for table in tables["state"]
    ]
    return tuple(sorted(result, key=lambda one: one["code"]))


def normalise_name(name: str) -> str:
    """Normalise a name: without case, accents, punctuation and optional words."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("&", " and ")
    words = [word for word in re.split(r"[^a-z0-9]+", bare) if word not in {"and", "the", "of", "state", ""}]
    return " ".join(words)


@cache
def _load_codes() -> dict[str, str]:
    return {old: state["code"] for state in load_states() for old in (state["code"], *state["older"])}


@cache
def _load_names() -> dict[str, str]:
    return {normalise_name(name): state["code"] for state in load_states() for name in (state["name"], *state["names"])}


def find_state_code(text: str) -> str | None:
    """Return the current code of a state from any code (`IN-OR`, `OR`) or name (`Orissa`), or None."""
    code = text.strip().upper()
    return _load_codes().get(code if code.startswith("IN-") else f"IN-{code}") or _load_names().get(
        normalise_name(text)
    )


@cache
def _load_circle_names() -> dict[str, str]:
    tables = tomllib.loads(files(__package__).joinpath("india.toml").read_text(encoding="utf-8"))
    return {normalise_name(each): name for name, others in tables["circle"].items() for each in (name, *others)}


def list_circles() -> list[str]:
    """Return the names of the telecom circles, in order."""
    return sorted(set(_load_circle_names().values()))


def find_telecom_circle(text: str) -> str | None:
    """Return a telecom circle from any of its names or licence codes, or None."""
    bare = normalise_name(text)
    return _load_circle_names().get(bare) or _load_circle_names().get(bare.removesuffix(" circle").removesuffix(" lsa"))


_NEIGHBOURS = (
    frozenset({"Maharashtra", "Mumbai"}),
    frozenset({"Kolkata", "West Bengal"}),
    frozenset({"UP East", "UP West"}),
    frozenset({"Delhi", "Haryana", "UP West"}),
)
"""Circles whose networks are run as one in many places: a metro, and what is around it."""


def list_other_circles(circle: str | None) -> frozenset[str]:
    """Return the plain names of all circles but one and its neighbours; none if that one is not known."""
    own = None if circle is None else find_telecom_circle(circle)
    if own is None:
        return frozenset()
    alike = frozenset({own}).union(*(some for some in _NEIGHBOURS if own in some))
    return frozenset(name for name, other in _load_circle_names().items() if other not in alike)


@cache
def _load_circles() -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415  - names of states are asked for without it, and it takes long to load

    rows = [(state["code"], state["circles"]) for state in load_states()]
    table = pl.DataFrame(rows, schema={"code": pl.String, "circles": pl.List(pl.String)}, orient="row")
    only = pl.when(pl.col("circles").list.len() == 1).then(pl.col("circles").list.first())
    return table.with_columns(only.alias("circle_of_state"))


@cache
def _list_circles_of_one_state() -> list[str]:
    """The circles that hold nothing of a second state."""
    named = [circle for state in load_states() for circle in state["circles"]]
    return sorted(circle for circle in set(named) if named.count(circle) == 1)


def with_circles(rows: pl.DataFrame, *, state: str, column: str) -> pl.DataFrame:
    """Return the rows with `circle_of_state`, for a state in only one circle, and the check of the stated circle.

    `contradicts`: the circle contains no part of the state. `is_in_circle`: it contains a part. `is_only_state`: it
    contains no other state.
    """
    import polars as pl  # noqa: PLC0415  - as in _circles

    table = _load_circles().with_columns(pl.col("code").cast(rows.schema[state]))
    joined = rows.join(table, left_on=state, right_on="code", how="left", maintain_order="left")
    circle = pl.col(column).cast(pl.String)
    within = pl.col("circles").list.contains(circle).fill_null(value=False) & circle.is_not_null()
    return joined.with_columns(
        (circle.is_not_null() & pl.col(state).is_not_null() & ~within).alias("contradicts"),
        within.alias("is_in_circle"),
        (within & circle.is_in(_list_circles_of_one_state())).alias("is_only_state"),
    ).drop("circles")
