"""What a referred lead rests on falls: it does not leave, is recalled by a signed note, and
the force's receipt comes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sightline.casework.forces.referrals import list_recalled_leads
from sightline.casework.leads import outcomes
from sightline.errors import NotAllowed, Refused, UsageError
from sightline.model import OutcomeKind, ReferralState
from sightline.services.referrals import export, force_answers, force_notes, package_reader, recalls
from sightline.services.referrals.recalls import RecallReason
from sightline.services.referrals.views import list_referrals, show_referral
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.workspace.unit_keys import read_unit_key
from tests.services.leads.office import Visit
from tests.services.referrals.world import KARNATAKA, World, new_world

CLEARED = "kind,value,category,opinion\ndomain,board.example,csam,cleared\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def went(world: World) -> list[str]:
    """A referral that was sealed; the ids of its leads."""
    world.approved()
    export.seal_referral(world.io, "KA-CYBER 1", world.officer_session.folder / "one.age")
    return [lead.lead.lead_id for lead in show_referral(world.io, "KA-CYBER 1").leads]


def test_a_list_that_clears_the_site_recalls_all_of_it(world: World) -> None:
    leads = went(world)
    assert recalls.list_due_recalls(world.io) == []
    with pytest.raises(UsageError, match="every lead of KA-CYBER 1 is still valid"):
        recalls.recall_leads(world.io, "KA-CYBER 1", "cleared")
    world.officer_session.scan(
        world.officer_session.folder / "web.log", world.officer_session.flags(CLEARED, version="2"), format="zeek-http"
    )
    world.officer_session.rebuild()
    (one,) = recalls.list_due_recalls(world.io)
    assert one.leads == dict.fromkeys(leads, RecallReason.GONE.value)
    with pytest.raises(Refused, match="2 of 2 leads of KA-CYBER 1 changed after they were approved") as why:
        export.seal_referral(world.io, "KA-CYBER 1", world.officer_session.folder / "two.age")
    assert len(why.value.details) == 2 and why.value.hint and "referrals recall" in why.value.hint
    made = recalls.recall_leads(world.io, "KA-CYBER 1", "the list of June clears the site")
    assert world.referral("KA-CYBER 1").state is ReferralState.RECALLED
    assert recalls.list_due_recalls(world.io) == []
    with pytest.raises(Refused, match="is recalled"):
        export.seal_referral(world.io, "KA-CYBER 1", world.officer_session.folder / "two.age")
    note = force_notes.read(recalls.write_recall_note(world.io, made)).require_signed_by(
        read_unit_key(world.officer_session.office.workspace).derive_public()
    )
    assert recalls.write_recall_note(world.io, made) == recalls.write_recall_note(world.io, made)
    assert package_reader.read_recall(note) == [(lead, RecallReason.GONE.value) for lead in leads]
    receipt = package_reader.build_recall_receipt(note, world.karnataka.secret, world.clock())
    for _ in range(2):
        recall = force_answers.register_answer(world.io, force_notes.read(receipt)).recall
        assert recall is not None and recall.received_at_us is not None
    with pytest.raises(Refused, match="is for KA-CYBER"):
        package_reader.build_recall_receipt(note, world.kerala.secret, world.clock())
    assert verify_workspace(world.officer_session.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_a_lead_that_grew_remains_valid_and_can_be_recalled_by_hand(world: World) -> None:
    leads = went(world)
    world.officer_session.scan(
        world.officer_session.log("more.log", [Visit(300, KARNATAKA, "/room/4")]),
        world.officer_session.flags(),
        format="zeek-http",
    )
    world.officer_session.rebuild()
    assert recalls.list_due_recalls(world.io) == []
    with world.officer_session.office.workspace.read() as tables:
        assert list_recalled_leads(tables, world.referral("KA-CYBER 1").referral_id) == {}
    again = world.io
    made = recalls.recall_leads(again, "KA-CYBER 1", "wrong line, their letter", [leads[0][:8]])
    assert json.loads(made.leads_json) == {leads[0]: "wrong line, their letter"}
    assert world.referral("KA-CYBER 1").state is ReferralState.SENT
    assert [referral.recalled for referral in list_referrals(world.io)] == [1]
    with pytest.raises(UsageError, match="no valid lead of it begins with"):
        recalls.recall_leads(world.io, "KA-CYBER 1", "again", [leads[0]])
    with pytest.raises(Refused, match="some leads of KA-CYBER 1 are recalled"):
        export.seal_referral(world.io, "KA-CYBER 1", world.officer_session.folder / "two.age")
    # What stands at the force is not referred again; what was recalled may be, once it is asked for anew.
    second = world.draft().referral
    assert (second.number, second.leads, json.loads(second.left_out_json)["referred"]) == ("KA-CYBER 2", 1, 1)


def test_a_wrong_lead_is_recalled_unless_the_receiving_force_found_it_wrong(world: World) -> None:
    leads = went(world)
    outcome_form = outcomes.OutcomeForm(leads[1], "FIR 12/2026", OutcomeKind.INNOCENT, "2026-06-04", "a shop's Wi-Fi")
    outcome = outcomes.record_outcome(world.io, outcome_form)
    assert recalls.list_due_recalls(world.io)[0].leads == {leads[1]: RecallReason.OUTCOME.value}
    outcomes.withdraw_outcome(world.io, outcome.outcome_id, "the wrong lead")
    assert recalls.list_due_recalls(world.io) == []
    about = {"to": {"code": "KA-CYBER"}, "referral": world.referral("KA-CYBER 1").referral_id, "number": "KA-CYBER 1"}
    new_outcomes = [(leads[1], OutcomeKind.WRONG_PLACE, "2026-06-04")]
    force_answers.register_answer(
        world.io,
        force_notes.read(package_reader.sign_answer(about, world.karnataka.secret, world.clock(), new_outcomes)),
    )
    assert recalls.list_due_recalls(world.io) == []


def test_a_purged_exhibit_takes_its_referral_along(world: World) -> None:
    leads = went(world)
    exhibit = next(
        lead["reasons_for"][0]["where"][0]["exhibit"] for lead in world.officer_session.leads() if lead["reasons_for"]
    )
    world.officer_session.purge(exhibit)
    with pytest.raises(UsageError, match="went with an exhibit that was purged"):
        recalls.list_due_recalls(world.io)
    world.officer_session.rebuild()
    assert recalls.list_due_recalls(world.io)[0].leads == dict.fromkeys(leads, RecallReason.GONE.value)


def test_an_ended_force_is_given_nothing_and_believed_nothing(world: World) -> None:
    from sightline.casework.forces import forces
    from sightline.model import Role

    leads = went(world)
    forces.end_force(world[Role.SUPERVISOR], "KA-CYBER", "their key was lost")
    with pytest.raises(Refused, match="no longer has these keys"):
        export.seal_referral(world.io, "KA-CYBER 1", world.officer_session.folder / "two.age")
    about = {"to": {"code": "KA-CYBER"}, "referral": world.referral("KA-CYBER 1").referral_id, "number": "KA-CYBER 1"}
    answer = package_reader.sign_answer(
        about, world.karnataka.secret, world.clock(), [(leads[0], OutcomeKind.INNOCENT, "2026-06-04")]
    )
    with pytest.raises(NotAllowed, match="has no valid key"):
        force_answers.register_answer(world.io, force_notes.read(answer))
