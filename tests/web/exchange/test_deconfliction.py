"""Three forces and an exchange without a key: each learns which of its own another has, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import polars as pl
import pyrage
import pytest

from sightline.casework.forces.force_matches import OtherForce
from sightline.casework.permissions.approvals import TakesTwo
from sightline.errors import DamagedInput, NotAllowed, Refused, UsageError
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.lead_groups.groups import group_leads
from sightline.services.lead_groups.other_forces import find_other_forces, list_forces_of_lead
from sightline.services.referrals import deconfliction, force_notes
from sightline.services.referrals.comparison import ComparedValue
from sightline.services.referrals.deconfliction import PeriodKey
from sightline.services.referrals.force_notes import NoteKind
from sightline.services.referrals.other_forces_question import export_question, find_kind, read_answer, read_question
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.stages.canonical.address import parse_address
from sightline.stages.lists.signature import SecretKey
from sightline.web.exchange.token_store import Store
from tests.services.referrals.world import KARNATAKA, KERALA
from tests.web.exchange.conftest import Exchange


class Month:
    """The unit, which made the key of a month, and two other forces."""

    def __init__(self, served: Exchange) -> None:
        self.served, self.world = served, served.world
        self.period = f"{self.world.clock():%Y-%m}"
        self.own = replace(self.world.kerala.secret, issuer="UNIT-ONE")
        self.identity = pyrage.x25519.Identity.generate()
        recipient = str(self.identity.to_public())
        codes = ["KA-CYBER", "KL-CYBER"]
        self.sealed = deconfliction.create_period_key(self.world.io, self.period, codes, recipient, self.own)
        self.key = deconfliction.read_period_key(self.world.io, self.sealed["UNIT-ONE"], [self.identity], self.own)
        served.tokens["UNIT-ONE"] = Store(served.folder).create_token("UNIT-ONE", 30, self.world.clock())[1]

    def exported(self) -> bytes:
        """The unit's note, once two officers agreed."""
        asked = (self.world.io, self.key, ComparedValue.ADDRESSES, "order 9/2026", self.own)
        with pytest.raises(NotAllowed, match="takes two officers") as why:
            deconfliction.export_pseudonyms(*asked)
        self.world.approve(str(why.value).rsplit(" ", 1)[1])
        return deconfliction.export_pseudonyms(*asked)

    def note(self, key: SecretKey, listed: Iterable[str], **other: str) -> bytes:
        """Another force's note."""
        facts = {"period": self.period, "what": "addresses", "pseudonyms": sorted(listed), **other}
        return force_notes.write_note(key, NoteKind.DECONFLICTION, self.world.clock(), facts)

    def send(self, code: str, note: bytes, path: str = "", **limits: int) -> int:
        client = self.served.client(code, **limits)
        url = f"/api/v1/deconfliction/{path or f'{self.period}/addresses'}"
        return int(client.post(url, content=note, headers={"Content-Type": "application/json"}).status_code)

    def ask(self, code: str) -> dict[str, Any]:
        found = self.served.client(code).get(f"/api/v1/deconfliction/{self.period}/addresses")
        assert found.status_code == 200
        return dict(found.json())


@pytest.fixture
def month(served: Exchange) -> Month:
    return Month(served)


def test_each_force_learns_which_of_its_own_another_has(month: Month) -> None:
    assert month.key.secret.hex().encode() not in b"".join(month.sealed.values())
    mine = month.exported()
    listed = json.loads(mine)["note"]["pseudonyms"]
    other = deconfliction.compute_pseudonyms(month.key, ComparedValue.ADDRESSES, {"203.0.113.77 20513": {"x"}})
    assert month.send("UNIT-ONE", mine) == 200
    assert month.ask("UNIT-ONE")["both"] == []
    assert month.send("KA-CYBER", month.note(month.world.karnataka.secret, {listed[0], *other})) == 200
    assert month.send("KL-CYBER", month.note(month.world.kerala.secret, ["ab" * 16])) == 200
    assert month.ask("UNIT-ONE") == {
        "period": month.period,
        "what": "addresses",
        "forces": 3,
        "both": [listed[0]],
    }
    assert (month.ask("KA-CYBER")["both"], month.ask("KL-CYBER")["both"]) == ([listed[0]], [])
    answer = deconfliction.match_answer(month.world.io, month.key, month.ask("UNIT-ONE"))
    assert [match.pseudonym for match in answer.matches] == [listed[0]] and answer.not_ours == 0
    leads = {str(lead["lead_id"]) for lead in month.world.officer_session.leads()}
    assert set(answer.matches[0].ours) <= leads
    # Its lead says so, and so does its group; an answer without the match takes it back.
    workspace = month.world.io.workspace
    with open_generation(workspace) as read:
        for lead_id in answer.matches[0].ours:
            assert list_forces_of_lead(workspace, read, lead_id) == (OtherForce("", "addresses", month.period),)
        shared = {
            one for group in group_leads(workspace, read, pl.lit(value=True)) if group.forces for one in group.lead_ids
        }
        assert set(answer.matches[0].ours) <= shared < leads
    # What a force takes back counts no more.
    assert month.send("KA-CYBER", month.note(month.world.karnataka.secret, other)) == 200
    assert month.ask("UNIT-ONE")["both"] == []
    deconfliction.match_answer(month.world.io, month.key, month.ask("UNIT-ONE"))
    with open_generation(workspace) as read:
        assert find_other_forces(workspace, read) == {}
    stored = b"".join(path.read_bytes() for path in month.served.folder.glob("*.sqlite*"))
    assert KARNATAKA.encode() not in stored + mine and KERALA.encode() not in stored + mine
    assert month.key.secret not in stored and month.key.secret.hex().encode() not in stored
    acts = [
        journal_line.act
        for journal_line in Store(month.served.folder).read_journal()
        if journal_line.code == "KA-CYBER"
    ]
    assert f"POST /api/v1/deconfliction/{month.period}/addresses" in acts
    assert (
        verify_workspace(month.world.officer_session.office.workspace, VerifyRequest(), lambda *_: None).findings == []
    )


def test_guesses_are_bounded_and_what_is_no_note_of_the_force_is_refused(month: Month) -> None:
    ka = month.world.karnataka.secret
    guesses = [f"{number:032x}" for number in range(12)]
    assert month.send("KA-CYBER", month.note(ka, guesses[:8]), most_pseudonyms=10) == 200
    # Other guesses in the place of the first ones are guesses all the same.
    assert month.send("KA-CYBER", month.note(ka, guesses[8:]), most_pseudonyms=10) == 429
    for _ in range(2):
        assert month.send("KA-CYBER", month.note(ka, guesses[:8]), submissions=3) == 200
    assert month.send("KA-CYBER", month.note(ka, guesses[:8]), submissions=3) == 429
    assert month.send("KL-CYBER", month.note(ka, guesses)) == 422
    assert month.send("KA-CYBER", month.note(ka, ["address"])) == 422
    assert month.send("KA-CYBER", month.note(ka, guesses), f"{month.period}/files") == 422
    assert month.send("KA-CYBER", month.note(ka, guesses, period="2020-01"), "2020-01/addresses") == 422
    assert month.send("nobody", month.note(ka, guesses)) == 401


def test_keys_and_answers_of_others_are_refused(month: Month) -> None:
    with pytest.raises(DamagedInput, match="not for this age identity"):
        deconfliction.read_period_key(month.world.io, month.sealed["KA-CYBER"], [month.identity], month.own)
    with pytest.raises(NotAllowed, match="not signed by UNIT-ONE"):
        other = replace(month.own, seed=b"x" * 32)
        deconfliction.read_period_key(month.world.io, month.sealed["UNIT-ONE"], [month.identity], other)
    facts = {"to": "TN-CYBER", "period": month.period, "secret": "ab" * 32}
    wrong = force_notes.write_note(month.world.karnataka.secret, NoteKind.PERIOD_KEY, month.world.clock(), facts)
    sealed = pyrage.encrypt(wrong, [month.identity.to_public()])
    with pytest.raises(Refused, match="is for TN-CYBER"):
        deconfliction.read_period_key(month.world.io, sealed, [month.identity], month.own)
    answer = {"period": "2020-01", "what": "addresses", "both": []}
    with pytest.raises(UsageError, match="is not of"):
        deconfliction.match_answer(month.world.io, month.key, answer)
    with pytest.raises(DamagedInput):
        deconfliction.match_answer(
            month.world.io, month.key, {"period": month.period, "what": "addresses", "both": [1]}
        )
    with pytest.raises(UsageError, match="no month"):
        deconfliction.create_period_key(month.world.io, "2026-13", [], "age1", month.own)
    with pytest.raises(UsageError, match="0 accounts"):
        deconfliction.export_pseudonyms(month.world.io, month.key, ComparedValue.ACCOUNTS, "why", month.own)


def test_a_pseudonym_is_of_its_month_its_key_and_its_kind() -> None:
    keys = [PeriodKey(period, bytes([number]) * 32) for period in ("2026-05", "2026-06") for number in (1, 2)]
    found = {
        next(iter(deconfliction.compute_pseudonyms(key, what, {"x": {"y"}}))) for key in keys for what in ComparedValue
    }
    assert len(found) == len(keys) * len(ComparedValue)


def test_an_address_that_the_unit_does_not_know_is_asked_about(month: Month) -> None:
    """It goes along with the own list, and only an answer to such a list says anything about it."""
    io, unknown = month.world.io, parse_address("203.0.113.77")
    question = read_question(unknown, "203.0.113.77", "2026-03-01")
    assert question.what is ComparedValue.ADDRESSES and find_kind(None, "+91 98470 12345") is ComparedValue.SUBSCRIBERS
    assert find_kind(None, "the caretaker") is None
    for text, day, says in (("the caretaker", "", "neither an address"), ("203.0.113.77", "", "on a day only")):
        with pytest.raises(UsageError, match=says):
            read_question(parse_address(text), text, day)
    asked = (io, month.key, question, "order 9/2026", month.own)
    with pytest.raises(TakesTwo) as why:
        export_question(*asked)
    month.world.approve(why.value.asked.approval_id)
    assert month.send("UNIT-ONE", month.exported()) == 200
    with pytest.raises(UsageError, match="no list of this unit"):
        read_answer(io, month.key, question, month.ask("UNIT-ONE"))
    mine = export_question(*asked)
    theirs = deconfliction.compute_pseudonyms(month.key, ComparedValue.ADDRESSES, {question.value: ()})
    assert set(theirs) < set(json.loads(mine)["note"]["pseudonyms"])
    assert month.send("UNIT-ONE", mine) == 200
    assert not read_answer(io, month.key, question, month.ask("UNIT-ONE")).is_shared
    assert month.send("KA-CYBER", month.note(month.world.karnataka.secret, theirs)) == 200
    answer = read_answer(io, month.key, question, month.ask("UNIT-ONE"))
    assert answer.is_shared and answer.own == 0
    other_day = read_question(unknown, "203.0.113.77", "2026-03-02")
    with pytest.raises(UsageError, match="no list of this unit"):
        read_answer(io, month.key, other_day, month.ask("UNIT-ONE"))
    number = read_question(None, "+91 98470 12345", "")
    with pytest.raises(UsageError, match="another kind"):
        read_answer(io, month.key, number, month.ask("UNIT-ONE"))
    assert verify_workspace(io.workspace, VerifyRequest(), lambda *_: None).findings == []
