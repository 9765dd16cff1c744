"""The same scan by the kernel and by the oracle, as one comparable account each."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars

from sightline.services.match.engine import Engine
from sightline.stages.formats.program import Program
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment
from sightline.stages.scan import kernel, oracle
from sightline.stages.scan.engine_output import ExhibitScan, HitFormat
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.results import MemberPlan, ScanInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = signature.create_key("CELL-7")
COLUMNS = "kind,value,category,valid_from,valid_until,listed_on,opinion,reference"
COUNTERS = [
    "sha256",
    "size_bytes",
    "frames",
    "records",
    "comments",
    "hit_records",
    "hits",
    "unmatched",
    "outside_window",
    "rejects",
]
_numbers = itertools.count()


@dataclass(frozen=True)
class Case:
    """What is scanned: exhibits, the rows of each list, and how.

    `first_day`: year, month and day of every exhibit's first time. `members`: what is done with each of their members.
    `taken`: the first exhibit is standard input, of which so many bytes were read already to detect its format.
    """

    exhibits: tuple[bytes, ...]
    program: Program
    lists: tuple[tuple[str, ...], ...]
    options: ReadOptions = field(default_factory=ReadOptions)
    all_hits_of: str | None = None
    digest_key: bytes | None = None
    hit_format: HitFormat = "jsonl"
    taken: int | None = None
    first_day: tuple[int, int, int] | None = None
    members: MemberPlan | None = None


@dataclass(frozen=True)
class SideResult:
    """What a side tells of a case: lines of hits or the table of them, lines of rejects, the counters of each exhibit.

    `written` is the output as bytes, which two sides may lay out differently only in Parquet and in memory. Only the
    kernel sketches what later rules need.
    """

    hits: list[object]
    rejects: list[bytes]
    accounts: tuple[dict[str, object], ...]
    written: bytes = field(default=b"", compare=False, repr=False)
    sketches: tuple[Mapping[str, int | None], ...] = field(default=(), compare=False)


def run_side(engine: Engine, lists: Sequence[OpenList[Any]], case: Case, folder: Path, threads: int = 1) -> SideResult:
    """The account of one side."""
    hits, rejects = (folder / f"{next(_numbers)}.{kind}" for kind in ("hits", "rejects"))
    with inputs_of(case, folder) as inputs:
        accounts, memory = engine.scan(
            inputs,
            lists,
            case.options,
            EngineSettings(
                limits=DecompressionLimits(),
                all_hits_of=case.all_hits_of,
                digest_key=case.digest_key,
                hits=(case.hit_format, None if case.hit_format == "memory" else hits),
                rejects=rejects,
                threads=threads,
            ),
        )
    written = hits.read_bytes() if memory is None else memory
    rejected = rejects.read_bytes().splitlines(keepends=True)
    sketches = tuple(account.sketch for account in accounts)
    return SideResult(_rows(written, case.hit_format), rejected, _accounts(accounts), written, sketches)


def assert_sides_agree(case: Case, folder: Path) -> SideResult:
    """The account of both sides, which is the same: byte for byte, or in Parquet and memory by rows and types."""
    lists = [oracle.open_list(path, [KEY.derive_public()], NOW) for path in lists_of(case, folder)]
    return assert_kernel_tells(run_side(oracle, lists, case, folder), case, folder)


def assert_kernel_tells(wanted: SideResult, case: Case, folder: Path) -> SideResult:
    """The kernel's account is the wanted one, and by any number of threads it writes the same bytes."""
    lists = [kernel.open_list(path, [KEY.derive_public()], NOW) for path in lists_of(case, folder)]
    alone, together = (run_side(kernel, lists, case, folder, threads) for threads in (1, 2))
    for got in (alone, together):
        assert got.accounts == wanted.accounts
        assert got.rejects == wanted.rejects
        assert got.hits == wanted.hits
    assert alone.written == together.written
    assert alone.sketches == together.sketches
    return alone


def _rows(written: bytes, hit_format: HitFormat) -> list[object]:
    if hit_format in {"jsonl", "csv"}:
        return list(written.splitlines(keepends=True))
    read = polars.read_parquet if hit_format == "parquet" else polars.read_ipc_stream
    table = read(io.BytesIO(written))
    return [tuple(table.schema.items()), *table.rows()]


def _accounts(accounts: Sequence[ExhibitScan]) -> tuple[dict[str, object], ...]:
    return tuple({name: getattr(account, name) for name in COUNTERS} for account in accounts)


@contextmanager
def inputs_of(case: Case, folder: Path) -> Iterator[list[ScanInput]]:
    paths = [folder / f"{number}.log" for number in range(len(case.exhibits))]
    for path, content in zip(paths, case.exhibits, strict=True):
        path.write_bytes(content)
    files = [ScanInput(path, case.program, first_day=case.first_day, members=case.members) for path in paths]
    if case.taken is None:
        yield files
        return
    with standard_input(paths[0], case.taken):
        yield [ScanInput(None, case.program, case.exhibits[0][: case.taken]), *files[1:]]


@contextmanager
def standard_input(path: Path, taken: int = 0) -> Iterator[None]:
    """Standard input is a pipe that a program fills with the file, less its first bytes."""
    saved_stdin, stdin = os.dup(0), sys.stdin
    with subprocess.Popen(["tail", "-c", f"+{taken + 1}", path], stdout=subprocess.PIPE) as filled:
        assert filled.stdout is not None
        os.dup2(filled.stdout.fileno(), 0)
        try:
            with open(0, closefd=False) as sys.stdin:
                yield
        finally:
            sys.stdin = stdin
            os.dup2(saved_stdin, 0)
            os.close(saved_stdin)


def lists_of(case: Case, folder: Path) -> list[Path]:
    texts = ("\n".join((COLUMNS, *rows)) + "\n" for rows in case.lists)
    return [
        signed_list(folder / f"{number}.csv", text, None if number else "signing's")
        for number, text in enumerate(texts)
    ]


def signed_list(path: Path, text: str, category: str | None = None) -> Path:
    """The path of a list, now that the list is there with its signature beside it."""
    path.write_text(text, "utf-8")
    comment = ListComment(
        issuer="CELL-7",
        valid_until="2026-12-31",
        category=category,
        version=None,
        use=None,
        transcribed_by=None,
        original_sha256=None,
    )
    with path.open("rb") as stream:
        minisig = signature.sign_digest(signature.hash_stream(stream), KEY, comment.to_text())
    path.with_name(path.name + ".minisig").write_text(minisig)
    return path
