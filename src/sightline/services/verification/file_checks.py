"""Check files against their registration: segments, lists and available exhibits, hashed on all cores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from sightline.errors import DamagedInput, SightlineError, StoreUnreachable
from sightline.model import AuthorityKind
from sightline.model.remote_path import is_remote
from sightline.services.match import engine as engine_module
from sightline.services.verification.report import VerificationReport, VerifiedPart
from sightline.stages.lists.compiled import read_head
from sightline.stages.lists.signature import PublicKey, hash_stream
from sightline.stages.lists.trust import verify_genuine
from sightline.storage import generations, registered_files
from sightline.storage.exhibit_path import find_registered_path
from sightline.storage.rows import (
    Authority,
    Dataset,
    Exhibit,
    FeedPart,
    FlagListRow,
    Generation,
    Holding,
    IssuerKey,
    ListSignature,
    Run,
    Segment,
)
from sightline.storage.table import Tables
from sightline.workspace import superseded_leads
from sightline.workspace.workspace import Workspace

PIECE = 1 << 20
AddBytes = Callable[[int], None]
"""A callback for further bytes hashed, from several threads."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A registered file: what it is, how to open it, and its digest and size, if registered.

    `shared`: the path under which other machines may see it too, if it has one.
    """

    part: VerifiedPart
    where: str
    open: Callable[[], AbstractContextManager[Path]]
    sha256: str
    size_bytes: int | None
    row_key: bytes | None = None
    segment_id: str | None = None
    check: Callable[[Path], str | None] = lambda _path: None
    shared: Path | None = None


def list_segment_files(workspace: Workspace, tables: Tables, exhibit_id: str | None = None) -> Iterator[KnownFile]:
    """Yield the segments of runs that were not purged, of one exhibit or of all."""
    of_it = [] if exhibit_id is None else [tables[Run].get_column("exhibit_id") == exhibit_id]
    keys = {run.run_id: run.row_key for run in tables[Run].read_each(*of_it, damaged=_ignore_damaged_row)}
    segments = (
        tables[Segment].read_each() if exhibit_id is None else tables[Segment].select_within("run_id", sorted(keys))
    )
    for segment in segments:
        if (key := keys.get(segment.run_id)) is not None:
            opened = _open_from_store(workspace, segment.file)
            yield KnownFile(
                VerifiedPart.SEGMENT,
                f"segment {segment.segment_id} ({segment.file})",
                opened,
                segment.sha256,
                segment.size_bytes,
                key,
                segment.segment_id,
                shared=_find_shared_path(workspace, segment.file),
            )


def list_files(workspace: Workspace, tables: Tables) -> Iterator[KnownFile]:
    """Yield the flag lists, each with every signature under which it was used."""
    keys = {
        issuer_key.key_id: PublicKey(issuer_key.issuer, issuer_key.key_id, issuer_key.public_key)
        for issuer_key in tables[IssuerKey].read_each(damaged=_ignore_damaged_row)
    }
    signed: dict[str, list[ListSignature]] = {}
    for list_signature in tables[ListSignature].read_each(damaged=_ignore_damaged_row):
        signed.setdefault(list_signature.list_id, []).append(list_signature)
    for flag_list_row in tables[FlagListRow].read_each(damaged=_ignore_damaged_row):
        yield KnownFile(
            VerifiedPart.LIST,
            f"list {flag_list_row.list_id} of {flag_list_row.issuer}",
            _open_from_store(workspace, flag_list_row.file),
            flag_list_row.sha256,
            flag_list_row.size_bytes,
            check=partial(_check_signatures, workspace, flag_list_row, signed.get(flag_list_row.list_id, []), keys),
            shared=_find_shared_path(workspace, flag_list_row.file),
        )


def list_dataset_files(workspace: Workspace, tables: Tables) -> Iterator[KnownFile]:
    """Yield the data sets."""
    for dataset in tables[Dataset].read_each(damaged=_ignore_damaged_row):
        where = f"data set {dataset.dataset_id} ({dataset.name})"
        yield _build_known_file(workspace, VerifiedPart.DATASET, where, dataset)


def list_leads_files(workspace: Workspace, tables: Tables) -> Iterator[KnownFile]:
    """Yield the files of the generations of leads that rest on nothing purged.

    Those of generations that are not kept any more may be absent.
    """
    gone, kept_numbers = generations.list_purged_runs(tables), superseded_leads.list_kept_generations(tables)
    for generation in tables[Generation].read_each(damaged=_ignore_damaged_row):
        try:
            lead_files = (
                []
                if generations.list_generation_runs(generation) & gone
                else generations.list_generation_files(generation)
            )
        except (ValueError, KeyError, TypeError):
            # A damaged row is named with the things.
            continue
        for file in lead_files:
            if generation.number not in kept_numbers and not workspace.segments.exists(file.file):
                continue
            where = f"generation {generation.number} of leads ({file.file})"
            yield _build_known_file(workspace, VerifiedPart.LEADS, where, file)


def list_answered_files(workspace: Workspace, tables: Tables) -> Iterator[KnownFile]:
    """Yield the rows of notices, the stored parts of replies, and resolutions."""
    for file in registered_files.list_registered(tables, _ignore_damaged_row):
        where = f"{file.whose} ({file.file})"
        yield _build_known_file(workspace, VerifiedPart.REPLIES, where, file)


def _check_signatures(
    workspace: Workspace,
    flag_list_row: FlagListRow,
    signed: Sequence[ListSignature],
    keys: Mapping[str, PublicKey],
    path: Path,
) -> str | None:
    """Return what is wrong with a list's signatures: each is by the key that it names, over the list's bytes."""
    if not signed:
        return "no signature of it is kept"
    if flag_list_row.sha256 == flag_list_row.list_id:
        with workspace.segments.open_local(f"{flag_list_row.file}.minisig") as beside:
            try:
                text = beside.read_bytes().decode()
            except UnicodeDecodeError:
                return "its signature is no text"
        if text not in {each.minisig for each in signed}:
            return "its signature is not the one that it was scanned with"
        with path.open("rb") as stream:
            digest = hash_stream(stream)
    else:
        with path.open("rb") as stream:
            digest = read_head(stream, str(path)).prehash
    for each in signed:
        key = keys.get(each.key_id)
        verify_genuine(digest, each.minisig, [key] if key else [], str(path))
        if hashlib.sha256(each.minisig.encode()).hexdigest() != each.signature_id:
            return f"its signature {each.signature_id[:12]} is another"
    return None


def list_exhibit_files(
    tables: Tables, report: VerificationReport, exhibit_id: str | None = None
) -> Iterator[KnownFile]:
    """Yield the exhibits, or one, that are still where they were scanned. Others are noted as absent.

    The bytes of parts of live feeds were destroyed after their scan, unless the authority said that they are retained.
    """
    whole = {authority.authority_id for authority in tables[Authority].select(kind=AuthorityKind.LIVE_FEED_WHOLE.value)}
    parts = {feed_part.exhibit_id for feed_part in tables[FeedPart].read_each() if feed_part.authority_id not in whole}
    of_it = [] if exhibit_id is None else [tables[Exhibit].get_column("exhibit_id") == exhibit_id]
    for exhibit in tables[Exhibit].read_each(*of_it):
        if exhibit.purged_at_us is not None:
            continue
        paths = list(dict.fromkeys(holding.path for holding in tables[Holding].select(exhibit_id=exhibit.exhibit_id)))
        there = [result for path in paths if path and (result := find_registered_path(path)) is not None]
        where = f"exhibit {exhibit.exhibit_id} ({there[0] if there else paths[0] if paths else 'nowhere'})"
        if not there:
            if exhibit.exhibit_id not in parts:
                report.note_missing(VerifiedPart.EXHIBIT, where, "is not at hand")
            continue
        yield KnownFile(
            VerifiedPart.EXHIBIT, where, _open_path(there[0]), exhibit.exhibit_id, exhibit.size_bytes, shared=there[0]
        )


def verify_files(
    known_files: Sequence[KnownFile],
    report: VerificationReport,
    add_bytes: AddBytes,
    *,
    rows: bool,
    hashed: Container[int] = frozenset(),
) -> None:
    """Hash every file. `rows`: also recompute the roots of segments from their rows.

    `hashed`: places of files whose digest is known to be the registered one, so that only the rest is checked of them.
    Raises StoreUnreachable at the first file that a silent server keeps back.
    """
    engine = engine_module.choose_engine()[1]
    with ThreadPoolExecutor(engine_module.count_threads(None)) as pool:
        outcomes = pool.map(
            lambda each: _check_file(each[1], engine, add_bytes, rows=rows, is_hashed=each[0] in hashed),
            enumerate(known_files),
        )
        for known_file, outcome in zip(known_files, outcomes, strict=True):
            report.counts[known_file.part] += 1
            report.hashed_bytes += known_file.size_bytes or 0
            if outcome:
                report.add_finding(known_file.part, known_file.where, outcome)


def _ignore_damaged_row(_key: str, _what: str) -> None:
    """A damaged row is named with the things."""


def _check_file(
    known_file: KnownFile, engine: engine_module.Engine, add_bytes: AddBytes, *, rows: bool, is_hashed: bool
) -> str | None:
    """Return what is wrong with a file; None if nothing is."""
    try:
        with known_file.open() as path:
            if known_file.size_bytes is not None and path.stat().st_size != known_file.size_bytes:
                return f"has {path.stat().st_size:,} bytes, not {known_file.size_bytes:,}"
            is_same = is_hashed or hash_file(path, add_bytes) == known_file.sha256
            if is_same and not (rows and known_file.segment_id):
                return known_file.check(path)
            return _check_rows(known_file, path, engine, is_same=is_same)
    except StoreUnreachable:
        # That a server is silent says nothing about a file, and each file would wait for it again.
        raise
    except (SightlineError, OSError) as error:
        return str(error)


def _check_rows(known_file: KnownFile, path: Path, engine: engine_module.Engine, *, is_same: bool) -> str | None:
    """The verdict of the rows themselves, where there are any: they decide what the segment is."""
    if known_file.segment_id is None or known_file.row_key is None:
        return "its bytes are not those that were registered"
    try:
        root, _ = engine.compute_segment_root(path, known_file.row_key)
    except DamagedInput as error:
        return f"its bytes were altered: {error}"
    if root != known_file.segment_id:
        return "its rows are not those that were sealed"
    return None if is_same else "its bytes were altered, though its rows are still those that were sealed"


def hash_file(path: Path, add_bytes: AddBytes) -> str:
    """Return the SHA-256 of a file in hex, and report the bytes as they are read. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        piece = bytearray(PIECE)
        while size := stream.readinto(piece):
            digest.update(memoryview(piece)[:size])
            add_bytes(size)
    return digest.hexdigest()


class _StoredFileRow(Protocol):
    """A row of a file in the segment store."""

    @property
    def file(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size_bytes(self) -> int | None: ...


def _build_known_file(workspace: Workspace, part: VerifiedPart, where: str, stored: _StoredFileRow) -> KnownFile:
    opened = _open_from_store(workspace, stored.file)
    return KnownFile(
        part, where, opened, stored.sha256, stored.size_bytes, shared=_find_shared_path(workspace, stored.file)
    )


def _find_shared_path(workspace: Workspace, name: str) -> Path | None:
    """Return the path of a stored file, if the segment store is a folder."""
    where = workspace.segments.where
    return None if is_remote(where) else Path(where) / name


def _open_from_store(workspace: Workspace, name: str) -> Callable[[], AbstractContextManager[Path]]:
    return lambda: workspace.segments.open_local(name)


def _open_path(path: Path) -> Callable[[], AbstractContextManager[Path]]:
    return lambda: nullcontext(path)
