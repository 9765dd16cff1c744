"""Grading of resolutions: what the oracle concludes is perfect, and a wrong subscriber is always counted as one."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.errors import DamagedInput, UsageError
from sightline.exercise import manifest
from sightline.exercise.assessment.reply_archive import ReplyArchive, read_world_replies
from sightline.exercise.assessment.resolutions import ResolutionGrade, judge_named_lines
from sightline.exercise.grade import Grade, grade_leads
from sightline.exercise.replies.line_names import compute_line_identifier
from sightline.exercise.replies.reply import write_reply
from sightline.exercise.visits import STRANGERS
from tests.exercise.notices import FAULTLESS, of_visits
from tests.exercise.test_grade import as_product

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def answered(world: manifest.World, tmp_path_factory: pytest.TempPathFactory) -> manifest.World:
    """The world, every session that carries a name asked for in two notices a licensee, and answered with faults."""
    folder = tmp_path_factory.mktemp("answered")
    shutil.copytree(world.folder / "answers", folder / "world" / "answers")
    shares = FAULTLESS | {"reply-wrong-line": 0.06, "reply-missing": 0.05, "reply-corrected": 0.5}
    here = replace(world, folder=folder / "world", faults=dict(world.faults) | shares)
    (here.folder / manifest.NAME).write_text(manifest.write_manifest(here))
    for (licensee,), some in of_visits(here).group_by("licensee", maintain_order=True):
        for place, part in enumerate((some[::2], some[1::2])):
            write_reply(here.folder, str(licensee), "records", part, folder / f"{licensee}-{place}")
    return here


@pytest.fixture(scope="module")
def make_replied(answered: manifest.World) -> ReplyArchive:
    world_replies = read_world_replies(answered.folder / "answers")
    assert world_replies is not None
    return world_replies


def text(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC).replace(microsecond=at_us % 1_000_000):%Y-%m-%dT%H:%M:%S.%f}Z"


def part_of(visit: dict[str, Any]) -> dict[str, Any]:
    """A visit as one of the parts of a line of `resolve --json`."""
    named = [{"subscriber": "0" * 32, "number": visit["number"], "licensee": "X"}] if visit["number"] else []
    times = {f"{edge}_seen": text(visit["at_us"]) for edge in ("first", "last")}
    fields = {name: visit[name] for name in ("protocol", "destination_ip", "destination_port")}
    fields |= {"source_ip": visit["ip"], "source_port": visit["port"], "visits": 1}
    return fields | times | {"verdict": "subscriber" if named else "none", "subscribers": named, "reasons": []}


@pytest.fixture
def ideal(make_replied: ReplyArchive) -> Rows:
    """What `resolve --json` would write if the product were the oracle."""
    rows: Rows = []
    asked = make_replied.visits.filter(pl.col("verdict").is_not_null()).sort("oracle_id", "at_us")
    for some in asked.partition_by("oracle_id", maintain_order=True):
        parts = [part_of(one) for one in some.iter_rows(named=True)]
        same = len({json.dumps(part["subscribers"]) for part in parts}) == 1
        whole = parts[0] | {"last_seen": parts[-1]["last_seen"], "visits": parts}
        rows.append(whole if same else whole | {"verdict": "candidates"})
    return rows


@pytest.fixture
def graded(answered: manifest.World, tmp_path: Path) -> Callable[[Rows], tuple[Grade, ResolutionGrade]]:
    as_product(answered).write_parquet(tmp_path / "leads.parquet")

    def found(rows: Rows) -> tuple[Grade, ResolutionGrade]:
        path = tmp_path / "resolutions.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        report = grade_leads(answered.folder, [tmp_path / "leads.parquet"], path)
        assert report.resolutions is not None
        return report, report.resolutions

    return found


def test_the_resolutions_of_the_oracle_get_perfect_grades(
    graded: Callable[[Rows], tuple[Grade, ResolutionGrade]], ideal: Rows
) -> None:
    whole, found = graded(ideal)
    assert found.resolved == found.resolvable > 200
    assert found.visits_resolved == found.visits_resolvable > found.resolvable
    assert found.named >= found.resolved
    assert (found.wrong, found.mixed, found.beyond_evidence, found.visits_otherwise) == (0, 0, 0, 0)
    assert found.asked == len(ideal)
    assert found.traceless["reply-wrong-line"].wrong > 5
    assert found.by_fault["reply-missing"].resolvable < found.by_fault["reply-missing"].sessions / 2
    assert (whole.subscribers_named, whole.wrong_subscribers) == (found.named, 0)
    assert whole.traceless["wrong_subscribers"] == found.wrong_traceless > 5
    assert json.loads(json.dumps(whole.to_json()))["resolutions"]["resolved"] == found.resolved


def test_a_spreadsheet_names_wrong_ones(graded: Callable[[Rows], tuple[Grade, ResolutionGrade]], ideal: Rows) -> None:
    whole, found = graded(ideal)
    assert whole.naive.subscribers_named == found.naive_named > 300
    assert whole.naive.wrong_subscribers == found.naive_wrong > found.wrong_traceless
    assert found.by_fault["nat"].naive_wrong > 5


def test_a_planted_wrong_subscriber_is_caught(
    graded: Callable[[Rows], tuple[Grade, ResolutionGrade]], ideal: Rows
) -> None:
    _, before = graded(ideal)
    named = [row for row in ideal if row["verdict"] == "subscriber"]
    for part in named[0]["visits"]:
        part["subscribers"] = [part["subscribers"][0] | {"number": "916123456789"}]
    whole, found = graded(ideal)
    assert found.wrong + found.wrong_traceless == before.wrong_traceless + 1
    assert whole.wrong_subscribers == found.wrong == 1
    assert found.resolved == before.resolved - 1
    elsewhere = named[1] | {"source_ip": "240.255.0.1"}
    elsewhere |= {"visits": [part | {"source_ip": "240.255.0.1"} for part in named[1]["visits"][:1]]}
    assert graded([*ideal, elsewhere])[1].wrong == 2


def test_a_line_that_is_named_for_visits_of_another_is_mixed(
    graded: Callable[[Rows], tuple[Grade, ResolutionGrade]], make_replied: ReplyArchive
) -> None:
    """The visits of two lines, one after the other in one session, all given to the first."""
    truth = pl.read_parquet(make_replied.folder / "visits.parquet").select("channel", "file", "row", line="subscriber")
    several = (
        make_replied.visits.join(truth, on=["channel", "file", "row"])
        .filter(pl.col("port").is_not_null(), pl.col("line") < STRANGERS)
        .sort("at_us")
        .group_by("oracle_id", maintain_order=True)
        .agg(pl.all(), pl.col("line").n_unique().alias("lines"))
        .filter(pl.col("lines") > 1)
        .row(0, named=True)
    )
    columns = {name: some for name, some in several.items() if isinstance(some, list)}
    visits = [{name: some[at] for name, some in columns.items()} for at in range(len(several["at"]))]
    number = pl.DataFrame({"line": [visits[0]["line"]]}).select(compute_line_identifier("line")).item()
    parts = [part_of(visit | {"number": number}) for visit in visits]
    _, found = graded([parts[0] | {"last_seen": parts[-1]["last_seen"], "visits": parts}])
    assert (found.named, found.wrong, found.mixed) == (1, 0, 1)
    assert found.visits_wrong == sum(visit["line"] != visits[0]["line"] for visit in visits)
    apart = [one for one, visit in zip(parts, visits, strict=True) if visit["line"] == visits[0]["line"]]
    _, found = graded([parts[0] | {"last_seen": parts[-1]["last_seen"], "visits": apart, "verdict": "candidates"}])
    assert (found.named, found.wrong, found.mixed, found.visits_wrong) == (1, 0, 0, 0)


def test_naming_where_the_evidence_names_nobody_is_counted(
    graded: Callable[[Rows], tuple[Grade, ResolutionGrade]], ideal: Rows
) -> None:
    parts = [part for row in ideal for part in row["visits"]]
    silent = next(part for part in parts if not part["subscribers"])
    other = next(part for part in parts if part["subscribers"])
    silent |= {"verdict": "subscriber", "subscribers": other["subscribers"]}
    assert graded(ideal)[1].beyond_evidence == 1


def test_a_corroboration_of_one_that_did_not_visit_twice_is_false(
    graded: Callable[[Rows], tuple[Grade, ResolutionGrade]], ideal: Rows
) -> None:
    named = next(row for row in ideal if row["verdict"] == "subscriber")
    for part in named["visits"]:
        part["subscribers"] = [part["subscribers"][0] | {"corroborated": True, "number": "916123456789"}]
    _, found = graded(ideal)
    assert (found.corroborated, found.corroborated_wrong) == (1, 1)
    assert sum(resolved.corroborated_wrong for resolved in found.by_fault.values()) > 0


def test_candidates_are_graded_by_whether_a_visitor_is_among_them(
    answered: manifest.World, graded: Callable[[Rows], tuple[Grade, ResolutionGrade]], ideal: Rows
) -> None:
    named = [row for row in ideal if row["verdict"] == "subscriber"][:40]
    for row in named:
        for part in (row, *row["visits"]):
            part["verdict"] = "candidates"
    _, found = graded(named)
    assert found.candidates == 40
    assert 30 < found.candidates_with_true <= 40
    assert found.named == 0


def test_a_missing_or_invalid_resolutions_file_is_refused(
    world: manifest.World, answered: manifest.World, tmp_path: Path
) -> None:
    as_product(answered).write_parquet(tmp_path / "leads.parquet")
    for text in ("no json", "[]", '{"source_ip": "240.0.0.1", "verdict": "certain"}'):
        (tmp_path / "bad.jsonl").write_text(text)
        with pytest.raises(DamagedInput):
            grade_leads(answered.folder, [tmp_path / "leads.parquet"], tmp_path / "bad.jsonl")
    with pytest.raises(UsageError, match="no such file"):
        grade_leads(answered.folder, [tmp_path / "leads.parquet"], tmp_path / "missing.jsonl")
    (tmp_path / "bad.jsonl").write_text("")
    with pytest.raises(UsageError, match="answered no notice"):
        grade_leads(world.folder, [tmp_path / "leads.parquet"], tmp_path / "bad.jsonl")


@pytest.mark.parametrize(("carries", "wrong"), [(True, False), (False, True)])
def test_a_clock_that_was_set_back_unseen_deceives_the_ideal_reader_too(*, carries: bool, wrong: bool) -> None:
    visit = {
        "at": 0,
        "at_us": 0,
        "oracle_id": 0,
        "line": 1,
        "ideal_line": 2,
        "number": "b",
        "faults": ["own", "clock-backwards"],
        "is_borrowed": False,
        "carries": carries,
        "is_asked": True,
    }
    part = {"said": 0, "verdict": "subscriber", "corroborated": False, "said_line": 2, "said_number": "b", "at": 0}
    forms = pl.DataFrame(schema={"number": pl.String, "valid_from_us": pl.Int64})
    named, _ = judge_named_lines(pl.DataFrame([visit]), pl.DataFrame([part]), forms)
    assert named.select("wrong", "wrong_traceless").row(0) == (wrong, not wrong)
