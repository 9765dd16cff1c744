"""A workspace: one folder, its database, its segments, and the key that signs its checkpoints."""

from __future__ import annotations

import base64
import logging
import os
import threading
import tomllib
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sightline.errors import DamagedInput, OutputExists, UsageError, name_output_on_error
from sightline.ledger import journal_seals
from sightline.ledger.append import Ledger, Signer, name_row_thing
from sightline.ledger.entry import WORKSPACE
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import Stamp
from sightline.storage import rows
from sightline.storage.database import build_sqlite_url, open_engine, run_transaction
from sightline.storage.migrate import HEAD, read_revision, require_head, require_older, upgrade, upgrade_within
from sightline.storage.scratch import Scratch
from sightline.storage.segment_stores import build_segment_store
from sightline.storage.segments import SegmentStore
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace import identity_keys, keys
from sightline.workspace.anonymous_counts import AnonymousCounts, EventCount
from sightline.workspace.cache import NOTES, VersionedCache
from sightline.workspace.journal_writer import Journal
from sightline.workspace.list_signatures import keep_signatures

if TYPE_CHECKING:
    from sqlalchemy import Engine

T = TypeVar("T")
LOG = logging.getLogger(__name__)
CONFIG = "workspace.toml"
DATABASE = "record.sqlite"
SEGMENTS = "segments"
SCRATCH = "scratch"
LOG_KEY = "log.key"
FIRST_WITH_KEYS = "0011"
"""The first schema whose ledger commits to the keys of identities."""
FOLDERS = ("segments", "checkpoints")
HEADER = "# A Sightline workspace. Without database and segments all is in this folder.\n"


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction that changes the workspace: rows to read and write, and ledger entries for them."""

    tables: Tables
    ledger: Ledger
    signer: Signer
    now: datetime

    @property
    def now_us(self) -> int:
        """Return the time of the change in its rows and entries. It is never before the previous entry."""
        return to_microseconds(self.ledger.at)

    def add(self, verb: Verb, row: object, **facts: str | int) -> None:
        """Insert a row and append its ledger entry."""
        self.tables[type(row)].add(row)
        self.ledger.append(verb, self.signer, name_row_thing(row), facts=facts, state=row)

    def put(self, verb: Verb, row: object, *, why: str | None = None, **facts: str | int) -> None:
        """Update a row and append its ledger entry."""
        self.tables[type(row)].put(row)
        tells = {"why": why} if why is not None else {}
        self.ledger.append(verb, self.signer, name_row_thing(row), facts=facts, tells=tells, state=row)


class Workspace:
    """An open workspace. It keeps nothing open between two transactions."""

    def __init__(self, folder: Path, workspace_id: str, engine: Engine, segments: SegmentStore) -> None:
        self.folder, self.workspace_id = folder, workspace_id
        self.engine, self.segments = engine, segments
        self.current = VersionedCache()
        self._journal, self._tally = Journal(engine), AnonymousCounts()
        self._mine = threading.local()

    @property
    def origin(self) -> str:
        """Return the origin of its checkpoints."""
        return f"sightline/{self.workspace_id}"

    def log_signer(self) -> Signer:
        """Return the workspace's own key."""
        path = self.folder / LOG_KEY
        if not path.is_file():
            raise DamagedInput(
                f"{path} is missing: nothing can be added to the ledger", hint="restore it from a backup"
            )
        return Signer(WORKSPACE, keys.read_private(path, None))

    @contextmanager
    def open_scratch(self) -> Iterator[Path]:
        """Yield an empty folder for content in the clear, readable by its owner only, and remove it afterwards.

        What killed processes left is removed first.
        """
        self.sweep_scratch()
        with Scratch(self.folder / SCRATCH).open_folder() as folder:
            yield folder

    def sweep_scratch(self) -> int:
        """Remove the temporary folders that killed processes left and return their number."""
        return Scratch(self.folder / SCRATCH).sweep()

    @contextmanager
    def read(self) -> Iterator[Tables]:
        """Yield the tables for reading, in one consistent snapshot.

        Inside `hold_moment`, it is the snapshot of that moment.
        """
        moment: Tables | None = getattr(self._mine, "moment", None)
        if moment is not None:
            yield moment
            return
        with run_transaction(self.engine, writes=False) as connection:
            yield Tables(connection)

    @contextmanager
    def hold_moment(self) -> Iterator[None]:
        """Let all reads of this thread share one snapshot and transaction, until it changes the workspace itself."""
        with run_transaction(self.engine, writes=False) as connection:
            self._mine.moment = Tables(connection, is_snapshot=True)
            try:
                yield
            finally:
                self._mine.moment = None

    @contextmanager
    def change(self, signer: Signer, now: datetime) -> Iterator[Change]:
        """Yield one change by an officer: all of it with its entries and their checkpoint, or nothing."""
        self._mine.moment = None
        with run_transaction(self.engine, writes=True) as connection:
            tables = Tables(connection)
            ledger = Ledger(tables, now, self.log_signer(), self.origin)
            yield Change(tables, ledger, signer, now)
            ledger.settle()

    def get_cached(
        self, key: Hashable, make: Callable[[], T], as_of: int | None = None, but: Collection[Verb] = NOTES
    ) -> T:
        """Return a cached result of the current workspace. It is made again only after a relevant ledger entry.

        `as_of`: a recently seen version of the workspace, if the caller has one; `but` as in
        `VersionedCache.get_cached`.
        """
        if as_of is None:
            with self.read() as tables:
                as_of = self.current.read_version(tables)
        return self.current.get_cached(key, as_of, make, but)

    def append_to_journal(self, actor: str, verb: JournalVerb, thing: str, text: str, now: datetime) -> int:
        """Write a view or refusal to the journal and return the number of its row."""
        return self._journal.append(now, actor, verb.value, thing, text)

    def count(self, verb: JournalVerb, now: datetime, **about: str) -> int | None:
        """Count an event without a session. Return the number of the row if one is written now, else None.

        A kind gets at most one row in fifteen minutes, with its whole count: see `tell_counts`.
        """
        due = self._tally.add(verb.value, now, about)
        return None if due is None else self._tell(verb.value, due, now)

    def tell_counts(self, now: datetime, *, at_end: bool = False) -> None:
        """Write the counts that have waited fifteen minutes to the journal; with `at_end` all that wait."""
        for kind, due in self._tally.take_due(now, at_end=at_end):
            self._tell(kind, due, now)

    def _tell(self, kind: str, count: EventCount, now: datetime) -> int:
        try:
            return self.append_to_journal("unknown", JournalVerb(kind), "room:all", str(count), now)
        except Exception:
            # Whatever kept the entry from the journal: its count waits for the next one.
            self._tally.put_back(kind, count)
            raise

    def append_all_to_journal_if(
        self, rows: Sequence[journal_seals.JournalEvent], require: Callable[[Tables], None]
    ) -> None:
        """Write all views to the journal, or none if `require` raises in the same transaction."""
        self._journal.append_all_if(rows, require)

    def seal(self, now: datetime) -> None:
        """Seal the journal if it has rows since the last seal."""
        with self.read() as tables:
            if journal_seals.find_unsealed(tables) is None:
                return
        with self.change(self.log_signer(), now):
            pass


def open_workspace(folder: Path) -> Workspace:
    """Open the workspace in a folder. Raises UsageError if there is none, Refused if it has another version."""
    workspace = _open_workspace_at(folder)
    with run_transaction(workspace.engine, writes=False) as connection:
        require_head(connection, str(folder))
    return workspace


def upgrade_workspace(folder: Path, now: datetime) -> tuple[str, str]:
    """Upgrade the workspace in a folder to this version, in one transaction with a ledger entry. Return (from, to).

    Raises Refused for one of this version, or of a newer one.
    """
    workspace = _open_workspace_at(folder)
    with run_transaction(workspace.engine, writes=True) as connection:
        was = require_older(connection, str(folder))
        upgrade_within(connection)
        log = workspace.log_signer()
        ledger = Ledger(Tables(connection), now, log, workspace.origin)
        record_upgrade(ledger, log, workspace.workspace_id, was, workspace.segments)
        ledger.settle()
    return was, HEAD


def record_upgrade(ledger: Ledger, log: Signer, workspace_id: str, was: str, segments: SegmentStore) -> None:
    """Append a ledger entry for an upgrade from another version. Does nothing if the version was the same."""
    if was == HEAD:
        return
    thing = f"workspace:{workspace_id}"
    keep_signatures(ledger.tables, ledger, log, segments)
    ledger.append(Verb.WORKSPACE_UPGRADED, log, thing, facts={"from": was, "to": HEAD})
    if was < FIRST_WITH_KEYS:
        # A version without key commitments made it: the present keys are recorded.
        identity_keys.record_keys(ledger, log, thing, ledger.tables[rows.IdentityKey].select())


def _open_workspace_at(folder: Path) -> Workspace:
    """The workspace in a folder, of whatever version."""
    config = folder / CONFIG
    try:
        settings = tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{folder} is not a workspace", hint="make one: sightline init DIR") from None
    except OSError as why:
        raise UsageError(f"{config}: {why.strerror}", hint="ask its owner") from None
    except ValueError as why:
        raise DamagedInput(f"{config}: {why}", hint="restore it from the last backup") from None
    url = settings.get("database") or build_sqlite_url(folder / DATABASE)
    if "database" not in settings and not (folder / DATABASE).is_file():
        raise DamagedInput(f"{folder / DATABASE} is missing", hint="restore the last backup: sightline restore")
    kinds = url.partition(":")[0], "bucket" if settings.get("segments") else "folder"
    LOG.info("workspace opened: database=%s segments=%s", *kinds)
    return Workspace(folder, settings["id"], open_engine(url), _open_segments(folder, settings.get("segments")))


def make_workspace(
    folder: Path,
    name: str,
    now: datetime,
    first: Callable[[Change], object],
    *,
    database: str | None = None,
    segments: str | None = None,
    stamp: Stamp = Stamp.CASEWORK,
) -> Workspace:
    """Create a workspace: folder, database, log key, and what `first` adds to it: its first officer."""
    if (folder / CONFIG).exists() or (folder.is_dir() and any(folder.iterdir())):
        raise OutputExists(f"{folder} is not empty", hint="choose a new folder for the workspace")
    engine = open_engine(database) if database else None
    if engine is not None:
        require_empty(engine)
    workspace_id = make_id(now)
    with name_output_on_error(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for below in FOLDERS:
            (folder / below).mkdir(mode=0o700)
    keys.write_private(folder / LOG_KEY, keys.make_signing_key(), None)
    engine = engine or open_engine(build_sqlite_url(folder / DATABASE))
    upgrade(engine)
    workspace = Workspace(folder, workspace_id, engine, _open_segments(folder, segments))
    log = workspace.log_signer()
    row = rows.Workspace(workspace_id, name, to_microseconds(now), log.public, stamp)
    with workspace.change(log, now) as change:
        change.add(Verb.WORKSPACE_MADE, row, log_key=base64.b64encode(log.public).decode(), schema=HEAD)
        first(change)
    write_config(folder, workspace_id, database, segments)
    return workspace


def _open_segments(folder: Path, url: str | None) -> SegmentStore:
    """Return where the segments are: what of them is on this machine meanwhile is in the workspace too."""
    return build_segment_store(url or folder / SEGMENTS, scratch=folder / SCRATCH)


def write_config(folder: Path, workspace_id: str, database: str | None, segments: str | None) -> None:
    """Write the configuration of a workspace folder: its id, and where database and segments are if elsewhere."""
    lines = [("id", workspace_id), ("database", database), ("segments", segments)]
    text = HEADER + "".join(f'{key} = "{value}"\n' for key, value in lines if value)
    with name_output_on_error(folder / CONFIG):
        number = os.open(folder / CONFIG, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as stream:
            stream.write(text)


def require_empty(engine: Engine) -> None:
    """Raise OutputExists for a database that holds a workspace."""
    with run_transaction(engine, writes=False) as connection:
        if read_revision(connection) is not None:
            name = engine.url.render_as_string(hide_password=True)
            raise OutputExists(f"{name} holds a workspace already", hint="make a new, empty database: createdb NAME")


def find_workspace(start: Path) -> Path:
    """Return the folder of the workspace that contains a folder. Raises UsageError if there is none."""
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise UsageError(
        f"no workspace at {start} or above it",
        hint="say which: --workspace DIR or SIGHTLINE_WORKSPACE; make one: sightline init",
    )
