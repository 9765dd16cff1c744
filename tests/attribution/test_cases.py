"""The catalogue of cases: each file below `cases/` is worked through in a workspace of its own, visit by visit."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.attribution.case_file import CASES, paths, read_case
from tests.attribution.case_run import begun


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.relative_to(CASES).with_suffix("").as_posix())
def test_case(path: Path) -> None:
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        faults = begun(read_case(path), Path(folder)).faults()
    assert not faults, "\n".join(faults)
