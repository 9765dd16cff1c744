"""The whole product on a small world: every line of every log is read as it was written, and nothing leaks."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from sightline.exercise import manifest
from sightline.exercise.grade import Grade
from sightline.exercise.grade import grade_leads as grading
from sightline.exercise.world import create_world
from sightline.model import ListUse, Stamp
from sightline.model.progress import ignore_progress
from sightline.services.exercise.notice_round import Office, ask_isps
from sightline.services.exercise.run import ExerciseRun, build_clock_after, grade_run, run_world
from sightline.storage import rows
from tests.services.world_files import lines


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> manifest.World:
    return create_world(tmp_path_factory.mktemp("exercise") / "world", 700, 5, {}, ignore_progress)


@pytest.fixture(scope="module")
def ran(world: manifest.World, tmp_path_factory: pytest.TempPathFactory) -> ExerciseRun:
    return run_world(world.folder, tmp_path_factory.mktemp("run") / "workspace", ignore_progress)


@pytest.fixture(scope="module")
def grade(world: manifest.World, ran: ExerciseRun) -> Grade:
    return grade_run(world.folder, ran)


def test_the_workspace_is_stamped_an_exercise(ran: ExerciseRun) -> None:
    with ran.officer_session.workspace.read() as tables:
        assert [workspace.stamp for workspace in tables[rows.Workspace].select()] == [Stamp.EXERCISE]


def test_every_line_is_read_but_for_where_logs_break_off(world: manifest.World, ran: ExerciseRun) -> None:
    records = pl.read_parquet(world.folder / "answers" / "records" / "*.parquet")
    written = {world.sources[place].name: count for place, count in records.group_by("channel").len().iter_rows()}
    # Every second line of the copied log stands in two exhibits.
    written["copied"] += lines(world.folder / "logs" / "copied" / "copy.log")
    read: dict[str, int] = {}
    with ran.officer_session.workspace.read() as tables:
        sources = {source.source_id: source.name for source in tables[rows.Source].select()}
        for run in tables[rows.Run].select():
            account, name = json.loads(run.account_json), sources[run.source_id]
            assert not account["rejects"] or name == "truncated", (name, account["rejects"])
            if run.use is ListUse.LEADS or name == "block-page":
                read[name] = read.get(name, 0) + account["records"]
    block_page = read.pop("block-page"), written.pop("block-page")
    assert block_page[0] in {block_page[1], 2 * block_page[1]}, "counted with the lists of each use"
    assert read == written


def test_from_logs_to_subscribers_nobody_wrong_is_named(world: manifest.World, ran: ExerciseRun) -> None:
    out = ran.officer_session.workspace.folder.with_name("replies")
    some = ("Kayal Cable", "Sagar Fibre")
    office = Office(ran.officer_session, ran.superintendent)
    isps = ask_isps(office, world.folder, out, ignore_progress, some)
    resolutions = grading(world.folder, ran.leads, isps).resolutions
    assert resolutions is not None
    assert resolutions.asked > 40
    assert (resolutions.wrong, resolutions.mixed, resolutions.visits_otherwise, resolutions.corroborated_wrong) == (
        0,
        0,
        0,
        0,
    )
    assert resolutions.resolved >= 0.99 * resolutions.resolvable > 30
    schema = json.loads(Path("docs/schema/resolution.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    lines = [json.loads(line) for line in isps.read_text(encoding="utf-8").splitlines()]
    assert [wrong.message for line in lines for wrong in validator.iter_errors(line)] == []


def test_statistics_only_visits_are_in_no_lead(grade: Grade) -> None:
    assert grade.statistics_leaks == 0
    assert grade.invented == 0


def test_sessions_are_found_and_tor_is_never_missed(grade: Grade) -> None:
    assert grade.sessions > 500
    assert grade.missed <= 0.01 * grade.sessions
    assert grade.tor_covered > 0
    assert grade.tor_missed == 0


def test_places_are_named_where_they_can_be_and_never_wrong(grade: Grade) -> None:
    assert grade.places_named_of_nameable >= 0.95 * grade.places_nameable
    assert grade.places_wrong == 0


def test_automated_visits_are_recognised(grade: Grade) -> None:
    assert grade.automation_recognised >= 0.95 * grade.automation > 10


def test_a_world_is_run_after_the_last_of_its_data_sets_whatever_the_clock_says(world: manifest.World) -> None:
    later = replace(world.datasets[0], date="2126-01-01")
    assert f"{build_clock_after(replace(world, datasets=(later,)))():%Y-%m-%d}" == "2126-01-02"
    assert build_clock_after(world)().year < 2126
