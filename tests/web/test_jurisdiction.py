"""The third axis of the matrix, jurisdiction: every way that a partner officer may go, made of the declarations.

An officer of the force that a thing belongs to comes through; one of another force is told that there is no such thing,
one of no force, or of a force that was ended, that the officer belongs to none; each refusal is in the journal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from sightline.casework.forces import forces
from sightline.casework.people.web_sessions import compute_session_id
from sightline.casework.permissions.access import POLICY
from sightline.ledger.verbs import JournalVerb
from sightline.model import Role
from sightline.services.referrals import export, recalls
from sightline.storage import rows
from sightline.web.app import PAGE_ROUTERS
from sightline.web.context import RouteSpec
from tests.services.referrals.world import World, new_keys, new_world
from tests.web.test_rights import KEPT, names
from tests.web.units import CASE, OfficerBrowser, UnitApp, partner_of

PARTNERS = [
    (router.name, way) for router in PAGE_ROUTERS for way in router.routes if Role.PARTNER in POLICY[way.action]
]
OF_A_FORCE = [of for of in PARTNERS if "{" in of[1].path]
OF_ALL = [of for of in PARTNERS if "{" not in of[1].path and of[1].method == "GET"]
OWN, OTHER, NONE, ENDED = "own force", "another force", "no force", "a force that was ended"


FIELDS = {"lead": "00000000", "kind": "innocent", "on": "2026-06-04", "why": "a matrix as the order says"}
"""Of every form that a partner may send about a thing."""
TABLE = b"lead,outcome,found_on,reason\r\n00000000,innocent,2026-06-04,as the order says\r\n"
"""Of a form with a table."""


@dataclass
class Land:
    """A referral to Karnataka that it has, recalled in part, and a partner officer of each kind."""

    world: World
    values: dict[str, str]
    live_sessions: dict[str, OfficerBrowser]
    secrets: tuple[str, ...]


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Land:
    folder = tmp_path_factory.mktemp("land")
    world = new_world(folder)
    world.enrol(new_keys("TN-CYBER"), "IN-TN")
    made = world.approved(request=world.ask().request_id, force=None)
    export.seal_referral(world.io, made.number, folder / "one.age")
    with world.officer_session.office.workspace.read() as tables:
        lead, left_lead = [
            referral_lead.lead_id
            for referral_lead in tables[rows.ReferralLead].select(referral_id=made.referral_id)[:2]
        ]
    recall = recalls.recall_leads(world.io, made.number, "their letter of 4 June", [lead])
    codes = {OWN: "KA-CYBER", OTHER: "KL-CYBER", NONE: None, ENDED: "TN-CYBER"}
    app_server = UnitApp(world.officer_session.office.workspace, world.clock)
    live_sessions = {where: app_server.live_session(partner_of(world, code)) for where, code in codes.items()}
    elsewhere = app_server.live_session(live_sessions[OWN].officer_session).client.cookies["sightline"]
    for live_session in live_sessions.values():
        live_session.kept_token = live_session.token()
    forces.end_force(world[Role.SUPERVISOR], "TN-CYBER", "their key was lost")
    session = compute_session_id(elsewhere)
    values = {
        "referral_id": made.referral_id,
        "recall_id": recall.recall_id,
        "session_id": session,
        "lead_id": left_lead,
    }
    return Land(world, values, live_sessions, (made.referral_id, made.number, lead[:12], "Cr. 41/2026"))


def ask_route(live_session: OfficerBrowser, way: RouteSpec, values: dict[str, str]) -> tuple[int, str]:
    """What a way answers, of the things that these values name."""
    path = way.path.format(**values)
    headers, data = {"x-form-token": live_session.kept_token}, FIELDS if way.method == "POST" else None
    files = {"table": ("found.csv", TABLE)} if path.endswith("/table") else None
    answer = live_session.client.request(
        way.method, path, headers=headers, data=data, files=files, follow_redirects=False
    )
    return answer.status_code, answer.text


@pytest.mark.parametrize("of", OF_A_FORCE, ids=names)
@pytest.mark.parametrize("where", [OTHER, NONE, ENDED, OWN])
def test_a_partner_comes_through_to_what_is_of_the_own_force_alone(
    land: Land, of: tuple[str, RouteSpec], where: str
) -> None:
    way, live_session = of[1], land.live_sessions[where]
    unknown = set(re.findall(r"{(\w+)}", way.path)) - land.values.keys()
    assert not unknown, f"{way.path}: say in `land` whose {unknown} is, so that this matrix can ask for it"
    status, text = ask_route(live_session, way, land.values)
    entry = KEPT.search(text)
    row = live_session.refusal_row(entry[1]) if entry else None
    if where == OWN:
        # A form without fields, or what does not leave any more: no refusal of the officer.
        assert status in {200, 303, 400} or (row is not None and row.verb == JournalVerb.REFUSED_APPROVAL), (
            status,
            text[-500:],
        )
        return
    is_of_nobody = where != OTHER and "referral_id" in way.path
    assert status == (403 if is_of_nobody else 404), (status, text[-500:])
    assert (
        row is not None
        and row.verb == JournalVerb.REFUSED_RIGHT
        and row.actor == live_session.officer_session.officer.officer_id
    )
    assert row.thing == way.thing.format(**land.values)
    assert not [secret for secret in land.secrets[1:] if secret in text]


@pytest.mark.parametrize("of", OF_ALL, ids=names)
def test_a_page_of_all_shows_each_partner_the_own_force_alone(land: Land, of: tuple[str, RouteSpec]) -> None:
    way = of[1]
    for where, live_session in land.live_sessions.items():
        status, text = ask_route(live_session, way, {})
        assert status in {200, 204, 403}, (where, status)
        leaked = [secret for secret in (*land.secrets, CASE) if secret in text]
        assert not leaked or (where == OWN and CASE not in leaked), (where, leaked)
        if status == 403:
            assert where in {NONE, ENDED}, (where, text[-500:])
            entry = KEPT.search(text)
            assert entry and live_session.refusal_row(entry[1]).verb == JournalVerb.REFUSED_RIGHT
    if way.path == "/referrals":
        assert land.secrets[1] in ask_route(land.live_sessions[OWN], way, {})[1]
