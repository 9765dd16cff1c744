"""Measure the order of leads on the exercise world: `python -m bench.triage --sessions 4000 --seed 7`.

A grave case is a person who truly sent something to a flagged site and was answered. The world knows it from the visits
that it made, and no rule of Sightline is asked. Printed is which share of the queue an officer works, from the top,
until nine grave cases of ten are met, in each order: of all, of those that a log shows, and of those that none shows.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.exercise import faults, manifest, world
from sightline.exercise.assessment.judged_sessions import with_block
from sightline.exercise.assessment.session_pairs import pair_sessions
from sightline.exercise.channels import CHANNELS
from sightline.exercise.faults import ORIGINS
from sightline.exercise.visits import CONNECT, UPLOAD
from sightline.exercise.world_logs import Maker
from sightline.model.progress import ignore_progress
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.exercise.run import ExerciseRun, run_world
from sightline.stages.leads.triage import sort_by_band, sort_by_seriousness

NO_PERSONS = ("crawler", "monitor", "agency", "prefetch", "pop-under")
"""Origins whose visits no person chose."""
WITHOUT_REQUESTS = ("bind", "dnsmasq", "zeek-conn")
"""Formats of logs that have no line for what was asked for."""
WANTED, PART = 0.9, 0.2


@dataclass(frozen=True, slots=True)
class Reached:
    """How far down the queue the grave cases stand.

    `cases`: how many there are, also those without any lead. `share`: the part of the queue that an officer works until
    nine of ten are met; None if fewer than nine of ten have a lead. `early`: how many are met in the first fifth.
    """

    cases: int
    share: float | None
    early: int


def grave_cases(made: manifest.World) -> pl.DataFrame:
    """Return `session oracle_id is_shown` of the visits to flagged sites in which a person sent something.

    `is_shown`: whether the log has a line for what was asked for. A name that is looked up, a flow and a tunnel do not.
    """
    maker = Maker(made.folder, made.sessions, made.seed, faults.choose_shares(dict(made.faults)))
    visits = maker.select_shown(maker.visits.make_visits(maker.crowd.make_sessions(0, made.sessions)))
    silent = [place for place, one in enumerate(CHANNELS) if one.format in WITHOUT_REQUESTS]
    machines = [ORIGINS.index(person) for person in NO_PERSONS]
    is_sent = (pl.col("page") == UPLOAD) & pl.col("status").is_in([200, 302])
    is_shown = pl.col("channel").is_in(silent).not_() & (pl.col("method") != CONNECT)
    sent = visits.filter(is_sent & pl.col("origin").is_in(machines).not_())
    answers, record = made.folder / "answers", ["channel", "file", "row"]
    written = pl.read_parquet(answers / "visits.parquet").filter(pl.col("origin") != "poisoned")
    flagged = pl.read_parquet(answers / "oracle-visits.parquet", columns=[*record, "oracle_id"])
    known = sent.select("session", "true_us", is_shown.alias("is_shown")).join(written, on=["session", "true_us"])
    return known.join(flagged, on=record).select("session", "oracle_id", "is_shown")


def places(made: manifest.World, queue: pl.DataFrame) -> pl.DataFrame:
    """Return `oracle_id place` of the leads, in their order, that hold a session of the oracle."""
    oracle = pl.read_parquet(made.folder / "answers" / "oracle.parquet").rename({"oracle_id": "id"})
    leads = with_block(queue.rename({"source_ip": "ip", "source_port": "port"}), oracle)
    leads = leads.with_columns(place=pl.int_range(1, pl.len() + 1))
    # A lead that joins sessions overlaps those of others, so it is looked up separately.
    is_joined = pl.col("sessions") > 1
    met = pl.concat([pair_sessions(oracle, leads.filter(is_joined)), pair_sessions(oracle, leads.filter(~is_joined))])
    placed = met.join(leads.select("id", "place"), left_on="other_id", right_on="id")
    return placed.group_by("one_id").agg(pl.col("place").min()).rename({"one_id": "oracle_id"})


def reached(cases: pl.DataFrame, placed: pl.DataFrame, leads: int) -> Reached:
    """Return how far down a queue of that many leads the cases stand."""
    count = cases["session"].n_unique()
    met = cases.join(placed, on="oracle_id").group_by("session").agg(pl.col("place").min())
    at = sorted(met["place"].to_list())
    wanted = math.ceil(WANTED * count)
    share = at[wanted - 1] / leads if at[wanted - 1 : wanted] else None
    return Reached(count, share, sum(place <= PART * leads for place in at))


ORDERS: Mapping[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "as they came": lambda leads: leads.sort("first_us", "lead_id"),
    "by band": sort_by_band,
    "by seriousness": sort_by_seriousness,
}


def measure(made: manifest.World, ran: ExerciseRun) -> Iterator[tuple[str, int, tuple[Reached, Reached, Reached]]]:
    """Yield each order, the number of leads, and where all cases stand, those that a log shows, and the others."""
    cases = grave_cases(made)
    of_shown = cases.filter("is_shown")
    groups = (cases, of_shown, cases.join(of_shown, on="session", how="anti"))
    with open_generation(ran.officer_session.workspace, None) as read:
        leads = read.open_frame().with_columns(pl.col("source_port").cast(pl.Int64))
        for name, in_order in ORDERS.items():
            queue = in_order(leads).select("source_ip", "source_port", "first_us", "last_us", "sessions").collect()
            placed = places(made, queue)
            every, visible, hidden = (reached(some, placed, queue.height) for some in groups)
            yield name, queue.height, (every, visible, hidden)


def main() -> int:
    """Make a world, run it, and print the orders. 1 if the last one misses its bar, which counts all grave cases."""
    parser = argparse.ArgumentParser(prog="bench.triage", description="How early an officer meets the grave cases.")
    parser.add_argument("--sessions", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    is_met = False
    with tempfile.TemporaryDirectory(prefix="triage-") as name:
        folder = Path(name)
        made = world.create_world(folder / "world", arguments.sessions, arguments.seed, {}, ignore_progress)
        ran = run_world(made.folder, folder / "workspace", ignore_progress)
        for order, leads, (every, visible, hidden) in measure(made, ran):
            print(f"{order}: {leads:,} leads; all grave cases: {_text(every)}")
            print(f"    whose log shows it: {_text(visible)}; whose log does not: {_text(hidden)}")
            is_met = every.share is not None and every.share <= PART
    return 0 if is_met else 1


def _text(found: Reached) -> str:
    share = "not met" if found.share is None else f"after {found.share:.1%} of the queue"
    return f"{found.cases}, nine of ten {share}, {found.early} in the first {PART:.0%}"


if __name__ == "__main__":
    sys.exit(main())
