"""Verify a workspace: ledger, rows, files; and checkpoints that were kept elsewhere."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import StoreUnreachable, UsageError
from sightline.ledger import note
from sightline.ledger.canonical import WrongEncoding
from sightline.ledger.tree import Frontier
from sightline.ledger.verbs import JournalVerb
from sightline.model.progress import Progress
from sightline.services.cluster.addresses import ClusterAccess
from sightline.services.verification import file_checks
from sightline.services.verification.ledger_checks import LedgerState, verify_ledger
from sightline.services.verification.log_key import verify_log_key
from sightline.services.verification.report import VerificationReport, VerifiedPart
from sightline.services.verification.row_checks import verify_things
from sightline.storage.rows import LedgerRow
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """The scope of a verification. `checkpoints`: exported notes that were kept elsewhere.

    `met_keys`: ids of officers' keys that somebody outside compared face to face. `cluster`: its workers hash the
    files that they can read.
    """

    parts: frozenset[VerifiedPart] = frozenset(VerifiedPart)
    checkpoints: tuple[Path, ...] = ()
    rows: bool = False
    met_keys: frozenset[str] = frozenset()
    cluster: ClusterAccess | None = None


def verify_as_officer(
    officer_session: OfficerSession, request: VerifyRequest, progress: Progress
) -> VerificationReport:
    """Verify a workspace as an officer with permission. The journal records it and its result."""
    officer_session.require(Action.VERIFY, "workspace:all")
    return _record_verification(
        officer_session, "workspace:all", verify_workspace(officer_session.workspace, request, progress)
    )


def verify_exhibit(officer_session: OfficerSession, exhibit_id: str, progress: Progress) -> VerificationReport:
    """Hash one exhibit, if available, and recompute its segments from rows. The journal records the result."""
    thing, report = f"exhibit:{exhibit_id}", VerificationReport()
    officer_session.require(Action.VERIFY, thing)
    with officer_session.workspace.read() as tables:
        known_files = list(file_checks.list_exhibit_files(tables, report, exhibit_id))
        known_files += file_checks.list_segment_files(officer_session.workspace, tables, exhibit_id)
    _verify_files(known_files, report, progress, rows=True)
    return _record_verification(officer_session, thing, report)


def _record_verification(officer_session: OfficerSession, thing: str, report: VerificationReport) -> VerificationReport:
    result = "all as it was" if report.is_intact else f"{len(report.findings)} findings"
    officer_session.workspace.append_to_journal(
        officer_session.officer.officer_id, JournalVerb.VERIFY_RUN, thing, result, officer_session.clock()
    )
    return report


def verify_workspace(workspace: Workspace, request: VerifyRequest, progress: Progress) -> VerificationReport:
    """Recompute what the request names, as of one transaction."""
    report = VerificationReport()
    with workspace.read() as tables:
        going_on = lambda: progress(0, None, len(report.findings))  # noqa: E731
        if VerifiedPart.LEDGER in request.parts:
            reader = verify_ledger(tables, workspace.origin, report, going_on, request.met_keys)
            verify_things(tables, reader, going_on)
            verify_log_key(workspace, tables, report)
            notes = sorted((workspace.folder / "checkpoints").glob("*.note"))
            _check_exported(workspace, tables, reader, (*notes, *request.checkpoints))
        known_files = list(_list_files(workspace, tables, request, report))
    _verify_files(known_files, report, progress, rows=request.rows, cluster=request.cluster)
    return report


def _verify_files(
    known_files: Sequence[file_checks.KnownFile],
    report: VerificationReport,
    progress: Progress,
    *,
    rows: bool,
    cluster: ClusterAccess | None = None,
) -> None:
    all_bytes, done = sum(known_file.size_bytes or 0 for known_file in known_files), 0

    def hashed(size: int) -> None:
        nonlocal done
        done += size
        progress(done, all_bytes, len(report.findings))

    try:
        known: Container[int] = frozenset()
        if cluster is not None:
            from sightline.services.verification.cluster_digests import confirm_digests  # noqa: PLC0415  - few need it

            known = confirm_digests(cluster, known_files, report, hashed, rows=rows)
        file_checks.verify_files(known_files, report, hashed, rows=rows, hashed=known)
    except StoreUnreachable as error:
        # What was found until then must not be lost with it.
        findings = [f"{finding.part}: {finding.where} {finding.what}" for finding in report.findings]
        raise StoreUnreachable(f"{error}: not everything was verified", hint=error.hint, details=findings) from None


def _list_files(
    workspace: Workspace, tables: Tables, request: VerifyRequest, report: VerificationReport
) -> Sequence[file_checks.KnownFile]:
    known_files: list[file_checks.KnownFile] = []
    if VerifiedPart.SEGMENT in request.parts:
        known_files += file_checks.list_segment_files(workspace, tables)
    if VerifiedPart.LIST in request.parts:
        known_files += file_checks.list_files(workspace, tables)
    if VerifiedPart.DATASET in request.parts:
        known_files += file_checks.list_dataset_files(workspace, tables)
    if VerifiedPart.LEADS in request.parts:
        known_files += file_checks.list_leads_files(workspace, tables)
    if VerifiedPart.REPLIES in request.parts:
        known_files += file_checks.list_answered_files(workspace, tables)
    if VerifiedPart.EXHIBIT in request.parts:
        known_files += file_checks.list_exhibit_files(tables, report)
    return known_files


def _check_exported(workspace: Workspace, tables: Tables, reader: LedgerState, paths: Sequence[Path]) -> None:
    """Hold the ledger against checkpoints that left the machine: one that was rolled back is shorter, or another."""
    checkpoints: dict[Path, note.TreeHead] = {}
    rows = tables[WorkspaceRow].select()
    for path in paths:
        try:
            read = note.SignedNote.read(path.read_bytes())
            checkpoint = note.TreeHead.read(read.text)
            if rows:
                note.verify_note(read, [note.NoteKey(workspace.origin, rows[0].log_key)])
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", hint="give a checkpoint that was exported") from None
        except WrongEncoding as error:
            reader.report.add_finding(VerifiedPart.CHECKPOINT, str(path), str(error))
            continue
        checkpoints[path] = checkpoint
    roots = _compute_roots(tables, {tree_head.size for tree_head in checkpoints.values()})
    for path, one in checkpoints.items():
        if one.origin != workspace.origin:
            reader.report.add_finding(VerifiedPart.CHECKPOINT, str(path), f"is of another workspace: {one.origin}")
        elif one.size > reader.size:
            what = f"the ledger was rolled back: it has {reader.size} entries, the checkpoint covers {one.size}"
            reader.report.add_finding(VerifiedPart.CHECKPOINT, str(path), what)
        elif roots.get(one.size) != one.root:
            reader.report.add_finding(
                VerifiedPart.CHECKPOINT, str(path), "the ledger was rewritten since: it has another root there"
            )
        reader.report.counts[VerifiedPart.CHECKPOINT] += 1


def _compute_roots(tables: Tables, sizes: set[int]) -> dict[int, bytes]:
    roots: dict[int, bytes] = {}
    frontier = Frontier()
    if not sizes:
        return roots
    for row in tables[LedgerRow].read_each():
        frontier.append(row.leaf_hash)
        if frontier.size in sizes:
            roots[frontier.size] = frontier.compute_root()
    return roots
