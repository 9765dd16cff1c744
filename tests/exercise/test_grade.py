"""Grading: the oracle itself as product is perfect, and every fault put into its answers is counted as what it is."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from sightline.errors import DamagedInput, UsageError
from sightline.exercise import manifest
from sightline.exercise.grade import Grade, grade_leads
from sightline.model import Ceiling


def as_product(world: manifest.World) -> pl.DataFrame:
    """What the oracle knows, in the columns of a generation's leads."""
    oracle = pl.read_parquet(world.folder / "answers" / "oracle.parquet")
    place = pl.when(pl.col("state").is_null()).then(pl.lit("undetermined")).otherwise(pl.lit("agreed"))
    return oracle.select(
        pl.col("ip").alias("source_ip"),
        pl.col("port").alias("source_port"),
        "first_us",
        "last_us",
        "uncertainty_s",
        "ceiling",
        place.alias("place"),
        "state",
        pl.col("tor").alias("relay"),
        pl.lit(1).alias("n_burst"),
        pl.lit(1).alias("sessions"),
    )


@pytest.fixture
def graded(world: manifest.World, tmp_path: Path) -> Callable[..., Grade]:
    """Grades what the oracle knows, changed."""

    def found(change: Callable[[pl.DataFrame], pl.DataFrame] = lambda some: some) -> Grade:
        change(as_product(world)).write_parquet(tmp_path / "leads.parquet")
        return grade_leads(world.folder, [tmp_path / "leads.parquet"])

    return found


def test_the_leads_of_the_oracle_get_perfect_grades(graded: Callable[..., Grade]) -> None:
    found = graded()
    assert found.sessions == found.leads > 1000
    for name in (
        "missed invented statistics_leaks wrong_subscribers ceilings_too_high ceilings_too_low places_wrong tor_missed"
    ).split():
        assert getattr(found, name) == 0, name
    assert found.resolved == found.resolvable > 400
    assert found.places_named == found.places_named_of_nameable == found.places_nameable > 100
    assert found.automation_recognised == found.automation > 20
    assert found.accidents_recognised == found.accidents > 0
    assert found.tor_covered > 10
    assert sum(count for row in found.matrix.values() for count in row.values()) == found.sessions


def test_the_spreadsheet_is_wrong_where_it_must_be(graded: Callable[..., Grade]) -> None:
    naive = graded().naive
    assert naive.subscribers_named > 1000
    assert naive.wrong_subscribers > 0.3 * naive.subscribers_named
    assert naive.places_wrong > 0.2 * naive.places_named


def test_a_ceiling_that_is_raised_names_wrong_lines(graded: Callable[..., Grade]) -> None:
    found = graded(lambda some: some.with_columns(ceiling=pl.lit("subscriber")))
    assert found.ceilings_too_high == found.sessions - found.resolvable
    assert found.wrong_subscribers > 50
    assert found.by_fault["tor"].ceilings_too_high > 10
    assert found.by_fault["poisoned"].wrong_subscribers > 0


def test_a_ceiling_that_is_lowered_is_too_low(graded: Callable[..., Grade]) -> None:
    found = graded(lambda some: some.with_columns(ceiling=pl.lit("shared")))
    assert found.resolved == 0
    assert found.ceilings_too_low == found.resolvable
    assert found.matrix["subscriber"] == {"shared": found.resolvable}


def test_an_absent_lead_is_missed_and_a_lead_without_a_visit_is_invented(
    graded: Callable[..., Grade], world: manifest.World
) -> None:
    assert graded(lambda some: some[100:]).missed == 100
    found = graded(lambda some: some.with_columns(pl.col("first_us", "last_us") + 10**15))
    assert found.invented == found.leads
    assert found.missed == found.sessions
    truth = pl.read_parquet(world.folder / "answers" / "truth.parquet").filter(pl.col("log") == "statistics")[:7]
    leaked = truth.select(source_ip="ip", source_port="port", first_us="first_seen_us", last_us="last_seen_us")
    assert (
        graded(
            lambda some: pl.concat([some, leaked], how="diagonal_relaxed").with_columns(
                pl.col("ceiling").fill_null("shared"), pl.col("uncertainty_s").fill_null(900)
            )
        ).statistics_leaks
        >= 5
    )


def test_a_state_that_is_false_is_wrong_and_one_that_is_left_out_is_not_named(graded: Callable[..., Grade]) -> None:
    moved = graded(lambda some: some.with_columns(state=pl.lit("IN-BR"), place=pl.lit("agreed")))
    assert moved.places_wrong == moved.places_named == moved.sessions
    silent = graded(lambda some: some.with_columns(place=pl.lit("undetermined")))
    assert (silent.places_named, silent.places_wrong) == (0, 0)


def test_tor_that_is_not_seen_is_missed(graded: Callable[..., Grade]) -> None:
    found = graded(lambda some: some.with_columns(relay=pl.lit("no")))
    assert found.tor_missed == found.tor_covered > 0


def test_a_session_in_two_parts_is_still_found(graded: Callable[..., Grade]) -> None:
    def halved(some: pl.DataFrame) -> pl.DataFrame:
        middle = (pl.col("first_us") + pl.col("last_us")) // 2
        return pl.concat([some.with_columns(last_us=middle), some.with_columns(first_us=middle)])

    found = graded(halved)
    assert (found.missed, found.invented) == (0, 0)


def test_a_lead_that_joins_sessions_says_of_each_what_it_carries(graded: Callable[..., Grade]) -> None:
    def joined(some: pl.DataFrame) -> pl.DataFrame:
        ranks = {one.value: place for place, one in enumerate(Ceiling)}
        alone = some.filter(pl.col("source_port").is_null())
        rest = some.filter(pl.col("source_port").is_not_null())
        leads = (
            alone.with_columns(rank=pl.col("ceiling").replace_strict(ranks))
            .sort("rank")
            .group_by("source_ip", maintain_order=True)
            .agg(
                pl.all().exclude("rank", "first_us", "last_us").last(),
                pl.col("first_us").min(),
                pl.col("last_us").max(),
                n=pl.len(),
            )
        )
        return pl.concat([rest, leads.with_columns(sessions=pl.col("n").cast(pl.Int32)).select(some.columns)])

    found = graded(joined)
    assert found.leads < found.sessions
    assert (found.missed, found.ceilings_too_high, found.wrong_subscribers) == (0, 0, 0)


def test_json_lines_of_the_command_line_are_read_as_well(world: manifest.World, tmp_path: Path) -> None:
    lines = []
    for row in as_product(world).iter_rows(named=True):
        times = {f"{name}_seen": _text(row[f"{name}_us"]) for name in ("first", "last")}
        place = {"state": row["state"], "verdict": row["place"]}
        relay = {"kind": None, "verdict": row["relay"]}
        against = [{"rule": "burst", "text": "", "where": "", "element": None}]
        lines.append(
            {key: row[key] for key in ("source_ip", "source_port", "ceiling")}
            | times
            | {"place": place, "relay": relay, "reasons_against": against}
        )
    (tmp_path / "leads.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    found = grade_leads(world.folder, [tmp_path / "leads.jsonl"])
    assert (found.missed, found.invented, found.ceilings_too_high, found.ceilings_too_low) == (0, 0, 0, 0)
    assert found.accidents_recognised == found.accidents


def _text(at_us: int) -> str:
    return f"{pl.select(pl.from_epoch(pl.lit(at_us), 'us')).item().isoformat()}+00:00"


def test_a_missing_or_invalid_leads_file_is_refused(world: manifest.World, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        grade_leads(world.folder, [tmp_path / "missing.jsonl"])
    for text in ("no json", '{"a": 1}', '{"source_ip": "240.0.0.1", "ceiling": "certain"}'):
        (tmp_path / "bad.jsonl").write_text(text)
        with pytest.raises(DamagedInput):
            grade_leads(world.folder, [tmp_path / "bad.jsonl"])
    with pytest.raises(UsageError):
        grade_leads(tmp_path, [tmp_path / "bad.jsonl"])
