"""Whether what a notice asked is still what the leads say: a row whose lead moved, fell or changed counts no more."""

from __future__ import annotations

import polars as pl

from sightline.engines.leading.reading import Leads, opened
from sightline.engines.resolving.ground import Ground
from sightline.errors import UsageError
from sightline.record.workspace import Workspace
from sightline.records import Asks, Ceiling

CARRIES = {
    Asks.ADDRESS.value: Ceiling.SUBSCRIBER.value,
    Asks.PORT.value: Ceiling.SUBSCRIBER.value,
    Asks.DESTINATION.value: Ceiling.SHARED.value,
}
"""The ceiling that a session must have for a row of it to be used."""
FACTS = (
    "session_id lead_id source_ip source_port first_us last_us uncertainty_s ceiling candidates nat_shared line".split()
)


def sessions_of(workspace: Workspace, number: int | None, asked: pl.DataFrame) -> pl.DataFrame:
    """FACTS and `licensee_id` of the sessions asked for, by id, as a generation has them; none of one that is gone."""
    whose = asked.select("session_id", "licensee_id").unique("session_id", keep="last", maintain_order=True)
    try:
        with opened(workspace, number) as read:
            found = _facts(read, whose.select("session_id").lazy())
    except UsageError:
        if number is None:
            raise
        # It rested on what was purged since.
        return pl.DataFrame(schema=dict.fromkeys([*FACTS, "licensee_id"], pl.String))
    return found.join(whose, on="session_id").sort("session_id")


def _facts(read: Leads, wanted: pl.LazyFrame) -> pl.DataFrame:
    alone = read.frame().filter(pl.col("sessions") == 1).with_columns(pl.col("lead_id").alias("session_id"))
    joined = [pl.scan_parquet(path).select(FACTS) for path in read.files["sessions"]]
    found = [one.join(wanted, on="session_id", how="semi") for one in (alone.select(FACTS), *joined)]
    return pl.concat(one.collect() for one in found)


def held(workspace: Workspace, rests_on: Ground, asked: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The rows that still hold, with the lead of now.

    A session must be there, carry what it was asked by, and have been at the asked time: the address, begin and
    uncertainty that it had in the generation that the notice was drawn from. That it became longer is no harm.
    """
    notices = pl.DataFrame(
        [(at, one.generation) for at, one in enumerate(rests_on.notices)],
        schema={"notice": pl.UInt32, "generation": pl.Int64},
        orient="row",
    )
    parts = [asked.head(0)]
    for (number,), some in asked.join(notices, on="notice").partition_by("generation", as_dict=True).items():
        is_current = number == rests_on.generation.number
        then = now if is_current else sessions_of(workspace, int(number), asked)
        parts.append(_as_then(some, now, then).select(asked.columns))
    return pl.concat(parts)


def _as_then(asked: pl.DataFrame, now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    same = ["session_id", "source_ip", "first_us", "uncertainty_s"]
    unmoved = now.join(then.select(same).cast({"first_us": pl.Int64, "uncertainty_s": pl.UInt32}), on=same, how="semi")
    beside = unmoved.select("session_id", pl.col("lead_id").alias("lead_now"), pl.col("ceiling").alias("ceiling_now"))
    wanted = pl.col("asks").cast(pl.String).replace_strict(CARRIES)
    found = asked.join(beside, on="session_id", maintain_order="left").filter(pl.col("ceiling_now") == wanted)
    return found.with_columns(pl.col("lead_now").alias("lead_id"))


def with_sharing(asked: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Adds `is_shared`: whether a statement says that the address is one of several lines, or may say so.

    It may where none speaks of an IPv4 address on a mobile network: those are shared as a rule.
    """
    may_be = (pl.col("line") == "mobile").fill_null(value=False) & ~pl.col("source_ip").str.contains(":", literal=True)
    stated = now.select("session_id", is_shared=pl.coalesce("nat_shared", may_be))
    return asked.join(stated, on="session_id", how="left", maintain_order="left")
