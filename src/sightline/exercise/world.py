"""Create a new world: logs, data sets, lists, a unit's knowledge of them, and separately the answers."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import polars as pl

from sightline.errors import OutputExists, UsageError, name_output_on_error, undo_on_failure
from sightline.exercise import faults, manifest, sites, truth
from sightline.exercise.addresses import format_address
from sightline.exercise.channels import CHANNELS, PANEL, TWICE, TWICE_UNCERTAINTY_S, Channel
from sightline.exercise.clocks import compute_comparison_us
from sightline.exercise.datasets import write as datasets
from sightline.exercise.issuer_key import derive_issuer_key, sign_list
from sightline.exercise.logs.log_lines import PANEL_FORMAT
from sightline.exercise.oracle import answer as oracle
from sightline.exercise.period import Period
from sightline.exercise.world_logs import Maker
from sightline.model.progress import Progress
from sightline.private_files import write_private_file

LARGEST = 10_000_000


def create_world(
    folder: Path, sessions: int, seed: int, others: dict[str, float], progress: Progress
) -> manifest.World:
    """Create a world in a folder, which appears once it is complete.

    `others` are fault shares that differ from the default.

    Raises UsageError for impossible options, OutputExists for a folder that is not empty.
    """
    shares = faults.choose_shares(others)
    if not 100 <= sessions <= LARGEST:
        raise UsageError(f"{sessions} sessions are no world", hint=f"from 100 to {LARGEST:,}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExists(f"{folder} is not empty", hint="choose a new folder for the world")
    with name_output_on_error(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        with undo_on_failure(lambda: shutil.rmtree(beside, ignore_errors=True)):
            world = _write_world_files(Maker(beside, sessions, seed, shares), progress)
            beside.chmod(0o755)
            beside.replace(folder)
    return replace(world, folder=folder)


def _write_world_files(maker: Maker, progress: Progress) -> manifest.World:
    maker.write_logs(progress)
    exhibits = _write_exhibits(maker)
    world = manifest.World(
        maker.folder,
        maker.sessions,
        maker.seed,
        f"{maker.when.begins:%Y-%m-%d}",
        f"{maker.when.ends:%Y-%m-%d}",
        maker.shares,
        "lists/EXERCISE.pub",
        tuple(_build_source_entry(channel) for channel in CHANNELS),
        exhibits,
        _write_lists(maker),
        _write_datasets(maker),
    )
    (maker.folder / manifest.NAME).write_text(manifest.write_manifest(world), encoding="utf-8")
    _write_truth(maker)
    oracle.write_answers(world, maker.answers, progress)
    return world


def _build_source_entry(channel: Channel) -> manifest.SourceEntry:
    return manifest.SourceEntry(
        channel.name,
        channel.kind,
        channel.use,
        channel.zone,
        channel.zone_basis,
        channel.offset_s,
        channel.uncertainty_s,
        channel.measured,
        channel.trusted_hops,
        channel.all_hits_of,
    )


def _write_exhibits(maker: Maker) -> tuple[manifest.ExhibitEntry, ...]:
    """The files that have a line, and the copy of every second line of the log that was copied."""
    entries: list[manifest.ExhibitEntry] = []
    (maker.folder / PANEL).parent.mkdir()
    (maker.folder / PANEL).write_text(PANEL_FORMAT, encoding="utf-8")
    for place, log in maker.logs.items():
        channel = CHANNELS[place]
        files = log.close()
        if channel.fault == "copied" and files:
            lines = files[0].read_bytes().splitlines(keepends=True)
            copy = files[0].with_name("copy.log")
            copy.write_bytes(b"".join(lines[1::2]))
            files.append(copy)
        year = maker.when.ends.year if channel.format == "dnsmasq" else None
        for path in files:
            name = path.relative_to(maker.folder).as_posix()
            entry = manifest.ExhibitEntry(
                name, channel.name, channel.format, channel.all_hits_of, year, channel.date_order
            )
            entries.append(entry if channel.drift_s is None else _with_comparison(entry, channel.drift_s, maker.when))
    return tuple(entries)


def _with_comparison(entry: manifest.ExhibitEntry, drift_s: tuple[float, float], when: Period) -> manifest.ExhibitEntry:
    """The exhibit with how its clock was compared, at two instants."""
    texts = (
        f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}={offset:g}"
        for at, offset in zip(compute_comparison_us(when), drift_s, strict=True)
    )
    return replace(entry, compared=tuple(texts), clock_uncertainty_s=TWICE_UNCERTAINTY_S, clock_measured=TWICE)


def _write_lists(maker: Maker) -> tuple[manifest.ListEntry, ...]:
    """The list for leads, one for statistics, both signed; the issuer's key lies beside, for all to see."""
    folder = maker.folder / "lists"
    folder.mkdir()
    key = derive_issuer_key(maker.dice)
    (folder / "EXERCISE.pub").write_text(key.derive_public().to_text(), encoding="utf-8")
    write_private_file(folder / "EXERCISE.key", key.to_text().encode())
    (folder / "flagged.csv").write_text(
        sites.list_text(sites.list_statements(maker.sites, maker.when)), encoding="utf-8"
    )
    (folder / "blocked.csv").write_text(sites.build_blocked_text(maker.sites), encoding="utf-8")
    sign_list(folder / "flagged.csv", key, "leads", "csam")
    sign_list(folder / "blocked.csv", key, "statistics", "csam")
    return manifest.ListEntry("lists/flagged.csv", "leads"), manifest.ListEntry("lists/blocked.csv", "statistics")


def _write_datasets(maker: Maker) -> tuple[manifest.DatasetEntry, ...]:
    sets = datasets.WorldDataSets(maker.plan, maker.relays, maker.when)
    entries = datasets.write_datasets(maker.folder, sets, derive_issuer_key(maker.dice))
    named = maker.sites.table.select("site", "host", format_address("key").alias("site_ip"))
    named.write_parquet(maker.answers / "told" / "sites.parquet")
    return entries


def _write_truth(maker: Maker) -> None:
    """Write `answers/truth.parquet`, `visits.parquet` and `connections.parquet` of what was noted of every visit."""
    visits = maker.answers / "visits"
    rows = pl.scan_parquet(visits / "*.parquet")
    truth.group_visits_by_session(rows).collect().write_parquet(maker.answers / "truth.parquet")
    rows.select(truth.VISIT).sort("channel", "file", "row").collect().write_parquet(maker.answers / "visits.parquet")
    shutil.rmtree(visits)
    connections = maker.answers / "connections"
    whole = pl.scan_parquet(connections / "*.parquet").sort("key", "true_us", "port", "site").collect()
    whole.write_parquet(maker.answers / "connections.parquet")
    shutil.rmtree(connections)
