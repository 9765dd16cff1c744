"""Two units that refer leads to each other, each with its room: officers of the first, its partners, and the second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response

from sightline.casework.forces import forces
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.model import Role, Stamp
from sightline.storage import rows
from sightline.web.app import AppConfig, create_app
from sightline.workspace.unit_keys import derive_unit_recipient, read_unit_key
from sightline.workspace.workspace import Workspace
from tests.casework.conftest import Clock, Staff
from tests.office import Office, found_office
from tests.services.referrals.world import World, new_world
from tests.web.conftest import Browser

CASE = "FIR 12/2026"


@dataclass
class OfficerBrowser(Browser):
    """An officer's browser, which sends files too."""

    officer_session: OfficerSession
    kept_token: str = ""

    def send(self, path: str, name: str, content: bytes, filename: str = "file", **fields: str) -> Response:
        """Send a form with a file in it."""
        data = {"form_token": self.token()} | fields
        answer: Response = self.client.post(path, data=data, files={name: (filename, content)}, follow_redirects=False)
        return answer

    def refusal_row(self, kept_as: str) -> rows.StoredJournalRow:
        """The row of the journal that a page names."""
        with self.officer_session.workspace.read() as tables:
            row = tables[rows.StoredJournalRow].get(int(kept_as))
        assert row is not None, "the journal has it"
        return row


class UnitApp:
    """A unit's room, and who sits in it."""

    def __init__(self, workspace: Workspace, clock: Clock) -> None:
        self._app = create_app(AppConfig(workspace, clock=clock))

    def live_session(self, officer_session: OfficerSession) -> OfficerBrowser:
        """A browser in which an officer is signed in."""
        client = TestClient(self._app, base_url="http://127.0.0.1", raise_server_exceptions=True)
        client.cookies.set("sightline", self._app.state.live_sessions.begin(officer_session, "test"))
        return OfficerBrowser(client, officer_session)


def partner_of(world: World, code: str | None) -> OfficerSession:
    """An officer of another force, or one that belongs to none."""
    office = world.officer_session.office
    officer_session = Staff(office, world.clock, office.officer_sessions).enrolled(
        Role.PARTNER, f"An officer of {code}"
    )
    if code is not None:
        world.approve(
            forces.request_officer_for_force(
                world[Role.SUPERVISOR], officer_session.officer.officer_id, code, "nominated"
            ).approval_id
        )
    return officer_session


@dataclass
class Units:
    """The unit that refers, and the unit of Tamil Nadu that it refers to; each knows the other."""

    sender: World
    receiver: Office
    clock: Clock

    def incoming(self) -> list[rows.Incoming]:
        """What the second unit has."""
        with self.receiver.workspace.read() as tables:
            return tables[rows.Incoming].select()


def two_units(folder: Path) -> Units:
    """The world of leads as one unit, and an office as the other."""
    return beside(new_world(folder), folder / "receiver")


def beside(sender: World, folder: Path) -> Units:
    """A unit, and an office in a new folder that it knows as another."""
    receiver = found_office(folder, clock=sender.clock, stamp=Stamp.EXERCISE, name="TN-CYBER")
    officer_sessions = receiver.officer_sessions
    for role in (Role.STATION_OFFICER, Role.SUPERINTENDENT):
        officer_sessions[role] = Staff(receiver, sender.clock, officer_sessions).enrolled(
            role, f"{role.value} of TN-CYBER"
        )
    known_as(sender, receiver.workspace)
    return Units(sender, receiver, sender.clock)


def known_as(sender: World, workspace: Workspace) -> None:
    """Let the first unit know the second by its own keys, as a force of Karnataka."""
    key = read_unit_key(workspace).derive_public()
    form = forces.ForceForm(key, f"Cyber Police of {key.issuer}", ("IN-KA",), derive_unit_recipient(workspace))
    sender.approve(forces.enrol(sender[Role.SUPERVISOR], form, "order 6/2026").approval_id)


def knows_sender(units: Units) -> None:
    """Let the second unit know the first."""
    from sightline.casework import decisions

    key = read_unit_key(units.sender.officer_session.office.workspace).derive_public()
    form = forces.ForceForm(
        key, "Demo", ("IN-KL",), derive_unit_recipient(units.sender.officer_session.office.workspace)
    )
    asked = forces.enrol(units.receiver[Role.SUPERVISOR], form, "order 7/2026")
    decisions.decide(
        units.receiver[Role.SUPERINTENDENT], asked.approval_id, give=True, why="compared as the order says"
    )
