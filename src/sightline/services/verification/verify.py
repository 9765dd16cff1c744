"""The spine of `verify`: ledger, things, files; and checkpoints that were kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.access import Action
from sightline.casework.officer_session import Desk
from sightline.services.verification import files
from sightline.services.verification.finding import Part, Report
from sightline.services.verification.ledger import Reader, verify_ledger
from sightline.services.verification.log_key import verify_log_key
from sightline.services.verification.rows import verify_things
from sightline.errors import UsageError
from sightline.ledger import note
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.tree import Frontier
from sightline.ledger.verbs import Seen
from sightline.storage.rows import LedgerRow
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Shelves
from sightline.workspace.workspace import Workspace

Watch = Callable[[int, int | None, int], None]


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """What is to be verified; `checkpoints` are notes that were exported and kept elsewhere.

    `met_keys`: ids of officers' keys that somebody outside compared face to face.
    """

    parts: frozenset[Part] = frozenset(Part)
    checkpoints: tuple[Path, ...] = ()
    rows: bool = False
    met_keys: frozenset[str] = frozenset()


def verify(desk: Desk, request: VerifyRequest, watch: Watch) -> Report:
    """Verify a workspace as an officer who may; the journal keeps that it was done, and with what result."""
    desk.require(Action.VERIFY, "workspace:all")
    return _noted(desk, "workspace:all", verify_workspace(desk.workspace, request, watch))


def verify_exhibit(desk: Desk, exhibit_id: str, watch: Watch) -> Report:
    """Hash one exhibit, if it is at hand, and recompute its segments from their rows; the journal keeps the result."""
    thing, report = f"exhibit:{exhibit_id}", Report()
    desk.require(Action.VERIFY, thing)
    with desk.workspace.reading() as shelves:
        wanted = list(files.exhibit_files(shelves, report, exhibit_id))
        wanted += files.segment_files(desk.workspace, shelves, exhibit_id)
    _verify_files(wanted, report, watch, rows=True)
    return _noted(desk, thing, report)


def _noted(desk: Desk, thing: str, report: Report) -> Report:
    result = "all as it was" if report.holds else f"{len(report.findings)} findings"
    desk.workspace.see(desk.officer.officer_id, Seen.VERIFY_RUN, thing, result, desk.clock())
    return report


def verify_workspace(workspace: Workspace, request: VerifyRequest, watch: Watch) -> Report:
    """Recompute what the request names, as the record is in one transaction."""
    report = Report()
    with workspace.reading() as shelves:
        going_on = lambda: watch(0, None, len(report.findings))  # noqa: E731
        if Part.LEDGER in request.parts:
            reader = verify_ledger(shelves, workspace.origin, report, going_on, request.met_keys)
            verify_things(shelves, reader, going_on)
            verify_log_key(workspace, shelves, report)
            kept = sorted((workspace.folder / "checkpoints").glob("*.note"))
            _exported(workspace, shelves, reader, (*kept, *request.checkpoints))
        wanted = list(_files(workspace, shelves, request, report))
    _verify_files(wanted, report, watch, rows=request.rows)
    return report


def _verify_files(wanted: Sequence[files.Wanted], report: Report, watch: Watch, *, rows: bool) -> None:
    all_bytes, done = sum(one.size_bytes or 0 for one in wanted), 0

    def hashed(size: int) -> None:
        nonlocal done
        done += size
        watch(done, all_bytes, len(report.findings))

    files.verify_files(wanted, report, hashed, rows=rows)


def _files(workspace: Workspace, shelves: Shelves, request: VerifyRequest, report: Report) -> Sequence[files.Wanted]:
    wanted: list[files.Wanted] = []
    if Part.SEGMENT in request.parts:
        wanted += files.segment_files(workspace, shelves)
    if Part.LIST in request.parts:
        wanted += files.list_files(workspace, shelves)
    if Part.DATASET in request.parts:
        wanted += files.dataset_files(workspace, shelves)
    if Part.LEADS in request.parts:
        wanted += files.leads_files(workspace, shelves)
    if Part.REPLIES in request.parts:
        wanted += files.answered_files(workspace, shelves)
    if Part.EXHIBIT in request.parts:
        wanted += files.exhibit_files(shelves, report)
    return wanted


def _exported(workspace: Workspace, shelves: Shelves, reader: Reader, paths: Sequence[Path]) -> None:
    """Hold the ledger against checkpoints that left the machine: one that was rolled back is shorter, or another."""
    said: dict[Path, note.Checkpoint] = {}
    rows = shelves[WorkspaceRow].where()
    for path in paths:
        try:
            read = note.Note.read(path.read_bytes())
            checkpoint = note.Checkpoint.read(read.text)
            if rows:
                note.verify(read, [note.NoteKey(workspace.origin, rows[0].log_key)])
        except OSError as why:
            raise UsageError(f"{path}: {why.strerror}", hint="give a checkpoint that was exported") from None
        except WrongEncoding as why:
            reader.report.wrong(Part.CHECKPOINT, str(path), str(why))
            continue
        said[path] = checkpoint
    roots = _roots(shelves, {one.size for one in said.values()})
    for path, one in said.items():
        if one.origin != workspace.origin:
            reader.report.wrong(Part.CHECKPOINT, str(path), f"is of another workspace: {one.origin}")
        elif one.size > reader.size:
            what = f"the ledger was rolled back: it has {reader.size} entries, the checkpoint covers {one.size}"
            reader.report.wrong(Part.CHECKPOINT, str(path), what)
        elif roots.get(one.size) != one.root:
            reader.report.wrong(Part.CHECKPOINT, str(path), "the ledger was rewritten since: it has another root there")
        reader.report.counts[Part.CHECKPOINT] += 1


def _roots(shelves: Shelves, sizes: set[int]) -> dict[int, bytes]:
    roots: dict[int, bytes] = {}
    frontier = Frontier()
    if not sizes:
        return roots
    for row in shelves[LedgerRow].each():
        frontier.append(row.leaf_hash)
        if frontier.size in sizes:
            roots[frontier.size] = frontier.root()
    return roots
