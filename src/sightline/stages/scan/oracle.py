"""Offer the oracle through the kernel's functions: for small inputs, without a built kernel."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from sightline.errors import DamagedInput, UsageError, name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.model import FLAGGABLE, Hit, Reject
from sightline.stages.formats.program import Program
from sightline.stages.formats.stored_formats import StoredProgram
from sightline.stages.lists import load
from sightline.stages.lists.compiled import is_compiled
from sightline.stages.lists.model import FlagList
from sightline.stages.lists.signature import PublicKey
from sightline.stages.scan.engine_output import ExhibitScan, HitFormat, MemberHead, SampleReading
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.hit_rows import CSV_HEADER, HitRows, reject_jsonl
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.reference.containers import read_members as exhibit_members
from sightline.stages.scan.reference.exhibit import ExhibitBytes, read_exhibit
from sightline.stages.scan.reference.program_trials import compare as reference_compare
from sightline.stages.scan.reference.program_trials import score_program as reference_score
from sightline.stages.scan.reference.scan import scan as reference_scan
from sightline.stages.scan.reference.segments import read_rows, write_segments
from sightline.stages.scan.results import ExhibitCounts, HitBatch, ScanInput
from sightline.stages.scan.segments import (
    Proof,
    SealedSegment,
    build_audit_path,
    build_tree,
    check_keys,
    compute_root,
    derive_salt,
    hash_leaf,
    order_proofs,
)

KERNEL_HINT = "build the kernel: make build, on a machine with a Rust tool chain"


def open_list(
    path: Path, keys: Sequence[PublicKey], now: datetime, digest_key: bytes | None = None
) -> OpenList[FlagList]:
    """Open the list at `path`, if a trusted issuer signed it. A compiled list needs the kernel: UsageError."""
    with path.open("rb") as stream:
        if is_compiled(stream):
            raise UsageError(f"{path}: a compiled list needs the kernel", hint=KERNEL_HINT)
    loaded = load.load_list(path, keys, now, digest_key)
    counts = Counter(indicator.kind for indicator in loaded.indicators)
    return OpenList(
        str(path),
        loaded.list_id,
        loaded.signature,
        {kind: counts[kind] for kind in FLAGGABLE if counts[kind]},
        len(loaded.rejects),
        loaded,
    )


def has_indicator(one: OpenList[FlagList], text: str) -> bool:
    """Return whether a value or id names an indicator of the list."""
    loaded = one.matchable
    return any(text in {indicator.value, indicator.derive_id(loaded.list_id)} for indicator in loaded.indicators)


def read_head(path: Path | None, stdin_head: bytes, limits: DecompressionLimits, length: int) -> tuple[bytes, bool]:
    """Return the first decoded bytes of an exhibit's first member, and whether they are all of it."""
    content = stdin_head if path is None else read_exhibit(ScanInput(path, _NO_PROGRAM)).content
    for _, pieces in exhibit_members(ExhibitBytes(content, shrank=False), limits):
        result = b""
        for piece in pieces:
            if isinstance(piece, bytes):
                result += piece
            if len(result) >= length:
                return result[:length], False
        if result:
            return result, True
    return b"", True


def read_member_heads(
    path: Path | None, stdin_head: bytes, limits: DecompressionLimits, length: int, tail_length: int = 0
) -> Iterator[MemberHead]:
    """Yield the members of an exhibit by their first decoded bytes, and their last ones if they are wanted."""
    content = stdin_head if path is None else read_exhibit(ScanInput(path, _NO_PROGRAM)).content
    for number, (name, pieces) in enumerate(exhibit_members(ExhibitBytes(content, shrank=False), limits)):
        result = b"".join(piece for piece in pieces if isinstance(piece, bytes))
        if name is not None or number == 0:
            tail = result[-tail_length:] if tail_length else b""
            yield MemberHead(name, result[:length], len(result) < length, tail)


_NO_PROGRAM: Program = None  # type: ignore[assignment]


def score_format(program: Program | StoredProgram, options: ReadOptions, head: bytes) -> SampleReading:
    """Return how a program reads a log's first frames. A truncated last frame does not count."""
    assert isinstance(program, Program), "stored programs are for the kernel"
    return reference_score(program, options, head)


def compare(
    programs: Sequence[Program | StoredProgram], options: ReadOptions, head: bytes, enough: Fraction
) -> list[SampleReading]:
    """Return how each program reads a log's first frames. One that cannot read `enough` may stop early."""
    known = [program for program in programs if isinstance(program, Program)]
    assert len(known) == len(programs), "stored programs are for the kernel"
    return reference_compare(known, options, head, enough)


BY_LINES = frozenset({"stdout", "jsonl", "csv"})


class Output:
    """A file, or standard output for None, whose write errors name it."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        with name_output_on_error(path):
            self._out: BinaryIO = sys.stdout.buffer if path is None else path.open("xb")

    def write(self, text: bytes) -> None:
        """Write and flush, so that nothing can fail at the close."""
        with name_output_on_error(self._path):
            self._out.write(text)
            self._out.flush()

    def close(self) -> None:
        """Close the file. `write` has reported any failure."""
        if self._path is not None:
            with suppress(OSError):
                self._out.close()


class HitSink:
    """A sink that writes hits and rejects to files, or stores the hits for Python."""

    def __init__(self, hit_format: HitFormat, out: Output | None, rejects: Output | None) -> None:
        self._format, self._out, self._rejects = hit_format, out, rejects
        self.batches: list[HitBatch] = []
        if out is not None and hit_format == "csv":
            out.write(CSV_HEADER)

    def write_hits(self, batch: HitBatch) -> None:
        """Write some hits, or store them for a table."""
        if self._format in {"memory", "parquet", "segments"}:
            self.batches.append(batch)
        elif self._out is not None:
            self._out.write(batch.to_csv() if self._format == "csv" else batch.to_jsonl())

    def take_hits(self) -> list[Hit]:
        """Return the stored hits and forget them."""
        batches, self.batches = self.batches, []
        return [hit for batch in batches if isinstance(batch, HitRows) for hit in batch.rows]

    def write_rejects(self, batch: Sequence[Reject]) -> None:
        """Write some rejects."""
        if self._rejects is not None:
            self._rejects.write(b"".join(map(reject_jsonl, batch)))

    def build_table(self) -> object:
        """Return all stored hits."""
        import polars  # noqa: PLC0415

        from sightline.stages.scan.hit_rows import build_hit_table  # noqa: PLC0415

        return polars.concat([build_hit_table([]), *(batch.to_frame() for batch in self.batches)])


def scan(
    inputs: Sequence[ScanInput],
    lists: Sequence[OpenList[FlagList]],
    options: ReadOptions,
    settings: EngineSettings,
) -> tuple[list[ExhibitScan], bytes | None]:
    """Scan exhibits in order, as the kernel does. Return each result, with an Arrow IPC stream of hits in memory."""
    hit_format, path = settings.hits
    if hit_format == "segments":
        check_keys(settings.row_keys, len(inputs))
    scans: list[ExhibitScan] = []
    try:
        with ExitStack() as files:
            out = files.enter_context(closing(Output(path))) if hit_format in BY_LINES else None
            reject_file = (
                files.enter_context(closing(Output(settings.rejects))) if settings.rejects is not None else None
            )
            sink = HitSink(hit_format, out, reject_file)
            for number, scan_inputs in enumerate(inputs):
                since = time.perf_counter()
                result = reference_scan(
                    [scan_inputs],
                    [opened.matchable for opened in lists],
                    options,
                    sink=sink,
                    limits=settings.limits,
                    all_hits_of=settings.all_hits_of,
                    digest_key=settings.digest_key,
                )
                segments = []
                if hit_format == "segments" and path is not None:
                    done = sum(len(each.segments) for each in scans)
                    segments = write_segments(
                        sink.take_hits(), path, done, settings.row_keys[number], settings.segment_limits
                    )
                scans.append(_build_scanned(result.exhibits[0], time.perf_counter() - since, segments))
                read, frames = sum(each.size_bytes for each in scans), sum(each.frames for each in scans)
                settings.watch(read, frames, sum(each.hits for each in scans))
            return scans, _read_file_bytes(sink, hit_format, path)
    except OSError as error:
        raise DamagedInput(f"{error.filename or 'an input'}: {error.strerror}", hint="nothing was left") from None


def compute_segment_root(path: Path, row_key: bytes) -> tuple[str, int]:
    """Return the root, in hex, of the rows in a segment's file, and their number. Raises DamagedInput."""
    check_keys([row_key], 1)
    rows = read_rows(path)
    return compute_root([hash_leaf(derive_salt(row_key, index), row) for index, row in enumerate(rows)]).hex(), len(
        rows
    )


def read_segment_rows(path: Path, row_key: bytes, indices: Sequence[int] | None) -> list[Proof]:
    """Return rows of a segment's file with their proofs, in the order of indices. None returns all, without paths.

    Raises DamagedInput, and UsageError for an index that no row has.
    """
    check_keys([row_key], 1)
    proofs = [Proof(index, derive_salt(row_key, index), row, ()) for index, row in enumerate(read_rows(path))]
    if indices is None:
        return proofs
    levels = build_tree([hash_leaf(proof.salt, proof.row) for proof in proofs])
    return [replace(proof, path=build_audit_path(levels, proof.index)) for proof in order_proofs(proofs, indices, path)]


def hash_files(paths: Sequence[Path], threads: int) -> list[str]:
    """Return the SHA-256 of each file, in hex, computed by that many threads.

    Raises DamagedInput for an unreadable one.
    """
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_compute_file_sha256, paths))


def _compute_file_sha256(path: Path) -> str:
    try:
        return compute_sha256(path)
    except OSError as error:
        raise DamagedInput(f"{path}: {error.strerror}", hint="nothing was written") from None


def _read_file_bytes(sink: HitSink, hit_format: HitFormat, path: Path | None) -> bytes | None:
    import io  # noqa: PLC0415

    if hit_format not in {"memory", "parquet"}:
        return None
    table = sink.build_table()
    if hit_format == "parquet":
        with name_output_on_error(path):
            table.write_parquet(path)  # type: ignore[attr-defined]
        return None
    stream = io.BytesIO()
    table.write_ipc_stream(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def _build_scanned(summary: ExhibitCounts, seconds: float, segments: Sequence[SealedSegment]) -> ExhibitScan:
    return ExhibitScan(
        sha256=summary.sha256,
        size_bytes=summary.size_bytes,
        frames=summary.frames,
        records=summary.records,
        comments=summary.comments,
        hit_records=summary.hit_records,
        hits=summary.hits,
        unmatched=summary.unmatched,
        outside_window=summary.outside_window,
        rejects=dict(summary.rejects),
        seconds=seconds,
        segments=tuple(segments),
    )
