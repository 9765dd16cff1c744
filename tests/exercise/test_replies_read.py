"""What the ISPs of the exercise write is read by the product as they meant it, in every layout of theirs."""

from pathlib import Path

import polars as pl
import pytest

from sightline.exercise import manifest
from sightline.exercise.networks import NETWORKS
from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.stages.resolve.replies import open_reply
from tests.exercise.notices import of_truth, reply, with_faults


@pytest.mark.parametrize("licensee", [network.name for network in NETWORKS if "Hotspot" not in network.name])
def test_replies_are_read_as_they_were_meant(world: manifest.World, licensee: str, tmp_path: Path) -> None:
    mine = of_truth(world).filter(pl.col("licensee") == licensee).head(40)
    assert not mine.is_empty()
    _, stored = reply(with_faults(world, tmp_path / "world"), licensee, mine, tmp_path / "out")
    for at, file in enumerate(stored.files):
        read = open_reply(
            tmp_path / "out" / file.path,
            NoticeKind.RECORDS,
            ReplyDeclarations(timezone=file.timezone, date_order=file.date_order),
        )
        batches = list(read.read_batches(lambda *_: None))
        found = pl.concat([batch.assigned for batch in batches])
        rows = stored.rows.filter(pl.col("file") == at)
        assert read.layout == file.layout
        assert pl.concat([batch.rejects for batch in batches]).is_empty()
        assert found.height == rows.height
        columns = ["ip", "port_from", "port_to", "number", "number_kind", "start_us", "end_us", "seen_us"]
        assert sorted(map(str, found.select(columns).rows())) == sorted(map(str, rows.select(columns).rows()))
