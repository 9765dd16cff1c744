"""The Rust module's types (`rust/src/binding.rs`)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from sightline.stages.lists.model import UsualRows

class Reader(Protocol):
    """Reads an exhibit that is kept elsewhere: `read` gives the bytes at an offset, one or more."""

    name: str
    size_bytes: int
    def read(self, offset: int) -> bytes: ...

class KernelError(Exception):
    """`args` are the kind (`interrupted output exhibit list stdin segment file fault`) and what happened.

    Of `output` also which one (`hits rejects list`), and the system's error number where there is one.
    """

class List:
    """A compiled flag list."""

    @staticmethod
    def open(path: Path) -> List: ...
    def meta(self) -> str: ...
    def verify(self) -> None: ...
    def find(self, text: str) -> list[tuple[str, str]]: ...

class ListRows:
    """Rows of the most usual form: a sequence of tuples."""

    def __len__(self) -> int: ...
    def __getitem__(self, at: int, /) -> tuple[int, str, str, str, str, str, str, str, str]: ...
    def __iter__(self) -> Iterator[tuple[int, str, str, str, str, str, str, str, str]]: ...
    def count_kinds(self, without: set[int]) -> dict[str, int]: ...
    def numbers(self) -> int: ...
    def place(self, at: int) -> tuple[int, int, int]: ...
    def refusals(self) -> list[tuple[int, str, str]]: ...
    def undated(self) -> int: ...
    def merged(self, others: list[tuple[int, str, str, str, str, str, str, str, str]]) -> ListRows: ...

class StixObjects:
    """Reads the usual objects of one STIX bundle."""

    def add(self, identifier: str) -> bool: ...
    def take(self, text: str, at: int, number: int) -> tuple[ListRows, int, int, int]: ...

def misp_attributes(text: str, at: int, number: int) -> tuple[ListRows, int, int, int]: ...
def misp_objects(text: str, at: int, number: int) -> tuple[ListRows, int, int, int]: ...
def vic_media(text: str, at: int, number: int) -> tuple[ListRows, int, int, int]: ...
def export_rows(
    block: bytes,
    first: int,
    columns: tuple[int, int | None, int | None, int | None, tuple[int, int] | None, int, str],
) -> tuple[ListRows, list[tuple[int, bytes]], int] | None: ...

class ListBuilder:
    """Rows in, a compiled list out."""

    def __init__(
        self,
        exact: Sequence[str],
        wildcards: Sequence[str],
        exceptions: Sequence[str],
        big_hosts: Sequence[str],
        digest_key: bytes | None = None,
    ) -> None: ...
    def add(
        self, rows: Sequence[tuple[int, str, str, str, str, str, str, str, str]] | UsualRows
    ) -> list[tuple[int, str, str]]: ...
    def check(
        self, rows: Sequence[tuple[int, str, str, str, str, str, str, str, str]] | UsualRows
    ) -> list[tuple[int, str, str]]: ...
    def finish(self, source: str) -> List: ...
    def write(self, path: Path, source: str) -> None: ...

class Program:
    def __new__(cls, text: str) -> Program: ...

class Scan:
    """One scan, in threads of its own."""

    def __init__(
        self,
        exhibits: Sequence[tuple[Path | Reader | None, Program]],
        stdin_head: bytes,
        options: str,
        limits: tuple[int, int],
        lists: Sequence[tuple[List, str | None, str | None]],
        all_hits_of: str | None,
        digest_key: bytes | None,
        hits: tuple[str, Path | None],
        rejects: Path | None,
        threads: int,
        row_keys: Sequence[bytes],
        segment_limits: tuple[int, int, int],
        first_days: Sequence[tuple[int, int, int] | None] = ...,
        members: Sequence[tuple[str, Sequence[tuple[int, int, int] | None]] | None] = ...,
        part: tuple[int, int] | None = ...,
    ) -> None: ...
    def wait(self, seconds: float) -> bool: ...
    def progress(self) -> tuple[int, int, int]: ...
    def stop(self) -> None: ...
    def result(self) -> tuple[str, bytes | None]: ...

class Members:
    """The members of an exhibit, in stored order."""

    def __init__(self, place: Path | Reader | None, stdin_head: bytes, limits: tuple[int, int]) -> None: ...
    def next(self, length: int, tail_length: int) -> tuple[str | None, bytes, bool, bytes] | None: ...

def last_fault() -> str:
    """Where the kernel last panicked, for a bug report; never data."""

def head(
    place: Path | Reader | None, stdin_head: bytes, limits: tuple[int, int], length: int
) -> tuple[bytes, bool]: ...
def score(program: Program, options: str, lines: bytes) -> tuple[int, int, int, list[tuple[str, int]]]: ...
def compare(
    programs: Sequence[Program], options: str, lines: bytes, enough: tuple[int, int]
) -> list[tuple[int, int, int, list[tuple[str, int]]]]: ...
def join_parts(
    parts: Sequence[Path],
    sha256: str,
    size_bytes: int,
    folder: Path,
    row_key: bytes,
    segment_limits: tuple[int, int, int],
) -> str: ...
def segment_root(path: Path, row_key: bytes) -> tuple[str, int]: ...
def segment_rows(
    path: Path, row_key: bytes, indices: Sequence[int] | None
) -> list[tuple[int, bytes, str, list[bytes]]]: ...
def file_sha256(paths: Sequence[Path], threads: int) -> list[str]: ...
def canonical_host(raw: bytes) -> str | None: ...
def canonical_url(
    method: bytes | None,
    target: bytes | None,
    authority: bytes | None,
    scheme: bytes | None,
    destination_port: int | None,
) -> str | None: ...
def canonical_indicator(kind: str, text: str) -> str: ...
