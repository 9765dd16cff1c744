"""The native kernel: the same scan as the oracle's, at full speed. Only this module imports the Rust code.

What reads lists is imported by the functions that do, because `formats detect` reads none.

Without a built kernel, `available()` is false and the oracle serves small inputs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sightline.errors import (
    DamagedInput,
    Interrupted,
    OutputUnwritable,
    ProgramFault,
    SightlineError,
    UntrustedList,
    UsageError,
)
from sightline.model import IndicatorKind, ListId, RejectCode, RowCode
from sightline.model.remote_path import RemotePath, RemoteReader
from sightline.stages.scan.engine_output import HitFormat, MemberHead, Reading, ScanCounts, Scanned
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import Limits, ReadOptions
from sightline.stages.scan.results import ScanInput
from sightline.stages.scan.segments import USUAL, Proof, Segment, SegmentLimits, in_order

if TYPE_CHECKING:
    from fractions import Fraction

    from sightline import _kernel
    from sightline.stages.formats.program import Program
    from sightline.stages.formats.stored_formats import StoredProgram
    from sightline.stages.lists.model import RowReject
    from sightline.stages.lists.signature import PublicKey
    from sightline.stages.lists.survey import RowCheck

POLL_S = 0.05
KEPT_PROGRAMS = 256
_PROGRAMS: dict[int, tuple[Program | StoredProgram, _kernel.Program]] = {}
NO_OUTPUTS: Mapping[str, Path | None] = {}


def available() -> bool:
    """Return whether the kernel was built."""
    return importlib.util.find_spec("sightline._kernel") is not None


@cache
def digest() -> str:
    """Return the SHA-256 of the kernel's file, which identifies its build; empty if it was not built."""
    found = importlib.util.find_spec("sightline._kernel")
    return hashlib.sha256(Path(found.origin).read_bytes()).hexdigest() if found and found.origin else ""


def open_list(
    path: Path, keys: Sequence[PublicKey], now: datetime, digest_key: bytes | None = None
) -> OpenList[_kernel.List]:
    """Open the list at `path`, plain or compiled, if a trusted issuer signed it. Junk under `digest_key` is refused.

    Raises UntrustedList, UsageError for a file that is no list, DamagedInput for a compiled list that was altered.
    """
    from sightline.stages.lists import trust  # noqa: PLC0415
    from sightline.stages.lists.compiled import is_compiled  # noqa: PLC0415

    with path.open("rb") as stream:
        if is_compiled(stream):
            compiled = load_compiled(path)
        else:
            # An unusable list is refused before its rows are read.
            minisig = trust.verify_list(path, keys, now).minisig
            builder, source, _ = _built(stream, path, minisig, digest_key)
            with map_kernel_errors():
                compiled = builder.finish(json.dumps(source))
    # From the opened file, not from a file that may have replaced it.
    meta = json.loads(compiled.meta())
    signature = trust.verify_unexpired(bytes.fromhex(meta["prehash"]), meta["minisig"], keys, now, str(path))
    counts = {IndicatorKind(kind): count for kind, count in meta["counts"].items()}
    rejects = sum(meta["rejects"].values())
    if digest_key is not None and counts.get(IndicatorKind.DIGEST):
        _refuse_keyed_junk(compiled, digest_key, path)
    return OpenList(str(path), ListId(meta["list_id"]), signature, counts, rejects, compiled)


def load_compiled(path: Path) -> _kernel.List:
    """Load a compiled list. Its signature is not verified. Raises DamagedInput if the file was altered."""
    from sightline import _kernel  # noqa: PLC0415

    with map_kernel_errors(name=f"{path}: "):
        return _kernel.List.open(path)


def _refuse_keyed_junk(compiled: _kernel.List, digest_key: bytes, path: Path) -> None:
    """Raise UntrustedList if the list, which was compiled without this key, holds junk under it."""
    from sightline.stages.lists.junk import junk_names  # noqa: PLC0415

    junk = replace(junk_names(), digest_key=digest_key)
    with map_kernel_errors():
        is_junk = any((IndicatorKind.DIGEST, text) in compiled.find(text) for text in sorted(junk.keyed_digests()))
    if is_junk:
        raise UntrustedList(
            f"{path}: under the given key a digest is that of a public suffix or of a big shared host",
            hint="compile the list again with --digest-key, which leaves such rows out and counts them",
        )


def finds(one: OpenList[_kernel.List], text: str) -> bool:
    """Return whether a value or id names an indicator of the list."""
    with map_kernel_errors():
        return bool(one.matchable.find(text))


def row_check(digest_key: bytes | None = None) -> RowCheck:
    """Return the kernel's check of rows, which stores none of them."""
    from sightline.stages.lists.model import RowReject  # noqa: PLC0415

    builder = _builder(digest_key)
    return lambda rows: [RowReject(line, RowCode(code), reason) for line, code, reason in builder.check(rows)]


def compile_list(path: Path, out: Path, minisig: str | None, digest_key: bytes | None = None) -> list[RowReject]:
    """Write the list at `path` compiled to `out` and return the refused rows. It verifies nothing."""
    with path.open("rb") as stream:
        builder, source, rejects = _built(stream, path, minisig, digest_key)
    with map_kernel_errors({"list": out}):
        builder.write(out, json.dumps(source))
    return rejects


def _builder(digest_key: bytes | None) -> _kernel.ListBuilder:
    from sightline import _kernel  # noqa: PLC0415
    from sightline.stages.lists.junk import junk_names  # noqa: PLC0415

    junk = junk_names(_kernel.canonical_host)
    names = sorted(junk.exact), sorted(junk.wildcards), sorted(junk.exceptions), sorted(junk.big_hosts)
    return _kernel.ListBuilder(*names) if digest_key is None else _kernel.ListBuilder(*names, digest_key)


def _built(
    stream: BinaryIO, path: Path, minisig: str | None, digest_key: bytes | None
) -> tuple[_kernel.ListBuilder, dict[str, object], list[RowReject]]:
    from sightline.stages.lists.load import HashedStream  # noqa: PLC0415
    from sightline.stages.lists.model import RowReject  # noqa: PLC0415
    from sightline.stages.lists.readers import batches  # noqa: PLC0415
    from sightline.stages.lists.survey import no_search_for_cycles  # noqa: PLC0415

    builder = _builder(digest_key)
    hashed = HashedStream(stream)
    rejects: list[RowReject] = []
    with no_search_for_cycles():
        for batch in batches(io.BufferedReader(hashed, 1 << 20), str(path)):
            bad = [RowReject(line, RowCode(code), reason) for line, code, reason in builder.add(batch.rows)]
            rejects += batch.all_rejects(bad)
    hashed.finish()
    source: dict[str, object] = {
        "list_id": hashed.list_id,
        "size_bytes": hashed.size_bytes,
        "prehash": hashed.prehash.hex(),
        "minisig": minisig,
        "rejects": dict(sorted(Counter(reject.code.value for reject in rejects).items())),
    }
    return builder, source, sorted(rejects, key=lambda reject: reject.line)


def head(path: Path | None, stdin_head: bytes, limits: Limits, length: int) -> tuple[bytes, bool]:
    """Return the first decoded bytes of an exhibit's first member, and whether they are all of it."""
    from sightline import _kernel  # noqa: PLC0415

    place = _place_of(path)
    with map_kernel_errors(), _failures_of(place):
        return _kernel.head(place, stdin_head, _limits(limits), length)


def members(
    path: Path | None, stdin_head: bytes, limits: Limits, length: int, tail_length: int = 0
) -> Iterator[MemberHead]:
    """Yield the members of an exhibit by their first decoded bytes, and their last ones if they are wanted."""
    from sightline import _kernel  # noqa: PLC0415

    place = _place_of(path)
    with map_kernel_errors(), _failures_of(place):
        opened = _kernel.Members(place, stdin_head, _limits(limits))
    while True:
        with _failures_of(place):
            found = opened.next(length, tail_length)
        if found is None:
            return
        yield MemberHead(*found)


def score(program: Program | StoredProgram, options: ReadOptions, head: bytes) -> Reading:
    """Return how a program reads a log's first frames. A truncated last frame does not count."""
    from sightline import _kernel  # noqa: PLC0415

    return _reading(*_kernel.score(_compiled(program), _options(options), head))


def compare(
    programs: Sequence[Program | StoredProgram], options: ReadOptions, head: bytes, enough: Fraction
) -> list[Reading]:
    """Return how each program reads a log's first frames. All of them cut frames alike.

    A program that can no longer read the share `enough` stops early. If another reads enough, the frames that both may
    read do not show records of one that reads none of the others.
    """
    from sightline import _kernel  # noqa: PLC0415

    compiled = [_compiled(program) for program in programs]
    return [_reading(*one) for one in _kernel.compare(compiled, _options(options), head, enough.as_integer_ratio())]


def _reading(frames: int, records: int, comments: int, rejects: list[tuple[str, int]]) -> Reading:
    return Reading(frames, records, comments, {RejectCode(code): count for code, count in rejects})


def scan(
    inputs: Sequence[ScanInput],
    lists: Sequence[OpenList[_kernel.List]],
    options: ReadOptions,
    *,
    limits: Limits,
    all_hits_of: str | None = None,
    digest_key: bytes | None = None,
    hits: tuple[HitFormat, Path | None] = ("nothing", None),
    rejects: Path | None = None,
    threads: int = 1,
    watch: ScanCounts = lambda _bytes, _frames, _hits: None,
    row_keys: Sequence[bytes] = (),
    segment_limits: SegmentLimits = USUAL,
) -> tuple[list[Scanned], bytes | None]:
    """Scan exhibits in order and return each result, with the Arrow IPC stream of hits if they go to memory.

    Hits and rejects are written to files that must not exist yet; hits as `segments` to an existing empty folder, with
    a row key of 32 bytes for each exhibit. Raises DamagedInput for an unreadable input, OutputUnwritable, and
    Interrupted; the caller removes what was written until then.
    """
    from sightline import _kernel  # noqa: PLC0415

    stdin_head = next((one.head for one in inputs if one.path is None), b"")
    places = [_place_of(one.path) for one in inputs]
    for place in places:
        if place is not None and not isinstance(place, Path):
            place.prefetch()
    with map_kernel_errors({"hits": hits[1], "rejects": rejects}), _failures_of(*places):
        running = _kernel.Scan(
            [(place, _compiled(one.program)) for place, one in zip(places, inputs, strict=True)],
            stdin_head,
            _options(options),
            _limits(limits),
            [(one.matchable, _issuer(one), one.signature.category if one.signature else None) for one in lists],
            all_hits_of,
            digest_key,
            hits,
            rejects,
            threads,
            row_keys,
            (segment_limits.rows, segment_limits.text_bytes, segment_limits.group_rows),
            [one.first_day for one in inputs],
            [(one.members.uses, one.members.first_days) if one.members else None for one in inputs],
        )
        _wait(running, watch)
        accounts, memory = running.result()
    return [_scanned(account) for account in json.loads(accounts)], memory


def segment_root(path: Path, row_key: bytes) -> tuple[str, int]:
    """Return the root, in hex, of the rows in a segment's file, and their number. Raises DamagedInput."""
    from sightline import _kernel  # noqa: PLC0415

    with map_kernel_errors(name=f"{path}: "):
        return _kernel.segment_root(path, row_key)


def segment_rows(path: Path, row_key: bytes, indices: Sequence[int] | None) -> list[Proof]:
    """Return rows of a segment's file with their proofs, in the order of indices. None returns all, without paths.

    Raises DamagedInput, and UsageError for an index that no row has.
    """
    from sightline import _kernel  # noqa: PLC0415

    with map_kernel_errors(name=f"{path}: "):
        rows = [
            Proof(index, salt, row, tuple(nodes))
            for index, salt, row, nodes in _kernel.segment_rows(path, row_key, indices)
        ]
    return rows if indices is None else in_order(rows, indices, path)


def file_sha256(paths: Sequence[Path], threads: int) -> list[str]:
    """Return the SHA-256 of each file, in hex, computed by that many threads. Raises DamagedInput for an unreadable
    one.
    """
    from sightline import _kernel  # noqa: PLC0415

    with map_kernel_errors():
        return _kernel.file_sha256(paths, threads)


def _place_of(path: Path | None) -> Path | RemoteReader | None:
    """Return what the kernel reads an exhibit from. Raises UsageError if it is too old for remote ones."""
    if not isinstance(path, RemotePath):
        return path
    from sightline import _kernel  # noqa: PLC0415

    if not hasattr(_kernel, "READS_REMOTE"):
        raise UsageError(f"{path}: this kernel is too old to read it", hint="build it again: make build")
    return path.reader()


@contextmanager
def _failures_of(*places: Path | RemoteReader | None) -> Iterator[None]:
    """Raise what ended a remote reading. The kernel itself only knows that it ended."""

    def check() -> None:
        for place in places:
            failure = getattr(place, "failure", None)
            if failure is not None:
                raise failure from None

    try:
        yield
    except Exception:
        check()
        raise
    check()


def _wait(running: _kernel.Scan, watch: ScanCounts) -> None:
    try:
        while not running.wait(POLL_S):
            watch(*running.progress())
    except KeyboardInterrupt:
        running.stop()
        while not running.wait(POLL_S):
            pass
        raise Interrupted("interrupted; no output was left") from None


def _scanned(account: dict[str, object]) -> Scanned:
    rejects = {RejectCode(code): count for code, count in account.pop("rejects")}  # type: ignore[attr-defined]
    examples = {RejectCode(code): tuple(frames) for code, frames in account.pop("examples")}  # type: ignore[attr-defined]
    segments = tuple(Segment(**one) for one in account.pop("segments"))  # type: ignore[attr-defined]
    return Scanned(rejects=rejects, examples=examples, segments=segments, **account)  # type: ignore[arg-type]


def _issuer(one: OpenList[_kernel.List]) -> str | None:
    return one.signature.issuer if one.signature else None


def _compiled(program: Program | StoredProgram) -> _kernel.Program:
    """A program as the kernel runs it, compiled once: thousands of logs are tried with the same few.

    Raises UsageError where the kernel was built of other sources than these.
    """
    from sightline import _kernel  # noqa: PLC0415

    cached = _PROGRAMS.get(id(program))
    if cached is not None and cached[0] is program:
        return cached[1]
    if len(_PROGRAMS) >= KEPT_PROGRAMS:
        _PROGRAMS.clear()
    try:
        compiled = _kernel.Program(program.to_json())
    except ValueError as why:
        raise UsageError(
            f"the kernel cannot take the format {program.name}: {why}",
            hint="it is of another version than the rest; build it again: make build",
        ) from None
    _PROGRAMS[id(program)] = program, compiled
    return compiled


_MAY_BE_LEFT_OUT = ("clock_drift", "before_us", "after_us", "trusted_proxies")


@lru_cache(maxsize=16)
def _options(options: ReadOptions) -> str:
    from sightline import _kernel  # noqa: PLC0415

    if not hasattr(_kernel, "READS_INTERVALS"):
        # An older kernel: `make build` rebuilds it.
        options = replace(options, before_us=0, after_us=0)
    values = asdict(options)
    del values["first_day"], values["year_at_end"]  # of one exhibit
    for name in _MAY_BE_LEFT_OUT:
        if not values[name]:
            del values[name]
    return json.dumps(values)


def _limits(limits: Limits) -> tuple[int, int]:
    return limits.ratio, limits.decoded_bytes


@contextmanager
def map_kernel_errors(outputs: Mapping[str, Path | None] = NO_OUTPUTS, *, name: str = "") -> Iterator[None]:
    """Convert the kernel's errors to Sightline's. `outputs` are the files that it writes, `name` the current list."""
    from sightline import _kernel  # noqa: PLC0415

    try:
        yield
    except _kernel.KernelError as error:
        kind, what, *output = error.args
        if kind == "output":
            raise _unwritable(what, outputs, *output) from None
        raise _error(kind, name + what) from None
    except BaseException as panic:
        # PanicException is no Exception, and its text may contain bytes of a record: only the place is reported.
        if type(panic).__name__ != "PanicException":
            raise
        raise ProgramFault(_kernel.last_fault()) from None


def _unwritable(what: str, outputs: Mapping[str, Path | None], output: str, number: int | None) -> OutputUnwritable:
    why = OSError(what) if number is None else OSError(number, os.strerror(number))
    return OutputUnwritable(outputs.get(output), why)


def _error(kind: str, what: str) -> SightlineError:
    if kind == "interrupted":
        return Interrupted("interrupted; no output was left")
    if kind == "list":
        return DamagedInput(f"a compiled list cannot be used: {what}", hint="compile it again: sightline lists compile")
    if kind == "segment":
        return DamagedInput(what, hint="it is not as it was sealed: restore it from a backup")
    if kind == "stdin":
        hint = "save the log to a file first: its SHA-256 stands in every hit and is known only at its end"
        return UsageError("standard input holds more hits than can wait in memory", hint=hint)
    if kind == "fault":
        return ProgramFault(what)
    return DamagedInput(what, hint="nothing was written")
