"""Restore a workspace from a backup, on either engine: every digest is checked first, and again on writing."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, StatementError

from sightline.errors import DamagedInput, OutputExists, Refused, name_output_on_error, undo_on_failure
from sightline.ledger import note
from sightline.ledger.append import Ledger, Signer
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.entry import WORKSPACE
from sightline.ledger.tree import Frontier, hash_leaf
from sightline.ledger.verbs import Verb
from sightline.model.progress import Progress
from sightline.private_files import write_private_file
from sightline.storage import dump, migrate, protection, rows
from sightline.storage.database import build_sqlite_url, open_engine, run_transaction
from sightline.storage.segment_stores import build_segment_store
from sightline.storage.segments import SegmentStore, check_name
from sightline.storage.table import Tables
from sightline.workspace import keys
from sightline.workspace.backup import CHECKPOINTS, ROWS, STORED
from sightline.workspace.backup_manifest import NAME, SIGNATURE, Manifest
from sightline.workspace.backup_tar import HINT, BackupPart, read_parts
from sightline.workspace.encryption import Identity, open_backup
from sightline.workspace.workspace import (
    DATABASE,
    FOLDERS,
    LOG_KEY,
    SEGMENTS,
    Workspace,
    open_workspace,
    record_upgrade,
    require_empty,
    write_config,
)

Admit = Callable[[Tables], Signer]
"""Returns the restoring officer, decided by the officers in the backup. Raises NotAllowed."""


@dataclass(frozen=True, slots=True)
class RestoreTarget:
    """The place to create the workspace: its folder, and the database and segments if they are elsewhere."""

    folder: Path
    database: str | None = None
    segments: str | None = None


def restore_backup(
    file: Path,
    manifest: Manifest,
    place: RestoreTarget,
    admit: Admit,
    now: datetime,
    progress: Progress,
    identities: Sequence[Identity] = (),
) -> Workspace:
    """Restore a verified backup to a new place and return the workspace. Any failure removes everything there.

    A backup of an older version is upgraded. Raises Refused for one of a newer version.
    """
    if manifest.schema > migrate.HEAD:
        what = f"{file} is of a newer version (schema {manifest.schema}, this one has {migrate.HEAD})"
        raise Refused(what, hint=f"restore it with Sightline {manifest.sightline}")
    with _make_folder(place.folder) as beside:
        engine = open_engine(place.database or build_sqlite_url(beside / DATABASE))
        store = build_segment_store(place.segments or beside / SEGMENTS)
        try:
            require_empty(engine)
            if next(iter(store.names()), None) is not None:
                raise OutputExists(f"{store.where} is not empty", hint="choose a new prefix for the segments")
            with _clear_on_failure(store) as published, run_transaction(engine, writes=True) as connection:
                migrate.upgrade_within(connection, manifest.schema)
                _RestoreRun(file, manifest, beside, connection, store, published, progress, identities).run(admit, now)
        finally:
            engine.dispose()
        write_config(beside, manifest.workspace_id, place.database, place.segments)
    return open_workspace(place.folder)


@contextmanager
def _make_folder(path: Path) -> Iterator[Path]:
    """A folder beside the wanted one, which takes its place at the end; gone on any failure."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise OutputExists(f"{path} is not empty", hint="choose a new folder for the workspace")
    with name_output_on_error(path):
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.absolute().parent))
        for below in FOLDERS:
            (beside / below).mkdir(mode=0o700)
    try:
        yield beside
        with name_output_on_error(path):
            beside.replace(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _clear_on_failure(store: SegmentStore) -> Iterator[list[str]]:
    """A list of prefixes that are cleared again on any failure."""
    published: list[str] = []

    def clear() -> None:
        for prefix in published:
            store.clear(prefix)

    with undo_on_failure(clear):
        yield published


class _RestoreRun:
    """A restore in progress, in one transaction of the new database."""

    def __init__(
        self,
        file: Path,
        manifest: Manifest,
        folder: Path,
        connection: Connection,
        store: SegmentStore,
        published: list[str],
        progress: Progress,
        identities: Sequence[Identity],
    ) -> None:
        self._identities = identities
        self._file, self._manifest, self._folder, self._connection = file, manifest, folder, connection
        self._store, self._published, self._progress = store, published, progress
        self._digests = {member.name: member.sha256 for member in manifest.members}
        self._rows = dict.fromkeys(manifest.rows, 0)
        self._tree = Frontier()
        self._done, self._all_bytes = 0, sum(member.size_bytes for member in manifest.members)

    def run(self, admit: Admit, now: datetime) -> None:
        """Write everything, compare it with the checkpoint, and record the restore in the ledger."""
        tables, signer = Tables(self._connection), None
        with open_backup(self._file, self._identities) as stream:
            for (area, prefix), group in groupby(read_parts(stream, self._file), _find_place):
                if area == STORED:
                    signer = signer or self._admit_signer(tables, admit)
                    self._store_prefix(prefix, group)
                    continue
                for part in group:
                    self._read_small(area, part)
        signer = signer or self._admit_signer(tables, admit)
        # Its newest checkpoint was verified before. The data of an older version is upgraded here.
        migrate.upgrade_within(self._connection)
        if changed := protection.compare_protection(self._connection):
            raise self._build_damaged_error(
                "the database", f"is not as it was made: {changed[0].name} {changed[0].what}"
            )
        log = Signer(WORKSPACE, keys.read_private(self._folder / LOG_KEY, None))
        ledger = Ledger(tables, now, log, f"sightline/{self._manifest.workspace_id}")
        facts = {"entries": self._manifest.size}
        ledger.append(Verb.BACKUP_RESTORED, signer, f"backup:{self._manifest.digest}", facts=facts)
        record_upgrade(ledger, log, self._manifest.workspace_id, self._manifest.schema, self._store)
        ledger.settle()

    def _read_small(self, area: str, part: BackupPart) -> None:
        """A piece of a table, the log key, or an exported checkpoint; all of it in memory."""
        if area in {NAME, SIGNATURE}:
            return
        data, name = b"".join(self._check_pieces(part)), Path(part.name).name
        if area == ROWS:
            self._load(part.name, name.partition(".")[0], data)
        elif area == CHECKPOINTS:
            (self._folder / CHECKPOINTS / name).write_bytes(data)
        elif name == LOG_KEY:
            write_private_file(self._folder / LOG_KEY, data)

    def _load(self, member: str, table: str, data: bytes) -> None:
        if table not in self._rows:
            raise self._build_damaged_error(member, "is of no table")
        try:
            lines = data.removesuffix(b"\n").split(b"\n")
            self._rows[table] += dump.load_rows(
                self._connection, table, lines, self._append_leaf if table == "ledger" else _ignore_row
            )
        except (ValueError, TypeError, IntegrityError, StatementError) as error:
            raise self._build_damaged_error(member, f"cannot be read: {type(error).__name__}") from None

    def _append_leaf(self, entry: dict[str, Any]) -> None:
        if hash_leaf(entry["entry_json"].encode()) != entry["leaf_hash"]:
            raise ValueError("a leaf hash is not that of its entry")
        self._tree.append(entry["leaf_hash"])

    def _store_prefix(self, prefix: str, group: Iterator[BackupPart]) -> None:
        """The files of one prefix, published together."""
        with self._store.open_staging(prefix) as staging:
            self._published.append(prefix)
            for part in group:
                path = staging.folder / Path(part.name).name
                with name_output_on_error(path), path.open("xb") as stream:
                    stream.writelines(self._check_pieces(part))
            staging.publish()

    def _check_pieces(self, part: BackupPart) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in part.pieces:
            digest.update(piece)
            self._done += len(piece)
            self._progress(self._done, self._all_bytes, 0)
            yield piece
        if digest.hexdigest() != self._digests[part.name]:
            raise self._build_damaged_error(part.name, "changed while it was restored")

    def _admit_signer(self, tables: Tables, admit: Admit) -> Signer:
        """Return who restores, once all tables are there and the ledger is that of the checkpoint."""
        if self._rows != dict(self._manifest.rows):
            raise self._build_damaged_error(NAME, "counts other rows than there are")
        workspace = tables[rows.Workspace].get(self._manifest.workspace_id)
        last = tables[rows.Checkpoint].find_last("size")
        if workspace is None or last is None or last.note != self._manifest.checkpoint:
            raise self._build_damaged_error(NAME, "is of another workspace or checkpoint")
        try:
            read = note.SignedNote.read(last.note.encode())
            note.verify_note(read, [note.NoteKey(f"sightline/{workspace.workspace_id}", workspace.log_key)])
            checkpoint = note.TreeHead.read(read.text)
        except WrongEncoding as error:
            raise self._build_damaged_error("the checkpoint", str(error)) from None
        if (checkpoint.size, checkpoint.root) != (self._tree.size, self._tree.compute_root()):
            raise self._build_damaged_error("the ledger", "is not the one of its checkpoint")
        return admit(tables)

    def _build_damaged_error(self, member: str, what: str) -> DamagedInput:
        return DamagedInput(f"{self._file}: {member} {what}", hint=HINT)


def _find_place(part: BackupPart) -> tuple[str, str]:
    """The folder of a member; of a stored file its prefix too. Raises DamagedInput for a name that is none of ours."""
    area, _, below = part.name.partition("/")
    prefix, slash, _ = below.rpartition("/")
    if area == STORED and check_name(below) and not (slash and "/" not in prefix):
        raise DamagedInput(f"{part.name} is no file of a segment store", hint=HINT)
    return area, prefix if area == STORED else ""


def _ignore_row(_row: dict[str, Any]) -> None:
    return
