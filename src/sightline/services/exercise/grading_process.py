"""Grade an outside truth in a child process first, with limits of processor time and memory.

Polars may end its whole process over a damaged Parquet file, and a few bytes can stand for more than the memory holds.
Then the child ends, the file is refused in words, and the server continues.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import polars as pl

from sightline.errors import DamagedInput, UsageError
from sightline.exercise import manifest
from sightline.exercise.grade import Grade, grade_leads

MOST_ROWS = 5_000_000
"""Of one file of a truth: a world of a million sessions has some three million visits."""
HINT = "make it of the world's own files: zip -r truth.zip world.toml answers"
UNREADABLE = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RecursionError,
)
"""What a truth raises whose files are damaged, or have other columns or types."""
Grader = Callable[[Path, Sequence[Path], Path | None], object]


@dataclass(frozen=True, slots=True)
class GradeLimits:
    """The limits of a grading process: processor seconds, bytes of address space, and seconds until it must end."""

    cpu_s: int = 120
    memory_bytes: int = 8 << 30
    wait_s: float = 300.0


def grade_limited(world: Path, leads: Sequence[Path], resolutions: Path | None) -> Grade:
    """Return the grade of leads and resolutions against a truth. Raises UsageError if the truth cannot be read."""
    with _explain_damaged_truth(world):
        _require_bounded(world)
        return grade_leads(world, leads, resolutions)


GRADER: Grader = grade_limited
"""What a child grades with."""


def rehearse_grading(
    world: Path, leads: Sequence[Path], resolutions: Path | None, limits: GradeLimits | None = None
) -> None:
    """Grade once in a child process and drop the result. Raises UsageError if the grading does not finish."""
    allowed = limits or GradeLimits()
    context = multiprocessing.get_context("forkserver")
    mine, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_grade, args=(theirs, GRADER, world, leads, resolutions, allowed), daemon=True)
    child.start()
    theirs.close()
    try:
        if not mine.poll(allowed.wait_s):
            raise UsageError(f"the truth of this world took more than {allowed.wait_s:,.0f} seconds", hint=HINT)
        message = json.loads(mine.recv_bytes())
    except (EOFError, OSError):
        raise UsageError(
            "the truth of this world cannot be read: it took too much, or ended the process that read it", hint=HINT
        ) from None
    finally:
        mine.close()
        child.kill()
        child.join()
        child.close()
    if message:
        raise UsageError(message["what"], hint=message["hint"])


def _grade(
    connection: Connection,
    grader: Grader,
    world: Path,
    leads: Sequence[Path],
    resolutions: Path | None,
    limits: GradeLimits,
) -> None:
    """Grade in the child process. A fault of this program is not reported: the parent meets it too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    texts: dict[str, str | None] = {}
    try:
        grader(world, leads, resolutions)
    except UsageError as error:
        texts = {"what": str(error), "hint": error.hint}
    except MemoryError:
        texts = {"what": "the truth of this world takes too much memory", "hint": HINT}
    connection.send_bytes(json.dumps(texts).encode())


@contextmanager
def _explain_damaged_truth(world: Path) -> Iterator[None]:
    """Say in words that a truth is damaged: it comes from outside, and what is wrong with it is no fault of ours.

    Polars panics on some damaged Parquet files, with an exception that is no `Exception`.
    """
    try:
        yield
    except UNREADABLE as error:
        kind = type(error).__name__
        raise UsageError(f"the truth of this world cannot be read: {kind}", hint=HINT) from None
    except DamagedInput as error:
        raise UsageError(str(error).replace(f"{world}/", ""), hint=error.hint) from None
    except UsageError as error:
        raise UsageError(str(error).replace(str(world), "this world"), hint=error.hint) from None


def _require_bounded(world: Path) -> None:
    """Raise UsageError for a truth with more rows than a world has: a few bytes of Parquet can say any number."""
    manifest.read(world)
    for path in sorted((world / "answers").rglob("*.parquet")):
        if pl.scan_parquet(path, glob=False).select(pl.len()).collect().item() > MOST_ROWS:
            raise UsageError(f"{path.name} has more than {MOST_ROWS:,} rows", hint=HINT)
