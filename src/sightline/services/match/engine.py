"""Select this machine's scan engine: the built kernel, else the plain Python oracle with the same functions."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sightline.errors import AmbiguousFormat, UnknownFormat, UsageError
from sightline.stages.formats.format_detection import Detection, find_format
from sightline.stages.formats.loader import Format, load_builtin_formats
from sightline.stages.formats.program import Program
from sightline.stages.formats.stored_formats import StoredProgram, read_stored_formats
from sightline.stages.scan import kernel
from sightline.stages.scan.engine_output import ExhibitScan, MemberHead, SampleReading
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import DateOrder, DecompressionLimits, ReadOptions
from sightline.stages.scan.results import ScanInput
from sightline.stages.scan.segments import Proof

if TYPE_CHECKING:
    from sightline.stages.lists.signature import PublicKey


DATE = re.compile(rb"(?<![0-9])[0-9]{1,4}([/.-])[0-9]{1,2}\1[0-9]{1,4}(?![0-9])")
"""A date of three numbers, whose order may differ from place to place."""
DATED_BYTES = 4096
DATED_LAYOUT = "%D"
DATE_ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")


class Engine(Protocol):
    """The functions that a scan needs of an engine. `stages/scan/kernel` and `oracle.py` implement it."""

    def open_list(
        self, path: Path, keys: Sequence[PublicKey], now: datetime, digest_key: bytes | None = None
    ) -> OpenList[Any]:
        """Return a list, if a trusted issuer signed it."""

    def has_indicator(self, open_list: OpenList[Any], text: str) -> bool:
        """Return whether a value or id names an indicator of the list."""

    def read_head(
        self, path: Path | None, stdin_head: bytes, limits: DecompressionLimits, length: int
    ) -> tuple[bytes, bool]:
        """Return the first decoded bytes of an exhibit, and whether they are all."""

    def read_member_heads(
        self, path: Path | None, stdin_head: bytes, limits: DecompressionLimits, length: int, tail_length: int = 0
    ) -> Iterator[MemberHead]:
        """Yield the members of an exhibit by their first decoded bytes, and their last ones if they are wanted.

        An exhibit that is no archive is one member without a name.
        """

    def score_format(self, program: Program | StoredProgram, options: ReadOptions, head: bytes) -> SampleReading:
        """Return how a program reads a log's first frames. A truncated frame does not count."""

    def compare(
        self, programs: Sequence[Program | StoredProgram], options: ReadOptions, head: bytes, enough: Fraction
    ) -> list[SampleReading]:
        """Return how each program reads a log's first frames. All of them cut frames alike.

        One that cannot read the share `enough` may stop early. Its count of records is right or 0.
        """

    def scan(
        self,
        inputs: Sequence[ScanInput],
        lists: Sequence[OpenList[Any]],
        options: ReadOptions,
        settings: EngineSettings,
    ) -> tuple[list[ExhibitScan], bytes | None]:
        """Scan exhibits in order. Return the counts of each, and an Arrow IPC stream of hits that go to memory."""

    def compute_segment_root(self, path: Path, row_key: bytes) -> tuple[str, int]:
        """Return the root, in hex, of the rows in a segment's file, and the number of rows."""

    def read_segment_rows(self, path: Path, row_key: bytes, indices: Sequence[int] | None) -> list[Proof]:
        """Return rows of a segment's file with proofs, in the order of indices; for None all, without paths."""

    def hash_files(self, paths: Sequence[Path], threads: int) -> list[str]:
        """Return the SHA-256 of each file, in hex."""


def choose_engine() -> tuple[str, Engine]:
    """Return the engine and its name: `kernel` or `oracle`.

    Raises UsageError if the kernel is missing and SIGHTLINE_REQUIRE_KERNEL is set.
    """
    if kernel.is_kernel_available():
        return "kernel", kernel
    if os.environ.get("SIGHTLINE_REQUIRE_KERNEL") == "1":
        raise UsageError("the kernel was not built, and SIGHTLINE_REQUIRE_KERNEL=1 asks for it", hint="make build")
    from sightline.stages.scan import oracle  # noqa: PLC0415  - loaded only where it is needed

    return "oracle", oracle


def detect_format(
    using: Engine, options: ReadOptions, head: bytes, own: Mapping[str, Format] | None = None
) -> Detection:
    """Return the format of a log's first bytes, decompressed: a built-in one, or one of `own`. Raises UnknownFormat.

    The order of day and month says nothing about the format: each is tried if the log has dates.
    """
    # The kernel takes formats as they are stored, which saves compiling them.
    formats: dict[str, Any] = {**(read_stored_formats() if using is kernel else load_builtin_formats()), **(own or {})}
    readings: dict[str, SampleReading] = {}
    try:
        return _detect(using, options, head, formats, readings)
    except AmbiguousFormat:
        raise
    except UnknownFormat:
        if DATE.search(head[:DATED_BYTES]) is None:
            raise
        # What a program reads that has no such date does not depend on their order, and is not read again.
        dated = {format_.name for format_ in formats.values() if DATED_LAYOUT in format_.program.to_json()}
        others = {name: reading for name, reading in readings.items() if name not in dated}
        for order in DATE_ORDERS:
            if order != options.date_order:
                with suppress(UnknownFormat):
                    return _detect(using, replace(options, date_order=order), head, formats, dict(others))
        raise


def _detect(
    using: Engine, options: ReadOptions, head: bytes, formats: Mapping[str, Any], readings: dict[str, SampleReading]
) -> Detection:
    """The format of a log; `readings` are what programs read, by name, and takes up those that were not known."""

    def compare(programs: Sequence[Program | StoredProgram], some: bytes, enough: Fraction) -> list[SampleReading]:
        new = [program for program in programs if program.name not in readings]
        for program, reading in zip(new, using.compare(new, options, some, enough) if new else (), strict=True):
            readings[program.name] = reading
        return [readings[program.name] for program in programs]

    return find_format(head, formats, lambda program, some: using.score_format(program, options, some), compare)


@cache
def describe_machine() -> Mapping[str, str]:
    """Return platform, processor and name of this machine, for the manifest of a run."""
    return {"system": platform.platform(), "processor": platform.machine(), "name": platform.node()}


def count_threads(asked: int | None) -> int:
    """Return the number of threads that a scan runs."""
    if asked is not None and asked < 1:
        raise UsageError(f"--threads {asked}: at least 1", hint="leave it out to use all cores")
    return asked or len(os.sched_getaffinity(0))
