"""What may go to a force, what not and why; and who may ask, see and approve."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sightline.casework.cases import cases
from sightline.casework.forces import forces, referrals
from sightline.casework.permissions.access import Action
from sightline.errors import NotAllowed, NotThere, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import AuthorityKind, ReferralState, RequestWay, Role
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.referrals.drafts import ReferralDraftRequest, draft_referral
from sightline.services.referrals.selection import WhyNot
from sightline.services.referrals.views import (
    list_forces,
    list_referrals,
    list_requests,
    plan_candidates,
    show_referral,
)
from sightline.services.referrals.visit_rows import read_visit_rows
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.storage import rows
from sightline.storage.ulid import make_id
from sightline.workspace.unit_keys import derive_unit_recipient, read_unit_key
from tests.casework.conftest import Staff
from tests.services.leads.office import Visit
from tests.services.referrals.world import IN_MARCH, KARNATAKA, World, new_keys, new_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return new_world(tmp_path_factory.mktemp("unit"))


def ask(world: World, **other: object) -> ReferralDraftRequest:
    request = ReferralDraftRequest(world.officer_session.office.case.number, "why", force="KA-CYBER")
    return replace(request, **other)  # type: ignore[arg-type]


def test_each_lead_that_stays_is_counted_by_why(world: World) -> None:
    plan = plan_candidates(world.io, ask(world))
    assert set(plan.leads["state"]) == {"IN-KA"} and len(plan.leads) == 2
    assert plan.left_out == {WhyNot.CEILING: 1, WhyNot.UNDETERMINED: 1, WhyNot.ELSEWHERE: 1}
    kerala = plan_candidates(world.io, ask(world, force="KL-CYBER"))
    assert set(kerala.leads["state"]) == {"IN-KL"} and kerala.left_out[WhyNot.ELSEWHERE] == 2


def test_the_rows_of_every_lead_are_its_hits(world: World) -> None:
    with open_generation(world.officer_session.office.workspace) as read:
        hits_by_lead = {str(one["lead_id"]): int(one["hits"]) for one in read.to_json(read.open_frame())}
        ids = read.open_frame().select("lead_id").collect()["lead_id"]
        found = read_visit_rows(world.officer_session.office.workspace, read, ids)
    assert dict(found.group_by("lead_id").len().iter_rows()) == hits_by_lead
    assert found.select("segment_id", "index").is_unique().all()


@pytest.mark.parametrize(
    ("period", "leads", "outside"), [(IN_MARCH, 2, 0), ((None, IN_MARCH[0]), 0, 2), ((IN_MARCH[1], None), 0, 2)]
)
def test_a_period_bounds_what_goes(
    world: World, period: tuple[int | None, int | None], leads: int, outside: int
) -> None:
    plan = plan_candidates(world.io, ask(world, since_us=period[0], until_us=period[1]))
    assert (len(plan.leads), plan.left_out[WhyNot.PERIOD] if outside else 0) == (leads, outside)


def test_a_draft_without_leads_is_refused_with_the_reason(world: World) -> None:
    with pytest.raises(
        UsageError, match="no lead may go to KA-CYBER: 1 ceiling, 1 elsewhere, 2 period, 1 undetermined"
    ):
        world.draft(since_us=IN_MARCH[1])
    for other, match in (
        ({"force": None}, "answers a request, or is for a force"),
        ({"force": "TN-CYBER"}, "no force TN-CYBER"),
        ({"request": "7QX2AB", "force": None}, "there is no request"),
        ({"leads": ("ffff",)}, "there is no lead"),
        ({"case": "FIR 99/2026"}, "FIR 99/2026"),
    ):
        with pytest.raises(UsageError, match=match):
            world.draft(**other)
    assert list_referrals(world.io) == []


def test_requests_are_of_the_force_s_own_states_and_once(world: World) -> None:
    for other, match in (
        ({"states": ("IN-KL",)}, "IN-KL is no state of KA-CYBER"),
        ({"states": ("Atlantis",)}, "Atlantis: no state"),
        ({"valid_until": "2026-05-30"}, "had ended when the request came"),
        ({"issued_on": "2026-06-02"}, "dated after the request came"),
        ({"received_on": "2026-06-06"}, "2026-06-06 is in the future"),
        ({"received_on": "9999-12-31"}, "9999-12-31 is in the future"),
        ({"since_us": 2, "until_us": 1}, "ends before it begins"),
    ):
        with pytest.raises(UsageError, match=match):
            world.ask(**other)
    world.clock.pass_by(timedelta(hours=19))
    by_night = world.ask(document_sha256="e" * 64, received_on="2026-06-06")
    made = world.ask(document_sha256="b" * 64)
    with pytest.raises(UsageError, match="has this document already"):
        world.ask(document_sha256="b" * 64)
    assert [request.request for request in list_requests(world.io)] == [by_night, made]


def test_keys_of_a_force_are_enrolled_once_by_two(world: World) -> None:
    assert [force.states for force in list_forces(world.io)] == [("IN-KA",), ("IN-KL",)]
    with pytest.raises(UsageError, match="KA-CYBER is enrolled already"):
        forces.enrol(world[Role.SUPERVISOR], world.karnataka.to_form("IN-KA"), "again")
    with pytest.raises(UsageError, match="not an age recipient"):
        forces.enrol(world[Role.SUPERVISOR], replace(world.karnataka.to_form("IN-KA"), age_recipient="age1x"), "x")
    workspace = world.officer_session.office.workspace
    own, another = read_unit_key(workspace).derive_public(), new_keys("GA-CYBER").to_form("IN-GA")
    for message in (
        replace(another, key=replace(own, issuer="GA-CYBER")),
        replace(another, age_recipient=derive_unit_recipient(workspace)),
    ):
        with pytest.raises(UsageError, match="this unit's own keys, and not those of GA-CYBER"):
            forces.enrol(world[Role.SUPERVISOR], message, "a slip of the hand")
    with pytest.raises(NotAllowed):
        forces.enrol(world.io, world.karnataka.to_form("IN-KA"), "an investigating officer may not")


def test_a_lead_that_rests_on_another_case_s_exhibit_stays(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    office = world.officer_session.office
    other = cases.open_case(world.io, replace(office.case, case_id=make_id(world.clock()), number="FIR 13/2026"))
    order = office.add_authority(case_id=other.case_id, number="order 8/2026")
    log = world.officer_session.log("theirs.log", [Visit(95, KARNATAKA, "/room/9")])
    request = ScanRequest((log,), office.source.name, order.number, (world.officer_session.flags(),), "zeek-http")
    scan_logs(world.io, request, lambda *_: None)
    world.officer_session.rebuild()
    plan = plan_candidates(world.io, ask(world))
    assert (len(plan.leads), plan.left_out[WhyNot.OTHER_CASE]) == (1, 1)
    assert plan_candidates(world.io, ask(world, case="FIR 13/2026")).left_out[WhyNot.OTHER_CASE] == 2


def test_a_partner_sees_what_went_to_the_own_force_and_asks_for_it_alone(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    office = world.officer_session.office
    partner = Staff(office, world.clock, office.officer_sessions).enrolled(Role.PARTNER, "B. Rao of KA-CYBER")
    with pytest.raises(NotAllowed, match="belongs to no enrolled force"):
        list_referrals(partner)
    tie = forces.request_officer_for_force(world[Role.SUPERVISOR], partner.officer.officer_id, "KA-CYBER", "nominated")
    world.approve(tie.approval_id)
    with pytest.raises(UsageError, match="belongs to a force already"):
        forces.request_officer_for_force(world[Role.SUPERVISOR], partner.officer.officer_id, "KL-CYBER", "nominated")
    mine, theirs = world.approved(), world.approved(force="KL-CYBER")
    assert list_referrals(partner) == []
    for one in (mine, theirs):
        with world.io.change(Action.REFERRAL_SEND, "referral:x") as change:
            referrals.mark_sent(change, one.referral_id, "sealed", "0" * 64)
    assert [referral.referral.number for referral in list_referrals(partner)] == ["KA-CYBER 1"]
    seen = show_referral(partner, "KA-CYBER 1")
    assert (seen.case, seen.drafted_by, seen.approved_by, seen.left_out) == (None, None, None, {})
    assert {lead.lead.state for lead in seen.leads} == {"IN-KA"}
    for text in (theirs.number, theirs.referral_id, theirs.referral_id[-6:], "nothing"):
        with pytest.raises(NotThere, match=f"there is no referral {text}"):
            show_referral(partner, text)
    request_form = forces.RequestForm(
        "KA-CYBER", "Cr. 42/2026", AuthorityKind.PRODUCTION, "s.94 order", "Magistrate", "2026-05-20", "c" * 64,
        "x.pdf",
        "2026-06-01", RequestWay.FILE,
    )  # fmt: skip
    assert forces.register_force_request(partner, request_form).way is RequestWay.PARTNER
    with pytest.raises(NotAllowed, match="asks for KA-CYBER, and for no other force"):
        forces.register_force_request(partner, replace(request_form, code="KL-CYBER"))
    world.ask("KL-CYBER", document_sha256="d" * 64)
    assert [request.request.case_number for request in list_requests(partner)] == ["Cr. 42/2026"]
    with office.workspace.read() as tables:
        entries = tables[rows.StoredJournalRow].select(actor=partner.officer.officer_id)
    assert {JournalVerb.REFUSED_RIGHT.value, JournalVerb.VIEW_REFERRALS.value} <= {entry.verb for entry in entries}


def test_the_second_officer_sees_exactly_what_leaves_and_did_not_draft_it(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    referral = world.draft(request=world.ask().request_id, force=None).referral
    with world.officer_session.office.workspace.read() as tables:
        approval = tables[rows.Approval].get(referral.approval_id or "")
    assert approval is not None
    request_fields = json.loads(approval.request_json)
    assert (request_fields["to"], request_fields["leads"], request_fields["states"]) == (
        "Cyber Police of KA-CYBER (KA-CYBER)",
        2,
        "IN-KA 2",
    )
    assert request_fields["content_sha256"] == referral.content_sha256
    with pytest.raises(NotAllowed):
        referrals_decide(world, referral.approval_id or "")
    assert world.referral(referral.number).state is ReferralState.DRAFTED
    world.approve(referral.approval_id)
    assert world.referral(referral.number).state is ReferralState.APPROVED


def referrals_decide(world: World, approval_id: str) -> None:
    from sightline.casework import decisions

    decisions.decide(world.io, approval_id, give=True, why="mine as the order says")


def test_a_draft_says_how_far_it_is_sheet_by_sheet(world: World) -> None:
    reports: list[tuple[int, int | None]] = []
    request = ReferralDraftRequest(world.officer_session.office.case.number, "they asked", force="KA-CYBER")
    leads = draft_referral(world.io, request, lambda done, total, *_: reports.append((done, total))).referral.leads
    assert reports[0] == (0, None) and {total for _, total in reports[1:]} == {4 * leads + 3}
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert len({done for done, _ in reports}) >= leads + 3, "each text sheet and each PDF is a step"
