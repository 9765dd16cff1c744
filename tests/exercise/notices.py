"""Rows of notices for tests: what a unit would ask of a world, without the product."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl

from sightline.exercise import manifest
from sightline.exercise.assessment.isp import locate_rows
from sightline.exercise.assessment.reply_archive import find_askable
from sightline.exercise.dice import Dice
from sightline.exercise.faults import REPLIES
from sightline.exercise.networks import NETWORKS, NetworkPlan
from sightline.exercise.replies.archive import ArchivedReply, read_archive
from sightline.exercise.replies.reply import ReplyFiles, write_reply

FAULTLESS = dict.fromkeys(REPLIES, 0.0)
HONEST = ("own", "nat", "nat-blocks", "shared-wifi", "prefetch")
SECOND_US = 1_000_000


def with_faults(world: manifest.World, folder: Path, **shares: float) -> Path:
    """A world whose ISPs have these faults and no others; of its answers only what replies are made of."""
    some = FAULTLESS | {name.replace("_", "-"): share for name, share in shares.items()}
    (folder / "answers").mkdir(parents=True)
    (folder / manifest.NAME).write_text(manifest.write_manifest(replace(world, faults=dict(world.faults) | some)))
    shutil.copy(world.folder / "answers" / "connections.parquet", folder / "answers")
    return folder


def in_networks(world: manifest.World, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of addresses of networks, with `licensee`; a port only where lines share an address."""
    found = locate_rows(rows.with_columns(ports=pl.lit(0)), NetworkPlan(Dice(world.seed), world.sessions))
    names = pl.Series([network.name for network in NETWORKS])
    shared = pl.Series([network.lines_each > 1 for network in NETWORKS])
    known = found.filter(pl.col("area").is_not_null())
    return known.with_columns(
        pl.lit(names).gather("network").alias("licensee"),
        pl.when(pl.lit(shared).gather("network")).then("port").alias("port"),
    )


def of_truth(world: manifest.World) -> pl.DataFrame:
    """One row for the first visit of every session from a line of its own, or of a shared address, to the second."""
    truth = pl.read_parquet(world.folder / "answers" / "truth.parquet").filter(pl.col("origin").is_in(HONEST))
    rows = in_networks(world, truth.filter(pl.col("subscriber").is_not_null()))
    first = pl.col("first_true_us")
    return _with_ids(rows.with_columns(first - SECOND_US, uncertainty_s=pl.lit(1)).with_columns(
        from_us="first_true_us", until_us=pl.col("first_true_us") + 2 * SECOND_US
    ))  # fmt: skip


def of_visits(world: manifest.World) -> pl.DataFrame:
    """One row for every visit that carries a name, for its whole interval."""
    visits = find_askable(world.folder / "answers").filter(pl.col("rank") == pl.col("rank").max())
    rows = in_networks(world, visits.drop("shared", "is_unshared", "is_shared"))
    return _with_ids(rows.with_columns(uncertainty_s=pl.col("uncertainty_us") // SECOND_US))


def _with_ids(rows: pl.DataFrame) -> pl.DataFrame:
    texts = (f"{row}" for row in rows.select("ip", "port", "from_us", "until_us").iter_rows())
    ids = [hashlib.sha256(f"{place} {text}".encode()).hexdigest()[:12] for place, text in enumerate(texts)]
    return rows.with_columns(row_id=pl.Series(ids))


def csv_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as the CSV of a notice has them."""
    times = [
        pl.from_epoch(f"{edge}_us", "us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").alias(f"{edge}_utc")
        for edge in ("from", "until")
    ]
    none = pl.lit(None, pl.String)
    return rows.select("row_id", address="ip", port="port", destination=none, destination_port=none).hstack(
        rows.select(*times, "uncertainty_s")
    )


def reply(folder: Path, licensee: str, rows: pl.DataFrame, out: Path) -> tuple[ReplyFiles, ArchivedReply]:
    """What a licensee answers, and what is kept of it."""
    before = {one.name for one in read_archive(folder / "answers", "records")}
    found = write_reply(folder, licensee, "records", rows, out)
    new = [one for one in read_archive(folder / "answers", "records") if one.name not in before]
    return found, new[0]
