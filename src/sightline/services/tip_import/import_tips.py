"""Import tips: context and files; then read, seal and register group by group."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import sightline
from sightline.casework.exhibits.tip_runs import TIP_FORMAT
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.file_digests import compute_sha256
from sightline.model import ListUse, Party
from sightline.model.progress import Progress
from sightline.services.tip_import.register import FinishedRun, record_known_holding, register_tips
from sightline.services.tip_import.report_versions import OlderVersions, ReplacedReport
from sightline.services.tip_import.request import ImportContext, TipImportRequest, load_context
from sightline.services.tip_import.same_import import SameImport
from sightline.services.tip_import.tip_files import TipFiles, find_files
from sightline.services.tip_import.tip_reader import FailedFile, ReadTip, read_tip
from sightline.services.tip_import.tip_run import (
    NewRun,
    build_manifest,
    build_run_account,
    find_list_use,
    run_id_of,
    run_options,
)
from sightline.services.tip_import.tip_segment import write_segments
from sightline.services.tips.summary import TipAccount
from sightline.stages.scan.segments import SealedSegment
from sightline.storage.rows import Exhibit, Run
from sightline.workspace import leases
from sightline.workspace.staged_write import StagedWrite, open_staged_write

GROUP_FILES = 64
GROUP_ROWS = 250_000
"""Size of tips that are registered together: dozens of reports, or one large sheet."""
PURGED = "this exhibit was purged; a purged exhibit is not imported again"


@dataclass(frozen=True, slots=True)
class ImportedTip:
    """A tip that was read: its account, its run, and what was left out of its rows (`VisitRows`)."""

    account: TipAccount
    run_id: str
    rows: int
    others: Mapping[Party, int]
    low_ports: int
    long_events: int
    zoneless: int
    flags: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class TipImport:
    """The result of an import, in the order of its files.

    `known`: files that change nothing. `copies`: files with the same bytes as another of this import.
    """

    context: ImportContext
    tip_files: TipFiles
    read: list[ImportedTip] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)
    failed: list[FailedFile] = field(default_factory=list)
    replaced: list[ReplacedReport] = field(default_factory=list)
    swept: int = 0

    def note_reduced(self, new_runs: Sequence[NewRun]) -> None:
        """Note the tips of a group, the last ones read, that lost reports to a newer file of this import."""
        last = self.read[-len(new_runs) :]
        self.read[-len(new_runs) :] = [
            replace(imported_tip, run_id=new.run_id, rows=len(new.rows))
            for imported_tip, new in zip(last, new_runs, strict=True)
        ]


def import_tips(officer_session: OfficerSession, request: TipImportRequest, progress: Progress) -> TipImport:
    """Import tips. Each group of them is registered once read, so an interrupted import can resume.

    Raises NotAllowed or UsageError before anything is read. A file that cannot be read stops no other.
    """
    context = load_context(officer_session, request)
    outcome = TipImport(context, find_files(request.paths))
    if not request.dry_run:
        outcome.swept = len(leases.sweep_intents(officer_session.workspace, officer_session.clock()))
    older = OlderVersions(officer_session.workspace, context.source.source_id)
    _RunningImport(officer_session, request, outcome, older, progress).run()
    if context.message is not None and request.original is not None and not (request.dry_run or outcome.failed):
        size = request.original.stat().st_size
        name = request.names.get(str(request.original), str(request.original))
        record_known_holding(officer_session, context, context.message.sha256, size, name)
    return outcome


def _get_change_time(path: Path) -> tuple[int, str]:
    """Return when a file was last changed, and its path: of two versions of a report, the later one is the newer."""
    try:
        return path.stat().st_mtime_ns, str(path)
    except OSError:
        return 0, str(path)


@dataclass(slots=True)
class _RunningImport:
    """An import under way: the tips that were read and wait to be registered."""

    officer_session: OfficerSession
    request: TipImportRequest
    outcome: TipImport
    older: OlderVersions
    progress: Progress
    same: SameImport = field(default_factory=SameImport)
    unregistered: list[NewRun] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    done_bytes: int = 0
    all_bytes: int = 0
    events: int = 0

    def run(self) -> None:
        """Read each file, the oldest first, and register the tips in groups."""
        files = sorted(self.outcome.tip_files.files, key=_get_change_time)
        self.all_bytes = sum(path.stat().st_size for path in files if path.is_file())
        for path in files:
            self._read_file(path)
            self.done_bytes += path.stat().st_size if path.is_file() else 0
            self.progress(self.done_bytes, self.all_bytes, self.events)
            if (
                len(self.unregistered) >= GROUP_FILES
                or sum(len(new_run.rows) for new_run in self.unregistered) >= GROUP_ROWS
            ):
                self._flush()
        self._flush()
        order = {str(path): at for at, path in enumerate(self.outcome.tip_files.files)}
        self.outcome.read.sort(key=lambda imported_tip: order[imported_tip.account.path])
        self.outcome.known.sort(key=order.__getitem__)
        self.outcome.failed.sort(key=lambda failed_file: order[failed_file.path])

    def _read_file(self, path: Path) -> None:
        """Read one file, unless its content is known."""
        try:
            exhibit_id = compute_sha256(path)
        except OSError as error:
            self.outcome.failed.append(FailedFile(str(path), error.strerror or str(error), 2))
            return
        if exhibit_id in self.names:
            self.outcome.copies.append((str(path), self.names[exhibit_id]))
            return
        without = self.older.without_of(exhibit_id)
        options = run_options(self.outcome.context, self.request, exhibit_id, without)
        run_id = run_id_of(exhibit_id, options)
        with self.officer_session.workspace.read() as tables:
            exhibit, is_known = tables[Exhibit].get(exhibit_id), tables[Run].get(run_id) is not None
        if exhibit is not None and exhibit.purged_at_us is not None:
            self.outcome.failed.append(FailedFile(str(path), PURGED, 3))
            return
        if is_known:
            self._note_known(path, exhibit_id)
            return
        tip = read_tip(path, exhibit_id, self.outcome.context, without, self._count)
        if isinstance(tip, FailedFile):
            self.outcome.failed.append(tip)
            return
        self.names[exhibit_id] = str(path)
        new = self._build_run(tip, run_id, options)
        self.unregistered.append(new)
        rows = tip.rows
        self.outcome.read.append(
            ImportedTip(
                tip.account,
                run_id,
                len(new.rows),
                rows.others,
                rows.low_ports,
                rows.long_events,
                rows.zoneless,
                dict(sorted(rows.flags.items())),
            )
        )

    def _note_known(self, path: Path, exhibit_id: str) -> None:
        self.names[exhibit_id] = str(path)
        self.outcome.known.append(str(path))
        if not self.request.dry_run:
            record_known_holding(
                self.officer_session, self.outcome.context, exhibit_id, path.stat().st_size, self.request.name_of(path)
            )

    def _count(self, events: int) -> None:
        self.events += events
        self.progress(self.done_bytes, self.all_bytes, self.events)

    def _build_run(self, tip: ReadTip, run_id: str, options: dict[str, object]) -> NewRun:
        counts = tip.account
        return NewRun(
            run_id,
            counts.sha256,
            counts.size_bytes,
            self.request.name_of(tip.path),
            f"{TIP_FORMAT}{tip.kinds}",
            "; ".join(dict.fromkeys(chosen_kind.reason for chosen_kind in counts.kinds)),
            options,
            sightline.__version__,
            build_run_account(tip),
            tip.rows.table,
            self.older.runs.get(counts.sha256),
        )

    def _flush(self) -> None:
        """Register the tips that wait, with the runs of older tips that lose reports to them."""
        new_runs, self.unregistered = self.unregistered, []
        if not new_runs:
            return
        is_counted = find_list_use(self.outcome.context) is ListUse.STATISTICS
        reduced: list[NewRun] = []
        if not (self.request.adds or is_counted):
            settled = self.same.settle(new_runs)
            new_runs, lost = settled.made, {} if self.request.dry_run else settled.lost
            reduced, replaced = self.older.build_replacements(new_runs, lost)
            self.outcome.replaced += [*replaced, *settled.replaced]
            self.outcome.note_reduced(new_runs)
        if self.request.dry_run:
            return
        every = [*new_runs, *reduced]
        officer_session, begun = self.officer_session, self.officer_session.clock()
        has_files = not is_counted and any(len(new_run.rows) for new_run in every)
        with open_staged_write(
            officer_session.workspace, officer_session.signer, officer_session.clock, has_files=has_files
        ) as staged:
            keys = [os.urandom(32) for _ in every]
            sealed = self._seal(staged, every, keys) if has_files else [() for _ in every]
            if has_files:
                staged.publish()
            ended, who = officer_session.clock(), officer_session.officer.officer_id
            finished = [
                FinishedRun(
                    new_run, segments, build_manifest(new_run, segments, self.outcome.context, who, begun, ended), key
                )
                for new_run, segments, key in zip(every, sealed, keys, strict=True)
            ]
            registered = register_tips(officer_session, self.outcome.context, staged, finished, self.older.runs)
        self.older.note_runs(registered, {new_run.exhibit_id: new_run.name is None for new_run in every})

    def _seal(
        self, staged: StagedWrite, runs: Sequence[NewRun], keys: Sequence[bytes]
    ) -> list[tuple[SealedSegment, ...]]:
        sealed: list[tuple[SealedSegment, ...]] = []
        for number, (new_run, key) in enumerate(zip(runs, keys, strict=True)):
            staged.renew(leases.RENEW_S)
            sealed.append(write_segments(new_run.rows, staged.folder, number, key))
        return sealed
