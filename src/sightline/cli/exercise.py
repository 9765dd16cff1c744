"""`sightline exercise`: a simulated world with known truth, and how well leads of it are right."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.verbs import Parsers, command, verbs_of
from sightline.errors import UsageError

if TYPE_CHECKING:
    from sightline.exercise.grade import Grade

EXAMPLES = {
    "new": """\
  sightline exercise new --out world --sessions 10000 --seed 7
  sightline exercise new --out world --sessions 10000 --seed 7 --fault tor=0.2 --fault nat=0
      a fifth of all sessions through Tor, and no mobile lines that share an address
  sightline exercise new --faults
      every fault, its share and what it is
""",
    "run": """\
  sightline exercise run world --workspace exercise-ps
      a new workspace, stamped an exercise: every log of the world scanned, every data set imported, leads made
""",
    "answer": """\
  sightline exercise answer world --notice rows.csv --licensee "Anvara Broadband" --out reply
      what that ISP answers to the rows of a notice, with what an officer would declare of each file
  sightline exercise answer world --notice numbers.csv --licensee "Jivan Mobile" --kind subscribers --out forms
""",
    "grade": """\
  sightline exercise grade world --leads leads.jsonl
  sightline exercise grade world --leads leads.jsonl --resolutions resolutions.jsonl
  sightline exercise grade world --leads leads.parquet sessions.parquet --json
""",
    "benchmark": """\
  sightline exercise benchmark --sessions 100000 --seed 7
  sightline exercise benchmark --sessions 1000000 --seed 8 --json
""",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    here = command(
        commands,
        "exercise",
        "a simulated world with known truth: new, run, answer, grade, benchmark",
        "".join(EXAMPLES.values()),
    )
    verbs = verbs_of(here)
    new = command(verbs, "new", "make a world: logs, lists, data sets and, apart, the answers", EXAMPLES["new"])
    new.add_argument("--out", type=Path, metavar="DIR", help="a new folder for the world")
    new.add_argument("--faults", action="store_true", help="list the faults, and make nothing")
    _add_size(new)
    run_ = command(verbs, "run", "run a world through the product, in a workspace stamped an exercise", EXAMPLES["run"])
    run_.add_argument("world", type=Path, metavar="WORLD", help="the folder of a world")
    run_.add_argument("--workspace", type=Path, required=True, metavar="DIR", help="a new folder for the workspace")
    run_.add_argument(
        "--key", type=Path, metavar="FILE", help="where the key goes of an officer of it (default: DIR.key beside it)"
    )
    answering = command(verbs, "answer", "what an ISP of a world answers to a notice", EXAMPLES["answer"])
    answering.add_argument("world", type=Path, metavar="WORLD", help="the folder of a world")
    answering.add_argument("--notice", type=Path, required=True, metavar="FILE", help="the rows of a notice, as CSV")
    answering.add_argument("--licensee", required=True, metavar="NAME", help="who is asked")
    answering.add_argument("--kind", choices=("records", "subscribers"), default="records", help="what is asked for")
    answering.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder for the reply's files")
    grading = command(verbs, "grade", "grade leads beside the oracle, the truth and a spreadsheet", EXAMPLES["grade"])
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
    benchmark = command(verbs, "benchmark", "make a world, run it, grade it", EXAMPLES["benchmark"])
    _add_size(benchmark)
    benchmark.add_argument("--keep", type=Path, metavar="DIR", help="a new folder where world and workspace stay")
    for one in (grading, benchmark):
        one.add_argument("--json", action="store_true", help="the grade as one JSON object")
    answering.add_argument("--json", action="store_true", help="the files as JSON lines")
    for one in (new, run_, benchmark):
        one.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _add_size(here: argparse.ArgumentParser) -> None:
    here.add_argument("--sessions", type=int, default=1000, metavar="N", help="how many (default 1000)")
    here.add_argument("--seed", type=int, default=1, metavar="S", help="the same one: the same bytes (default 1)")
    here.add_argument(
        "--fault",
        action="append",
        default=[],
        type=_fault,
        metavar="NAME=SHARE",
        help="the share of sessions that have a fault; may be repeated (exercise new --faults lists them)",
    )


def _fault(text: str) -> tuple[str, float]:
    name, equals, share = text.partition("=")
    if not equals:
        raise ValueError(text)
    return name, float(share)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _new(arguments: argparse.Namespace) -> int:
    from sightline.cli.tables import columns  # noqa: PLC0415
    from sightline.exercise.faults import FAULTS  # noqa: PLC0415

    if arguments.faults:
        rows = [("FAULT", "SHARE", "TRACE", "WHAT")]
        rows += [(name, f"{one.share:g}", "no" if one.traceless else "yes", one.what) for name, one in FAULTS.items()]
        print("\n".join(columns(rows)))
        return 0
    if arguments.out is None:
        raise UsageError("where shall the world be?", hint="name a new folder: --out DIR")
    _make(arguments.out, arguments)
    print(f"{arguments.out}: {arguments.sessions:,} sessions of seed {arguments.seed}")
    sys.stderr.write(f"  run it: sightline exercise run {arguments.out} --workspace DIR\n")
    return 0


def _make(folder: Path, arguments: argparse.Namespace) -> None:
    from sightline.exercise.world import new  # noqa: PLC0415

    with _telling(arguments) as tell:
        new(folder, arguments.sessions, arguments.seed, dict(arguments.fault), tell)


def _run(arguments: argparse.Namespace) -> int:
    from sightline.engines.exercising.running import run_world  # noqa: PLC0415
    from sightline.errors import OutputExists  # noqa: PLC0415
    from sightline.record.keys import write_private  # noqa: PLC0415

    workspace: Path = arguments.workspace
    key: Path = arguments.key or workspace.with_name(f"{workspace.name}.key")
    if key.exists():
        raise OutputExists(f"{key} is there already", hint="another --key FILE")
    with _telling(arguments) as tell:
        ran = run_world(arguments.world, workspace, tell)
    write_private(key, ran.desk.signer.private, None)
    print("\n".join(str(path) for path in ran.leads))
    files = " ".join(str(path) for path in ran.leads)
    sys.stderr.write(f"  grade it: sightline exercise grade {arguments.world} --leads {files}\n")
    sys.stderr.write(f"  look at it: sightline leads list --workspace {workspace} --key {key}\n")
    return 0


def _answer(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict  # noqa: PLC0415

    from sightline.cli.tables import columns  # noqa: PLC0415
    from sightline.exercise.answering.answer import answer  # noqa: PLC0415
    from sightline.exercise.answering.asked import read  # noqa: PLC0415

    rows = read(arguments.notice)
    found = answer(arguments.world, arguments.licensee, arguments.kind, rows, arguments.out)
    said = [asdict(one) | {"path": str(one.path)} for one in found.files]
    if arguments.json:
        print("".join(json.dumps(one) + "\n" for one in said), end="")
    elif said:
        table = [tuple(name.upper().replace("_", " ") for name in said[0])]
        table += [tuple("-" if value is None else str(value) for value in one.values()) for one in said]
        print("\n".join(columns(table)))
    sys.stderr.write(f"  {len(rows)} rows asked, {len(said)} files in answer\n")
    return 0


def _grade(arguments: argparse.Namespace) -> int:
    from sightline.exercise.grade import grade  # noqa: PLC0415

    _tell_grade(grade(arguments.world, arguments.leads, arguments.resolutions), arguments, {})
    return 0


def _benchmark(arguments: argparse.Namespace) -> int:
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    from sightline.engines.exercising.running import graded, run_world  # noqa: PLC0415

    with TemporaryDirectory(prefix="sightline-exercise-") as folder:
        kept = arguments.keep or Path(folder) / "kept"
        _make(kept / "world", arguments)
        with _telling(arguments) as tell:
            ran = run_world(kept / "world", kept / "workspace", tell)
        found = graded(kept / "world", ran)
    _tell_grade(found, arguments, {"seconds": round(ran.seconds, 3), "peak_bytes": ran.peak_bytes})
    return 0


def _tell_grade(found: Grade, arguments: argparse.Namespace, besides: dict[str, float]) -> None:
    if arguments.json:
        print(json.dumps({**found.plain(), **besides}))
        return
    from sightline.cli.grades import table  # noqa: PLC0415

    print(table(found))


@contextmanager
def _telling(arguments: argparse.Namespace) -> Iterator[Callable[[str, int, int], object]]:
    """What to tell progress to: a line on a terminal that is written over, gone at the end."""
    from sightline.cli.progress import counter  # noqa: PLC0415

    with counter(enabled=not arguments.quiet) as tell:
        yield tell


VERBS = {"new": _new, "run": _run, "answer": _answer, "grade": _grade, "benchmark": _benchmark}
