"""Kernel and oracle seal the same segments: cuts, order, canonical rows, roots and proofs, by any number of threads."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from sightline.errors import DamagedInput
from sightline.services.match.engine import Engine
from sightline.stages.scan import kernel, oracle
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.reference.segments import write_segments
from sightline.stages.scan.segments import SealedSegment, SegmentLimits
from tests.differential.commonest import SERVER, shapes
from tests.differential.logs import DIGEST_KEY, FORMATS, ROWS, SAMPLES, cases, sample_lines
from tests.differential.sides import KEY, NOW, Case, inputs_of, lists_of
from tests.differential.test_chunks import CHUNK_BYTES, with_edges
from tests.stages.scan.test_segments import HITS, ROW_KEY, VECTORS

OPEN = tuple(row + ",,,,,," for row in ROWS)
LIMITS = [
    SegmentLimits(),
    SegmentLimits(rows=1),
    SegmentLimits(rows=7, group_rows=2),
    SegmentLimits(text_bytes=3000, group_rows=1),
    SegmentLimits(group_rows=4),
]
_numbers = itertools.count()


def seal_segments(
    engine: Any, case: Case, folder: Path, limits: SegmentLimits, threads: int = 1
) -> tuple[Path, list[ExhibitScan]]:
    """A new folder with the segments of one engine, and what it tells of them."""
    out = folder / f"segments-{next(_numbers)}"
    out.mkdir()
    lists = [engine.open_list(path, [KEY.derive_public()], NOW) for path in lists_of(case, folder)]
    with inputs_of(case, folder) as inputs:
        scanned, memory = engine.scan(
            inputs,
            lists,
            case.options,
            EngineSettings(
                limits=DecompressionLimits(),
                all_hits_of=case.all_hits_of,
                digest_key=case.digest_key,
                hits=("segments", out),
                threads=threads,
                row_keys=keys_of(case),
                segment_limits=limits,
            ),
        )
    assert memory is None
    return out, scanned


def keys_of(case: Case) -> list[bytes]:
    return [hashlib.sha256(b"%d" % number).digest() for number in range(len(case.exhibits))]


def describe_segments(scanned: list[ExhibitScan]) -> list[list[SealedSegment]]:
    """The segments of each exhibit, but for the bytes of their files."""
    return [[replace(segment, sha256="", size_bytes=0) for segment in each.segments] for each in scanned]


def assert_segments_agree(case: Case, folder: Path, limits: SegmentLimits) -> list[ExhibitScan]:
    """The kernel's segments, which are the oracle's, and the same bytes by one thread and by three."""
    reference, wanted = seal_segments(oracle, case, folder, limits)
    out, got = seal_segments(kernel, case, folder, limits)
    assert describe_segments(got) == describe_segments(wanted)
    assert [each.hits for each in got] == [sum(segment.rows for segment in each.segments) for each in got]
    _, by_three = seal_segments(kernel, case, folder, limits, 3)
    assert [each.segments for each in by_three] == [each.segments for each in got]
    for each, row_key in zip(got, keys_of(case), strict=True):
        for segment in each.segments:
            assert_file_holds(segment, out, row_key)
            assert kernel.compute_segment_root(reference / segment.file, row_key) == (segment.segment_id, segment.rows)
    return got


def assert_file_holds(one: SealedSegment, folder: Path, row_key: bytes) -> None:
    """Both engines read the same rows, roots and paths out of the kernel's file."""
    path = folder / one.file
    assert kernel.hash_files([path], 2) == [one.sha256]
    assert path.stat().st_size == one.size_bytes
    some = sorted({0, one.rows // 2, one.rows - 1}, reverse=True)
    for engine in ENGINES:
        assert engine.compute_segment_root(path, row_key) == (one.segment_id, one.rows)
    for indices in (None, some):
        assert kernel.read_segment_rows(path, row_key, indices) == oracle.read_segment_rows(path, row_key, indices)


ENGINES: tuple[Engine, ...] = (kernel, oracle)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_segments_of_samples_agree(name: str, tmp_path: Path) -> None:
    exhibits = tuple(path.read_bytes() for path in sorted((SAMPLES / name).glob("*.log*")))
    options = ReadOptions(((0, 0),), 2024, "dmy", made_at_us=1_785_481_200_000_000)
    case = Case(exhibits, FORMATS[name].program, (OPEN, OPEN[:3]), options, digest_key=DIGEST_KEY)
    assert_segments_agree(case, tmp_path, LIMITS[sorted(FORMATS).index(name) % len(LIMITS)])


def agree_on_examples(name: str, max_examples: int) -> None:
    @settings(max_examples=max_examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(cases(name))
    def agree(case: Case) -> None:
        with tempfile.TemporaryDirectory() as folder:
            assert_segments_agree(case, Path(folder), LIMITS[len(case.exhibits[0]) % len(LIMITS)])

    agree()


@pytest.mark.parametrize("name", ["combined", "zeek-http", "dnstap", "suricata-eve", "hash-manifest"])
def test_segments_of_mutated_lines_agree(name: str) -> None:
    agree_on_examples(name, 5)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_segments_of_many_mutated_lines_agree(name: str) -> None:
    agree_on_examples(name, 100)


def long_case() -> Case:
    """Hits on both sides of chunks' edges, some hundreds of rows, in two exhibits and by no address, IPv4 and IPv6."""
    line = shapes("combined")[0].line
    lines = b"".join(
        b"%b %b" % (source, line.partition(b" ")[2]) for source in (b"192.0.2.9", b"::1", b"-", b"9.9.9.9")
    )
    log = with_edges(lines * 30, range(0, 3 * len(line), 97))
    assert len(log) > 2 * CHUNK_BYTES
    return Case((log, log[: CHUNK_BYTES + 99]), FORMATS["combined"].program, (OPEN,), all_hits_of=SERVER)


@pytest.mark.parametrize(
    "limits", [SegmentLimits(group_rows=64), SegmentLimits(rows=100), SegmentLimits(text_bytes=100_001, group_rows=16)]
)
def test_segments_across_chunks_agree(limits: SegmentLimits, tmp_path: Path) -> None:
    first, second = assert_segments_agree(long_case(), tmp_path, limits)
    assert first.segments
    assert second.segments[0].file == f"{len(first.segments):06}.parquet"


def test_an_exhibit_without_hits_has_no_segment(tmp_path: Path) -> None:
    log = b"".join(sample_lines("combined"))
    case = Case((log, log), FORMATS["combined"].program, (("host,nothing.test,,,,,,",),))
    assert [each.segments for each in assert_segments_agree(case, tmp_path, SegmentLimits())] == [(), ()]


def test_the_kernel_reads_the_golden_segment(tmp_path: Path) -> None:
    write_segments(HITS, tmp_path, 0, ROW_KEY, SegmentLimits())
    path = tmp_path / "000000.parquet"
    assert kernel.compute_segment_root(path, ROW_KEY) == (VECTORS["root"], len(HITS))
    proofs = kernel.read_segment_rows(path, ROW_KEY, range(len(HITS)))
    assert [proof.row for proof in proofs] == VECTORS["rows"]
    assert [proof.salt.hex() for proof in proofs] == VECTORS["salts"]
    assert [[node.hex() for node in proof.path] for proof in proofs] == VECTORS["paths"]


def test_every_flipped_byte_is_damage_or_another_root(tmp_path: Path) -> None:
    """Of a file that differs the rows decide: where all rows read as they were sealed, the root may be the same."""
    out, (scanned,) = seal_segments(kernel, small_case(), tmp_path, SegmentLimits())
    (one,) = scanned.segments
    content, (row_key,) = (out / one.file).read_bytes(), keys_of(small_case())
    rows = oracle.read_segment_rows(out / one.file, row_key, None)
    flipped = tmp_path / "flipped.parquet"
    for at in range(0, len(content), 7):
        flipped.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        try:
            found = kernel.compute_segment_root(flipped, row_key)
        except DamagedInput as why:
            assert "flipped.parquet" in str(why)
        else:
            same = found == (one.segment_id, one.rows)
            assert not same or kernel.read_segment_rows(flipped, row_key, None) == rows


def small_case() -> Case:
    lines = sample_lines("combined") * 3
    return Case((b"".join(lines),), FORMATS["combined"].program, (OPEN,), all_hits_of=SERVER)


@pytest.mark.parametrize("row_keys", [[], [b"short"], [bytes(32)] * 2])
def test_a_row_key_is_needed_for_each_exhibit(row_keys: list[bytes], tmp_path: Path) -> None:
    case = small_case()
    for engine in ENGINES:
        lists = [engine.open_list(path, [KEY.derive_public()], NOW) for path in lists_of(case, tmp_path)]
        with inputs_of(case, tmp_path) as inputs, pytest.raises(ValueError, match="row key"):
            engine.scan(
                inputs,
                lists,
                case.options,
                EngineSettings(limits=DecompressionLimits(), hits=("segments", tmp_path), row_keys=row_keys),
            )
