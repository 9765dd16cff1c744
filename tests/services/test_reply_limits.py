"""A reply that would hang, fill the memory or break its reader is refused in words; the process that serves goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from sightline.child_process import ReadLimits
from sightline.errors import DamagedInput, ProgramFault, UnknownFormat
from sightline.model import NoticeKind
from sightline.services.resolution import reply_process
from sightline.services.resolution.reply_process import open_limited_reply
from sightline.stages.resolve.model import ReplyBatch, ReplyDeclarations
from sightline.stages.resolve.replies import open_reply

HEAD = "MSISDN,Public IP,Start Time,End Time\n"
PLENTY = 8 << 30


def reply(folder: Path, rows: int) -> Path:
    path = folder / "reply.csv"
    lines = (
        f"9198000{number % 100_000:05},198.51.100.7,2026-03-01 10:00:00,2026-03-01 11:00:00\n" for number in range(rows)
    )
    path.write_text(HEAD + "".join(lines))
    return path


def read(path: Path, limits: ReadLimits | None = None) -> tuple[str, str, list[ReplyBatch]]:
    reply_declarations = ReplyDeclarations(timezone="Asia/Kolkata")
    with open_limited_reply(path, NoticeKind.RECORDS, reply_declarations, lambda *_: None, limits) as found:
        return found.layout, found.layout_reason, list(found.batches)


def test_a_child_gives_what_the_reader_gives(tmp_path: Path) -> None:
    path = reply(tmp_path, 120_000)
    layout, why, batches = read(path)
    own = open_reply(path, NoticeKind.RECORDS, ReplyDeclarations(timezone="Asia/Kolkata"))
    rest = list(own.read_batches(lambda *_: None))
    assert (layout, why, len(batches)) == (own.layout, own.layout_reason, len(rest))
    for name in reply_process.FRAMES:
        found = pl.concat(getattr(batch, name) for batch in batches)
        assert found.equals(pl.concat(getattr(batch, name) for batch in rest))
        assert found.schema == getattr(rest[0], name).schema
    assert sum(len(batch.assigned) for batch in batches) == 120_000


def test_a_refusal_by_the_reader_is_passed_on_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "reply.csv"
    path.write_text("Something,Else\n1,2\n")
    with pytest.raises(UnknownFormat) as own:
        open_reply(path, NoticeKind.RECORDS, ReplyDeclarations())
    with pytest.raises(UnknownFormat) as handed:
        read(path)
    assert (str(handed.value), handed.value.hint) == (str(own.value), own.value.hint)


def test_a_reply_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = reply(tmp_path, 2_000_000)
    with pytest.raises(DamagedInput, match="took more than 1 seconds of processor time"):
        read(path, ReadLimits(1, PLENTY))


def test_a_reply_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = reply(tmp_path, 500_000)
    with pytest.raises(DamagedInput, match=r"could not be read: (it took more memory|the process that read it ended)"):
        read(path, ReadLimits(60, 600 << 20))


def broken(_path: Path, _kind: NoticeKind, _declared: ReplyDeclarations) -> None:
    raise KeyError("98000-secret")


def crashed(_path: Path, _kind: NoticeKind, _declared: ReplyDeclarations) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def silent(_path: Path, _kind: NoticeKind, _declared: ReplyDeclarations) -> None:
    signal.pause()


@pytest.mark.parametrize(
    ("reader", "error", "says"),
    [
        (broken, ProgramFault, "KeyError at tests.services.test_reply_limits"),
        (crashed, DamagedInput, "the process that read it ended"),
        (silent, DamagedInput, "did nothing for 1 seconds"),
    ],
)
def test_a_reader_that_breaks_takes_nobody_with_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reader: Callable[..., None],
    error: type[Exception],
    says: str,
) -> None:
    path = reply(tmp_path, 3)
    monkeypatch.setattr(reply_process, "OPENED", reader)
    with pytest.raises(error, match=says) as met:
        read(path, ReadLimits(60, PLENTY, idle_s=1.0 if reader is silent else 60.0))
    assert "secret" not in str(met.value)
    monkeypatch.undo()
    assert len(read(path)[2]) == 1
