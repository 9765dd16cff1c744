"""Generations of leads that newer ones replaced: which are kept, what is removed, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from sightline.errors import UsageError
from sightline.ledger.instants import format_day_in_india
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model.progress import ignore_progress
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.doctor.check import Level
from sightline.services.doctor.storage_checks import check_files
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import generations
from sightline.storage.folder import FolderStore
from sightline.storage.rows import Generation
from sightline.workspace import superseded_leads
from sightline.workspace.backup import list_registered
from sightline.workspace.superseded_leads import list_kept_generations, remove_superseded_files
from tests.office import combined_log, now
from tests.services.live.test_growing_file import append
from tests.services.live.unit import LiveOffice

TURNS, HOURS = 13, 8


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveOffice]:
    """A feed with a rebuild every eight hours."""
    monkeypatch.setattr(superseded_leads, "KEPT_NEWEST", 2)
    live = LiveOffice.found(tmp_path, part_bytes=1 << 16)
    begun = now()
    for turn in range(TURNS):
        append(live.log, combined_log(5, start=4000 * turn, hits_every=1))
        live.watch_once()
        at = begun + timedelta(hours=HOURS * turn)
        assert rebuild_leads(replace(live.office.io, clock=partial(max, at, at)), ignore_progress).generation.number
    yield live


def list_files(live: LiveOffice) -> dict[int, set[str]]:
    """The files that are there, by generation."""
    there = {stored.name for stored in live.office.workspace.segments.names()}
    with live.office.workspace.read() as tables:
        made = tables[Generation].select()
    return {row.number: {file.file for file in generations.list_generation_files(row)} & there for row in made}


def require_agreement(live: LiveOffice) -> None:
    """Verify and doctor find nothing, and a backup has what is kept."""
    workspace = live.office.workspace
    assert verify_workspace(workspace, VerifyRequest(), lambda *_: None).findings == []
    with workspace.read() as tables:
        checks = check_files(workspace, tables, list(workspace.segments.names()))
        assert {check.level for check in checks} == {Level.OK}, checks
        names = {each.name for each in list_registered(tables, workspace.segments)}
        kept_numbers = list_kept_generations(tables)
    files = list_files(live)
    assert names.issuperset(name for number in kept_numbers for name in files[number])
    assert all(files[number] for number in kept_numbers)


def test_the_last_of_each_day_the_newest_and_those_that_something_names_are_kept(live: LiveOffice) -> None:
    workspace = live.office.workspace
    with workspace.read() as tables:
        made = {row.number: row.made_at_us for row in tables[Generation].select()}
        kept_numbers = list_kept_generations(tables)
    of_days = set({format_day_in_india(at_us): number for number, at_us in made.items()}.values())
    since_us = made[TURNS] - 2 * 86_400_000_000
    assert kept_numbers == of_days | {number for number, at_us in made.items() if at_us >= since_us}
    gone = min(made.keys() - kept_numbers)
    officer_id = live.office.io.officer.officer_id
    text = f"for the court; 5 leads of all, generation {gone}, masked"
    workspace.append_to_journal(officer_id, JournalVerb.EXPORT_LEADS, "leads:all", text, now())
    with workspace.change(live.office.io.signer, now()) as change:
        change.ledger.append(Verb.OPERATION_REPORTED, change.signer, "operation:x")
    with workspace.read() as tables:
        assert list_kept_generations(tables) == kept_numbers | {gone}
    before = list_files(live)
    assert remove_superseded_files(workspace)
    after = list_files(live)
    with workspace.read() as tables:
        spared = list_kept_generations(tables, superseded_leads.GRACE_US)
    assert {number for number, files in after.items() if files} == spared < made.keys()
    assert all(after[number] == before[number] for number in spared)
    assert remove_superseded_files(workspace) == 0
    with open_generation(workspace, gone) as leads:
        assert leads.open_frame().collect().height


def test_verify_and_doctor_agree_while_files_are_removed_and_when_that_is_interrupted(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = live.office.workspace
    delete, left = FolderStore.delete, [3]

    def die(store: FolderStore, name: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        delete(store, name)

    require_agreement(live)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(FolderStore, "delete", die)
        remove_superseded_files(workspace)
    require_agreement(live)
    assert remove_superseded_files(workspace)
    require_agreement(live)
    gone = next(number for number, files in list_files(live).items() if not files)
    with (
        pytest.raises(UsageError, match=f"generation {gone} of leads is not kept any more"),
        open_generation(workspace, gone),
    ):
        pass
    with workspace.read() as tables:
        number = min(list_kept_generations(tables))
    workspace.segments.delete(min(list_files(live)[number]))
    (finding,) = verify_workspace(workspace, VerifyRequest(), lambda *_: None).findings
    assert f"generation {number} of leads" in str(finding)


def test_an_altered_file_of_a_generation_that_is_not_kept_is_found_while_it_is_there(live: LiveOffice) -> None:
    workspace = live.office.workspace
    with workspace.read() as tables:
        number = min(set(list_files(live)) - list_kept_generations(tables))
    path = Path(workspace.segments.where) / min(list_files(live)[number])
    path.chmod(0o600)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    (finding,) = verify_workspace(workspace, VerifyRequest(), lambda *_: None).findings
    assert f"generation {number} of leads" in str(finding)
