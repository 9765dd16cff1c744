"""The walk of all roles over a record that was worked in, made once for all tests that look at it.

On the way each answer is looked at for addresses of leads that stand whole in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import quote

import httpx2
from fastapi import FastAPI

from sightline.model import Role
from sightline.services.artifacts.lead_files import open_generation
from sightline.storage import rows
from tests.cli.test_ways_out import LIKE_ADDRESS
from tests.web.site_walk import WAYS, SiteWalk, walk_on, way_of
from tests.web.used_workspace import UsedWorkspace
from tests.web.world import ServedApp

WITHOUT_LINKS = {
    "/administration/backups/recipients/{recipient}/remove": "/administration/backups/recipients/none/remove",
    "/devices/{exhibit_id}": "/devices/none",
    "/outlines.json": "/outlines.json",
    "/intake/{intake_id}": "/intake/none",
    "/intake/{intake_id}/format/{upload_id}": "/intake/none/format/none",
    "/referrals/drafting": "/referrals/drafting",
    "/tiles.json": "/tiles.json",
    "/ledger/verified/{key}": "/ledger/verified/none",
    "/approvals/together": "/approvals/together",
    "/leads/all/words": "/leads/all/words",
    "/leads/{lead_id}/open": "/leads/{lead}/open",
    "/leads/{lead_id}/sheet": "/leads/{lead}/sheet",
    "/notices/drafting": "/notices/drafting",
    "/notices/received": "/notices/received",
    "/notices/{notice_id}/letter/{page}.svg": "/notices/{notice}/letter/1.svg",
    "/notices/{notice_id}/open": "/notices/{notice}/open",
    "/notices/{notice_id}/reminder.pdf": "/notices/{notice}/reminder.pdf",
    "/notices/subscribers/{subscriber_id}/open": "/notices/subscribers/{subscriber}/open",
}
"""Pages to which no link leads: what a form opened, asked for by an officer who opened nothing."""


@dataclass(frozen=True)
class Walked:
    """A walk; by route and address the whole addresses that were `shown`; the routes that were `asked` for."""

    walk: SiteWalk = field(default_factory=SiteWalk)
    leaks: dict[str, set[str]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


def walk_as_everybody(lived: UsedWorkspace, app_server: ServedApp) -> Walked:
    """Walk as each role, one after the other, and ask for the pages to which no link leads."""
    held, walked = addresses_of(lived), Walked()

    def look(answer: httpx2.Response) -> None:
        answer.read()
        way = way_of(str(answer.request.url.raw_path, "ascii"))
        if way is not None:
            walked.asked.add(way.path)
            if found := whole_addresses(answer, held):
                walked.leaks.setdefault(f"{way.path} {answer.request.url}", set()).update(found)

    for role in lived.officer_sessions:
        with seated(app_server, lived, role) as client:
            client.event_hooks["response"] = [look]
            more = [*states_of(lived, role), begin_verification(client)] if role is Role.INVESTIGATING_OFFICER else []
            walk_on(walked.walk, client, role, more)
            for way in (route.path for route in WAYS if route.method == "GET" and route.path in WITHOUT_LINKS):
                client.get(WITHOUT_LINKS[way].format(**ids_of(walked.walk)))
    return walked


def addresses_of(lived: UsedWorkspace) -> frozenset[str]:
    """Every address of the leads, in its canonical spelling."""
    with open_generation(lived.workspace) as read:
        return frozenset(map(str, read.open_frame().select("source_ip").collect()["source_ip"]))


def whole_addresses(answer: httpx2.Response, held: frozenset[str]) -> set[str]:
    """The addresses of leads that stand whole in an answer, in any spelling, or in where it leads."""
    found = set()
    for one in LIKE_ADDRESS.findall(f"{answer.headers.get('location', '')}\n{answer.text}"):
        try:
            spelled = ip_address(one.strip("."))
        except ValueError:
            continue
        found.add(str(getattr(spelled, "ipv4_mapped", None) or spelled))
    return found & held


def seated(app_server: ServedApp, lived: UsedWorkspace, role: Role) -> httpx2.Client:
    app: FastAPI = app_server.app
    cookies = {"sightline": app.state.live_sessions.begin(lived.officer_sessions[role], "test")}
    return httpx2.Client(base_url=app_server.address, cookies=cookies, timeout=60)


def states_of(lived: UsedWorkspace, role: Role) -> list[str]:
    """Pages of things in every state, and pages that a form leads to; an investigating officer sees them."""
    with lived.workspace.read() as tables:
        notices = tables[rows.Notice].select()
        (case,) = tables[rows.Case].select()
        noted = tables[rows.LeadNote].select()[0].lead_id
        (shut,) = (lead_batch for lead_batch in tables[rows.LeadBatch].select() if lead_batch.act.value == "closed")
        closed = next(lead_step.lead_id for lead_step in tables[rows.LeadStep].select(batch_id=shut.batch_id))
        answered = {referral.request_id for referral in tables[rows.Referral].select()}
        asked = next(
            force_request.request_id
            for force_request in tables[rows.ForceRequest].select()
            if force_request.request_id not in answered
        )
    found = [f"/leads/{noted}", f"/leads/{closed}", "/search"]
    found += {notice.state: f"/notices/{notice.notice_id}" for notice in notices}.values()
    found += [
        f"/notices/new?case={case.case_id}&kind=records",
        f"/referrals/new?request={asked}&case={quote(case.number)}",
    ]
    return found if role is Role.INVESTIGATING_OFFICER else []


def begin_verification(client: httpx2.Client) -> str:
    """The page of a verification that was begun."""
    token = re.search(r'name="form-token" content="([^"]+)"', client.get("/ledger").text)
    assert token
    answer = client.post("/ledger/verify", data={"form_token": token[1]})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def ids_of(walk: SiteWalk) -> dict[str, str]:
    """The id of a lead, of a notice and of a subscriber that the walk came to."""
    routes = {
        "lead": "/leads/{lead_id}",
        "notice": "/notices/{notice_id}",
        "subscriber": "/notices/subscribers/{subscriber_id}",
    }
    return {name: next(iter(walk.found.get(way, {"none": None}))).rsplit("/", 1)[-1] for name, way in routes.items()}
