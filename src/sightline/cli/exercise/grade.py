"""`sightline exercise grade`, `benchmark`: how right leads and resolutions are, beside oracle and spreadsheet."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.exercise.create import add_quiet, add_size, make_world, show_progress_line
from sightline.cli.subcommands import Parsers, add_command

if TYPE_CHECKING:
    from sightline.exercise.grade import Grade

GRADE = """\
  sightline exercise grade world --leads leads.jsonl
  sightline exercise grade world --leads leads.jsonl --resolutions resolutions.jsonl
  sightline exercise grade world --leads leads.parquet sessions.parquet --json
"""
BENCHMARK = """\
  sightline exercise benchmark --sessions 100000 --seed 7
  sightline exercise benchmark --sessions 1000000 --seed 8 --json
"""


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    grading = add_command(verbs, "grade", "grade leads against the oracle, the truth and a spreadsheet", GRADE)
    grading.add_argument("world", type=Path, metavar="WORLD", help="the folder of the world that they are of")
    grading.add_argument(
        "--leads",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="JSON lines of leads list --json, or Parquet of a generation",
    )
    grading.add_argument(
        "--resolutions", type=Path, metavar="FILE", help="JSON lines of resolve --json, where the ISPs have answered"
    )
    benchmark = add_command(verbs, "benchmark", "make a world, run it, ask its ISPs, grade it", BENCHMARK)
    add_size(benchmark)
    benchmark.add_argument("--keep", type=Path, metavar="DIR", help="a new folder where world and workspace stay")
    benchmark.add_argument("--leads-only", action="store_true", help="ask no ISP")
    add_quiet(benchmark)
    for parser in (grading, benchmark):
        parser.add_argument("--json", action="store_true", help="the grade as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Grade, or make a world and grade that."""
    return {"grade": _grade, "benchmark": _run_benchmark}[arguments.verb](arguments)


def _grade(arguments: argparse.Namespace) -> int:
    from sightline.exercise.grade import grade_leads  # noqa: PLC0415

    _print_grade(grade_leads(arguments.world, arguments.leads, arguments.resolutions), arguments, {})
    return 0


def _run_benchmark(arguments: argparse.Namespace) -> int:
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    from sightline.exercise.grade import grade_leads  # noqa: PLC0415
    from sightline.services.exercise.notice_round import Office, ask_isps  # noqa: PLC0415
    from sightline.services.exercise.run import measure_peak_bytes, run_world  # noqa: PLC0415

    with TemporaryDirectory(prefix="sightline-exercise-") as folder:
        kept_folder = arguments.keep or Path(folder) / "kept"
        make_world(kept_folder / "world", arguments)
        begun, resolutions = time.monotonic(), None
        with show_progress_line(arguments) as tell:
            ran = run_world(kept_folder / "world", kept_folder / "workspace", tell)
            if not arguments.leads_only:
                resolutions = ask_isps(
                    Office(ran.officer_session, ran.superintendent),
                    kept_folder / "world",
                    kept_folder / "replies",
                    tell,
                )
        seconds = time.monotonic() - begun
        besides = {
            "seconds": round(seconds, 3),
            "leads_seconds": round(ran.seconds, 3),
            "peak_bytes": measure_peak_bytes(),
        }
        grading = grade_leads(kept_folder / "world", ran.leads, resolutions)
    _print_grade(grading, arguments, besides)
    return 0


def _print_grade(grade: Grade, arguments: argparse.Namespace, besides: dict[str, float]) -> None:
    if arguments.json:
        print(json.dumps({**grade.to_json(), **besides}))
        return
    from sightline.cli.grade_table import format_grade  # noqa: PLC0415

    print(format_grade(grade))
