"""Read a product's verdicts on the visits of each session.

There is one row for each part (`visits` of a line of `resolve --json`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from sightline.errors import DamagedInput, UsageError
from sightline.exercise.assessment.leads import parse_instant_us
from sightline.model import ResolutionVerdict

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "said": pl.Int64,
    "is_whole": pl.Boolean,
    "ip": pl.String,
    "port": pl.Int64,
    "protocol": pl.String,
    "destination_ip": pl.String,
    "destination_port": pl.Int64,
    "first_us": pl.Int64,
    "last_us": pl.Int64,
    "visits": pl.Int64,
    "verdict": pl.String,
    "number": pl.String,
    "corroborated": pl.Boolean,
    "candidates": pl.List(pl.String),
}
"""`said`: the product's session; `is_whole`: it is undivided, and covers all visits of its session."""


def read_parts(path: Path) -> pl.DataFrame:
    """Return the parts of all sessions in a file of JSON lines, numbered in `part`.

    Raises UsageError if the file is missing, DamagedInput if its lines are no resolutions.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file", hint="sightline resolve --json > resolutions.jsonl")
    try:
        with path.open(encoding="utf-8") as stream:
            sessions = [json.loads(line) for line in stream if line.strip()]
        rows = [row for place, one in enumerate(sessions) for row in _list_parts(place, one)]
        return pl.DataFrame(rows, schema=SCHEMA).with_row_index("part")
    except (pl.exceptions.PolarsError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedInput(f"{path}: these are not resolutions: {error}", hint="sightline resolve --json") from None


def _list_parts(place: int, session: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    parts = session.get("visits")
    if not isinstance(parts, list):
        yield _flatten_part(place, session, session, is_whole=True)
        return
    _flatten_part(place, session, session, is_whole=True)
    for part in parts:
        yield _flatten_part(place, session, part, is_whole=False)


def _flatten_part(place: int, session: Mapping[str, Any], part: Mapping[str, Any], *, is_whole: bool) -> dict[str, Any]:
    verdict = ResolutionVerdict(part["verdict"])
    named = part.get("subscribers") or []
    is_named = verdict is ResolutionVerdict.SUBSCRIBER
    if is_named and len(named) != 1:
        raise ValueError(f"the verdict is subscriber, and {len(named)} are named")
    return {
        "said": place,
        "is_whole": is_whole,
        "ip": session["source_ip"],
        "port": part.get("source_port"),
        "protocol": part.get("protocol"),
        "destination_ip": part.get("destination_ip") or part.get("destination"),
        "destination_port": part.get("destination_port"),
        "first_us": parse_instant_us(part["first_seen"]),
        "last_us": parse_instant_us(part["last_seen"]),
        "visits": part["visits"] if isinstance(part.get("visits"), int) else None,
        "verdict": verdict.value,
        "number": named[0]["number"] if is_named else None,
        "corroborated": is_named and named[0].get("corroborated") is True,
        "candidates": [candidate["number"] for candidate in named],
    }


SLACK_US = 1000
"""Times within a millisecond are equal: some readers are no more precise."""


def match_visits_to_parts(parts: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs `part`, `at` of parts and their visits.

    A part covers the visits of its address, in its time, and of its port, protocol and destination if it has them; an
    undivided session covers all visits of its block of ports. `visits`: `at`, `ip`, `port`, `block`, `protocol`,
    `destination_ip`, `at_us`; `parts` have `block`.
    """
    seen = visits.select(
        "at", "ip", "at_us", "block", port_right="port", protocol_right="protocol", to_right="destination_ip"
    )
    within = pl.col("at_us").is_between(pl.col("first_us") - SLACK_US, pl.col("last_us") + SLACK_US)

    def agree(one: str, other: str) -> pl.Expr:
        return (pl.col(one) == pl.col(other)).fill_null(value=True)

    whole = parts.filter("is_whole").join(seen, on=["ip", "block"]).filter(within)
    divided = parts.filter(~pl.col("is_whole")).drop("block")
    by_port = divided.filter(pl.col("port").is_not_null()).join(
        seen.drop("block"), left_on=["ip", "port"], right_on=["ip", "port_right"]
    )
    by_address = divided.filter(pl.col("port").is_null()).join(seen.drop("block"), on="ip")
    alike = within & agree("protocol", "protocol_right") & agree("destination_ip", "to_right")
    frames = [whole, by_port.filter(alike), by_address.filter(alike)]
    return pl.concat([frame.select("part", "at") for frame in frames]).unique().sort("part", "at")
