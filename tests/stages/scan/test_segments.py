"""Segments of the oracle are those of the golden vectors, and those are what the ADR says."""

import errno
import json
import os
from pathlib import Path

import pytest

from sightline.errors import DamagedInput, UsageError
from sightline.stages.scan import oracle
from sightline.stages.scan.kernel import errors
from sightline.stages.scan.reference.segments import write_segments
from sightline.stages.scan.segments import SegmentLimits, compute_root, hash_leaf
from tests.stages.scan.segment_vectors import make_vectors
from tests.stages.scan.test_hit_rows import hit

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "segments.json").read_text("utf-8"))
ROW_KEY = bytes.fromhex(VECTORS["row_key"])
HITS = [hit({"hit": one}) for one in VECTORS["hits"]]
WHOLE = SegmentLimits()
CUTS = [(SegmentLimits(cut["rows"], cut["text_bytes"]), cut["segments"]) for cut in VECTORS["cuts"]]


def test_vectors_are_what_the_adr_says() -> None:
    assert make_vectors() == VECTORS


def test_a_segment_has_the_golden_root_rows_and_proofs(tmp_path: Path) -> None:
    (segment,) = write_segments(HITS, tmp_path, 7, ROW_KEY, WHOLE)
    path = tmp_path / "000007.parquet"
    assert (segment.file, segment.segment_id, segment.rows) == (path.name, VECTORS["root"], len(HITS))
    assert (segment.first_us, segment.last_us) == (0, 1_709_209_800_000_001)
    assert oracle.hash_files([path], 1) == [segment.sha256]
    assert oracle.compute_segment_root(path, ROW_KEY) == (VECTORS["root"], len(HITS))
    whole = oracle.read_segment_rows(path, ROW_KEY, None)
    assert [(proof.index, proof.salt.hex(), proof.row, proof.path) for proof in whole] == [
        (index, salt, row, ()) for index, (salt, row) in enumerate(zip(VECTORS["salts"], VECTORS["rows"], strict=True))
    ]
    proofs = oracle.read_segment_rows(path, ROW_KEY, range(len(HITS)))
    assert [[node.hex() for node in proof.path] for proof in proofs] == VECTORS["paths"]


def test_roots_of_all_sizes_are_golden() -> None:
    leaves = [hash_leaf(bytes.fromhex(salt), row) for salt, row in zip(VECTORS["salts"], VECTORS["rows"], strict=True)]
    assert [compute_root(leaves[:count]).hex() for count in range(len(leaves) + 1)] == VECTORS["roots_of_first"]


@pytest.mark.parametrize(("limits", "rows"), CUTS)
def test_segments_are_cut_where_the_vectors_say(limits: SegmentLimits, rows: list[int], tmp_path: Path) -> None:
    assert [segment.rows for segment in write_segments(HITS, tmp_path, 0, ROW_KEY, limits)] == rows


def test_rows_come_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    write_segments(HITS, tmp_path, 0, ROW_KEY, WHOLE)
    path = tmp_path / "000000.parquet"
    assert [proof.index for proof in oracle.read_segment_rows(path, ROW_KEY, [3, 0, 3])] == [3, 0, 3]
    with pytest.raises(UsageError, match="has no row 11"):
        oracle.read_segment_rows(path, ROW_KEY, [11])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "000000.parquet"
    with pytest.raises(DamagedInput, match=r"000000\.parquet"):
        oracle.compute_segment_root(path, ROW_KEY)
    write_segments(HITS, tmp_path, 0, ROW_KEY, WHOLE)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DamagedInput, match=r"000000\.parquet"):
        oracle.compute_segment_root(path, ROW_KEY)


def test_a_full_disk_gives_the_same_message_whoever_writes() -> None:
    """The Parquet library wraps the system's error in a text of its own."""
    of_library = 'Parquet error: fail to get inner writer: "No space left on device (os error 28)"'
    path = Path("/srv/segments/one")
    of_system, of_parquet = (
        errors._build_unwritable(what, {"segments": path}, "segments", number)
        for what, number in (("no room", errno.ENOSPC), (of_library, None))
    )
    assert (str(of_parquet), of_parquet.hint) == (str(of_system), of_system.hint)
    assert os.strerror(errno.ENOSPC) in str(of_system) and "make room" in str(of_system.hint)
    assert "it broke" in str(errors._build_unwritable("it broke", {"segments": path}, "segments", None))
