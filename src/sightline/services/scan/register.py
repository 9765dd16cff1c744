"""Register exhibit, lists, run, segments and their ledger entries in one transaction, or nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sightline.casework.cases import cases
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data.list_series import find_list_signatures, is_same_series
from sightline.errors import NotAllowed, Refused
from sightline.ledger.append import encode_canonical, name_row_thing
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.services.match.inputs import ChosenExhibit
from sightline.services.scan.manifest import ExhibitReading
from sightline.services.scan.scan_context import ScanContext, require_newest
from sightline.services.sessions.current_runs import is_rerun
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.storage.rows import Exhibit, FlagListRow, Holding, Intent, ListSignature, Run, RunList, Segment
from sightline.storage.table import read_committed_columns
from sightline.storage.ulid import make_id
from sightline.workspace.list_signatures import compute_signature_id
from sightline.workspace.run_members import do_overlap, read_members_of_run
from sightline.workspace.staged_write import StagedWrite
from sightline.workspace.workspace import Change


@dataclass(frozen=True, slots=True)
class FinishedExhibit:
    """One exhibit and reading that was read and is not registered yet."""

    run_id: str
    chosen: ChosenExhibit
    reading: ExhibitReading
    scanned: ExhibitScan
    manifest: dict[str, Any]
    row_key: bytes


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a scan, each with the signature under which it is used."""

    rows: tuple[FlagListRow, ...]
    signatures: tuple[ListSignature, ...]


@dataclass(frozen=True, slots=True)
class RegisteredRun:
    """A run as it is registered now.

    `superseded`: the runs that it replaces. `repeated`: those that it repeats as of an older date.
    """

    run: Run
    was_there: bool
    superseded: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


ExtraRows = Callable[[Change, Sequence[RegisteredRun]], None]
"""Writes rows that belong to registered runs, in their transaction. A registration that is tried again calls it again,
so it must write nothing twice.
"""


def register_runs(
    officer_session: OfficerSession,
    context: ScanContext,
    lists: Lists,
    staged: StagedWrite,
    finished: list[FinishedExhibit],
    extra_rows: ExtraRows | None = None,
) -> list[RegisteredRun]:
    """Register finished runs. A run that another scan registered meanwhile is not stored twice."""
    with officer_session.change(Action.SCAN, f"source:{context.source.source_id}") as change:
        runs = [change.tables[Run].get(exhibit.run_id) for exhibit in finished]
        if all(runs):
            registered = [RegisteredRun(run, was_there=True) for run in runs if run is not None]
            if extra_rows is not None:
                extra_rows(change, registered)
            return registered
        staged.settle(change.tables, "the scan paused for so long that its files were swept; run it again")
        # Use the clock itself: ledger entries never go back in time, once a clock was ahead.
        cases.require_in_force(context.authority, context.source, to_microseconds(change.now))
        if context.approval is not None and not approvals.is_still_given(change.tables, context.approval):
            raise NotAllowed("the approval of this scan was used already", hint="ask for another: run this again")
        _keep(change, lists, is_repeated="as_of" in finished[0].reading.options)
        registered = [
            RegisteredRun(run, was_there=True)
            if run is not None
            else _register(change, context, staged.intent, exhibit)
            for run, exhibit in zip(runs, finished, strict=True)
        ]
        if extra_rows is not None:
            extra_rows(change, registered)
        return registered


def _keep(change: Change, lists: Lists, *, is_repeated: bool) -> None:
    """Register new lists and signatures. Raises UntrustedList if a newer one was used meanwhile."""
    list_signatures = change.tables[ListSignature].select()
    for row, signature in zip(lists.rows, lists.signatures, strict=True):
        if not is_repeated:
            require_newest(signature, list_signatures, f"the list {row.list_id[:12]}")
        if change.tables[FlagListRow].get(row.list_id) is None:
            change.add(Verb.LIST_REGISTERED, replace(row, registered_at_us=change.now_us), issuer=row.issuer)
        if change.tables[ListSignature].get(signature.signature_id) is None:
            new = replace(signature, registered_at_us=change.now_us)
            change.add(Verb.LIST_SIGNED, new, issuer=new.issuer, list=new.list_id)


def register_lists_if_new(
    officer_session: OfficerSession, context: ScanContext, lists: Lists, *, is_repeated: bool
) -> None:
    """Register lists and signatures when nothing had to be read, because all was read before."""
    with officer_session.workspace.read() as tables:
        if all(tables[ListSignature].get(signature.signature_id) for signature in lists.signatures):
            return
    with officer_session.change(Action.SCAN, f"source:{context.source.source_id}") as change:
        _keep(change, lists, is_repeated=is_repeated)


def register_lists(officer_session: OfficerSession, lists: Lists) -> None:
    """Register lists and signatures that no scan has used yet."""
    with officer_session.change(Action.SCAN, "list:new") as change:
        _keep(change, lists, is_repeated=False)


def add_holding(officer_session: OfficerSession, context: ScanContext, run: Run, chosen_exhibit: ChosenExhibit) -> None:
    """Record that an existing run's exhibit is also held under this authority, if that is new."""
    where = {"authority_id": context.authority.authority_id, "source_id": context.source.source_id}
    with officer_session.workspace.read() as tables:
        if tables[Holding].select(exhibit_id=run.exhibit_id, **where):
            return
    with officer_session.change(Action.SCAN, f"exhibit:{run.exhibit_id}") as change:
        register_exhibit(change, context, run.exhibit_id, chosen_exhibit.size_bytes or 0, chosen_exhibit.scan.name)


def use_whole_log_approval(officer_session: OfficerSession, context: ScanContext) -> None:
    """Mark the approval of a whole log as used. It serves one scan, however often that resumed."""
    if context.approval is not None:
        with officer_session.change(Action.SCAN_WHOLE_LOG, f"source:{context.source.source_id}") as change:
            approvals.use(change, context.approval)


def register_exhibit(change: Change, context: ScanContext, exhibit_id: str, size_bytes: int, name: str) -> None:
    r"""Record that an exhibit is held under the authority, from the source and path. Known facts stay.

    The path is absolute; of an object it is the URL. Bytes that are not UTF-8 are written as `\xHH`.
    """
    # The names of a broker's stream and of an object are URLs.
    absolute = name if "://" in name else os.path.abspath(name)  # noqa: PTH100
    path = absolute.encode(errors="surrogateescape").decode(errors="backslashreplace")
    exhibit = change.tables[Exhibit].get(exhibit_id)
    if exhibit is not None and exhibit.purged_at_us is not None:
        # Name it by its digest: the journal keeps refusals, and a purge removed the path.
        raise Refused(f"the exhibit {exhibit_id} was purged", hint="a purged exhibit is not scanned again")
    if exhibit is None:
        new = Exhibit(exhibit_id, size_bytes, change.now_us)
        change.add(Verb.EXHIBIT_REGISTERED, new, size_bytes=size_bytes)
    where = {"exhibit_id": exhibit_id, "authority_id": context.authority.authority_id}
    if not change.tables[Holding].select(**where, source_id=context.source.source_id, path=path):
        holding = Holding(
            make_id(change.now),
            exhibit_id,
            context.authority.authority_id,
            context.source.source_id,
            path,
            change.now_us,
            change.signer.officer_id,
        )
        change.add(Verb.EXHIBIT_HELD, holding, exhibit=exhibit_id, authority=context.authority.authority_id)


def _register(change: Change, context: ScanContext, intent: Intent, exhibit: FinishedExhibit) -> RegisteredRun:
    scanned = exhibit.scanned
    register_exhibit(
        change, context, scanned.sha256, scanned.size_bytes, exhibit.chosen.held_as or exhibit.chosen.scan.name
    )
    manifest = encode_canonical(exhibit.manifest)
    run = Run(
        exhibit.run_id,
        intent.intent_id,
        scanned.sha256,
        context.authority.authority_id,
        context.source.source_id,
        exhibit.chosen.format.name,
        exhibit.chosen.format.program.id,
        exhibit.reading.use,
        scanned.hits,
        encode_canonical(exhibit.manifest["account"]),
        manifest,
        change.now_us,
        change.signer.officer_id,
        hashlib.sha256(exhibit.row_key).hexdigest(),
        exhibit.row_key,
    )
    used = [
        RunList(run.run_id, place, each.list_id, _get_issuer(each), compute_signature_id(each.signature.minisig))
        for place, each in enumerate(exhibit.reading.lists)
        if each.signature is not None
    ]
    before = _find_runs_before(change, run, used)
    superseded, repeated = ((), before) if is_rerun(run) else (before, ())
    change.tables[Run].add(run)
    change.tables[RunList].add(*used)
    segments = _build_segments(run, intent, scanned)
    change.tables[Segment].add(*segments)
    # Segment facts that only the unit may see are committed separately: manifests are given to the accused.
    tells = {"segments": encode_canonical([read_committed_columns(segment) for segment in segments])}
    facts = build_entry_facts(run, exhibit, manifest)
    if context.approval is not None:
        facts |= {"approval": context.approval.approval_id, "source": run.source_id, "authority": run.authority_id}
    change.ledger.append(Verb.RUN_REGISTERED, change.signer, name_row_thing(run), facts=facts, tells=tells, state=run)
    for old in superseded:
        change.ledger.append(Verb.RUN_SUPERSEDED, change.signer, f"run:{old}", facts={"by": run.run_id})
    return RegisteredRun(run, was_there=False, superseded=superseded, repeated=repeated)


def _build_segments(run: Run, intent: Intent, scanned: ExhibitScan) -> list[Segment]:
    return [
        Segment(
            each.segment_id,
            run.run_id,
            number,
            each.rows,
            f"{intent.intent_id}/{each.file}",
            each.sha256,
            each.size_bytes,
            each.first_us,
            each.last_us,
        )
        for number, each in enumerate(scanned.segments)
    ]


def build_entry_facts(run: Run, exhibit: FinishedExhibit, manifest: str) -> dict[str, str | int]:
    """Return the facts of the entry `run:registered` (ADR 13)."""
    return {
        "run": run.run_id,
        "exhibit": run.exhibit_id,
        "format": run.format_id,
        "lists": ",".join(list_.list_id for list_ in exhibit.reading.lists),
        "hits": run.hits,
        "segments": ",".join(segment.segment_id for segment in exhibit.scanned.segments),
        "segment_rows": ",".join(str(segment.rows) for segment in exhibit.scanned.segments),
        "manifest": hashlib.sha256(manifest.encode()).hexdigest(),
        "use": run.use.value,
    }


def _find_runs_before(change: Change, run: Run, lists: Sequence[RunList]) -> tuple[str, ...]:
    """Return the newest runs of the same exhibit with versions of these lists: what readers used until now.

    For a run as of an older date: the runs of the same use with exactly the same lists, which it repeats.
    """
    older = [
        other
        for other in change.tables[Run].select(exhibit_id=run.exhibit_id)
        if (other.use is run.use or not is_rerun(run))
        and do_overlap(read_members_of_run(other), read_members_of_run(run))
    ]
    older = sorted((run for run in older if not is_rerun(run)), key=lambda each: each.registered_at_us)
    used = change.tables[RunList].select_within("run_id", [run.run_id for run in older])
    signatures = find_list_signatures(change.tables, used)
    new_signatures = find_list_signatures(change.tables, lists).values()
    newest: dict[str, str] = {}
    for old_run in older:
        for other in (signature for (run_id, _), signature in signatures.items() if run_id == old_run.run_id):
            for each in new_signatures:
                if each.list_id == other.list_id if is_rerun(run) else is_same_series(each, other):
                    newest[each.signature_id] = old_run.run_id
    return tuple(sorted(set(newest.values())))


def _get_issuer(one: Any) -> str:  # noqa: ANN401  - an open list of either engine
    return str(one.signature.issuer)
