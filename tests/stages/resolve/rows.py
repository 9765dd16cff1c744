"""Rows of notices and replies, said shortly: times in seconds after one moment, all else as usual unless told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from sightline.model import LineKey
from sightline.stages.resolve.coverage import find_covered
from sightline.stages.resolve.model import ASKED, ASSIGNED, BESIDE, RowStatement
from sightline.stages.resolve.reply_check import ReplyCheck, ReplyCheckResult
from sightline.stages.resolve.row_verdicts import NETWORK, answer_visits, judge_rows
from sightline.stages.resolve.sessions import split_sessions

BEGAN_S = 1_767_225_600  # 2026-01-01, 00:00 UTC
IP = "192.0.2.10"


def us(seconds: float) -> int:
    return round((BEGAN_S + seconds) * 1_000_000)


def asked(row_id: str, begins: float, ends: float, **more: Any) -> dict[str, Any]:
    """A row of a notice that asks by address, from `begins` until `ends`."""
    port, destination = more.get("port"), more.get("destination_ip")
    asks = LineKey.DESTINATION if destination else LineKey.ADDRESS if port is None else LineKey.PORT
    row = dict.fromkeys(ASKED) | {"row_id": row_id, "session_id": f"s-{row_id}", "lead_id": "lead", "asks": asks}
    times = {"first_us": us(begins), "last_us": us(ends), "from_us": us(begins), "until_us": us(ends)}
    return row | times | {"ip": IP, "uncertainty_s": 0} | more


def assigned(row: int, number: str | None, begins: float | None, ends: float | None, **more: Any) -> dict[str, Any]:
    """A row of a reply with exact times; `seen` in seconds, ports as `ports=(first, last)`."""
    times = {"start_us": None if begins is None else us(begins), "end_us": None if ends is None else us(ends)}
    if "seen" in more:
        times["seen_us"] = us(more.pop("seen"))
    first, last = more.pop("ports", (None, None))
    whose = {"number": number, "number_kind": None if number is None else "msisdn"}
    usual = {"row": row, "ip": IP, "start_slack_us": 0, "end_slack_us": 0, "says": RowStatement.ASSIGNED}
    return dict.fromkeys(ASSIGNED) | usual | whose | times | {"port_from": first, "port_to": last} | more


def none(row: int, **more: Any) -> dict[str, Any]:
    """A row that says that there are no records."""
    return assigned(row, None, None, None, says=RowStatement.NO_RECORDS, **{"ip": None, **more})


def notice(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of a notice, with what statements say of their networks.

    An address is asked by itself only where a statement says that it is not shared: so it is unless told.
    """
    frame = pl.DataFrame(rows, schema=ASKED | NETWORK)
    is_alone = pl.when(pl.col("asks") == LineKey.ADDRESS).then(pl.lit(value=False))
    return frame.with_columns(pl.coalesce("nat_shared", is_alone))


def reply(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=ASSIGNED).with_columns(pl.col("number").alias("subscriber"))


def checked(rows: pl.DataFrame, *batches: pl.DataFrame) -> ReplyCheckResult:
    check = ReplyCheck(rows)
    for batch in batches:
        check.take(batch)
    return check.finish()


def answered(rows: pl.DataFrame, visits: pl.DataFrame, *replies: pl.DataFrame) -> pl.DataFrame:
    """What certified replies to one notice say of visits (`session_id` and what `covered` wants), in their order.

    Adds `verdict`, `subscribers`, `why`, `row_ids` of the part that each is of.
    """
    met, findings = _met(rows, replies, certified=True)
    of_one = pl.lit(1, pl.UInt32).alias("notice")
    asked_rows = rows.with_columns(of_one)
    count = {"notice": [1] * len(replies), "is_whole": [True] * len(replies)}
    whole = pl.DataFrame(count, {"notice": pl.UInt32, "is_whole": pl.Boolean})
    pairs = find_covered(visits, asked_rows)
    answers, links = answer_visits(
        asked_rows, visits, pairs, (met, whole, None if findings is None else findings.with_columns(of_one))
    )
    # Each visit is a session of its own here, so that each is a part.
    apart = visits.with_columns(session_id=pl.format("{}", pl.int_range(pl.len())), uncertainty_s=pl.lit(0))
    apart = apart.with_columns(t_us="from_us", lead_id=pl.lit("lead"), licensee_id=pl.lit("isp"))
    parts, *_ = split_sessions(apart, answers, links)
    return parts.sort(pl.col("session_id").cast(pl.Int64))


def _met(
    rows: pl.DataFrame, replies: Sequence[pl.DataFrame], *, certified: bool
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    found = [checked(rows, table) for table in replies]
    facts = [
        one.met.with_columns(
            pl.lit(1, pl.UInt32).alias("notice"),
            pl.lit(number, pl.UInt32).alias("reply"),
            pl.lit(certified).alias("is_certified"),
        )
        for number, one in enumerate(found)
    ]
    findings = pl.concat(one.findings for one in found) if found else None
    return pl.concat(facts) if facts else joined_nothing(), findings


def joined(rows: pl.DataFrame, *replies: pl.DataFrame, certified: bool = True, whole: bool = True) -> pl.DataFrame:
    """Verdicts on one notice, by replies of which each is certified."""
    met, findings = _met(rows, replies, certified=certified)
    count = {"notice": [1] * len(replies), "is_whole": [whole] * len(replies)}
    completeness = pl.DataFrame(count, {"notice": pl.UInt32, "is_whole": pl.Boolean})
    of_one = pl.lit(1, pl.UInt32).alias("notice")
    return judge_rows(
        rows.with_columns(of_one), met, completeness, None if findings is None else findings.with_columns(of_one)
    )


def joined_nothing() -> pl.DataFrame:
    more = {"asked": pl.String, "is_doubted": pl.Boolean, "notice": pl.UInt32, "reply": pl.UInt32}
    return pl.DataFrame(schema={**ASSIGNED, **BESIDE, "subscriber": pl.String, **more, "is_certified": pl.Boolean})
