"""Back up a whole workspace while it is in use: one snapshot of every table, and the files that it registers.

Memory use is constant. The file holds the whole workspace, its log key and row keys too: it is encrypted to age
recipients unless the caller disables that.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

import sightline
from sightline.errors import DamagedInput, name_output_on_error
from sightline.ledger.verbs import Verb
from sightline.model.progress import Progress
from sightline.storage import dump, registered_files
from sightline.storage.folder import sync_folder
from sightline.storage.migrate import HEAD
from sightline.storage.rows import Checkpoint, Dataset, FlagListRow, LedgerRow, Run, Segment
from sightline.storage.schema import TABLES
from sightline.storage.segments import SegmentStore
from sightline.storage.table import Tables
from sightline.workspace import superseded_leads
from sightline.workspace.backup_manifest import NAME, SIGNATURE, Manifest
from sightline.workspace.backup_tar import PIECE, TarWriter
from sightline.workspace.encryption import encrypt_stream
from sightline.workspace.workspace import CONFIG, LOG_KEY, Workspace

CHECKPOINTS, STORED, ROWS = "checkpoints", "segments", "tables"
"""The folders of a backup: exported checkpoints, files of the segment store, parts of tables."""
LIMIT_BYTES = 1 << 20
"""The maximum size of an exported checkpoint."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A registered file of the segment store. A signature has no registered digest."""

    name: str
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is complete on disk beside its name. `publish` gives it the name."""

    beside: Path
    out: Path
    manifest: Manifest
    size_bytes: int

    def publish(self) -> None:
        """Give the file its name."""
        with name_output_on_error(self.out):
            self.beside.replace(self.out)
            sync_folder(self.out.parent)

    def withdraw(self) -> None:
        """Remove the file."""
        self.out.unlink(missing_ok=True)


@contextmanager
def create_backup(
    workspace: Workspace,
    out: Path,
    made_by: str,
    now: datetime,
    progress: Progress,
    *,
    recipients: Sequence[str],
    incomplete: bool = False,
) -> Iterator[Backup]:
    """Create a backup beside `out`.

    It is removed at the end unless it was published. `incomplete` allows missing files.

    It is encrypted to the recipients; without recipients it is not encrypted.

    Raises DamagedInput, which names the file, for a registered one that is missing or altered, and PurgedMeanwhile.
    """
    with name_output_on_error(out):
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".partial", dir=out.absolute().parent)
    beside = Path(name)
    try:
        with name_output_on_error(out), os.fdopen(handle, "wb") as stream:
            with encrypt_stream(stream, recipients) if recipients else nullcontext(stream) as inner:
                writing_ = _BackupWriter(workspace, TarWriter(inner), progress, incomplete=incomplete)
                manifest = writing_.run(made_by, now)
            stream.flush()
            os.fsync(stream.fileno())
        yield Backup(beside, out.absolute(), manifest, beside.stat().st_size)
    finally:
        beside.unlink(missing_ok=True)


class PurgedMeanwhile(Exception):
    """A purge ran during the backup, which must not contain the purged data: run the backup again."""


class _BackupWriter:
    """A backup in progress."""

    def __init__(self, workspace: Workspace, writer: TarWriter, progress: Progress, *, incomplete: bool) -> None:
        self._workspace, self._writer, self._progress = workspace, writer, progress
        self._may_be_incomplete = incomplete
        self._not_as_it_was: list[str] = []
        self._all_bytes: int | None = None

    def run(self, made_by: str, now: datetime) -> Manifest:
        """Write everything and return the manifest, the last member except for its signature."""
        log = self._workspace.log_signer()
        # Before the snapshot: a checkpoint that is exported later covers entries that the snapshot does not have.
        self._add_folder()
        with self._workspace.read() as tables:
            last = tables[Checkpoint].find_last("size")
            assert last is not None, "a workspace has a checkpoint from its first entry on"
            files = list_registered(tables, self._workspace.segments)
            self._all_bytes = sum(backup_file.size_bytes or 0 for backup_file in files)
            rows = self._add_tables(tables)
            for file in files:
                self._add_file(file, last.size)
        about = self._workspace.workspace_id, HEAD, sightline.__version__, now, made_by, last.note
        manifest = Manifest(*about, rows, tuple(self._writer.members), tuple(self._not_as_it_was))
        self._add(NAME, manifest.encode())
        self._add(SIGNATURE, manifest.sign(log))
        self._writer.end()
        return manifest

    def _add_folder(self) -> None:
        folder = self._workspace.folder
        self._add(f"workspace/{LOG_KEY}", (folder / LOG_KEY).read_bytes())
        self._add(f"workspace/{CONFIG}", _without_password((folder / CONFIG).read_text(encoding="utf-8")))
        for path in sorted((folder / CHECKPOINTS).glob("[!.]*")):
            if path.is_file() and len(path.name) < 80 and path.stat().st_size <= LIMIT_BYTES:
                self._add(f"{CHECKPOINTS}/{path.name}", path.read_bytes())

    def _add_tables(self, tables: Tables) -> dict[str, int]:
        rows = dict.fromkeys(TABLES, 0)
        for table in TABLES:
            for number, (piece, lines) in enumerate(dump.read_chunks(tables.connection, table)):
                self._add(f"{ROWS}/{table}.{number:06}.jsonl", piece)
                rows[table] += lines
        return rows

    def _add_file(self, backup_file: BackupFile, size: int) -> None:
        try:
            with self._workspace.segments.open_local(backup_file.name) as path:
                size = path.stat().st_size
                if backup_file.size_bytes not in {None, size}:
                    self._note_altered_file(backup_file.name)
                member = self._writer.add(f"{STORED}/{backup_file.name}", size, self._read_pieces(path))
                if backup_file.sha256 not in {None, member.sha256}:
                    self._note_altered_file(backup_file.name)
        except DamagedInput:
            with self._workspace.read() as now:
                if was_purged_since(now, size):
                    raise PurgedMeanwhile from None
            if not self._may_be_incomplete:
                raise
            self._not_as_it_was.append(backup_file.name)

    def _note_altered_file(self, name: str) -> None:
        if not self._may_be_incomplete:
            hint = "restore that file from an earlier backup; --incomplete backs up what there is"
            raise DamagedInput(f"{name} in {self._workspace.segments.where} was altered", hint=hint)
        if name not in self._not_as_it_was:
            self._not_as_it_was.append(name)

    def _read_pieces(self, path: Path) -> Iterator[bytes]:
        with path.open("rb", buffering=0) as stream:
            while piece := stream.read(PIECE):
                self._progress(self._writer.written_bytes, self._all_bytes, len(self._writer.members))
                yield piece

    def _add(self, name: str, data: bytes) -> None:
        self._progress(self._writer.written_bytes, self._all_bytes, len(self._writer.members))
        self._writer.add(name, len(data), [data])


def list_registered(tables: Tables, store: SegmentStore) -> list[BackupFile]:
    """Return the registered files by name, without purged segments and leads."""
    live = {run.run_id for run in tables[Run].read_each(tables[Run].get_column("row_key").is_not(None))}
    backup_files = [
        BackupFile(segment.file, segment.size_bytes, segment.sha256)
        for segment in tables[Segment].read_each()
        if segment.run_id in live
    ]
    backup_files += [
        BackupFile(dataset.file, dataset.size_bytes, dataset.sha256) for dataset in tables[Dataset].read_each()
    ]
    backup_files += [
        BackupFile(file.file, file.size_bytes, file.sha256) for file in superseded_leads.list_kept_files(tables)
    ]
    backup_files += [
        BackupFile(file.file, file.size_bytes, file.sha256) for file in registered_files.list_registered(tables)
    ]
    for flag_list_row in tables[FlagListRow].read_each():
        backup_files.append(BackupFile(flag_list_row.file, flag_list_row.size_bytes, flag_list_row.sha256))
        if store.exists(f"{flag_list_row.file}.minisig"):
            backup_files.append(BackupFile(f"{flag_list_row.file}.minisig", None, None))
    return sorted(backup_files, key=lambda each: each.name)


def was_purged_since(tables: Tables, size: int) -> bool:
    """Return whether a purge ran after the ledger had that many entries."""
    last = tables[LedgerRow].find_last("seq", verb=Verb.PURGE_DONE.value)
    return last is not None and last.seq >= size


def _without_password(config: str) -> bytes:
    """The workspace's configuration, for who restores it to read: passwords are not copied."""
    settings = tomllib.loads(config)
    if "database" in settings:
        settings["database"] = make_url(settings["database"]).render_as_string(hide_password=True)
    return "".join(f'{name} = "{value}"\n' for name, value in settings.items()).encode()
