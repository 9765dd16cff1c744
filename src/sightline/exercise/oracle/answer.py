"""Write what an ideal reader of the logs would conclude: `oracle.parquet` and `oracle-visits.parquet`."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.exercise.manifest import World
from sightline.exercise.oracle import addresses
from sightline.exercise.oracle.ceilings import find_crawlers, rank_visits
from sightline.exercise.oracle.corrected_times import correct_times, find_compared_clock
from sightline.exercise.oracle.lists import read_statements, select_flagged
from sightline.exercise.oracle.sessions import build_sessions, number_sessions
from sightline.exercise.oracle.suspicion import find_suspects
from sightline.exercise.states import STATES
from sightline.model.progress import Progress

PART_SESSIONS = 500_000
"""Sessions answered at a time. All sessions of an address are in one part."""

VISIT = (
    "part number channel file row key ip port protocol destination_ip destination_port at_us uncertainty_us from_us"
    " until_us rank shared is_unshared reuses_ports is_operator delegated_length"
).split()
"""The columns of every visit in `answers/oracle-visits.parquet`, and `oracle_id`, its session."""
SHOWS_HOST = frozenset(
    {"formats/panel.toml", "combined", "combined-port", "haproxy", "caddy", "squid", "bind", "dnsmasq", "zeek-http"}
)
"""Formats that name the site, or belong to the log of its own server."""
SHOWS_ADDRESS = frozenset({"squid", "zeek-conn", "zeek-http"})
SHOWS_DESTINATION = frozenset({"zeek-http"})


def write_answers(world: World, answers: Path, progress: Progress) -> None:
    """Compute what the records of a world allow a reader to conclude, and write it into `answers`.

    It reads the folders `records` and `told` of `answers`. It writes `oracle.parquet`, one row a session, and
    `oracle-visits.parquet`, one row a visit, with VISIT and `oracle_id`. `progress` counts sessions.
    """
    dataset_content = addresses.load_dataset_content(answers / "told")
    records = pl.scan_parquet(answers / "records" / "*.parquet")
    site_names = pl.read_parquet(answers / "told" / "sites.parquet")
    records = records.join(site_names.lazy().select("site", "site_ip"), on="site", how="left", maintain_order="left")
    timed = pl.concat([_read_timed_records(records, world, place) for place in range(len(world.sources))])
    suspect = find_suspects(timed)
    rows = pl.concat(
        [
            read_statements(world.folder / list_entry.file, site_names)
            for list_entry in world.lists
            if list_entry.use == "leads"
        ]
    )
    agents = find_crawlers(
        world.folder / "datasets" / "crawler-agents.json", pl.read_parquet(answers / "told" / "agents.parquet")
    )
    parts = -(-world.sessions // PART_SESSIONS)
    frames, several = [], []
    for part in range(parts):
        progress(part * PART_SESSIONS, world.sessions, 0, "sessions answered")
        visits = select_flagged(timed.filter(pl.col("key") % parts == part).collect(), rows)
        known_rows = addresses.add_tor(addresses.with_facts(visits, dataset_content), dataset_content)
        placed = number_sessions(rank_visits(known_rows, agents, suspect)).with_columns(pl.lit(part).alias("part"))
        frames.append(build_sessions(placed).with_columns(pl.lit(part).alias("part")))
        several.append(placed.select(VISIT))
    codes = pl.Series([state.code for state in STATES])
    whole = pl.concat(frames).sort("key", "block", "first_us").with_row_index("oracle_id")
    ids = whole.select("part", "number", "oracle_id")
    visits = pl.concat(several).join(ids, on=["part", "number"], how="left", maintain_order="left")
    visits.drop("part", "number").write_parquet(answers / "oracle-visits.parquet")
    whole = whole.drop("part", "number").with_columns(pl.lit(codes).gather("state").alias("state"))
    whole.write_parquet(answers / "oracle.parquet")


def _read_timed_records(records: pl.LazyFrame, world: World, place: int) -> pl.LazyFrame:
    """Return the records of one source that may make leads, with their times and with what its format shows."""
    source = world.sources[place]
    form = next((exhibit_entry.format for exhibit_entry in world.exhibits if exhibit_entry.source == source.name), "")
    mine = records.filter(pl.col("channel") == place) if source.use == "leads" else records.filter(pl.lit(value=False))
    # Only one format of these worlds logs the destination of the visitor's own connection; a proxy's goes elsewhere.
    shows = form in SHOWS_DESTINATION
    return correct_times(mine, source, form, find_compared_clock(world, source)).with_columns(
        pl.when(pl.lit(shows)).then("site_ip").alias("destination_ip"),
        pl.when(pl.lit(shows)).then(443).cast(pl.Int64).alias("destination_port"),
        pl.lit(form).alias("format"),
        pl.lit(form in SHOWS_HOST).alias("shows_host"),
        pl.lit(form in SHOWS_ADDRESS).alias("shows_address"),
    )
