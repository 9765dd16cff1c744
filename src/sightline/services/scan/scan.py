"""Run a scan: context, exhibits and plan; then read, seal and register group by group."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Refused, StoreUnreachable, UntrustedList, UsageError
from sightline.file_digests import compute_sha256
from sightline.ledger.canonical import format_time
from sightline.ledger.instants import to_instant, to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import ListUse
from sightline.model.progress import Progress
from sightline.services.match import pipeline
from sightline.services.match.pipeline import CheckedInputs
from sightline.services.scan import scan_context as contexts
from sightline.services.scan.group_reader import GroupReader, GroupResult, read_for_counts, read_group
from sightline.services.scan.list_replacements import Agree, Replacement, find_replacements
from sightline.services.scan.manifest import ExhibitReading, RunOrigin, build_manifest, build_options, run_id
from sightline.services.scan.plan import ScanJob, group_jobs, plan_jobs, plan_readings, require_alike
from sightline.services.scan.progress import ProgressRow
from sightline.services.scan.register import (
    ExtraRows,
    FinishedExhibit,
    Lists,
    RegisteredRun,
    add_holding,
    register_lists_if_new,
    register_runs,
    use_whole_log_approval,
)
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan_context import ScanContext
from sightline.services.scan.whole_log import require_approval, require_as_approved
from sightline.services.sessions.current_runs import is_rerun
from sightline.stages.lists.trust import derive_signature_path
from sightline.stages.scan.engine_output import ExhibitScan, ScanCounts
from sightline.stages.scan.opened_list import OpenList
from sightline.storage.rows import FlagListRow, Intent, ListSignature, Run, RunList, ScanProgress
from sightline.storage.table import Tables
from sightline.waits import report_wait
from sightline.workspace import leases
from sightline.workspace.staged_write import StagedWrite, open_staged_write

PATIENCE_S = 60.0
"""Seconds that a registration waits for a database that restarts."""


@dataclass(slots=True)
class WorkspaceScan:
    """The result of a scan, in the order of the plan."""

    ready: CheckedInputs
    context: ScanContext
    work: list[ScanJob]
    swept: int = 0
    replacements: Sequence[Replacement] = ()
    done: list[tuple[ScanJob, RegisteredRun, ExhibitScan | None]] = field(default_factory=list)
    trial: list[tuple[ScanJob, ExhibitScan]] = field(default_factory=list)
    """Exhibits that a trial read, with their counts. A trial registers none of them."""


def scan_logs(
    officer_session: OfficerSession, request: ScanRequest, progress: Progress, agree: Agree = lambda _replacements: True
) -> WorkspaceScan:
    """Read logs into the workspace. Each exhibit is registered once read, so an interrupted scan can resume.

    `agree` is asked before newer lists replace others. Raises NotAllowed, UntrustedList and the errors of `match`
    before anything is read, and Refused if `agree` declines.
    """
    _refuse_standard_input(request)
    workspace = officer_session.workspace
    context = contexts.load_context(officer_session, request)
    now = officer_session.clock()
    with contexts.choose_scan_lists(workspace, request, context, to_microseconds(now)) as lists:
        going_on = lambda: progress(0, None, 0)  # noqa: E731
        reading = request.to_match(context.source, lists, request.as_of or now, context.proxy_ranges, context.formats)
        with officer_session.record_refusals(JournalVerb.REFUSED_LIST, f"source:{context.source.source_id}"):
            ready = _prepare_inputs(
                officer_session, lambda: pipeline.check_inputs(reading, lambda: context.keys, going_on)
            )
        ready = _name_exhibits(ready, request)
        if request.all_hits_of and not request.lists:
            ready = replace(ready, lists=contexts.select_lists_for_server(context, ready, request.all_hits_of))
        signatures = contexts.require_lists(officer_session, context, ready.lists, request.as_of)
        swept = 0 if request.dry_run else len(leases.sweep_intents(workspace, now))
        declared = build_options(
            ready, request.with_declarations(context.source), request.all_hits_of, context.proxies, context.times
        )
        if request.as_of is not None:
            declared["as_of"] = format_time(request.as_of)
        ways = plan_readings(ready, context.source.use, declared)
        with workspace.read() as tables:
            work = plan_jobs(ready, ways, tables, going_on, context.clocks, context.times)
            require_one_clock(work, request)
            if request.as_of is not None:
                require_repeated(work, signatures, tables, to_microseconds(request.as_of))
            require_alike(work, tables, request.all_hits_of)
        outcome = WorkspaceScan(ready, context, _order_jobs(work, ways), swept)
        if request.as_of is None:
            outcome.replacements = find_replacements(workspace, ready.lists, signatures, context.known, now)
        if not request.dry_run:
            require_agreement(outcome.replacements, agree)
            if request.all_hits_of and not all(job.run for job in work):
                approval = require_approval(officer_session, request, context, ready, outcome.work, progress)
                outcome.context = replace(context, approval=approval)
            list_files = store_list_files(officer_session, ready.lists, signatures)
            RunningScan(officer_session, request, outcome, list_files, progress).run()
        elif request.counts:
            outcome.trial = read_for_counts(ready, request, outcome.work, progress)
    return outcome


def _refuse_standard_input(request: ScanRequest) -> None:
    if any(str(log) == "-" for log in request.logs):
        raise UsageError(
            "standard input cannot be an exhibit", hint="save the log to a file: it must be kept for verification"
        )


def require_agreement(new_replacements: Sequence[Replacement], agree: Agree) -> None:
    """Raise Refused if newer lists take away what others flag, and nobody agrees."""
    if any(replacement.takes_away for replacement in new_replacements) and not agree(new_replacements):
        raise Refused(
            "a newer list takes the place of another, and this was not agreed to: nothing was done",
            hint="--yes agrees; a list beside it is signed with a series of its own: lists sign --series NAME",
        )


def _name_exhibits(ready: CheckedInputs, request: ScanRequest) -> CheckedInputs:
    """Return the inputs with the names that the request gives to logs."""
    if not request.names:
        return ready
    exhibits = tuple(
        replace(exhibit, scan=replace(exhibit.scan, known_as=request.names.get(str(exhibit.scan.path))))
        for exhibit in ready.exhibits
    )
    return replace(ready, distinct=replace(ready.distinct, exhibits=exhibits))


def _order_jobs(work: Sequence[ScanJob], ways: Sequence[ExhibitReading]) -> list[ScanJob]:
    """Return the jobs in order of readings. An exhibit with its own clock comes with the reading of the same use."""
    uses = [reading.use for reading in ways]
    return sorted(work, key=lambda job: uses.index(job.reading.use))


def require_one_clock(work: Sequence[ScanJob], request: ScanRequest) -> None:
    """Raise UsageError if the request declares a clock other than the one declared for its exhibit."""
    for job in work:
        if job.reading.clock is not None and request.says_clock:
            raise UsageError(
                f"{job.chosen.scan.name} has a clock of its own, declared of this exhibit",
                hint="leave --clock-offset and --clock-uncertainty out; correct it with sightline exhibits set-clock",
            )


def _prepare_inputs(officer_session: OfficerSession, prepare: Callable[[], CheckedInputs]) -> CheckedInputs:
    try:
        return prepare()
    except UntrustedList as error:
        with officer_session.workspace.read() as tables:
            raise contexts.explain_untrusted_list(tables, error) from None


def store_list_files(
    officer_session: OfficerSession, lists: Sequence[OpenList[Any]], signatures: Sequence[ListSignature]
) -> Lists:
    """Return the rows of the lists and their signatures. New files are in the segment store by now."""
    ids = [open_list.list_id for open_list in lists]
    with officer_session.workspace.read() as tables:
        known = {
            flag_list_row.list_id: flag_list_row for flag_list_row in tables[FlagListRow].select_within("list_id", ids)
        }
    rows = []
    for list_ in lists:
        if list_.list_id in known:
            rows.append(known[list_.list_id])
            continue
        assert list_.signature is not None
        path, name = Path(list_.path), f"lists/{list_.list_id}"
        officer_session.workspace.segments.put(name, path)
        if derive_signature_path(path).exists():
            officer_session.workspace.segments.put(f"{name}.minisig", derive_signature_path(path))
        rows.append(contexts.build_list_row(list_, list_.signature, path.stat().st_size, name, compute_sha256(path), 0))
    return Lists(tuple(rows), tuple(signatures))


def require_repeated(
    work: Sequence[ScanJob], signatures: Sequence[ListSignature], tables: Tables, as_of_us: int
) -> None:
    """Raise UntrustedList unless these lists already made a run of each exhibit by then, to be repeated.

    What an older list flags, and the newest does not, is searched for in no other log.
    """
    by_list = {signature.list_id: signature.signature_id for signature in signatures}
    for job in work:
        wanted = {by_list[open_list.list_id] for open_list in job.reading.lists}
        runs = [
            run
            for run in (tables[Run].select(exhibit_id=job.exhibit_id) if job.exhibit_id else ())
            if run.registered_at_us <= as_of_us and not is_rerun(run)
        ]
        used = [{run_list.signature_id for run_list in tables[RunList].select(run_id=run.run_id)} for run in runs]
        if not any(wanted <= each for each in used):
            as_of = f"{to_instant(as_of_us):%Y-%m-%dT%H:%M:%SZ}"
            raise UntrustedList(
                f"{job.chosen.scan.name}: it was not scanned with this list by {as_of}",
                hint="--as-of only repeats an old run; scan a new log with the newest list",
            )


@dataclass(slots=True)
class RunningScan:
    """A running scan: what was read so far, and when its lease was renewed."""

    officer_session: OfficerSession
    request: ScanRequest
    outcome: WorkspaceScan
    lists: Lists
    progress: Progress
    begun_at_us: int = 0
    all_bytes: int = 0
    files: int = 0
    files_done: int = 0
    read_bytes: int = 0
    frames: int = 0
    hits: int = 0

    def run(self) -> None:
        """Work through the plan. Existing runs are skipped."""
        todo = [job for job in self.outcome.work if job.run is None]
        self.begun_at_us, self.files = to_microseconds(self.officer_session.clock()), len(todo)
        self.all_bytes = sum(job.chosen.size_bytes or 0 for job in todo)
        if self.request.cluster is None:
            for group in group_jobs(todo):
                self.scan_group(group)
        else:
            self._scan_on_cluster(todo)
        for job in self.outcome.work:
            if job.run is not None:
                add_holding(self.officer_session, self.outcome.context, job.run, job.chosen)
                self.outcome.done.append((job, RegisteredRun(job.run, was_there=True), None))
        if self.outcome.work:
            register_lists_if_new(
                self.officer_session, self.outcome.context, self.lists, is_repeated=self.request.as_of is not None
            )
        use_whole_log_approval(self.officer_session, self.outcome.context)

    def _scan_on_cluster(self, todo: Sequence[ScanJob]) -> None:
        from sightline.services.scan.cluster_reader import ClusterReader  # noqa: PLC0415  - few scans need a cluster

        reader = ClusterReader(self.officer_session, self.request, self.outcome.ready, self._tell_read)
        with reader.read_groups(todo) as read_groups:
            for group, read in read_groups:
                self.scan_group(group, read=read)
        order = {id(job): number for number, job in enumerate(self.outcome.work)}
        self.outcome.done.sort(key=lambda each: order[id(each[0])])

    def _tell_read(self, read_bytes: int, hits: int) -> None:
        self.progress(read_bytes, self.all_bytes, hits)

    def scan_group(
        self, group: Sequence[ScanJob], extra_rows: ExtraRows | None = None, read: GroupReader | None = None
    ) -> None:
        """Read and register exhibits of one reading.

        `extra_rows` writes rows that belong to them, in their transaction. `read` returns the result where
        others have read them already.
        """
        officer_session, reading = self.officer_session, group[0].reading
        begun = officer_session.clock()
        is_counted_only = reading.use is ListUse.STATISTICS
        row_keys = [os.urandom(32) for _ in group]

        with (
            open_staged_write(
                officer_session.workspace,
                officer_session.signer,
                officer_session.clock,
                has_files=not is_counted_only,
            ) as staged,
            self._report_progress(staged.intent) as telling,
        ):

            def going_on(read: int, frames: int, hits: int) -> None:
                self.progress(self.read_bytes + read, self.all_bytes, self.hits + hits)
                telling.write_progress(self.read_bytes + read, self.frames + frames, self.hits + hits)
                staged.renew(leases.RENEW_S)

            folder = None if is_counted_only else staged.folder
            group_result = (read or partial(self._read_here, group))(folder, row_keys, going_on)
            scanned = group_result.scanned
            pipeline.log_exhibits(scanned)
            if (approval := self.outcome.context.approval) is not None:
                require_as_approved(officer_session, approval, group, scanned)
            if any(scanned_part.segments for scanned_part in scanned):
                staged.publish()
            else:
                staged.discard()
            origin = self._make_origin(group_result.begun or begun, reading)
            finished = self._finish(group, group_result, row_keys, origin)
            registered = self._register(staged, finished, extra_rows)
            self._add(scanned)
            telling.end(files_done=self.files_done, bytes_done=self.read_bytes, frames=self.frames, hits=self.hits)
        if all(run.was_there for run in registered):
            leases.give_up(officer_session.workspace, staged.intent)
        else:
            self._drop(staged.intent, registered, scanned)
        # Of a million runs, the texts would fill the memory, and the outcome tells nothing of them.
        brief = [replace(run, run=replace(run.run, manifest_json="", account_json="")) for run in registered]
        self.outcome.done += zip(group, brief, scanned, strict=True)

    def _read_here(
        self, group: Sequence[ScanJob], folder: Path | None, row_keys: Sequence[bytes], going_on: ScanCounts
    ) -> GroupResult:
        return GroupResult(read_group(self.outcome.ready, self.request, group, going_on, folder, row_keys))

    def _finish(
        self, group: Sequence[ScanJob], group_result: GroupResult, row_keys: Sequence[bytes], origin: RunOrigin
    ) -> list[FinishedExhibit]:
        finished = [
            _make_finished(job, job.reading, each, key, origin, self.outcome.ready.engine_name)
            for job, each, key in zip(group, group_result.scanned, row_keys, strict=True)
        ]
        for exhibit, machine in zip(finished, group_result.machines, strict=False):
            exhibit.manifest["machine"] = machine
        return finished

    def _add(self, scanned: Sequence[ExhibitScan]) -> None:
        self.files_done += len(scanned)
        self.read_bytes += sum(scanned_part.size_bytes for scanned_part in scanned)
        self.frames += sum(scanned_part.frames for scanned_part in scanned)
        self.hits += sum(scanned_part.hits for scanned_part in scanned)

    @contextmanager
    def _report_progress(self, intent: Intent) -> Iterator[ProgressRow]:
        """Yield the progress row of the scan, from its start to its end, however it ends."""
        source = self.outcome.context.source
        row = ScanProgress(
            intent.intent_id,
            source.source_id,
            source.name,
            self.files,
            self.files_done,
            self.read_bytes,
            self.all_bytes,
            self.frames,
            self.hits,
            self.begun_at_us,
            intent.made_at_us,
        )
        telling = ProgressRow(self.officer_session.workspace, self.officer_session.clock, row)
        telling.begin()
        try:
            yield telling
        finally:
            telling.finish()

    def _drop(self, intent: Intent, registered: Sequence[RegisteredRun], scanned: Sequence[ExhibitScan]) -> None:
        """Delete the unused files of runs that another scan registered meanwhile."""
        for run, each in zip(registered, scanned, strict=True):
            for segment in each.segments if run.was_there else ():
                self.officer_session.workspace.segments.delete(f"{intent.intent_id}/{segment.file}")

    def _make_origin(self, begun: datetime, reading: ExhibitReading) -> RunOrigin:
        scan_context, officer_session = self.outcome.context, self.officer_session
        measured = self.request.with_declarations(scan_context.source).clock_measured
        if reading.clock is not None and reading.clock.compared:
            measured = reading.clock.measured
        ids = officer_session.officer.officer_id, scan_context.authority.authority_id, scan_context.source.source_id
        return RunOrigin(*ids, measured, begun, officer_session.clock())

    def _register(
        self, staged: StagedWrite, finished: list[FinishedExhibit], extra_rows: ExtraRows | None
    ) -> list[RegisteredRun]:
        """Register, and wait for a database that restarts. The next attempt sees whether it had committed."""
        until, is_told = time.monotonic() + PATIENCE_S, False
        while True:
            try:
                return register_runs(
                    self.officer_session, self.outcome.context, self.lists, staged, finished, extra_rows
                )
            except StoreUnreachable as error:
                if time.monotonic() > until:
                    raise
                if not is_told:
                    report_wait(f"waiting for the database to register what was read: {error}", PATIENCE_S)
                    is_told = True
                time.sleep(1.0)


def _make_finished(
    job: ScanJob, reading: ExhibitReading, scanned: ExhibitScan, key: bytes, run_origin: RunOrigin, engine: str
) -> FinishedExhibit:
    run = run_id(scanned.sha256, job.chosen, reading)
    manifest = build_manifest(run, job.chosen, reading, scanned, run_origin, engine)
    return FinishedExhibit(run, job.chosen, reading, scanned, manifest, key)
