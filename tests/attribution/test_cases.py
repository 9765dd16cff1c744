"""The catalogue of cases: each file below `cases/` is worked through in a workspace of its own, visit by visit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.attribution.case_file import CASES, paths, read_case
from tests.attribution.case_run import begun

NOT_YET = frozenset(Path(__file__).with_name("not_yet.txt").read_text(encoding="utf-8").split())
"""Cases whose rule is still being built."""


def _cases() -> Iterator[object]:
    for path in paths():
        name = path.relative_to(CASES).with_suffix("").as_posix()
        marks = [pytest.mark.xfail(reason="its rule is being built")] if name in NOT_YET else []
        yield pytest.param(path, id=name, marks=marks)


@pytest.mark.parametrize("path", list(_cases()))
def test_case(path: Path) -> None:
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        faults = begun(read_case(path), Path(folder)).faults()
    assert not faults, "\n".join(faults)
