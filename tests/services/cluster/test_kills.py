"""Workers and schedulers that are killed in a scan: nothing is lost, nothing is doubled."""

from pathlib import Path

import pytest

from sightline.services.scan import cluster_reader
from tests.services.cluster.kills import scan_with_kills


def test_a_scan_goes_on_whatever_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_reader, "BATCH_FILES", 2)
    done = scan_with_kills(tmp_path, files=120, kills=6, seed=3)
    assert done["workers"] + done.get("schedulers", 0) == 6 and done["runs"] == 120
