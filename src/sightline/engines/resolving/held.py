"""Whether what a notice asked is still what the leads say: a row whose lead moved, fell or changed counts no more."""

from __future__ import annotations

import polars as pl

from sightline.engines.leading.reading import Leads
from sightline.records import Asks, Ceiling

CARRIES = {
    Asks.ADDRESS: Ceiling.SUBSCRIBER,
    Asks.PORT: Ceiling.SUBSCRIBER,
    Asks.DESTINATION: Ceiling.SHARED,
}
"""The ceiling that a session must have for a row of it to be used."""
FACTS = (
    "session_id lead_id source_ip source_port first_us last_us uncertainty_s ceiling line isp nat_subscribers".split()
)


def sessions_of(read: Leads, session_ids: pl.Series) -> pl.DataFrame:
    """FACTS of these sessions, as the leads have them now."""
    wanted = session_ids.unique().to_frame("session_id").lazy()
    alone = read.frame().filter(pl.col("sessions") == 1).with_columns(pl.col("lead_id").alias("session_id"))
    joined = [pl.scan_parquet(path).select(FACTS) for path in read.files["sessions"]]
    found = [one.join(wanted, on="session_id", how="semi") for one in (alone.select(FACTS), *joined)]
    return pl.concat(one.collect() for one in found)


def held(asked: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """The rows that still hold, with the `lead_id` of now: the session is there, carries, and was then as asked."""
    beside = sessions.select(
        "session_id",
        pl.col("lead_id").alias("lead_now"),
        pl.col("ceiling").alias("ceiling_now"),
        pl.col("source_ip").alias("ip_now"),
        (pl.col("first_us") - pl.col("uncertainty_s").cast(pl.Int64) * 1_000_000).alias("from_now"),
        (pl.col("last_us") + pl.col("uncertainty_s").cast(pl.Int64) * 1_000_000).alias("until_now"),
    )
    wanted = (
        pl.col("asks").cast(pl.String).replace_strict({one.value: carries.value for one, carries in CARRIES.items()})
    )
    same = (
        (pl.col("ceiling_now") == wanted)
        & (pl.col("ip_now") == pl.col("ip"))
        & (pl.col("from_us") >= pl.col("from_now"))
        & (pl.col("until_us") <= pl.col("until_now"))
    )
    # A session that later records made longer keeps one end; one whose clock was corrected keeps none.
    at_an_end = ((pl.col("from_us") == pl.col("from_now")) | (pl.col("until_us") == pl.col("until_now"))).any()
    found = asked.join(beside, on="session_id", how="inner", maintain_order="left").filter(same)
    found = found.filter(at_an_end.over("session_id"))
    return found.with_columns(pl.col("lead_now").alias("lead_id")).select(asked.columns)
