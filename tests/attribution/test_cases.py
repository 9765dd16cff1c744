"""The catalogue of cases: each file below `cases/` is worked through in a workspace of its own, visit by visit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sightline.model import NoticeKind
from sightline.services.resolution import reply_contents
from sightline.services.resolution.reply_process import LimitedReply
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.stages.resolve.replies import open_reply
from tests.attribution.case_file import CASES, paths, read_case
from tests.attribution.case_run import begun


@contextmanager
def read_here(path: Path, kind: NoticeKind, declared: ReplyDeclarations, _progress: object) -> Iterator[LimitedReply]:
    """A reply that this process reads: what the child process adds, its own tests prove."""
    reply = open_reply(path, kind, declared)
    yield LimitedReply(reply.layout, reply.layout_reason, iter(reply.batches(lambda *_: None)))


@pytest.fixture(autouse=True)
def no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_contents, "open_limited_reply", read_here)


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.relative_to(CASES).with_suffix("").as_posix())
def test_case(path: Path) -> None:
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        faults = begun(read_case(path), Path(folder)).faults()
    assert not faults, "\n".join(faults)
