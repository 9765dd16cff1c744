"""Rebuild leads from the current runs, and register them as one generation in one transaction."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from polars.exceptions import ComputeError

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Interrupted, OutputUnwritable
from sightline.ledger.append import encode_canonical
from sightline.ledger.verbs import Verb
from sightline.model.progress import Progress
from sightline.services.artifacts.parquet_files import describe_files, find_damage
from sightline.services.inbox.new_visits import record_new_visits, record_reported_leads
from sightline.services.leads.generation_writer import write_generation
from sightline.services.leads.part_files import PartCounts
from sightline.services.leads.rebuild_inputs import RebuildInputs, find_current_generation, identify_inputs, load_inputs
from sightline.services.leads.unused_hits import count_unused_hits
from sightline.services.sessions.segment_reader import ROWS
from sightline.storage import generations
from sightline.storage.rows import Generation
from sightline.workspace.staged_write import StagedWrite, open_staged_write
from sightline.workspace.workspace import Workspace

if TYPE_CHECKING:
    from sightline.services.cluster.addresses import ClusterAccess

LEAST_BYTES = 1 << 20
"""With less room on a disk, what could not be written was too much for it."""
ATTEMPTS = 8
"""Most attempts of one rebuild, while others register generations."""


class Overtaken(Interrupted):
    """Another rebuild registered its generation while this one was made."""


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """A generation, whether it existed already, and how many hits it does not use, by reason (`unused`)."""

    generation: Generation
    was_there: bool
    unused: Mapping[str, int] = field(default_factory=dict)


def rebuild_leads(
    officer_session: OfficerSession, progress: Progress, rows: int = ROWS, cluster: ClusterAccess | None = None
) -> RebuildResult:
    """Return the generation of the current inputs, made now or already there. Raises NotAllowed.

    If another rebuild registers its generation meanwhile, this one begins again with what is current then, so that no
    older generation replaces a newer one. Raises Overtaken if that happens again and again. With `cluster`, its workers
    make the leads; StoreUnreachable is raised if it is lost.
    """
    officer_session.require(Action.LEADS_REBUILD, "leads:all")
    for _ in range(ATTEMPTS):
        with suppress(Overtaken):
            return _rebuild_once(officer_session, progress, rows, cluster)
    raise Overtaken(
        f"other rebuilds registered leads {ATTEMPTS} times while this one ran",
        hint="sightline watch --status shows what runs; sightline leads list shows the leads of the newest rebuild",
    )


def _rebuild_once(
    officer_session: OfficerSession, progress: Progress, rows: int, cluster: ClusterAccess | None
) -> RebuildResult:
    workspace = officer_session.workspace
    rests_on = load_inputs(workspace)
    previous = rests_on.previous
    inputs_text = rests_on.format_inputs()
    is_the_same = previous is not None and previous.generation_id == identify_inputs(inputs_text)
    if previous is not None and is_the_same and find_damage(workspace, previous) is None:
        return RebuildResult(previous, was_there=True, unused=_count_unused(workspace, rests_on, previous))
    with open_staged_write(workspace, officer_session.signer, officer_session.clock) as staged:

        def going_on(done: int, whole: int | None, leads: int = 0, _step: str = "", /) -> None:
            staged.renew()
            progress(done, whole, leads)

        try:
            account = write_generation(workspace, rests_on, staged.folder, going_on, rows, cluster)
        except ComputeError:
            require_room(staged.folder)
            raise
        files = describe_files(staged.folder, staged.intent.intent_id)
        staged.publish()
        generation = _register(officer_session, staged, rests_on, inputs_text, account, files)
    record_new_visits(officer_session, previous, generation)
    record_reported_leads(officer_session, previous, generation)
    return RebuildResult(generation, was_there=False, unused=_count_unused(workspace, rests_on, generation))


def require_room(folder: Path) -> None:
    """Raise OutputUnwritable if a disk is full. Polars says of that only that a file is out of its specification."""
    if shutil.disk_usage(folder).free < LEAST_BYTES:
        raise OutputUnwritable(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


def _count_unused(workspace: Workspace, rests_on: RebuildInputs, generation: Generation) -> dict[str, int]:
    without_address = json.loads(generation.account_json)["without_address"]
    return count_unused_hits(workspace, rests_on.current_runs, rests_on.other_runs, without_address)


def _register(
    officer_session: OfficerSession,
    staged: StagedWrite,
    rests_on: RebuildInputs,
    inputs_text: str,
    account: PartCounts,
    files: list[dict[str, object]],
) -> Generation:
    with officer_session.change(Action.LEADS_REBUILD, "leads:all") as change:
        staged.settle(change.tables, "the rebuild paused for so long that its files were swept; run it again")
        if generations.list_purged_runs(change.tables) & {
            current_run.run.run_id for current_run in rests_on.current_runs
        }:
            raise Interrupted("an exhibit was purged while leads were made of it; run it again")
        last = find_current_generation(change.tables)
        if last != rests_on.previous:
            raise Overtaken(f"generation {last.number if last else 0} was registered meanwhile", hint="run it again")
        generation = Generation(
            1 if last is None else last.number + 1,
            identify_inputs(inputs_text),
            staged.intent.intent_id,
            change.now_us,
            officer_session.officer.officer_id,
            inputs_text,
            encode_canonical(asdict(account)),
            encode_canonical(files),
        )
        change.add(Verb.LEADS_REBUILT, generation, leads=account.leads, sessions=account.sessions)
    return generation
