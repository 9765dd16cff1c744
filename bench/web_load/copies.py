"""The workspaces on which the web app is measured: an exercise with notices and replies, or a million made-up leads.

Each is made once and kept under `bench/work` as a backup; a run restores it, so that runs begin with the same record.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.office import found_office
from tests.services.lead_index.generation import Shape, generation, ground
from tests.services.leads.office import LeadOffice

from bench.inputs import WORK
from bench.web_load.officer import World
from sightline.casework.people import officers
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.exercise.world import create_world
from sightline.model import Role, Stamp
from sightline.model.progress import ignore_progress
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.exercise.notice_round import Office, ask_isps
from sightline.services.exercise.run import run_world
from sightline.storage import rows
from sightline.storage.migrate import HEAD
from sightline.workspace import keys
from sightline.workspace.workspace import open_workspace

IO, SHO, SUPERVISOR = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER, Role.SUPERVISOR
ROLES = (IO, IO, IO, SHO, IO, IO, IO, IO, IO, SUPERVISOR)
"""Of the officers who are measured: all of them may see leads, and write what they write."""
MOST = 200
KEEPER = "keeper"
"""The custodian who makes the backup and restores it."""


@dataclass(frozen=True, slots=True)
class WorkspaceCopy:
    """A workspace with officers' unlocked keys in a folder, ids of leads, and what else there is to ask for."""

    workspace: Path
    keys: Path
    leads: tuple[str, ...]
    world: World


def exercise(folder: Path, sessions: int) -> None:
    """An exercise of so many sessions, whose ISPs were asked and answered, with MOST officers more."""
    create_world(folder / "world", sessions, 7, {}, ignore_progress)
    ran = run_world(folder / "world", folder / "workspace", ignore_progress)
    ask_isps(Office(ran.officer_session, ran.superintendent), folder / "world", folder / "replies", ignore_progress)
    enrol(folder / "keys", ran.superintendent, ran.supervisor, MOST)


def made_up(folder: Path, leads: int, officers_: int = MOST) -> None:
    """Made-up leads (`tests/services/lead_index/generation.py`) in a workspace stamped an exercise."""
    folder.mkdir(parents=True)
    office = found_office(folder / "workspace", stamp=Stamp.EXERCISE)
    officer_session = LeadOffice(office, folder)
    generation(officer_session, ground(officer_session), Shape(leads, max(leads // 4, 100)))
    enrol(folder / "keys", office[Role.ADMINISTRATOR], office.supervisor, officers_)


def enrol(folder: Path, asks: OfficerSession, second: OfficerSession, count: int) -> None:
    """So many officers: their keys, unlocked, in a new folder; and a custodian, whose key lies beside it."""
    folder.mkdir()
    people = [(f"officer-{at:03}", ROLES[at % len(ROLES)]) for at in range(count)] + [(KEEPER, Role.CUSTODIAN)]
    for name, role in people:
        private = keys.make_signing_key()
        person = officers.NewOfficer(name, role, "Officer", "Load")
        asked = officers.enrol(asks, person, private.public_key().public_bytes_raw(), "the load")
        assert isinstance(asked, rows.Approval)
        with second.change(Action.APPROVAL_LIST, f"approval:{asked.approval_id}") as change:
            given = approvals.decide(second, change, asked.approval_id, give=True, why="the load as the order says")
            officers.enrol_approved(change, given)
            approvals.use(change, given)
        if role is SHO:
            # The first two of an office decide together only until there is a third: one enrolled the other alone.
            second = authenticate(asks.workspace, private, asks.clock)
        keys.write_private((folder.parent if name == KEEPER else folder) / name, private, None)


def kept_folder(name: str, *, sessions: int = 0, leads: int = 0) -> Path:
    """The folder of a ground, made where it is not there yet in this version of the record."""
    folder = WORK / f"{name}-{HEAD}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        exercise(folder, sessions) if sessions else made_up(folder, leads)
        _sightline(
            "backup",
            "--unencrypted",
            "--out",
            folder / "backup.tar",
            "--workspace",
            folder / "workspace",
            folder=folder,
        )
        (folder / "made").touch()
    return folder


@contextmanager
def restored(folder: Path, to: Path, database: str | None, officers_: int) -> Iterator[WorkspaceCopy]:
    """A ground in a new folder, and in that database if it shall not be SQLite; gone at the end."""
    where = ["--database", database] if database else []
    try:
        _sightline("restore", folder / "backup.tar", "--out", to / "workspace", *where, folder=folder)
        (to / "keys").mkdir()
        for path in sorted((folder / "keys").glob("officer-*"))[:officers_]:
            shutil.copy(path, to / "keys")
        yield workspace_copy(to / "workspace", to / "keys")
    finally:
        shutil.rmtree(to, ignore_errors=True)


@contextmanager
def linked(folder: Path, officers_: int) -> Iterator[WorkspaceCopy]:
    """A copy of a ground on SQLite: its database is copied, and its other files, which stay the same, are linked."""
    with TemporaryDirectory(prefix="linked-", dir=folder.parent) as place:
        to = Path(place) / "workspace"
        shutil.copytree(folder / "workspace", to, copy_function=os.link)
        for path in (folder / "workspace").glob("record.sqlite*"):
            (to / path.name).unlink()
            shutil.copy(path, to)
        (Path(place) / "keys").mkdir()
        for path in sorted((folder / "keys").glob("officer-*"))[:officers_]:
            shutil.copy(path, Path(place) / "keys")
        yield workspace_copy(to, Path(place) / "keys")


def workspace_copy(workspace: Path, keys_: Path) -> WorkspaceCopy:
    """What there is to ask for in a workspace."""
    with open_generation(open_workspace(workspace)) as read:
        wanted = ("lead_id", "state", "isp", "source_ip")
        some = (
            read.open_frame()
            .select(wanted)
            .gather_every(7)
            .head(20_000)
            .collect()
            .sample(fraction=1, seed=1, shuffle=True)
        )
    places, networks = (sorted(some[name].drop_nulls().unique()) for name in ("state", "isp"))
    states = [place for place in places if len(place) == 5 and place.startswith("IN-")] or ["IN-KL"]
    world = World(tuple(states), tuple(networks), tuple(some["source_ip"].head(500)))
    return WorkspaceCopy(workspace, keys_, tuple(some["lead_id"]), world)


def _sightline(*words: object, folder: Path) -> None:
    command = [sys.executable, "-P", "-m", "sightline", *map(str, words)]
    command += ["--key", str(folder / KEEPER), "--quiet"]
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "SIGHTLINE_WORKSPACE": ""},
    )
