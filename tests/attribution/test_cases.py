"""The catalogue of cases: each file below `cases/` is worked through in a workspace of its own, visit by visit.

What the reader of a reply doubts or rejects is never named: no later stage takes a doubt back but by an officer's
declaration. So a case in which nobody may be named, and in which the reader alone sees to that, needs no workspace. In
`make test-full` it has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest

from sightline.errors import SightlineError
from sightline.model import NoticeKind
from sightline.services.resolution import reply_contents
from sightline.services.resolution.reply_process import LimitedReply
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.stages.resolve.replies import open_reply
from tests.attribution.case_file import CASES, Case, ReplyFile, paths, read_case
from tests.attribution.case_run import begun


@contextmanager
def read_here(path: Path, kind: NoticeKind, declared: ReplyDeclarations, _progress: object) -> Iterator[LimitedReply]:
    """A reply that this process reads: what the child process adds, its own tests prove."""
    reply = open_reply(path, kind, declared)
    yield LimitedReply(reply.layout, reply.layout_reason, iter(reply.read_batches(lambda *_: None)))


@pytest.fixture(autouse=True)
def no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_contents, "open_limited_reply", read_here)


def run_whole(case: Case) -> list[str]:
    """Return what is not as the case expects it, in a workspace of its own."""
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        return begun(case, Path(folder)).faults()


def is_left_to_the_reader(case: Case) -> bool:
    """Return whether a case is one plain reply to which nobody may be named, and no officer declares anything."""
    (step, *more_steps), plain = case.steps, ReplyFile()
    if more_steps or len(step.replies) != 1 or step.lines or step.leads or step.recalled or step.forms:
        return False
    reply = step.replies[0]
    how_read = {name: getattr(plain, name) for name in ("text", "file", "timezone", "date_order", "layout", "year")}
    return (
        replace(reply, **how_read) == plain
        and "{" not in reply.text
        and all(one.verdict == "nobody" for one in step.expects)
    )


def list_numbers_as_read(reply: ReplyFile, folder: Path) -> list[str]:
    """Return the numbers that the reader gives without a doubt: none of a file that it refuses."""
    path = folder / (reply.file or "reply.csv")
    path.write_text(reply.text.lstrip("\n"), encoding="utf-8")
    declared = ReplyDeclarations(
        layout=reply.layout or "auto",
        timezone=reply.timezone,
        date_order=reply.date_order,  # type: ignore[arg-type]
        year=reply.year,
    )
    try:
        batches = list(open_reply(path, NoticeKind.RECORDS, declared).read_batches(lambda *_: None))
    except SightlineError:
        return []
    tables = [table for batch in batches for table in (batch.assigned, batch.inside)]
    sure = [table.filter(pl.col("doubted_by").is_null())["number"] for table in tables]
    return pl.concat(sure).drop_nulls().to_list() if sure else []


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.relative_to(CASES).with_suffix("").as_posix())
def test_case(path: Path, tmp_path: Path) -> None:
    case = read_case(path)
    if is_left_to_the_reader(case) and not list_numbers_as_read(case.steps[0].replies[0], tmp_path):
        return
    faults = run_whole(case)
    assert not faults, "\n".join(faults)


@pytest.mark.full
@pytest.mark.parametrize("path", paths(), ids=lambda path: path.relative_to(CASES).with_suffix("").as_posix())
def test_case_in_a_workspace(path: Path) -> None:
    case = read_case(path)
    faults = run_whole(case) if is_left_to_the_reader(case) else []
    assert not faults, "\n".join(faults)
