"""Register the runs of tips, with their segments and ledger entries, in one transaction, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.casework.cases import cases
from sightline.casework.exhibits.tip_runs import select_newest_tip_runs
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Interrupted
from sightline.ledger.append import encode_canonical, name_row_thing
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.services.scan.register import register_exhibit
from sightline.services.tip_import.request import ImportContext
from sightline.services.tip_import.tip_run import FORMAT_ID, NewRun, find_list_use
from sightline.stages.scan import segments as sealed
from sightline.storage.rows import Holding, Run, Segment
from sightline.storage.table import read_committed_columns
from sightline.workspace.staged_write import StagedWrite
from sightline.workspace.workspace import Change


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run whose segments are published."""

    new: NewRun
    segments: tuple[sealed.SealedSegment, ...]
    manifest: Mapping[str, Any]
    row_key: bytes


def register_tips(
    officer_session: OfficerSession,
    context: ImportContext,
    staged: StagedWrite,
    finished: Sequence[FinishedRun],
    expected: Mapping[str, Run],
) -> dict[str, Run]:
    """Register finished runs, and return them by exhibit. `expected`: the current runs on which they were planned.

    Raises Interrupted if another import registered tips of the source meanwhile: which version is newer is then open.
    """
    source = context.source
    with officer_session.change(Action.SCAN, f"source:{source.source_id}") as change:
        staged.settle(change.tables, "the import paused for so long that its files were swept; run it again")
        cases.require_in_force(context.scan.authority, source, to_microseconds(change.now))
        now = select_newest_tip_runs(change.tables[Run].select(source_id=source.source_id))
        if {run.run_id for run in now.values()} != {run.run_id for run in expected.values()}:
            raise Interrupted(f"another import of {source.name} registered tips meanwhile; run this one again")
        return {
            finished_run.new.exhibit_id: _register(change, context, staged, finished_run) for finished_run in finished
        }


def record_known_holding(
    officer_session: OfficerSession, context: ImportContext, exhibit_id: str, size_bytes: int, name: str
) -> None:
    """Record that a registered tip is also held under this authority, if that is new."""
    where = {"authority_id": context.scan.authority.authority_id, "source_id": context.source.source_id}
    with officer_session.workspace.read() as tables:
        if tables[Holding].select(exhibit_id=exhibit_id, **where):
            return
    with officer_session.change(Action.SCAN, f"exhibit:{exhibit_id}") as change:
        register_exhibit(change, context.scan, exhibit_id, size_bytes, name)


def _register(change: Change, context: ImportContext, staged: StagedWrite, finished_run: FinishedRun) -> Run:
    new = finished_run.new
    if new.name is not None:
        register_exhibit(change, context.scan, new.exhibit_id, new.size_bytes, new.name)
    manifest = encode_canonical(finished_run.manifest)
    run = Run(
        new.run_id,
        staged.intent.intent_id,
        new.exhibit_id,
        context.scan.authority.authority_id,
        context.source.source_id,
        new.format,
        FORMAT_ID,
        find_list_use(context),
        len(new.rows),
        encode_canonical(new.account),
        manifest,
        change.now_us,
        change.signer.officer_id,
        hashlib.sha256(finished_run.row_key).hexdigest(),
        finished_run.row_key,
    )
    change.tables[Run].add(run)
    segments = [
        Segment(
            each.segment_id,
            run.run_id,
            number,
            each.rows,
            f"{staged.intent.intent_id}/{each.file}",
            each.sha256,
            each.size_bytes,
            each.first_us,
            each.last_us,
        )
        for number, each in enumerate(finished_run.segments)
    ]
    change.tables[Segment].add(*segments)
    tells = {"segments": encode_canonical([read_committed_columns(segment) for segment in segments])}
    facts = _build_facts(run, finished_run, manifest)
    change.ledger.append(Verb.RUN_REGISTERED, change.signer, name_row_thing(run), facts=facts, tells=tells, state=run)
    if new.previous is not None:
        old = f"run:{new.previous.run_id}"
        change.ledger.append(Verb.RUN_SUPERSEDED, change.signer, old, facts={"by": run.run_id})
    return run


def _build_facts(run: Run, finished_run: FinishedRun, manifest: str) -> dict[str, str | int]:
    """Return the facts of the entry `run:registered` (ADR 13), which names the referral instead of lists."""
    return {
        "run": run.run_id,
        "exhibit": run.exhibit_id,
        "format": run.format_id,
        "lists": "",
        "hits": run.hits,
        "segments": ",".join(segment.segment_id for segment in finished_run.segments),
        "segment_rows": ",".join(str(segment.rows) for segment in finished_run.segments),
        "manifest": hashlib.sha256(manifest.encode()).hexdigest(),
        "use": run.use.value,
        "source": run.source_id,
        "authority": run.authority_id,
    }
