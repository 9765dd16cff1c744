"""Every route x role: allowed exactly where the policy says, and each refusal is in the journal under the id shown."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from sightline.casework.permissions.access import POLICY
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.ledger.append import Signer
from sightline.ledger.instants import to_microseconds
from sightline.model import Role
from sightline.storage import rows
from sightline.storage.ulid import make_id
from sightline.web.app import PAGE_ROUTERS
from sightline.web.context import RouteSpec
from sightline.web.route_table import RouteTable
from sightline.workspace import keys
from tests.office import Office, now
from tests.web.conftest import Browser

WAYS = [(router.name, way) for router in PAGE_ROUTERS for way in router.routes]
KEPT = re.compile(r"J-(\d+)")


def names(of: tuple[str, RouteSpec]) -> str:
    return f"{of[1].method} {of[1].path}"


def path_of(way: RouteSpec) -> str:
    """The way's address, with ids that nothing has."""
    return re.sub(r"\{[^}]+\}", "00000000000000000000000000", way.path)


@pytest.fixture(scope="module")
def officer_sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[Role, OfficerSession]:
    """An officer of each role, in one workspace that no test of this file changes."""
    from sightline.model import Stamp
    from tests.office import found_office

    office = found_office(tmp_path_factory.mktemp("rights") / "office", stamp=Stamp.EXERCISE)
    found = dict(office.officer_sessions)
    for role in Role:
        if role not in found:
            found[role] = enrolled(office, role)
    return found


def enrolled(office: Office, role: Role) -> OfficerSession:
    """An officer of a role that the office has none of, put into the record as `officers` would."""
    private = keys.make_signing_key()
    officer_id = make_id(now())
    signer = Signer(officer_id, private)
    with office.workspace.change(office.workspace.log_signer(), now()) as change:
        at = to_microseconds(now())
        officer = rows.Officer(officer_id, f"An {role}", "", "Demo", role, at, "test")
        change.tables[rows.Officer].add(officer)
        change.tables[rows.OfficerKey].add(rows.OfficerKey(signer.key_id, officer_id, signer.public, at, "test"))
    return authenticate(office.workspace, private, now)


@pytest.fixture(scope="module")
def app(officer_sessions: dict[Role, OfficerSession]) -> Iterator[FastAPI]:
    """The web app without its limits: a fast machine asks more often than an officer does.
    test_sign_in is about these.
    """
    from sightline.web.app import AppConfig, create_app
    from sightline.web.middleware import SecurityMiddleware

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SecurityMiddleware, "_wait_s", lambda _self, _scope: 0.0)
        yield create_app(AppConfig(officer_sessions[Role.SUPERVISOR].workspace))


@pytest.fixture(scope="module")
def browsers(app: FastAPI, officer_sessions: dict[Role, OfficerSession]) -> dict[Role, Browser]:
    from fastapi.testclient import TestClient

    found = {}
    for role, officer_session in officer_sessions.items():
        client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        client.cookies.set("sightline", app.state.live_sessions.begin(officer_session, "test"))
        found[role] = Browser(client)
    return found


@pytest.mark.parametrize("of", WAYS, ids=names)
def test_a_way_is_open_exactly_to_whom_the_policy_names(
    of: tuple[str, RouteSpec], officer_sessions: dict[Role, OfficerSession], browsers: dict[Role, Browser]
) -> None:
    way = of[1]
    for role, browser in browsers.items():
        path = path_of(way)
        if path.endswith("/events"):
            continue  # it never ends; test_live looks at it
        live_session = browser.client
        headers = {} if way.method == "GET" else {"x-form-token": token_of(browser)}
        answer = live_session.request(way.method, path, headers=headers, follow_redirects=False)
        if role in POLICY[way.action]:
            # Whatever it says of an id that is not there, or of a form without fields: it is no refusal of the role.
            assert answer.status_code < 500, (role, answer.status_code, answer.text[-400:])
            assert answer.status_code != 403 or "You are signed in as: " not in answer.text, role
        else:
            assert answer.status_code == 403, (role, answer.status_code)
            if way.method == "HEAD":
                continue  # its answer has no text
            entry = KEPT.search(answer.text)
            assert entry, role
            with officer_sessions[role].workspace.read() as tables:
                row = tables[rows.StoredJournalRow].get(int(entry[1]))
            assert row is not None and row.verb == "refused:right"
            assert row.actor == officer_sessions[role].officer.officer_id


TOKENS: dict[int, str] = {}


def token_of(browser: Browser) -> str:
    if id(browser) not in TOKENS:
        TOKENS[id(browser)] = browser.token()
    return TOKENS[id(browser)]


@pytest.mark.parametrize("of", WAYS, ids=names)
def test_nobody_comes_in_without_signing_in(of: tuple[str, RouteSpec], app: FastAPI) -> None:
    from fastapi.testclient import TestClient

    client = TestClient(app, base_url="http://127.0.0.1")
    answer = client.request(of[1].method, path_of(of[1]), follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"), answer.status_code


def test_every_way_that_answers_is_declared(app: FastAPI) -> None:
    declared = {(way.method, way.path) for _, way in WAYS}
    public = {"/sign-in", "/sign-in/link/{token}", "/sign-out", "/recover", "/join", "/look"}
    (table,) = (route_table for route_table in app.routes if isinstance(route_table, RouteTable))
    assert len(table.routes) > len(declared)
    for route in [*app.routes, *table.routes]:
        path = getattr(route, "path", "")
        for method in getattr(route, "methods", None) or ():
            if path in public or path.startswith("/static") or method == "HEAD":
                continue
            assert (method, path) in declared, (method, path)
