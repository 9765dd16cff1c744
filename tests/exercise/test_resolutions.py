"""Grading of resolutions: what the oracle concludes is perfect, and a wrong subscriber is always counted as one."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.errors import DamagedInput, UsageError
from sightline.exercise import manifest
from sightline.exercise.answering.answer import answer
from sightline.exercise.grade import Grade, grade
from sightline.exercise.grading.replied import Replied, replied
from sightline.exercise.grading.resolutions import Resolutions
from tests.exercise.notices import FAULTLESS, of_sessions
from tests.exercise.test_grade import as_product

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def answered(world: manifest.World, tmp_path_factory: pytest.TempPathFactory) -> manifest.World:
    """The world, every session that carries a name asked for in two notices a licensee, and answered with faults."""
    folder = tmp_path_factory.mktemp("answered")
    shutil.copytree(world.folder / "answers", folder / "world" / "answers")
    shares = FAULTLESS | {"reply-wrong-line": 0.06, "reply-missing": 0.05, "reply-corrected": 0.5}
    here = replace(world, folder=folder / "world", faults=dict(world.faults) | shares)
    (here.folder / manifest.NAME).write_text(manifest.text(here))
    for (licensee,), some in of_sessions(here).group_by("licensee", maintain_order=True):
        for place, part in enumerate((some[::2], some[1::2])):
            answer(here.folder, str(licensee), "records", part, folder / f"{licensee}-{place}")
    return here


@pytest.fixture(scope="module")
def told(answered: manifest.World) -> Replied:
    found = replied(answered.folder / "answers", _oracle(answered))
    assert found is not None
    return found


def _oracle(world: manifest.World) -> pl.DataFrame:
    return pl.read_parquet(world.folder / "answers" / "oracle.parquet").rename({"oracle_id": "id"})


@pytest.fixture
def ideal(answered: manifest.World, told: Replied) -> Rows:
    """What `resolve --json` would write if the product were the oracle."""
    rows: Rows = []
    for one in told.sessions.join(_oracle(answered), left_on="session", right_on="id").iter_rows(named=True):
        times = pl.select(
            pl.from_epoch(pl.Series([one["first_us"], one["last_us"]]), "us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
        ).to_series()
        named = [{"subscriber": "0" * 32, "number": one["number"], "licensee": "X"}] if one["number"] else []
        rows.append(
            {"source_ip": one["ip"], "source_port": one["port"], "first_seen": times[0], "last_seen": times[1]}
            | {"verdict": "subscriber" if named else "none", "subscribers": named, "reasons": []}
        )
    return rows


@pytest.fixture
def graded(answered: manifest.World, tmp_path: Path) -> Callable[[Rows], tuple[Grade, Resolutions]]:
    as_product(answered).write_parquet(tmp_path / "leads.parquet")

    def found(rows: Rows) -> tuple[Grade, Resolutions]:
        path = tmp_path / "resolutions.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        said = grade(answered.folder, [tmp_path / "leads.parquet"], path)
        assert said.resolutions is not None
        return said, said.resolutions

    return found


def test_what_the_oracle_resolves_is_perfect(graded: Callable[[Rows], tuple[Grade, Resolutions]], ideal: Rows) -> None:
    whole, found = graded(ideal)
    assert found.resolved == found.resolvable == found.named > 300
    assert (found.wrong, found.beyond_evidence, found.named_otherwise) == (0, 0, 0)
    assert found.asked == len(ideal)
    assert found.traceless["reply-wrong-line"].wrong > 5
    assert found.by_fault["reply-missing"].resolvable < found.by_fault["reply-missing"].sessions / 2
    assert (whole.subscribers_named, whole.wrong_subscribers) == (found.named, 0)
    assert whole.traceless["wrong_subscribers"] == found.wrong_traceless > 5
    assert json.loads(json.dumps(whole.plain()))["resolutions"]["resolved"] == found.resolved


def test_a_spreadsheet_names_wrong_ones(graded: Callable[[Rows], tuple[Grade, Resolutions]], ideal: Rows) -> None:
    whole, found = graded(ideal)
    assert whole.naive.subscribers_named == found.naive_named > 300
    assert whole.naive.wrong_subscribers == found.naive_wrong > found.wrong_traceless
    assert found.by_fault["nat"].naive_wrong > 5


def test_a_planted_wrong_subscriber_is_caught(graded: Callable[[Rows], tuple[Grade, Resolutions]], ideal: Rows) -> None:
    _, before = graded(ideal)
    named = [row for row in ideal if row["subscribers"]]
    named[0]["subscribers"] = [named[1]["subscribers"][0] | {"number": "916123456789"}]
    whole, found = graded(ideal)
    assert found.wrong + found.wrong_traceless == before.wrong_traceless + 1
    assert whole.wrong_subscribers == found.wrong == 1
    assert found.resolved == before.resolved - 1
    elsewhere = named[1] | {"source_ip": "240.255.0.1"}
    assert graded([*ideal, elsewhere])[1].wrong == 2


def test_naming_where_the_evidence_names_nobody_is_counted(
    graded: Callable[[Rows], tuple[Grade, Resolutions]], ideal: Rows
) -> None:
    silent = next(row for row in ideal if not row["subscribers"])
    other = next(row for row in ideal if row["subscribers"])
    silent |= {"verdict": "subscriber", "subscribers": other["subscribers"]}
    assert graded(ideal)[1].beyond_evidence == 1


def test_a_corroboration_of_one_that_did_not_visit_twice_is_false(
    graded: Callable[[Rows], tuple[Grade, Resolutions]], ideal: Rows
) -> None:
    named = [row for row in ideal if row["subscribers"]]
    named[0]["subscribers"] = [named[0]["subscribers"][0] | {"corroborated": True, "number": "916123456789"}]
    _, found = graded(ideal)
    assert (found.corroborated, found.corroborated_wrong) == (1, 1)
    assert sum(one.false_corroborations for one in found.by_fault.values()) > 0


def test_candidates_are_graded_by_whether_a_visitor_is_among_them(
    answered: manifest.World, graded: Callable[[Rows], tuple[Grade, Resolutions]], ideal: Rows
) -> None:
    named = [row for row in ideal if row["subscribers"]][:40]
    for row in named:
        row["verdict"] = "candidates"
    _, found = graded(named)
    assert found.candidates == 40
    assert 30 < found.candidates_with_true <= 40
    assert found.named == 0


def test_what_is_no_resolutions_is_told(world: manifest.World, answered: manifest.World, tmp_path: Path) -> None:
    as_product(answered).write_parquet(tmp_path / "leads.parquet")
    for text in ("no json", "[]", '{"source_ip": "240.0.0.1", "verdict": "certain"}'):
        (tmp_path / "bad.jsonl").write_text(text)
        with pytest.raises(DamagedInput):
            grade(answered.folder, [tmp_path / "leads.parquet"], tmp_path / "bad.jsonl")
    with pytest.raises(UsageError, match="no such file"):
        grade(answered.folder, [tmp_path / "leads.parquet"], tmp_path / "missing.jsonl")
    (tmp_path / "bad.jsonl").write_text("")
    with pytest.raises(UsageError, match="answered no notice"):
        grade(world.folder, [tmp_path / "leads.parquet"], tmp_path / "bad.jsonl")
