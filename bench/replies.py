"""Bar 6: a reply of 10 million rows against 100,000 sessions: `python -m bench.replies [--rows N --sessions N]`.

Half of the rows are leases of whole addresses (IPDR), half are port blocks of a NAT, each of them given out again and
again, in order of time. What must come out is known from how they were made. DuckDB joins the same files beside.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import polars as pl

from bench.inputs import WORK, write_path
from sightline.model import LineKey, NoticeKind
from sightline.stages.resolve.candidates import apply_narrowing, intersect_candidates
from sightline.stages.resolve.coverage import find_covered
from sightline.stages.resolve.model import ASKED, ReplyDeclarations
from sightline.stages.resolve.questions import KEY
from sightline.stages.resolve.replies import open_reply
from sightline.stages.resolve.reply_check import ReplyCheck
from sightline.stages.resolve.row_verdicts import answer_visits
from sightline.stages.resolve.sessions import split_sessions, sum_parts

BEGINS_S = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
LASTS_S = 30 * 86_400
INDIA_S = 19_800
LEASES = 100
"""Leases of one address, or of one block of ports, one after the other."""
SHORTEST_GAP_S, GAPS_S = 40, 3_601
"""Between two leases; leases that all last as long would be taken for scheduled ends."""
BLOCKS, PORTS, FIRST_PORT = 25, 2_500, 1_024
GIB = 1 << 30


@dataclass(frozen=True)
class World:
    """Slots (an address, or a block of ports of one), each with its leases one after the other."""

    rows: int
    sessions: int

    @property
    def lease_s(self) -> int:
        return LASTS_S // LEASES

    @property
    def lines(self) -> int:
        """Subscribers; each has twenty of the rows."""
        return self.rows // 20

    @property
    def base(self) -> Path:
        return WORK / f"replies-{self.rows}-{self.sessions}"

    @cached_property
    def slots(self) -> pl.DataFrame:
        """`ip`, `first` (port, or null), `begins` (second of its first lease), `slot`."""
        count = self.rows // LEASES
        slot = pl.int_range(0, count, eager=True).alias("slot").to_frame()
        blocks = pl.col("slot") - count // 2
        is_block = blocks >= 0
        address = pl.when(is_block).then(blocks // BLOCKS).otherwise("slot")
        net = pl.when(is_block).then(pl.lit("241")).otherwise(pl.lit("240"))
        return slot.select(
            "slot",
            pl.format("{}.{}.{}.{}", net, address // 65_536, address // 256 % 256, address % 256).alias("ip"),
            pl.when(is_block).then(FIRST_PORT + blocks % BLOCKS * PORTS).alias("first"),
            (BEGINS_S + pl.col("slot") * 7_919 % self.lease_s).alias("begins"),
        )

    @cached_property
    def reply(self) -> Path:
        """The CSV of the reply, in order of time."""
        path = self.base.with_suffix(".csv")
        if not path.exists():
            with write_path(path) as partial, partial.open("wb") as out:
                out.write(b"Public IP,Port From,Port To,Start Time,End Time,MSISDN\r\n")
                for lease in range(LEASES):
                    self._leases(lease).write_csv(out, include_header=False, line_terminator="\r\n")
        return path

    def _leases(self, lease: int) -> pl.DataFrame:
        start = pl.col("begins") + lease * self.lease_s
        end = start + self._held_s(pl.lit(lease, pl.Int64))
        texts = [pl.from_epoch(at + INDIA_S).dt.strftime("%d/%m/%Y %H:%M:%S") for at in (start, end)]
        return self.slots.sort("begins").select(
            "ip",
            "first",
            (pl.col("first") + PORTS - 1).alias("last"),
            texts[0].alias("s"),
            texts[1].alias("e"),
            _digits(pl.lit(lease, pl.Int64), self.lines).alias("number"),
        )

    def _held_s(self, lease: pl.Expr) -> pl.Expr:
        """How long a slot's lease lasts."""
        return self.lease_s - SHORTEST_GAP_S - (pl.col("slot") * 7_919 + lease * 104_729) % GAPS_S

    @cached_property
    def asked(self) -> pl.DataFrame:
        """The rows of the notice (ASKED), and `truth`: the verdict of each; `number`: of the lease that it lies in."""
        row = pl.int_range(0, self.sessions, eager=True).alias("at").to_frame()
        chosen = row.select(
            "at", slot=pl.col("at").hash(1) % self.slots.height, lease=1 + pl.col("at").hash(2) % (LEASES - 2)
        )
        rows = chosen.cast(pl.Int64).join(self.slots, on="slot", maintain_order="left")
        into = (pl.col("at").hash(3) % self.lease_s).cast(pl.Int64)
        begins = pl.col("begins") + pl.col("lease") * self.lease_s + into
        held_s, lasts_s = self._held_s(pl.col("lease")), (pl.col("at").hash(4) % 120).cast(pl.Int64)
        # In whole seconds each may be one second later: the lease, the one after it, or neither has the window.
        covers = (into >= 1) & (into + lasts_s <= held_s)
        mine, next_one = into <= held_s + 1, into + lasts_s >= self.lease_s
        truth = (
            pl.when(mine & next_one)
            .then(pl.lit("conflict"))
            .when(mine & covers)
            .then(pl.lit("subscriber"))
            .when(mine | next_one)
            .then(pl.lit("candidates"))
            .otherwise(pl.lit("none"))
        )
        return rows.select(
            pl.format("{}", pl.col("at").cast(pl.String).str.zfill(12)).alias("row_id"),
            pl.format("s{}", "at").alias("session_id"),
            pl.format("l{}", pl.col("at") // 3).alias("lead_id"),
            pl.when(pl.col("first").is_null())
            .then(pl.lit(LineKey.ADDRESS))
            .otherwise(pl.lit(LineKey.PORT))
            .alias("asks"),
            "ip",
            (pl.col("first") + pl.col("at").hash(5) % PORTS).cast(pl.UInt16).alias("port"),
            (begins * 1_000_000).alias("from_us"),
            ((begins + lasts_s) * 1_000_000).alias("until_us"),
            truth.alias("truth"),
            pl.format("91{}", _digits(pl.col("lease"), self.lines)).alias("number"),
        )

    @property
    def notice(self) -> pl.DataFrame:
        """The rows of the notice alone."""
        missing = [pl.lit(None, kind).alias(name) for name, kind in ASKED.items() if name not in self.asked.columns]
        rows = self.asked.with_columns(missing).with_columns(first_us="from_us", last_us="until_us", uncertainty_s=0)
        return rows.select(pl.col(name).cast(kind) for name, kind in ASKED.items())


def _digits(lease: pl.Expr, lines: int) -> pl.Expr:
    """The number of a lease; a line has one lease at a time, because several would be in doubt."""
    slots = 20 * lines // LEASES
    return (7_000_000_000 + (pl.col("slot") + lease * slots) * 7_919 % lines).cast(pl.String)


def measured(world: World) -> dict[str, float]:
    """Seconds of reading, checking and joining in this process, and its peak; raises where an answer is wrong.

    `processor`: seconds that all its threads worked, by which a busy machine is judged.
    """
    notice = world.notice
    began, worked = time.perf_counter(), time.process_time()
    reply = open_reply(world.reply, NoticeKind.RECORDS, ReplyDeclarations(timezone="Asia/Kolkata", date_order="dmy"))
    check = ReplyCheck(notice)
    checking = 0.0
    for batch in reply.read_batches(lambda *_: None):
        at = time.perf_counter()
        check.take(batch.assigned)
        checking += time.perf_counter() - at
    read = time.perf_counter()
    done = check.finish()
    reading, checking = read - began - checking, checking + time.perf_counter() - read
    joined_from = time.perf_counter()
    of_one = [pl.lit(1, pl.UInt32).alias(name) for name in ("notice", "reply")]
    met = done.met.with_columns(*of_one, pl.col("number").alias("subscriber"), is_certified=pl.lit(value=True))
    answered = pl.DataFrame({"notice": [1], "is_whole": [True]}, {"notice": pl.UInt32, "is_whole": pl.Boolean})
    # The addresses of the leases are not shared; those of the blocks may be.
    asked = notice.with_columns(of_one[0], nat_shared=pl.col("port").is_not_null())
    visits = _visits(notice)
    replies = (met, answered, done.findings.with_columns(of_one[0]))
    answers, links = answer_visits(asked, visits, find_covered(visits, asked), replies)
    whole, _, _ = split_sessions(visits, answers, links)
    sessions = sum_parts(whole, notice.select("session_id", "lead_id", "candidates", source_ip="ip"))
    found = apply_narrowing(sessions, intersect_candidates(sessions))
    ended, worked = time.perf_counter(), time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    _verify(world, found.select("session_id", "verdict", pl.col("subscribers").list.first().alias("said")))
    parts = {"reading": reading, "checking": checking, "joining": ended - joined_from, "whole": ended - began}
    return parts | {"processor": worked, "peak_bytes": peak}


def _visits(notice: pl.DataFrame) -> pl.DataFrame:
    """The visits that each row asks about: its first one and its last one."""
    edges = [
        notice.with_columns(t_us="from_us", until_us="from_us"),
        notice.with_columns(t_us="until_us", from_us="until_us"),
    ]
    columns = ("session_id", "lead_id", "ip", "asks", *KEY, "t_us", "from_us", "until_us", "uncertainty_s")
    return pl.concat(edge.select(columns) for edge in edges).with_columns(licensee_id=pl.lit("isp"))


MOST_DOUBTED = 10_000
"""Of so many sessions one may be in doubt: a lease that begins at midnight may end with a question by chance."""


def _verify(world: World, found: pl.DataFrame) -> None:
    beside = world.asked.join(found, on="session_id", how="left")
    wrong = beside.filter(pl.col("verdict").cast(pl.String).ne_missing(pl.col("truth")))
    doubted = wrong.filter(pl.col("verdict").cast(pl.String) == "candidates")
    if MOST_DOUBTED * len(doubted) <= world.sessions:
        wrong = wrong.join(doubted, on="session_id", how="anti")
    named = beside.filter(
        pl.col("verdict").cast(pl.String) == "subscriber", pl.col("said").ne_missing(pl.col("number"))
    )
    if len(wrong) or len(named):
        raise RuntimeError(f"{len(wrong)} verdicts and {len(named)} numbers are not as they were made: {wrong.head(3)}")


def peer(world: World) -> dict[str, float]:
    """DuckDB's seconds and peak for the same answers; raises where one is wrong."""
    from bench.peers.duckdb_replies import join  # noqa: PLC0415  - of the peers' own environment

    rows = WORK / "replies-asked.parquet"
    world.notice.write_parquet(rows)
    began, worked = time.perf_counter(), time.process_time()
    found = join(world.reply, rows)
    whole, worked = time.perf_counter() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    _verify(world, found)
    return {"whole": whole, "processor": worked, "peak_bytes": peak}


def main() -> int:
    """Print what each took, on a line each."""
    parser = argparse.ArgumentParser(prog="bench.replies", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--alone", choices=["sightline", "duckdb"], help="one of them, in this process")
    arguments = parser.parse_args()
    world = World(arguments.rows, arguments.sessions)
    if arguments.alone:
        print(json.dumps(measured(world) if arguments.alone == "sightline" else peer(world)))
        return 0
    print(f"{world.reply.stat().st_size / 1e6:,.0f} MB, {world.rows:,} rows, {world.sessions:,} sessions")
    for _ in range(arguments.runs):
        for name in ("sightline", "duckdb"):
            sizes = ["--rows", str(world.rows), "--sessions", str(world.sessions)]
            command = [sys.executable, "-m", "bench.replies", *sizes, "--alone", name]
            took = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            peak = took.pop("peak_bytes") / GIB
            print(
                name, *(f"{part} {seconds:.2f} s" for part, seconds in took.items()), f"peak {peak:.2f} GiB", flush=True
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
