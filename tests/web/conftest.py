"""A room over a real workspace: an office with officers of every role, signed in as each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from sightline.casework.people import accounts
from sightline.casework.people.web_sessions import LiveSession
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.model import Role, Stamp
from sightline.web.app import AppConfig, create_app
from sightline.web.pages.notices import drafts
from tests.office import Office, found_office
from tests.waits import HUNG_S

if TYPE_CHECKING:
    from tests.web.used_workspace import UsedWorkspace
    from tests.web.walk_results import Walked
    from tests.web.world import ServedApp

TOKEN = re.compile(r'name="form-token" content="([^"]+)"')


@dataclass
class Browser:
    """A client that is signed in, and sends forms as a page's own script would."""

    client: TestClient

    def get(self, path: str) -> Response:
        answer: Response = self.client.get(path, follow_redirects=False)
        return answer

    def live_session(self) -> LiveSession:
        """The seat of whoever is signed in here."""
        app: Any = self.client.app
        found: LiveSession | None = app.state.live_sessions.find(self.client.cookies["sightline"])
        assert found is not None
        return found

    def token(self) -> str:
        found = TOKEN.search(self.client.get("/").text)
        assert found, "no form token on the page"
        return found[1]

    def post(self, path: str, **fields: str | list[str]) -> Response:
        data: dict[str, str | list[str]] = {"form_token": self.token(), **fields}
        answer: Response = self.client.post(path, data=data, follow_redirects=False)
        return answer


SignIn = Callable[[Role | OfficerSession], Browser]


@pytest.fixture(autouse=True)
def _drafts_are_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine too, a draft of notices is there when its form is answered."""
    monkeypatch.setattr(drafts, "SOON_S", HUNG_S)


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords of tests that are of something else take the least memory: one test says what real ones take."""
    monkeypatch.setattr(accounts, "MEMORY_KIB", 8)
    monkeypatch.setattr(accounts, "PASSES", 1)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return found_office(tmp_path / "office", stamp=Stamp.EXERCISE)


@pytest.fixture
def app(office: Office) -> Iterator[FastAPI]:
    made = create_app(AppConfig(office.workspace, clock=office.io.clock))
    with TestClient(made, base_url="http://127.0.0.1"):
        yield made


@pytest.fixture
def signed_in(app: FastAPI, office: Office) -> SignIn:
    """Sign an officer in, by role or session."""

    def sign(who: Role | OfficerSession) -> Browser:
        officer_session = office[who] if isinstance(who, Role) else who
        client = TestClient(app, base_url="http://127.0.0.1")
        client.cookies.set("sightline", app.state.live_sessions.begin(officer_session, "test"))
        return Browser(client)

    return sign


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> UsedWorkspace:
    """The record of a unit that has worked: built once, however many workers test."""
    from tests.web.used_workspace import used_workspace

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return used_workspace(shared / "lived-in", tmp_path_factory.mktemp("lived") / "unit")


@pytest.fixture(scope="session")
def lived_room(lived: UsedWorkspace) -> Iterator[ServedApp]:
    """The app on that record. Each officer is signed in elsewhere too, so that there is a session to end."""
    from tests.web.world import served

    with served(AppConfig(lived.workspace, clock=lived.clock, backups=lived.backups), lived.officer_sessions) as made:
        for role in lived.officer_sessions:
            made.app.state.live_sessions.begin(lived.officer_sessions[role], "elsewhere")
        yield made


@pytest.fixture(scope="session")
def walked(lived: UsedWorkspace, lived_room: ServedApp) -> Walked:
    """The walk of all roles over it."""
    from tests.web.walk_results import walk_as_everybody

    return walk_as_everybody(lived, lived_room)
