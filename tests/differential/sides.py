"""The same scan by the kernel and by the oracle, as one comparable account each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.stages.formats.program import Program
from sightline.stages.lists import load, signature
from sightline.stages.lists.comment import Comment
from sightline.stages.scan import kernel
from sightline.stages.scan.opened import OpenList
from sightline.stages.scan.options import Limits, ReadOptions
from sightline.stages.scan.reference import scan
from sightline.stages.scan.results import ScanInput
from sightline.stages.scan.rows import reject_jsonl
from tests.stages.scan.logs import Kept

if TYPE_CHECKING:
    from sightline._kernel import List

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = signature.keygen("CELL-7")
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
    """What is scanned: exhibits, the rows of each list, and how."""

    exhibits: tuple[bytes, ...]
    program: Program
    lists: tuple[tuple[str, ...], ...]
    options: ReadOptions = field(default_factory=ReadOptions)
    all_hits_of: str | None = None
    digest_key: bytes | None = None


@dataclass(frozen=True)
class Told:
    """What a side tells of a case: hits and rejects as bytes, and the counters of each exhibit."""

    hits: bytes
    rejects: bytes
    accounts: tuple[dict[str, object], ...]


def by_oracle(case: Case, folder: Path) -> Told:
    """The account of the plain Python."""
    kept = Kept()
    lists = [load.load(path, [KEY.public()], NOW) for path in _lists(case, folder)]
    result = scan(
        _inputs(case, folder),
        lists,
        case.options,
        sink=kept,
        all_hits_of=case.all_hits_of,
        digest_key=case.digest_key,
    )
    return Told(b"".join(kept.lines), b"".join(map(reject_jsonl, kept.found)), _accounts(result.exhibits))


def by_kernel(case: Case, folder: Path) -> dict[int, Told]:
    """The account of the native code by number of threads."""
    lists = [kernel.open_list(path, [KEY.public()], NOW) for path in _lists(case, folder)]
    return {threads: _by_kernel(case, lists, folder, threads) for threads in (1, 2)}


def _by_kernel(case: Case, lists: list[OpenList[List]], folder: Path, threads: int) -> Told:
    hits, rejects = (folder / f"{next(_numbers)}.{kind}" for kind in ("hits", "rejects"))
    accounts, _ = kernel.scan(
        _inputs(case, folder),
        lists,
        case.options,
        limits=Limits(),
        all_hits_of=case.all_hits_of,
        digest_key=case.digest_key,
        hits=("jsonl", hits),
        rejects=rejects,
        threads=threads,
    )
    return Told(hits.read_bytes(), rejects.read_bytes(), _accounts(accounts))


def assert_sides_agree(case: Case, folder: Path) -> Told:
    """The account of both sides, which is the same byte for byte, on any number of threads."""
    wanted = by_oracle(case, folder)
    for got in by_kernel(case, folder).values():
        assert got.accounts == wanted.accounts
        assert got.rejects.splitlines() == wanted.rejects.splitlines()
        assert got.hits.splitlines() == wanted.hits.splitlines()
        assert got == wanted
    return wanted


def _accounts(accounts: Sequence[object]) -> tuple[dict[str, object], ...]:
    return tuple({name: getattr(account, name) for name in COUNTERS} for account in accounts)


def _inputs(case: Case, folder: Path) -> list[ScanInput]:
    for number, content in enumerate(case.exhibits):
        (folder / f"{number}.log").write_bytes(content)
    return [ScanInput(folder / f"{number}.log", case.program) for number in range(len(case.exhibits))]


def _lists(case: Case, folder: Path) -> list[Path]:
    paths = []
    for number, rows in enumerate(case.lists):
        path = folder / f"{number}.csv"
        path.write_text("\n".join((COLUMNS, *rows)) + "\n", "utf-8")
        comment = Comment(
            issuer="CELL-7",
            valid_until="2026-12-31",
            category=None if number else "signing's",
            version=None,
            use=None,
            transcribed_by=None,
            original_sha256=None,
        )
        with path.open("rb") as stream:
            minisig = signature.sign(signature.prehash(stream), KEY, comment.text())
        path.with_name(path.name + ".minisig").write_text(minisig)
        paths.append(path)
    return paths
