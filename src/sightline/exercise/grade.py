"""Grade a product's leads on a world: against the oracle, the truth, and a spreadsheet lookup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import polars as pl

from sightline.errors import UsageError
from sightline.exercise import manifest
from sightline.exercise.assessment import leads as product
from sightline.exercise.assessment import naive
from sightline.exercise.assessment.judged_sessions import is_for_statistics, judge_sessions, with_block
from sightline.exercise.assessment.reply_archive import read_world_replies
from sightline.exercise.assessment.resolutions import ResolutionGrade, SessionResults, grade_resolutions
from sightline.exercise.assessment.session_pairs import pair_sessions
from sightline.exercise.assessment.verdicts import TRACELESS, judge_verdicts
from sightline.exercise.dice import Dice
from sightline.exercise.faults import FAULTS, REPLIES
from sightline.exercise.networks import NetworkPlan
from sightline.model import Ceiling


@dataclass(frozen=True, slots=True)
class FaultGrade:
    """The results for the sessions that have a fault."""

    sessions: int
    ceilings_too_high: int
    ceilings_too_low: int
    missed: int
    wrong_subscribers: int


@dataclass(frozen=True, slots=True)
class LookupBaseline:
    """The results of a spreadsheet lookup: every address and time is one line, and the city data base is right."""

    subscribers_named: int
    wrong_subscribers: int
    mixed_subscribers: int
    places_named: int
    places_wrong: int


@dataclass(frozen=True, slots=True)
class Grade:
    """The grade, with the names of cli.md and some more. Sessions are the oracle's.

    `mixed_subscribers`: lines named for visits of which another line made some; counted only for real resolutions.
    """

    sessions: int
    leads: int
    missed: int
    invented: int
    statistics_leaks: int
    subscribers_named: int
    wrong_subscribers: int
    mixed_subscribers: int
    resolvable: int
    resolved: int
    ceilings_too_high: int
    ceilings_too_low: int
    places_nameable: int
    places_named: int
    places_named_of_nameable: int
    places_wrong: int
    tor_covered: int
    tor_missed: int
    automation: int
    automation_recognised: int
    accidents: int
    accidents_recognised: int
    matrix: Mapping[str, Mapping[str, int]]
    by_fault: Mapping[str, FaultGrade]
    traceless: Mapping[str, int | FaultGrade]
    naive: LookupBaseline
    resolutions: ResolutionGrade | None = None
    """Present if resolutions were graded; then `subscribers_named` and its neighbours are those of real resolutions."""

    def to_json(self) -> dict[str, object]:
        """Return the grade as JSON values."""
        return asdict(self)


def grade_leads(folder: Path, paths: Sequence[Path], resolutions: Path | None = None) -> Grade:
    """Return the grade of leads, in these files, on the world in a folder, and of the resolutions that depend on them.

    Raises UsageError for resolutions of a world whose ISPs have answered no notice.
    """
    world = manifest.read(folder)
    answers = folder / "answers"
    if not (answers / "oracle.parquet").is_file():
        raise UsageError(f"{folder} has no answers", hint="grade on the machine where the world was made")
    plan = NetworkPlan(Dice(world.seed), world.sessions)
    oracle = pl.read_parquet(answers / "oracle.parquet").rename({"oracle_id": "id"})
    truth = with_block(pl.read_parquet(answers / "truth.parquet"), oracle).rename(
        {"first_seen_us": "first_us", "last_seen_us": "last_us"}
    )
    rows = with_block(product.read(paths), oracle)
    known_rows = judge_verdicts(judge_sessions(oracle, rows, truth, plan, answers, world))
    grade = _count_grade(known_rows, oracle, rows, truth, world)
    if resolutions is None:
        return grade
    replies = read_world_replies(answers)
    if replies is None:
        raise UsageError(f"the ISPs of {folder} have answered no notice", hint="sightline exercise answer WORLD")
    spreadsheet = naive.name_sessions_by_spreadsheet(replies, oracle, answers, world)
    return _with_resolutions(grade, grade_resolutions(answers, oracle, replies, spreadsheet, resolutions))


def _with_resolutions(grading: Grade, real: ResolutionGrade) -> Grade:
    """The grade with what was resolved in the place of what could have been, and its faults."""
    wrong = {name: one.wrong for name, one in (*real.by_fault.items(), *real.traceless.items())}
    by_fault = {name: replace(fault, wrong_subscribers=wrong.get(name, 0)) for name, fault in grading.by_fault.items()}
    traceless = {
        name: replace(one, wrong_subscribers=wrong.get(name, 0)) if isinstance(one, FaultGrade) else one
        for name, one in grading.traceless.items()
    }
    return replace(
        grading,
        subscribers_named=real.named,
        wrong_subscribers=real.wrong,
        mixed_subscribers=real.mixed,
        resolvable=real.resolvable,
        resolved=real.resolved,
        by_fault=by_fault | {name: _grade_reply_fault(one) for name, one in real.by_fault.items() if name in REPLIES},
        traceless=traceless
        | {"wrong_subscribers": real.wrong_traceless}
        | {name: _grade_reply_fault(one) for name, one in real.traceless.items() if name in REPLIES},
        naive=replace(
            grading.naive,
            subscribers_named=real.naive_named,
            wrong_subscribers=real.naive_wrong,
            mixed_subscribers=real.naive_mixed,
        ),
        resolutions=real,
    )


def _grade_reply_fault(one: SessionResults) -> FaultGrade:
    return FaultGrade(one.sessions, 0, 0, 0, one.wrong)


def _count_grade(
    rows: pl.DataFrame, oracle: pl.DataFrame, result: pl.DataFrame, truth: pl.DataFrame, world: manifest.World
) -> Grade:
    """The counts of all that was known."""
    n = {name: int(rows[name].sum()) for name in rows.columns if rows.schema[name] == pl.Boolean}
    stray = result.join(
        pair_sessions(result, oracle).select("one_id").unique(), left_on="id", right_on="one_id", how="anti"
    )
    promised = truth.filter(is_for_statistics(world))
    accidents = rows.filter(pl.col("accident") & pl.col("said_accident").fill_null(value=False))
    by_fault = _grade_by_fault(rows)
    return Grade(
        sessions=oracle.height,
        leads=result.height,
        missed=n["missed"],
        invented=stray.height,
        statistics_leaks=pair_sessions(stray, promised)["one_id"].n_unique(),
        subscribers_named=n["named"],
        wrong_subscribers=n["wrong"],
        mixed_subscribers=0,
        resolvable=n["resolvable"],
        resolved=n["resolved"],
        ceilings_too_high=n["too_high"],
        ceilings_too_low=n["too_low"],
        places_nameable=n["nameable"],
        places_named=n["placed"],
        places_named_of_nameable=n["placed_nameable"],
        places_wrong=n["misplaced"],
        tor_covered=n["tor_covered"],
        tor_missed=n["tor_missed"],
        automation=n["machine"],
        automation_recognised=n["machine_seen"],
        accidents=n["accident"],
        accidents_recognised=accidents.height,
        matrix=_count_matrix(rows),
        by_fault={name: fault for name, fault in by_fault.items() if name not in TRACELESS},
        traceless={
            "wrong_subscribers": n["wrong_traceless"],
            "places_wrong": n["misplaced_traceless"],
            **{name: fault for name, fault in by_fault.items() if name in TRACELESS},
        },
        naive=LookupBaseline(rows.height, n["naive_wrong"], 0, n["naive_placed"], n["naive_misplaced"]),
    )


def _grade_by_fault(known_rows: pl.DataFrame) -> dict[str, FaultGrade]:
    # A line that no record shows to be wrong is counted only as traceless.
    lost = pl.col("faults").is_in(TRACELESS) & pl.col("wrong_traceless")
    rows = (
        known_rows.explode("faults")
        .with_columns((pl.col("wrong") | lost).alias("wrong"))
        .group_by("faults")
        .agg(pl.len(), *(pl.col(name).sum() for name in ("too_high", "too_low", "missed", "wrong")))
    )
    counts = {name: FaultGrade(*some) for name, *some in rows.iter_rows()}
    return {name: counts[name] for name in ("own", *FAULTS) if name in counts}


def _count_matrix(known_rows: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return how often the product said which ceiling (`none`: no lead) where the oracle said which."""
    names = [ceiling.value for ceiling in Ceiling]
    rows = known_rows.group_by("rank", "said_rank").len().sort("rank", "said_rank")
    result: dict[str, dict[str, int]] = {}
    for rank, said_rank, count in rows.iter_rows():
        result.setdefault(names[rank], {})["none" if said_rank is None else names[said_rank]] = count
    return result
