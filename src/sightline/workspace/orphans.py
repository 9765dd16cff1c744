"""Find and remove files of the segment store that no reader may see: of purged runs, or unregistered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sightline.model import IntentState
from sightline.storage import generations, registered_files
from sightline.storage.rows import CaseFile, Dataset, FlagListRow, Incoming, Intent, Run, Segment
from sightline.storage.segments import StoredFile
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace


class OrphanReason(StrEnum):
    """Why no reader may see a file."""

    PURGED = "of what was purged"
    SWEPT = "of a scan that never ended"
    UNKNOWN = "of nothing that the record knows"


@dataclass(frozen=True, slots=True)
class Orphan:
    """A file of the segment store that no reader may see."""

    stored: StoredFile
    reason: OrphanReason


def find_orphans(tables: Tables, stored: Sequence[StoredFile]) -> list[Orphan]:
    """Return the files that no reader may see, from a list made before this transaction began.

    Files of running scans, and those registered since the listing, are not orphans.
    """
    return list(_find_orphans(tables, stored))


def _find_orphans(tables: Tables, stored: Sequence[StoredFile]) -> Iterator[Orphan]:
    purged = list_purged_files(tables)
    known = {segment.file for segment in tables[Segment].read_each()} | {
        flag_list_row.file for flag_list_row in tables[FlagListRow].read_each()
    }
    known |= {dataset.file for dataset in tables[Dataset].read_each()}
    known |= {file.file for file in generations.list_current_files(tables)}
    known |= {file.file for file in registered_files.list_registered(tables)}
    intents = {intent.intent_id: intent.state for intent in tables[Intent].read_each()}
    for stored_file in stored:
        prefix = stored_file.name.partition("/")[0]
        if stored_file.name in purged:
            yield Orphan(stored_file, OrphanReason.PURGED)
        elif stored_file.name in known or stored_file.name.removesuffix(".minisig") in known:
            continue
        elif prefix not in intents:
            yield Orphan(stored_file, OrphanReason.UNKNOWN)
        elif intents[prefix] is not IntentState.OPEN:
            yield Orphan(stored_file, OrphanReason.SWEPT)


def list_purged_files(tables: Tables) -> set[str]:
    """Return the file names of what was purged: runs, generations that need them, incoming referrals, attachments."""
    purged = [run.run_id for run in tables[Run].read_each(tables[Run].get_column("row_key").is_(None))]
    leads = {
        file.file
        for generation in generations.list_purged(tables)
        for file in generations.list_generation_files(generation)
    }
    incomings = tables[Incoming].read_each(tables[Incoming].get_column("purged_at_us").is_not(None))
    leads |= {incoming.file for incoming in incomings}
    leads |= {case_file.file for case_file in tables[CaseFile].read_each(tables[CaseFile].get_column("key").is_(None))}
    return leads | {segment.file for segment in tables[Segment].select_within("run_id", purged)}


def remove_purged(workspace: Workspace) -> int:
    """Remove the files that purges left behind and return their number."""
    with workspace.read() as tables:
        purged = list_purged_files(tables)
    there = [stored_file.name for stored_file in workspace.segments.names() if stored_file.name in purged]
    for name in there:
        workspace.segments.delete(name)
    return len(there)


def remove_orphans(workspace: Workspace) -> int:
    """Remove the files of purged runs and of ended scans and return their number. Unknown files stay."""
    stored = list(workspace.segments.names())
    with workspace.read() as tables:
        orphans = [orphan for orphan in find_orphans(tables, stored) if orphan.reason is not OrphanReason.UNKNOWN]
    for each_orphan in orphans:
        workspace.segments.delete(each_orphan.stored.name)
    return len(orphans)
