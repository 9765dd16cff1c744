"""Forged acts of two officers, in many variations: `verify` and the verifier of bundles name each with its entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sightline.casework.people import code_keys
from sightline.casework.permissions import access, approval_chain, approvals, entry_roles, roster
from sightline.casework.permissions.access import Action
from sightline.errors import DamagedInput, NotAllowed, UsageError
from sightline.evidence import verify_sightline
from sightline.ledger import two_officers
from sightline.ledger.append import KINDS, encode_canonical, name_row_thing
from sightline.ledger.canonical import encode
from sightline.ledger.entry import Entry
from sightline.ledger.verbs import Verb
from sightline.model import Role
from sightline.services.verification.report import VerifiedPart
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.storage.table import read_committed_columns
from tests.office import now
from tests.services.forger import (
    ADMIN,
    ANALYST,
    CUSTODIAN,
    EXHIBIT,
    FORGED,
    HEAD,
    IO,
    LATER,
    OTHER,
    SP,
    Forger,
    Honest,
    enrolment,
    given_facts,
    honest,
)

SOON = timedelta(minutes=1)
Act = Callable[[Forger], int]
LOG_KEY: dict[str, Act] = {}
INSIDER: dict[str, Act] = {}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    return honest(tmp_path_factory.mktemp("honest") / "workspace")


def by_log_key(act: Act) -> Act:
    """A forgery by whoever holds the log key and the database, and no officer's key; gives the entry to be named."""
    LOG_KEY[act.__name__] = act
    return act


def by_insider(act: Act) -> Act:
    """A forgery by whoever has an officer's key besides, or those of officers who may not do this together."""
    INSIDER[act.__name__] = act
    return act


LIVE: dict[str, str | int] = {
    "case": "C1",
    "kind": "live-feed",
    "document_sha256": "ab" * 32,
    "valid_from_us": 1,
    "valid_until_us": 9,
}


@by_insider
def an_authority_for_a_live_feed_by_one_officer(f: Forger) -> int:
    return f.say(Verb.AUTHORITY_ADDED, IO, "authority:F1", LIVE | {"sources_json": '["S1"]'}, after=SOON)


@by_insider
def an_authority_for_another_feed_than_two_officers_agreed_to(f: Forger) -> int:
    asked = {"action": "authority:live-feed", "about": "authority:F1", "sources_json": '["S1"]'}
    f.say(Verb.APPROVAL_ASKED, IO, "approval:F1", asked | LIVE, after=SOON)
    f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", {"asked_by": f.officer(IO), "action": asked["action"]}, after=SOON)
    made = f.say(Verb.AUTHORITY_ADDED, SP, "authority:F1", LIVE | {"sources_json": '["S2"]'})
    f.say(Verb.APPROVAL_USED, SP, "approval:F1", {"action": asked["action"]})
    return made


# Enrolments by the log key.


@by_log_key
def a_key_for_an_officer_who_exists(f: Forger) -> int:
    return f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(SP)}", enrolment(FORGED, SP), after=SOON)


@by_log_key
def keys_for_three_officers_who_then_agree_to_an_export(f: Forger) -> int:
    seq = f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(IO)}", enrolment(FORGED, IO), after=SOON)
    f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(SP)}", enrolment(OTHER, SP))
    asked = {"action": "bundle", "about": EXHIBIT, "kind": "court"}
    f.say(Verb.APPROVAL_ASKED, IO, "approval:F1", asked, key=FORGED, after=SOON)
    return seq


@by_log_key
def a_new_superintendent(f: Forger) -> int:
    return f.say(Verb.OFFICER_ENROLLED, "workspace", "officer:NEW", enrolment(FORGED, SP), after=SOON)


@by_log_key
def a_superintendent_who_enrols_himself(f: Forger) -> int:
    return f.say(Verb.OFFICER_ENROLLED, "NEW", "officer:NEW", enrolment(FORGED, SP), key=FORGED, after=SOON)


@by_log_key
def an_account_given_back_with_another_key(f: Forger) -> int:
    facts = enrolment(FORGED, ANALYST)
    seq = f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(ANALYST)}", facts, after=SOON)
    f.say(Verb.APPROVAL_USED, "workspace", f.approval_facts("back"), {"action": "account:recover"})
    return seq


def _back(f: Forger, whose: Role, role: str, *, after: timedelta = SOON) -> int:
    """The approved key, enrolled by the workspace for an officer in a role."""
    facts = enrolment(code_keys.derive_private_key(f.world.back.code), role) if f.world.back else {}
    seq = f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(whose)}", facts, after=after)
    f.say(Verb.APPROVAL_USED, "workspace", f.approval_facts("back"), {"action": "account:recover"})
    return seq


@by_log_key
def an_account_given_back_of_another_officer(f: Forger) -> int:
    return _back(f, SP, SP)


@by_log_key
def an_account_given_back_in_another_role(f: Forger) -> int:
    return _back(f, ANALYST, SP)


@by_log_key
def an_account_given_back_after_its_time(f: Forger) -> int:
    return _back(f, ANALYST, ANALYST, after=LATER)


@by_log_key
def an_account_given_back_twice(f: Forger) -> int:
    _back(f, ANALYST, ANALYST)
    facts = enrolment(FORGED, ANALYST)
    return f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(ANALYST)}", facts, after=SOON)


@by_log_key
def an_account_given_back_without_using_the_approval(f: Forger) -> int:
    assert f.world.back is not None
    facts = enrolment(code_keys.derive_private_key(f.world.back.code), ANALYST)
    return f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(ANALYST)}", facts, after=SOON)


def _asked_key(f: Forger) -> dict[str, str | int]:
    facts = f.asked("back asked").facts
    return {"public_key": facts["public_key"], "key_id": facts["key_id"], "role": CUSTODIAN}


@by_log_key
def an_account_that_was_only_asked_for(f: Forger) -> int:
    return f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(CUSTODIAN)}", _asked_key(f), after=SOON)


@by_log_key
def an_account_given_back_by_the_workspace_itself(f: Forger) -> int:
    seq = f.say(
        Verb.APPROVAL_GIVEN, "workspace", f.approval_facts("back asked"), given_facts(f, "back asked"), after=SOON
    )
    f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(CUSTODIAN)}", _asked_key(f), after=SOON)
    return seq


@by_log_key
def an_account_given_back_by_a_forged_officer(f: Forger) -> int:
    return f.say(
        Verb.APPROVAL_GIVEN, SP, f.approval_facts("back asked"), given_facts(f, "back asked"), key=FORGED, after=SOON
    )


@by_log_key
def an_account_given_back_by_the_old_form_without_a_key(f: Forger) -> int:
    """As before the request held the new key: the two signatures are of any key at all."""
    asked = f.place(Verb.APPROVAL_ASKED, f.approval_facts("back"))
    f.rewrite(asked, f.key(HEAD), facts={"action": "account:recover"}, commits={})
    given = f.place(Verb.APPROVAL_GIVEN, f.approval_facts("back"))
    facts = {"action": "account:recover", "asked_by": f.officer(HEAD)}
    f.rewrite(given, f.key(SP), facts=facts, commits={})
    facts_of_key = enrolment(FORGED, ANALYST)
    seq = f.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{f.officer(ANALYST)}", facts_of_key, after=SOON)
    f.say(Verb.APPROVAL_USED, "workspace", f.approval_facts("back"), {"action": "account:recover"})
    return seq


# What else the log key signs.


@by_log_key
def a_revoked_key_told_of_anew(f: Forger) -> int:
    facts = enrolment(f.key(IO), IO)
    return f.say(Verb.KEY_ENROLLED, "workspace", f"key:{facts['key_id']}", facts, after=SOON)


@by_log_key
def an_officer_s_key_revoked(f: Forger) -> int:
    facts = {"key_id": enrolment(f.key(SP), SP)["key_id"]}
    return f.say(Verb.KEY_REVOKED, "workspace", f"key:{facts['key_id']}", facts, after=SOON)


@by_log_key
def a_key_rotated(f: Forger) -> int:
    facts = enrolment(FORGED, SP)
    return f.say(Verb.KEY_ROTATED, "workspace", f"key:{facts['key_id']}", facts, after=SOON)


@by_log_key
def a_key_rotated_in_an_officer_s_name(f: Forger) -> int:
    facts = enrolment(FORGED, SP)
    return f.say(Verb.KEY_ROTATED, SP, f"key:{facts['key_id']}", facts, key=FORGED, after=SOON)


@by_log_key
def an_approval_asked_for(f: Forger) -> int:
    facts = {"action": "bundle", "about": EXHIBIT, "kind": "court"}
    return f.say(Verb.APPROVAL_ASKED, "workspace", "approval:F1", facts, after=SOON)


@by_log_key
def an_approval_given(f: Forger) -> int:
    return f.say(Verb.APPROVAL_GIVEN, "workspace", f.approval_facts("asked"), given_facts(f, "asked"), after=SOON)


@by_log_key
def an_approval_given_in_an_officer_s_name(f: Forger) -> int:
    return f.say(Verb.APPROVAL_GIVEN, SP, f.approval_facts("asked"), given_facts(f, "asked"), key=f.log, after=SOON)


@by_log_key
def an_approval_used(f: Forger) -> int:
    return f.say(Verb.APPROVAL_USED, "workspace", f.approval_facts("given"), {"action": "bundle"}, after=SOON)


@by_log_key
def a_bundle(f: Forger) -> int:
    return f.say(Verb.BUNDLE_MADE, "workspace", EXHIBIT, {"kind": "court", "bundle": "1" * 64, "rows": 1}, after=SOON)


@by_log_key
def an_issuer(f: Forger) -> int:
    facts = {"issuer": "FORGED", "public_key": "AAAA"}
    return f.say(Verb.ISSUER_ENROLLED, "workspace", "issuer-key:F1", facts, after=SOON)


@by_log_key
def a_purge(f: Forger) -> int:
    return f.say(Verb.PURGE_DONE, "workspace", EXHIBIT, {"approval": "F1"}, after=SOON)


@by_log_key
def a_case_s_authority(f: Forger) -> int:
    return f.say(Verb.AUTHORITY_ADDED, "workspace", "authority:F1", after=SOON)


@by_log_key
def another_role(f: Forger) -> int:
    thing = f"officer:{f.officer(IO)}"
    return f.say(Verb.OFFICER_CHANGED, "workspace", thing, state='{"role":"superintendent"}', after=SOON)


@by_log_key
def another_role_told_with_the_journal(f: Forger) -> int:
    thing = f"officer:{f.officer(IO)}"
    return f.say(Verb.WORKSPACE_UPGRADED, "workspace", thing, state='{"role":"superintendent"}', after=SOON)


@by_log_key
def every_kind_of_thing_told_anew_by_each_act_of_the_workspace(f: Forger) -> int:
    """Whoever holds the log key can write any row, and an entry of the workspace itself that commits to it."""
    first = len(f.entries)
    for kind in KINDS.values():
        for verb in sorted(two_officers.BY_WORKSPACE - two_officers.RETELLS[kind] - {Verb.WORKSPACE_MADE}):
            f.say(verb, "workspace", f"{kind}:X", state="{}", after=SOON)
    found, proved = f.find_faults()
    both = {seq for seq in range(first, len(f.entries)) if f"entry {seq}" in found and f"line {seq + 1}:" in proved}
    missed = set(range(first, len(f.entries))) - both
    assert not missed and len(f.entries) > first + 100, {f.entries[seq].thing for seq in missed}
    return len(f.entries) - 1


@by_log_key
def another_log_key(f: Forger) -> int:
    facts = {"log_key": str(enrolment(FORGED, SP)["public_key"])}
    return f.say(Verb.WORKSPACE_MADE, "workspace", "workspace:F1", facts, key=FORGED, after=SOON)


@by_log_key
def an_account(f: Forger) -> int:
    facts = {"key_id": "0" * 16}
    return f.say(Verb.ACCOUNT_CHANGED, "workspace", f"account:{f.officer(SP)}", facts, after=SOON)


# History written anew by the log key.


def _third(f: Forger) -> int:
    """The first enrolment that took two."""
    return [entry.seq for entry in f.entries if entry.verb == Verb.OFFICER_ENROLLED][2]


@by_log_key
def a_swapped_key_under_the_old_signature(f: Forger) -> int:
    seq = _third(f)
    return f.rewrite(seq, facts=enrolment(FORGED, str(f.entries[seq].facts["role"])))


@by_log_key
def a_swapped_key_signed_by_the_log_key(f: Forger) -> int:
    seq = _third(f)
    facts = enrolment(FORGED, str(f.entries[seq].facts["role"]))
    return f.rewrite(seq, f.log, facts=facts, actor="workspace")


@by_log_key
def a_swapped_key_signed_by_itself(f: Forger) -> int:
    seq = _third(f)
    facts = enrolment(FORGED, str(f.entries[seq].facts["role"]))
    return f.rewrite(seq, FORGED, facts=facts, actor=f.entries[seq].thing.partition(":")[2])


@by_log_key
def another_first_officer(f: Forger) -> int:
    """All that the first officer signed later is signed by nobody then."""
    f.rewrite(1, FORGED, facts=enrolment(FORGED, ADMIN))
    return next(entry.seq for entry in f.entries[2:] if entry.actor == f.officer(ADMIN))


@by_log_key
def another_second_officer_by_the_log_key(f: Forger) -> int:
    seq = [entry.seq for entry in f.entries if entry.verb == Verb.OFFICER_ENROLLED][1]
    return f.rewrite(seq, f.log, facts=enrolment(FORGED, HEAD), actor="workspace")


@by_log_key
def a_decision_of_before_copied(f: Forger) -> int:
    honest_one = f.entries[f.place(Verb.APPROVAL_GIVEN, f.approval_facts("given"))]
    copied = replace(honest_one, seq=len(f.entries), at=f.entries[-1].at, thing=f.approval_facts("asked"))
    f.entries.append(copied)
    return copied.seq


@by_log_key
def a_refusal_turned_into_a_gift(f: Forger) -> int:
    return f.rewrite(f.place(Verb.APPROVAL_REFUSED, f.approval_facts("refused")), verb=Verb.APPROVAL_GIVEN)


@by_log_key
def another_question_under_a_decision(f: Forger) -> int:
    seq = f.place(Verb.APPROVAL_ASKED, f.approval_facts("given"))
    return f.rewrite(seq, facts=dict(f.entries[seq].facts) | {"kind": "ledger", "about": "workspace:all"})


@by_log_key
def an_approval_given_before_its_officer_was_enrolled(f: Forger) -> int:
    """Written by a key that comes into the record only afterwards."""
    seq = f.say(Verb.APPROVAL_GIVEN, "NEW", f.approval_facts("asked"), given_facts(f, "asked"), key=FORGED, after=SOON)
    f.say(Verb.OFFICER_ENROLLED, "workspace", "officer:NEW", enrolment(FORGED, SP), after=SOON)
    return seq


# One officer, or two who may not, with the log key.


@by_insider
def decided_by_whoever_asked(f: Forger) -> int:
    f.say(Verb.APPROVAL_ASKED, SP, "approval:F1", {"action": "bundle", "about": EXHIBIT, "kind": "court"}, after=SOON)
    facts = {"asked_by": f.officer(SP), "action": "bundle"}
    return f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", facts, after=SOON)


@by_insider
def decided_by_whoever_asked_who_names_another_asker(f: Forger) -> int:
    f.say(Verb.APPROVAL_ASKED, SP, "approval:F1", {"action": "bundle", "about": EXHIBIT, "kind": "court"}, after=SOON)
    facts = {"asked_by": f.officer(IO), "action": "bundle"}
    return f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", facts, after=SOON)


@by_insider
def decided_by_a_role_without_right(f: Forger) -> int:
    return f.say(Verb.APPROVAL_GIVEN, ANALYST, f.approval_facts("asked"), given_facts(f, "asked"), after=SOON)


@by_insider
def decided_by_the_administrator_about_a_bundle(f: Forger) -> int:
    return f.say(Verb.APPROVAL_GIVEN, ADMIN, f.approval_facts("asked"), given_facts(f, "asked"), after=SOON)


@by_insider
def decided_by_whoever_enrolled_the_asker_with_a_tied_one(f: Forger) -> int:
    return f.say(Verb.APPROVAL_GIVEN, HEAD, f.approval_facts("asked"), given_facts(f, "asked"), after=SOON)


@by_insider
def decided_by_a_tied_officer_in_the_words_of_an_older_version(f: Forger) -> int:
    facts = {name: value for name, value in given_facts(f, "asked").items() if name != "asked"}
    return f.say(Verb.APPROVAL_GIVEN, HEAD, f.approval_facts("asked"), facts, after=SOON, is_bound=False)


@by_insider
def decided_by_whom_the_asker_enrolled_alone(f: Forger) -> int:
    facts = {"action": "officer:enrol", "about": "key:F1", **enrolment(FORGED, ANALYST)}
    f.say(Verb.APPROVAL_ASKED, ADMIN, "approval:F1", facts, after=SOON)
    facts = {"asked_by": f.officer(ADMIN), "action": "officer:enrol"}
    return f.say(Verb.APPROVAL_GIVEN, HEAD, "approval:F1", facts, after=SOON)


@by_insider
def decided_by_a_revoked_officer(f: Forger) -> int:
    key = str(enrolment(f.key(SP), SP)["key_id"])
    f.say(Verb.KEY_REVOKED, HEAD, f"key:{key}", {"key_id": key}, after=SOON)
    return f.say(Verb.APPROVAL_GIVEN, SP, f.approval_facts("asked"), given_facts(f, "asked"), after=SOON)


@by_insider
def decided_after_the_asker_was_revoked(f: Forger) -> int:
    key = str(enrolment(f.key(IO), IO)["key_id"])
    f.say(Verb.KEY_REVOKED, HEAD, f"key:{key}", {"key_id": key}, after=SOON)
    return f.say(Verb.APPROVAL_GIVEN, SP, f.approval_facts("asked"), given_facts(f, "asked"), after=SOON)


@by_insider
def decided_after_two_weeks(f: Forger) -> int:
    return f.say(Verb.APPROVAL_GIVEN, SP, f.approval_facts("asked"), given_facts(f, "asked"), after=LATER)


@by_insider
def decided_as_another_act(f: Forger) -> int:
    facts = given_facts(f, "asked") | {"action": "purge"}
    return f.say(Verb.APPROVAL_GIVEN, SP, f.approval_facts("asked"), facts, after=SOON)


@by_insider
def decided_twice(f: Forger) -> int:
    return f.say(Verb.APPROVAL_GIVEN, SP, f.approval_facts("refused"), given_facts(f, "refused"), after=SOON)


@by_insider
def decided_about_nothing(f: Forger) -> int:
    facts = {"asked_by": f.officer(IO), "action": "bundle"}
    return f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", facts, after=SOON)


@by_insider
def a_question_that_its_asker_wrote_anew_after_the_decision(f: Forger) -> int:
    """The asker holds the log key too, and puts another content under what the other officer signed."""
    seq = f.place(Verb.APPROVAL_ASKED, f.approval_facts("given"))
    f.rewrite(seq, f.key(IO), facts=dict(f.entries[seq].facts) | {"kind": "ledger"})
    return f.place(Verb.APPROVAL_GIVEN, f.approval_facts("given"))


@by_insider
def asked_twice_under_one_id(f: Forger) -> int:
    facts = {"action": "bundle", "about": "workspace:all", "kind": "ledger"}
    return f.say(Verb.APPROVAL_ASKED, IO, f.approval_facts("given"), facts, after=SOON)


@by_insider
def asked_by_a_role_that_may_not(f: Forger) -> int:
    facts = {"action": "bundle", "about": EXHIBIT, "kind": "court"}
    f.say(Verb.APPROVAL_ASKED, ANALYST, "approval:F1", facts, after=SOON)
    facts = {"asked_by": f.officer(ANALYST), "action": "bundle"}
    return f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", facts, after=SOON)


@by_insider
def asked_for_an_act_that_is_none(f: Forger) -> int:
    return f.say(Verb.APPROVAL_ASKED, IO, "approval:F1", {"action": "everything", "about": EXHIBIT}, after=SOON)


@by_insider
def an_approval_of_another_kind_of_bundle(f: Forger) -> int:
    return f.bundle_used("given", kind="ledger")


@by_insider
def an_approval_of_a_whole_bundle_for_one_of_a_line(f: Forger) -> int:
    f.say(Verb.APPROVAL_USED, IO, f.approval_facts("given"), {"action": "bundle"}, after=SOON)
    facts: dict[str, str | int] = {"kind": "court", "bundle": "1" * 64, "rows": 1, "line_sha256": "3" * 64}
    return f.say(Verb.BUNDLE_MADE, IO, EXHIBIT, facts)


@by_insider
def an_approval_of_one_line_for_the_bundle_of_another(f: Forger) -> int:
    asked = {"action": "bundle", "about": EXHIBIT, "kind": "defence", "line_sha256": "3" * 64}
    f.say(Verb.APPROVAL_ASKED, IO, "approval:F1", asked, after=SOON)
    f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", {"asked_by": f.officer(IO), "action": "bundle"}, after=SOON)
    f.say(Verb.APPROVAL_USED, IO, "approval:F1", {"action": "bundle"}, after=SOON)
    facts: dict[str, str | int] = {"kind": "defence", "bundle": "1" * 64, "rows": 1, "line_sha256": "4" * 64}
    return f.say(Verb.BUNDLE_MADE, IO, EXHIBIT, facts)


@by_insider
def an_approval_of_another_exhibit(f: Forger) -> int:
    f.say(Verb.APPROVAL_USED, IO, f.approval_facts("given"), {"action": "bundle"}, after=SOON)
    facts: dict[str, str | int] = {"kind": "court", "bundle": "1" * 64, "rows": 1}
    return f.say(Verb.BUNDLE_MADE, IO, "exhibit:" + "cd" * 32, facts)


@by_insider
def an_approval_used_after_two_weeks(f: Forger) -> int:
    return f.bundle_used("given", after=LATER)


@by_insider
def an_approval_used_twice(f: Forger) -> int:
    return f.bundle_used("used")


@by_insider
def two_bundles_by_one_approval(f: Forger) -> int:
    f.bundle_used("given")
    return f.say(Verb.BUNDLE_MADE, IO, EXHIBIT, {"kind": "court", "bundle": "2" * 64, "rows": 1})


@by_insider
def a_bundle_that_leaves_its_approval_unused(f: Forger) -> int:
    return f.say(Verb.BUNDLE_MADE, IO, EXHIBIT, {"kind": "court", "bundle": "1" * 64, "rows": 1}, after=SOON)


@by_insider
def an_approval_that_was_only_asked_for(f: Forger) -> int:
    seq = f.bundle_used("asked")
    return seq - 1


@by_insider
def an_approval_that_was_refused(f: Forger) -> int:
    seq = f.bundle_used("refused")
    return seq - 1


@by_insider
def an_approval_used_by_a_role_that_may_not(f: Forger) -> int:
    return f.say(Verb.APPROVAL_USED, ANALYST, f.approval_facts("given"), {"action": "bundle"}, after=SOON)


@by_insider
def an_approval_used_after_its_decider_was_revoked(f: Forger) -> int:
    key = str(enrolment(f.key(SP), SP)["key_id"])
    f.say(Verb.KEY_REVOKED, HEAD, f"key:{key}", {"key_id": key}, after=SOON)
    return f.bundle_used("given") - 1


@by_insider
def a_third_officer_by_one(f: Forger) -> int:
    return f.say(Verb.OFFICER_ENROLLED, ADMIN, "officer:NEW", enrolment(FORGED, SP), after=SOON)


@by_insider
def an_officer_s_second_key_by_one(f: Forger) -> int:
    thing = f"officer:{f.officer(SP)}"
    return f.say(Verb.OFFICER_ENROLLED, HEAD, thing, enrolment(FORGED, SP), after=SOON)


@by_insider
def an_officer_by_an_approval_of_a_bundle(f: Forger) -> int:
    f.say(Verb.APPROVAL_USED, IO, f.approval_facts("given"), {"action": "bundle"}, after=SOON)
    facts = enrolment(FORGED, SP) | {"approval": f.approval_facts("given").partition(":")[2]}
    return f.say(Verb.OFFICER_ENROLLED, SP, "officer:NEW", facts)


@by_insider
def an_officer_in_another_role_than_was_agreed(f: Forger) -> int:
    public = enrolment(FORGED, ANALYST)
    about = f"key:{public['key_id']}"
    asked: dict[str, str | int] = {"action": "officer:enrol", "about": about, **public}
    f.say(Verb.APPROVAL_ASKED, HEAD, "approval:F1", asked, after=SOON)
    facts = {"asked_by": f.officer(HEAD), "action": "officer:enrol"}
    f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", facts, after=SOON)
    seq = f.say(Verb.OFFICER_ENROLLED, SP, "officer:NEW", enrolment(FORGED, SP))
    f.say(Verb.APPROVAL_USED, SP, "approval:F1", {"action": "officer:enrol"})
    return seq


@by_insider
def an_account_given_back_by_its_own_officer(f: Forger) -> int:
    public = enrolment(FORGED, SP)
    asked: dict[str, str | int] = {"action": "account:recover", "about": f"officer:{f.officer(SP)}"}
    asked |= {"officer": f.officer(SP)}
    asked |= {"key_id": str(public["key_id"]), "public_key": str(public["public_key"])}
    f.say(Verb.APPROVAL_ASKED, HEAD, "approval:F1", asked, after=SOON)
    facts = {"asked_by": f.officer(HEAD), "action": "account:recover"}
    return f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", facts, after=SOON)


@by_insider
def a_role_told_anew_by_one(f: Forger) -> int:
    thing = f"officer:{f.officer(IO)}"
    return f.say(Verb.OFFICER_CHANGED, HEAD, thing, state='{"role":"superintendent"}', after=SOON)


@by_insider
def a_key_told_anew_with_a_note(f: Forger) -> int:
    key = enrolment(f.key(SP), SP)["key_id"]
    return f.say(Verb.LEAD_NOTED, HEAD, f"key:{key}", state='{"officer_id":"X"}', after=SOON)


@by_insider
def a_rotated_key_in_a_higher_role(f: Forger) -> int:
    facts = enrolment(FORGED, SP)
    return f.say(Verb.KEY_ROTATED, IO, f"key:{facts['key_id']}", facts, after=SOON)


@by_insider
def an_act_in_another_officer_s_name(f: Forger) -> int:
    return f.say(Verb.APPROVAL_GIVEN, SP, f.approval_facts("asked"), given_facts(f, "asked"), key=f.key(IO), after=SOON)


@by_insider
def an_authority_told_anew_with_a_note(f: Forger) -> int:
    authority = f.world.office.authority
    later = replace(authority, valid_until_us=None, number="s.94 anything")
    return f.say(
        Verb.LEAD_NOTED,
        ANALYST,
        name_row_thing(authority),
        state=encode_canonical(read_committed_columns(later)),
        after=SOON,
    )


@by_insider
def a_hold_lifted_by_setting_it_once_more(f: Forger) -> int:
    f.say(Verb.HOLD_SET, IO, "hold:F1", {"thing": EXHIBIT}, state='{"lifted_at_us":null}', after=SOON)
    return f.say(Verb.HOLD_SET, IO, "hold:F1", {"thing": EXHIBIT}, state='{"lifted_at_us":1}', after=SOON)


@by_insider
def a_run_registered_once_more_with_fewer_hits(f: Forger) -> int:
    run = {name: value for name, value in RUN.items() if name != "approval"}
    f.say(Verb.RUN_REGISTERED, IO, "run:F1", run | {"hits": 9}, after=SOON)
    return f.say(Verb.RUN_REGISTERED, IO, "run:F1", run, after=SOON)


@by_insider
def another_officer_s_account(f: Forger) -> int:
    facts = {"key_id": "0" * 16}
    return f.say(Verb.ACCOUNT_CHANGED, HEAD, f"account:{f.officer(SP)}", facts, state="{}", after=SOON)


@by_insider
def a_recipient_of_backups_as_an_older_version_adds_it(f: Forger) -> int:
    return f.say(Verb.BACKUP_RECIPIENT_ADDED, ADMIN, "backup-recipient:age1x", after=SOON)


@by_insider
def a_recipient_of_backups_added_as_if_the_unit_had_one_officer(f: Forger) -> int:
    return f.say(Verb.BACKUP_RECIPIENT_ADDED, ADMIN, "backup-recipient:age1x", {"officers": 1}, after=SOON)


@by_insider
def a_recipient_of_backups_that_the_asker_approves(f: Forger) -> int:
    asked = {"action": "backup:recipient", "about": "backup-recipient:age1x", "recipient": "age1x"}
    f.say(Verb.APPROVAL_ASKED, ADMIN, "approval:F1", asked, after=SOON)
    facts = {"asked_by": f.officer(ADMIN), "action": "backup:recipient"}
    f.say(Verb.APPROVAL_GIVEN, ADMIN, "approval:F1", facts, after=SOON)
    return f.say(Verb.BACKUP_RECIPIENT_ADDED, ADMIN, "backup-recipient:age1x", {"approval": "F1"})


@by_insider
def another_recipient_of_backups_than_was_approved(f: Forger) -> int:
    asked = {"action": "backup:recipient", "about": "backup-recipient:age1x", "recipient": "age1x"}
    f.say(Verb.APPROVAL_ASKED, ADMIN, "approval:F1", asked, after=SOON)
    facts = {"asked_by": f.officer(ADMIN), "action": "backup:recipient"}
    f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", facts, after=SOON)
    return f.say(Verb.BACKUP_RECIPIENT_ADDED, SP, "backup-recipient:age1y", {"approval": "F1"})


def _alone(verb: Verb, who: Role, thing: str, facts: dict[str, str | int]) -> None:
    def forged(f: Forger) -> int:
        return f.say(verb, who, thing, facts, after=SOON)

    INSIDER[f"{verb.value} by one officer"] = forged


PUBLIC = str(enrolment(OTHER, SP)["public_key"])
_alone(Verb.ISSUER_ENROLLED, HEAD, "issuer-key:F1", {"issuer": "FORGED", "public_key": PUBLIC})
_alone(Verb.SOURCE_CHANGED, HEAD, "source:F1", {"use": "leads", "previous": "statistics"})
_alone(Verb.NOTICE_APPROVED, SP, "notice:F1", {"approval": "F1", "rows_sha256": "0" * 64})
_alone(Verb.NOTICE_SENT, IO, "notice:F1", {"how": "by hand"})
_alone(Verb.REFERRAL_APPROVED, SP, "referral:F1", {"approval": "F1", "content_sha256": "0" * 64})
_alone(Verb.REFERRAL_SENT, SP, "referral:F1", {"how": "by hand"})
_alone(Verb.REFERRAL_FETCHED, SP, "referral:F1", {"sha256": "0" * 64})
_alone(Verb.FORCE_ENROLLED, SP, "force:F1", {"code": "X", "key_id": "0", "public_key": "0", "age_recipient": "0"})
_alone(Verb.FORCE_OFFICER_TIED, SP, "force-officer:F1", {"force": "F1"})
_alone(Verb.FORCE_COMPARED, SP, "force:F1", {"force": "X", "what": "addresses", "count": 1, "sha256": "0" * 64})
_alone(Verb.BUNDLE_MADE, IO, "workspace:all", {"kind": "ledger", "bundle": "1" * 64, "rows": 1})
_alone(Verb.PURGE_DONE, IO, EXHIBIT, {"approval": "F1"})
_alone(Verb.IDENTITY_PURGED, IO, "subscriber:F1", {})
_alone(Verb.RETENTION_SET, IO, "retention-period:leads", {"days": 30, "approval": "F1"})
_alone(Verb.BACKUP_RECIPIENT_ADDED, SP, "backup-recipient:age1x", {"approval": "F1"})
RUN: dict[str, str | int] = {
    "run": "0", "exhibit": "0", "lists": "", "hits": 0, "segments": "", "segment_rows": "", "manifest": "0",
    "use": "leads", "approval": "F1",
}  # fmt: skip
_alone(Verb.RUN_REGISTERED, IO, "run:F1", RUN)


WHOLE: dict[str, str | int] = {"source": "S", "authority": "A"}


def _approve_whole_log(f: Forger) -> None:
    """The files a and b of one source, under one authority, as two officers agreed."""
    asked = {"action": "scan:whole-log", "about": "source:S", "files": "a,b"} | WHOLE
    f.say(Verb.APPROVAL_ASKED, IO, "approval:F1", asked, after=SOON)
    facts = {"asked_by": f.officer(IO), "action": "scan:whole-log"}
    f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", facts, after=SOON)


@by_insider
def a_whole_log_of_another_file_than_was_approved(f: Forger) -> int:
    _approve_whole_log(f)
    f.say(Verb.RUN_REGISTERED, IO, "run:F1", RUN | WHOLE | {"exhibit": "b"}, after=SOON)
    return f.say(Verb.RUN_REGISTERED, IO, "run:F2", RUN | WHOLE | {"exhibit": "c"}, after=SOON)


def _elsewhere(fact: str) -> None:
    """A whole log of an approved file that says another source, or another authority, than two officers agreed to."""

    def act(f: Forger) -> int:
        _approve_whole_log(f)
        f.say(Verb.RUN_REGISTERED, IO, "run:F1", RUN | WHOLE | {"exhibit": "b"}, after=SOON)
        return f.say(Verb.RUN_REGISTERED, IO, "run:F2", RUN | WHOLE | {"exhibit": "a", fact: "other"}, after=SOON)

    INSIDER[f"a_whole_log_under_another_{fact}"] = act


_elsewhere("source")
_elsewhere("authority")


@by_insider
def a_whole_log_after_its_scan_was_over(f: Forger) -> int:
    _approve_whole_log(f)
    f.say(Verb.APPROVAL_USED, IO, "approval:F1", {"action": "scan:whole-log"}, after=SOON)
    return f.say(Verb.RUN_REGISTERED, IO, "run:F1", RUN | {"exhibit": "b"}, after=SOON)


@pytest.mark.parametrize("name", [*LOG_KEY, *INSIDER])
def test_a_forged_act_is_named_by_both_verifiers(name: str, world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "forged", world)
    seq = (LOG_KEY | INSIDER)[name](forger)
    found, proved = forger.find_faults()
    assert f"entry {seq}" in found, found
    assert f"entries.jsonl, line {seq + 1}:" in proved, proved


def test_there_are_many_variations() -> None:
    assert len(LOG_KEY) >= 30 and len(INSIDER) >= 40


# What is as it should be is not named.


def test_the_honest_record_is_as_it_was_for_both(world: Honest, tmp_path: Path) -> None:
    assert Forger.at(tmp_path / "same", world).find_faults() == ({}, "")


def test_honest_acts_of_two_officers_pass_both_verifiers(world: Honest, tmp_path: Path) -> None:
    """The acts of the forgeries, as they should be: an approval used, an account given back, keys rotated."""
    forger = Forger.at(tmp_path / "right", world)
    forger.bundle_used("given")
    _back(forger, ANALYST, ANALYST)
    facts = enrolment(FORGED, IO)
    forger.say(Verb.KEY_ROTATED, IO, f"key:{facts['key_id']}", facts, after=SOON)
    forger.say(Verb.APPROVAL_GIVEN, SP, forger.approval_facts("asked"), given_facts(forger, "asked"), after=SOON)
    # A thing that is not in the tables is another finding than one of who could act.
    found, proved = forger.find_faults()
    assert not [what for where, what in found.items() if where.startswith("entry ")] and proved == ""


def _as_before(forger: Forger, world: Honest) -> None:
    """Entries as the program wrote them before questions and decisions said openly what they are of."""
    signers = {
        officer_session.officer.officer_id: officer_session.signer.private
        for officer_session in world.officer_sessions.values()
    }
    for seq, one in enumerate(forger.entries):
        if one.verb == Verb.APPROVAL_ASKED:
            forger.rewrite(seq, signers[one.actor], facts={"action": one.facts["action"]})
        if one.verb in {Verb.APPROVAL_GIVEN, Verb.APPROVAL_REFUSED}:
            facts = {name: value for name, value in one.facts.items() if name != "asked"}
            forger.rewrite(seq, signers[one.actor], facts=facts)


def test_a_record_of_before_is_as_it_was_for_both(world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "before", world)
    _as_before(forger, world)
    assert forger.find_faults() == ({}, "")


def test_before_ties_were_transitive_who_enrolled_with_another_decided(world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "before", world)
    _as_before(forger, world)
    facts = {name: value for name, value in given_facts(forger, "asked").items() if name != "asked"}
    forger.say(Verb.APPROVAL_GIVEN, HEAD, forger.approval_facts("asked"), facts, after=SOON, is_bound=False)
    found, proved = forger.find_faults()
    assert not [what for where, what in found.items() if where.startswith("entry ")] and proved == ""


# What uses an approval checks the same.


def _store_forged(world: Honest, folder: Path, act: Callable[[Forger], object]) -> Forger:
    forger = Forger.at(folder, world)
    act(forger)
    forger.write()
    return forger


def test_an_approval_whose_row_alone_is_given_is_not_used(world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "row", world)
    asked = world.approvals["asked"]
    given = replace(asked, state=world.approvals["given"].state, decided_by=forger.officer(SP), decided_at_us=1)
    workspace = forger.open_workspace()
    with workspace.change(world.officer_sessions[IO].signer, world.officer_sessions[IO].clock()) as change:
        change.tables[rows.Approval].put(given)
    with (
        pytest.raises(NotAllowed, match="no second officer gave it"),
        workspace.change(world.officer_sessions[IO].signer, world.officer_sessions[IO].clock()) as change,
    ):
        approvals.use(change, given)


@pytest.mark.parametrize("who", [IO, ANALYST, HEAD, ADMIN])
def test_an_approval_given_by_who_may_not_is_not_used(who: Role, world: Honest, tmp_path: Path) -> None:
    def give(forger: Forger) -> None:
        forger.say(Verb.APPROVAL_GIVEN, who, forger.approval_facts("asked"), given_facts(forger, "asked"), after=SOON)

    forger = _store_forged(world, tmp_path / "given", give)
    row = replace(world.approvals["asked"], state=world.approvals["given"].state, decided_by=forger.officer(who))
    with forger.open_workspace().read() as tables, pytest.raises(NotAllowed, match="does not hold"):
        approval_chain.require_chain(tables, row)


@pytest.mark.parametrize("column", ["request_json", "thing", "asked_by", "decided_by", "action"])
def test_an_approval_of_another_content_is_not_used(column: str, world: Honest, tmp_path: Path) -> None:
    given = world.approvals["given"]
    other = {
        "request_json": encode({"kind": "ledger"}).decode(),
        "thing": "workspace:all",
        "asked_by": world.officer_sessions[CUSTODIAN].officer.officer_id,
        "decided_by": world.officer_sessions[HEAD].officer.officer_id,
        "action": Action.PURGE.value,
    }
    with Forger.at(tmp_path / "other", world).open_workspace().read() as tables:
        approval_chain.require_chain(tables, given)
        with pytest.raises(NotAllowed, match="not what the two officers signed"):
            approval_chain.require_chain(tables, replace(given, **{column: other[column]}))  # type: ignore[arg-type]


def test_an_approval_by_a_key_that_the_log_key_enrolled_is_not_used(world: Honest, tmp_path: Path) -> None:
    def forge(forger: Forger) -> None:
        facts = enrolment(FORGED, SP)
        forger.say(Verb.OFFICER_ENROLLED, "workspace", f"officer:{forger.officer(SP)}", facts, after=SOON)
        about = given_facts(forger, "asked")
        forger.say(Verb.APPROVAL_GIVEN, SP, forger.approval_facts("asked"), about, key=FORGED, after=SOON)

    forger = _store_forged(world, tmp_path / "forged", forge)
    row = replace(world.approvals["asked"], state=world.approvals["given"].state, decided_by=forger.officer(SP))
    with forger.open_workspace().read() as tables, pytest.raises(NotAllowed, match="no second officer gave it"):
        approval_chain.require_chain(tables, row)


# Ties.


def test_ties_go_on_through_whom_tied_officers_enrolled(world: Honest) -> None:
    with world.office.workspace.read() as tables:
        officers = {officer.role: officer for officer in roster.list_officers_on_duty(tables)}
        assert all(
            roster.are_tied(tables, officer, other) for officer in officers.values() for other in officers.values()
        )
        asked = world.approvals["asked"]
        assert [officer.role for officer in approvals.list_possible_deciders(tables, asked)] == [SP]


def test_verify_says_who_could_be_one_person(world: Honest) -> None:
    report = verify_workspace(world.office.workspace, VerifyRequest(frozenset({VerifiedPart.LEDGER})), lambda *_: None)
    assert report.is_intact
    (note,) = report.notes
    assert "S. Superintendent" in note.where and "tied to each other" in note.what


def test_officers_whose_keys_were_met_are_tied_to_nobody(world: Honest) -> None:
    with world.office.workspace.read() as tables:
        present = {officer.role: officer.officer_id for officer in roster.list_officers_on_duty(tables)}
        signing = {
            officer_key.officer_id: officer_key.key_id
            for officer_key in tables[rows.OfficerKey].select()
            if officer_key.revoked_at_us is None
        }

    def noted(*roles: Role) -> list[str]:
        request = VerifyRequest(
            frozenset({VerifiedPart.LEDGER}), met_keys=frozenset(signing[present[role]] for role in roles)
        )
        report = verify_workspace(world.office.workspace, request, lambda *_: None)
        assert report.is_intact
        return [note.where for note in report.notes]

    assert len(noted()) == 1
    (left,) = noted(SP)
    assert "S. Superintendent" not in left
    assert noted(*present) == []
    with pytest.raises(UsageError, match="no officer signs with the key 0123456789abcdef"):
        verify_workspace(
            world.office.workspace,
            VerifyRequest(frozenset({VerifiedPart.LEDGER}), met_keys=frozenset({"0123456789abcdef"})),
            lambda *_: None,
        )


# Acts of one officer, in a role that may not.


def _variants() -> list[tuple[str, dict[str, str | int]]]:
    """Every verb, with the facts that tell its entries apart."""
    facts: list[dict[str, str | int]] = [{}, {"use": "leads"}, {"approval": "F1"}, {"force": "KA"}, {"theirs": 1}]
    facts += [{"kind": "live-feed"}, {"kind": "live-feed-whole"}, {"kind": "production"}]
    asks: list[dict[str, str | int]] = [{"action": action.value} for action in access.SECOND]
    return [(verb.value, fact) for verb in Verb for fact in facts] + [(Verb.APPROVAL_ASKED.value, ask) for ask in asks]


def _roles_of(verb: str, facts: dict[str, str | int], seq: int = 9) -> frozenset[str] | None:
    entry = Entry(seq, now(), verb, "O", "0" * 16, "thing:x", facts, {})
    if verb == Verb.APPROVAL_ASKED:
        return approval_chain.build_policy().asks.get(str(facts.get("action")))
    return entry_roles.find_signing_roles(entry)


def test_both_verifiers_know_who_may_sign_each_verb() -> None:
    ours = {(verb, encode(facts)): _roles_of(verb, facts) for verb, facts in _variants()}
    theirs = {(verb, encode(facts)): verify_sightline.may_sign(verb, facts) for verb, facts in _variants()}
    assert theirs == ours
    nobody = {verb for (verb, _), roles in ours.items() if roles == frozenset()}
    unused = {Verb.OFFICER_CHANGED, Verb.TIP_REGISTERED}
    assert nobody == two_officers.BY_WORKSPACE - {Verb.IDENTITY_KEYED, Verb.BACKUP_RESTORED} | unused
    assert set(Role) == verify_sightline.ALL


def test_an_act_of_one_officer_in_another_role_is_named(world: Honest, tmp_path: Path) -> None:
    """Every verb that one officer does alone, signed with the own key of each officer who may not."""
    forger = Forger.at(tmp_path / "forged", world)
    named, unnamed = {}, []
    for verb in (*entry_roles.ACTIONS, *entry_roles.SECOND_REFUSES):
        may = _roles_of(verb, {})
        if may is None or verb in {Verb.KEY_ROTATED, Verb.ACCOUNT_MADE, Verb.ACCOUNT_CHANGED}:
            continue
        for role in world.officer_sessions:
            seq = forger.say(verb, role, "thing:x", {"why": "because"}, after=SOON)
            if role in may:
                unnamed.append(f"{verb} of thing:x is signed by {forger.officer(role)} in the role")
            else:
                named[seq] = f"{verb} of thing:x is signed by {forger.officer(role)} in the role {role}"
    found, proved = forger.find_faults()
    assert len(named) > 300
    for seq, what in named.items():
        assert what in found[f"entry {seq}"]
        assert f"line {seq + 1}: {what.split()[6]} signs {what.split()[0]} in the role" in proved
    text = " ".join(found.values())
    assert not any(one in text for one in unnamed)


@pytest.mark.parametrize("who", [IO, ANALYST, CUSTODIAN])
def test_a_key_that_an_officer_without_right_revoked_still_signs(who: Role, world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "forged", world)
    key = world.officer_sessions[SP].signer.key_id
    seq = forger.say(Verb.KEY_REVOKED, who, f"key:{key}", {"key_id": key}, after=SOON)
    forger.say(Verb.AUTHORITY_ADDED, SP, "authority:x", after=SOON)
    found, proved = forger.find_faults()
    assert {where for where in found if where.startswith("entry")} == {f"entry {seq}"}
    assert f"line {seq + 1}:" in proved and "key:revoked in the role" in proved and f"line {seq + 2}:" not in proved


def test_a_key_revoked_by_its_owner_or_an_administrator_is_no_forgery(world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "honest", world)
    for who, whose in ((ANALYST, ANALYST), (ADMIN, CUSTODIAN)):
        key = world.officer_sessions[whose].signer.key_id
        forger.say(Verb.KEY_REVOKED, who, f"key:{key}", {"key_id": key}, after=SOON)
    found, proved = forger.find_faults()
    assert not [where for where in found if where.startswith("entry")]
    assert proved == ""


def test_a_key_recorded_by_another_officer_than_its_enroller_is_reported(world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "forged", world)
    place = next(entry.seq for entry in forger.entries if entry.verb == Verb.KEY_ENROLLED and entry.seq > 4)
    entry = forger.entries[place]
    other = next(role for role in (IO, CUSTODIAN) if forger.officer(role) != entry.actor)
    forger.rewrite(place, key=forger.key(other), actor=forger.officer(other))
    found, proved = forger.find_faults()
    assert "was not enrolled with it by" in found[f"entry {place}"]
    assert "was not enrolled with it by" in proved


# Every act that takes two has its rule.


def test_every_act_of_two_officers_has_a_rule_in_both_verifiers() -> None:
    """A new action that takes two officers fails here until both verifiers replay it."""
    actions = {action.value for action in access.SECOND}
    policy = approval_chain.build_policy()
    assert two_officers.BOUND.keys() == actions
    done = {action for act in two_officers.ACTS.values() for action in act.actions} | {two_officers.RECOVER}
    assert done == actions - {"format:use"}, "the approval of a format is its record: no entry performs it"
    assert {name: roles for name, (roles, _) in verify_sightline.TWO.items()} == dict(policy.asks)
    assert {name: roles for name, (_, roles) in verify_sightline.TWO.items()} == dict(policy.decides)
    ours = {str(verb): (act.actions, not act.by_decider, act.many) for verb, act in two_officers.ACTS.items()}
    theirs = {
        verb: (frozenset(actions), verb in verify_sightline.AFTERWARDS, verb in verify_sightline.MANY)
        for verb, (actions, _, _) in verify_sightline.DOES.items()
    }
    assert theirs == ours
    shared = {str(verb): set(act.same.values()) - {"force_id"} for verb, act in two_officers.ACTS.items()}
    assert {verb: set(names) for verb, (_, _, names) in verify_sightline.DOES.items()} == shared
    assert {str(verb) for verb in two_officers.BY_WORKSPACE} == verify_sightline.BY_LOG
    assert {str(one) for one in two_officers.NEEDS_APPROVED} == verify_sightline.ONLY_AFTER_APPROVAL
    facts = {
        kind: {part if ":" in part else f"{kind}:{part}" for part in verbs.split()}
        for kind, verbs in verify_sightline.RETELLS.items()
    }
    assert facts == {kind: {str(verb) for verb in verbs} for kind, verbs in two_officers.RETELLS.items()}
    assert two_officers.RETELLS.keys() == set(KINDS.values())
    assert {str(verb) for verb in two_officers.MADE_ONCE} == set(verify_sightline.MADE_ONCE)
    # Who may decide about any act may ask to decide.
    assert all(roles <= access.POLICY[Action.APPROVAL_DECIDE] for roles in access.SECOND.values())


NEWCOMER = enrolment(FORGED, ANALYST)
FEED = {"kind": "live-feed", "number": "s.69B 4/2026", "valid_from_us": "1", "valid_until_us": "9"}
FEED |= {"sources_json": '["S1"]', "categories_json": '["csam"]', "document_sha256": "ab" * 32}
AGREED: dict[str, tuple[str, str, dict[str, str], dict[str, str], dict[str, str]]] = {
    Verb.OFFICER_ENROLLED: (
        "officer:enrol",
        f"key:{NEWCOMER['key_id']}",
        {"name": "A. Pillai", "designation": "SI", "unit": "Cyber Cell"}
        | {name: str(NEWCOMER[name]) for name in NEWCOMER},
        {"name": "A. Pillai", "designation": "SI", "unit": "Cyber Cell", "role": ANALYST, "officer_id": "NEW"},
        {"name": "B. Nair", "designation": "DySP", "unit": "Elsewhere"},
    ),
    Verb.AUTHORITY_ADDED: (
        "authority:live-feed",
        "authority:F1",
        FEED | {"case": "C1"},
        FEED | {"case_id": "C1"},
        {"valid_until_us": "99", "number": "s.69B 5/2026", "categories_json": "null"},
    ),
    Verb.ISSUER_ENROLLED: (
        "issuer:enrol",
        "issuer-key:F1",
        {"issuer": "AGENCY", "key_id": "F1", "public_key": "AAAA"},
        {"issuer": "AGENCY", "key_id": "F1", "public_key": "000000"},
        {"issuer": "OTHER", "key_id": "F2"},
    ),
    Verb.FORCE_ENROLLED: (
        "force:enrol",
        "force:KA",
        {
            "code": "KA",
            "name": "Karnataka",
            "states": "IN-KA",
            "key_id": "F1",
            "public_key": "AAAA",
            "age_recipient": "a",
        },
        {"code": "KA", "name": "Karnataka", "states_json": '["IN-KA"]', "key_id": "F1", "public_key": "000000"}
        | {"age_recipient": "a"},
        {"name": "Tamil Nadu", "states_json": '["IN-KA","IN-TN"]', "age_recipient": "b"},
    ),
}
"""Acts that make a row: action, what about, request, the row as it was agreed to, and columns that could be others."""


def _act_with_row(f: Forger, verb: str, column: str | None) -> int:
    action, about, request, row, others = AGREED[verb]
    who = IO if verb in {Verb.ISSUER_ENROLLED, Verb.AUTHORITY_ADDED} else HEAD
    openly = two_officers.select_bound_facts(action, request)
    fields = {"approval_id": "F1", "action": action, "thing": about, "request_json": encode(request).decode()}
    fields |= {"asked_by": f.officer(who), "state": "asked"}
    facts = {"action": action, "about": about} | openly
    f.say(Verb.APPROVAL_ASKED, who, "approval:F1", facts, after=SOON, state=encode(fields).decode())
    f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", {"asked_by": f.officer(who), "action": action}, after=SOON)
    thing = {"officer:enrol": "officer:NEW", "force:enrol": "force:NEW"}.get(action, about)
    row = row | {"enrolled_by": f"{f.officer(who)}+{f.officer(SP)}"}
    made = f.say(verb, SP, thing, openly, state=encode(row | ({column: others[column]} if column else {})).decode())
    f.say(Verb.APPROVAL_USED, SP, "approval:F1", {"action": action})
    return made


@pytest.mark.parametrize(("verb", "column"), [(verb, one) for verb in AGREED for one in (None, *AGREED[verb][4])])
def test_the_row_of_an_act_is_what_two_officers_agreed_to(
    verb: str, column: str | None, world: Honest, tmp_path: Path
) -> None:
    forger = Forger.at(tmp_path / "forged", world)
    seq = _act_with_row(forger, verb, column)
    report = verify_workspace(forger.write(), VerifyRequest(frozenset({VerifiedPart.LEDGER})), lambda *_: None)
    found = [f"{finding.where} {finding.what}" for finding in report.findings if finding.part is VerifiedPart.LEDGER]
    wrong = f"entry {seq} its row is not what approval F1 is for: {column}"
    assert found == ([] if column is None else [wrong])


def test_an_authority_is_of_the_kind_that_its_entry_states(world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "forged", world)
    row = encode({"kind": "live-feed"}).decode()
    seq = forger.say(Verb.AUTHORITY_ADDED, IO, "authority:F1", {"kind": "production"}, after=SOON, state=row)
    found, _ = forger.find_faults()
    assert "says production openly, and its row is of the kind live-feed" in found[f"entry {seq}"]


def test_an_authority_that_ends_keeps_its_feeds_and_its_term(world: Honest, tmp_path: Path) -> None:
    forger = Forger.at(tmp_path / "forged", world)
    seqs = [
        forger.say(verb, IO, "authority:F1", after=SOON, state=encode(FEED | {"valid_until_us": until}).decode())
        for verb, until in ((Verb.AUTHORITY_ADDED, "9"), (Verb.AUTHORITY_ENDED, "99"))
    ]
    found, _ = forger.find_faults()
    assert "changes what two officers agreed to" in found[f"entry {seqs[1]}"]


def _force(f: Forger, asked: set[str], made: set[str], other: dict[str, str]) -> int:
    """A force that two officers enrol; `asked` and `made` are what the entries leave out, as older versions did."""
    action, about, request, _, _ = AGREED[Verb.FORCE_ENROLLED]
    openly = two_officers.select_bound_facts(action, request)
    facts = {name: value for name, value in openly.items() if name not in asked}
    f.say(Verb.APPROVAL_ASKED, HEAD, "approval:F1", {"action": action, "about": about} | facts, after=SOON)
    f.say(Verb.APPROVAL_GIVEN, SP, "approval:F1", {"asked_by": f.officer(HEAD), "action": action}, after=SOON)
    facts = {name: value for name, value in (openly | other).items() if name not in made}
    seq = f.say(Verb.FORCE_ENROLLED, SP, "force:NEW", facts)
    f.say(Verb.APPROVAL_USED, SP, "approval:F1", {"action": action})
    return seq


LATER_FACTS = set(two_officers.ADDED["force:enrol"])


@pytest.mark.parametrize(
    ("asked", "made", "other", "is_named"),
    [
        (set(), set(), {}, False),
        (LATER_FACTS, LATER_FACTS, {}, False),
        (LATER_FACTS, set(), {}, False),
        (set(), set(), {"states": "IN-KA,IN-TN"}, True),
        (set(), set(), {"name": "Tamil Nadu"}, True),
        (set(), LATER_FACTS, {}, True),
    ],
)
def test_a_bundle_shows_the_states_of_a_force_that_two_officers_agreed_to(
    asked: set[str], made: set[str], other: dict[str, str], is_named: bool, world: Honest, tmp_path: Path
) -> None:
    """Entries of older versions do not say name and states: they hold as before."""
    forger = Forger.at(tmp_path / "forged", world)
    seq = _force(forger, asked, made, other)
    found, proved = forger.find_faults()
    assert (f"entry {seq}" in found) is is_named
    assert (f"line {seq + 1}: force:enrolled without two officers" in proved) is is_named
    assert bool(proved) is is_named


@pytest.mark.parametrize(("to", "is_named"), [("0025", False), ("0026", True)])
def test_recipients_that_an_older_version_added_hold_and_later_ones_are_named(
    world: Honest, tmp_path: Path, to: str, is_named: bool
) -> None:
    forger = Forger.at(tmp_path / "forged", world)
    made = {name: value for name, value in forger.entries[0].facts.items() if name != "schema"}
    forger.rewrite(0, forger.log, facts=made)
    before = forger.say(Verb.BACKUP_RECIPIENT_ADDED, ADMIN, "backup-recipient:age1x", after=SOON)
    workspace = forger.entries[0].thing
    forger.say(Verb.WORKSPACE_UPGRADED, "workspace", workspace, {"from": "0024", "to": to}, after=SOON)
    seq = forger.say(Verb.BACKUP_RECIPIENT_ADDED, ADMIN, "backup-recipient:age1y", after=SOON)
    found, proved = forger.find_faults()
    assert f"entry {before}" not in found and f"line {before + 1}:" not in proved
    assert (f"entry {seq}" in found) is is_named
    assert (f"line {seq + 1}: backup:recipient-added without two officers" in proved) is is_named


def test_every_act_that_makes_a_row_says_what_of_it_was_agreed_to() -> None:
    makes_none = {Verb.FORCE_COMPARED, Verb.BUNDLE_MADE, Verb.ADDRESSES_EXPORTED, Verb.IDENTITIES_EXPORTED}
    makes_none |= {Verb.PURGE_DONE, Verb.IDENTITY_PURGED, Verb.RUN_REGISTERED}
    assert set(two_officers.ROWS) == set(two_officers.ACTS) - makes_none


@pytest.mark.parametrize("last", ["soon", -1])
def test_a_seal_that_no_program_writes_is_named_by_all_that_seals_after_it(
    world: Honest, tmp_path: Path, last: str | int
) -> None:
    forger = Forger.at(tmp_path / "forged", world)
    seq = forger.say(Verb.JOURNAL_SEALED, "workspace", "journal:all", {"first": 0, "last": last}, after=SOON)
    workspace = forger.write()
    with pytest.raises(DamagedInput, match=f"ledger entry {seq}: the seal of the journal") as refused:
        workspace.seal(now())
    assert "sightline verify" in str(refused.value.hint)
