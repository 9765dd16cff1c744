"""Two units find the lines that both are after, by pseudonyms: each learns what both have, and no more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from sightline.errors import DamagedInput, NotAllowed, Refused, UsageError
from sightline.services.referrals import comparison, force_notes
from sightline.services.referrals.comparison import ComparedValue
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from tests.services.leads.office import Visit
from tests.services.referrals.world import KARNATAKA, KERALA, Keys, World, new_world


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, World, Keys]:
    """Two units that know each other: the second calls itself KA-CYBER, and the first is UNIT-ONE to it."""
    one, other = (new_world(tmp_path_factory.mktemp(name)) for name in ("one", "other"))
    own = Keys(replace(one.kerala.secret, issuer="UNIT-ONE"), one.kerala.identity)
    other.enrol(own, "IN-KL")
    day = 86_400
    log = other.officer_session.log("other.log", [Visit(day * 9, KERALA), Visit(day * 9, "198.51.100.99")])
    other.officer_session.scan(log, other.officer_session.flags(), format="zeek-http")
    other.officer_session.rebuild()
    return one, other, own


def write_pseudonyms(world: World, code: str, keys: Keys) -> bytes:
    """The addresses of a unit, once two officers agreed."""
    with pytest.raises(NotAllowed, match="takes two officers") as why:
        comparison.sign_pseudonyms(world.io, code, ComparedValue.ADDRESSES, "order 9/2026", keys.secret)
    world.approve(str(why.value).rsplit(" ", 1)[1])
    return comparison.sign_pseudonyms(world.io, code, ComparedValue.ADDRESSES, "order 9/2026", keys.secret)


def test_both_forces_find_their_common_values_and_no_address_is_revealed(both: tuple[World, World, Keys]) -> None:
    one, other, own = both
    with pytest.raises(UsageError, match="no secret is agreed with KA-CYBER"):
        comparison.sign_pseudonyms(one.io, "KA-CYBER", ComparedValue.ADDRESSES, "why", own.secret)
    sealed = comparison.agree_on_secret(one.io, "KA-CYBER", own.secret)
    for _ in range(2):
        secret = comparison.take_secret(other.io, sealed, [one.karnataka.identity], "KA-CYBER")
    assert secret.secret is not None and secret.secret.hex().encode() not in sealed
    theirs = replace(one.karnataka)
    first, second = write_pseudonyms(one, "KA-CYBER", own), write_pseudonyms(other, "UNIT-ONE", theirs)
    for note in (first, second):
        assert KARNATAKA.encode() not in note and KERALA.encode() not in note
    matches = comparison.compare_pseudonyms(one.io, force_notes.read(second), "UNIT-ONE")
    again = comparison.compare_pseudonyms(other.io, force_notes.read(first), "KA-CYBER")
    assert [found.pseudonym for found in matches] == [found.pseudonym for found in again]
    # The worlds are the same but for two visits of the other, on another day.
    assert {lead for found in matches for lead in found.ours} == {
        str(lead["lead_id"]) for lead in one.officer_session.leads() if lead["ceiling"] == "subscriber"
    }
    assert len(json.loads(second)["note"]["pseudonyms"]) == len(json.loads(first)["note"]["pseudonyms"]) + 2
    for world in (one, other):
        assert verify_workspace(world.officer_session.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_notes_for_another_of_another_or_under_another_secret_are_refused(both: tuple[World, World, Keys]) -> None:
    one, other, own = both
    sealed = comparison.agree_on_secret(one.io, "KA-CYBER", own.secret)
    with pytest.raises(DamagedInput, match="not for this age identity"):
        comparison.take_secret(other.io, sealed, [pyrage.x25519.Identity.generate()], "KA-CYBER")
    with pytest.raises(Refused, match="is for KA-CYBER, and not for TN-CYBER"):
        comparison.take_secret(other.io, sealed, [one.karnataka.identity], "TN-CYBER")
    stranger = comparison.agree_on_secret(one.io, "KA-CYBER", replace(own.secret, seed=b"x" * 32))
    with pytest.raises(NotAllowed, match="not signed by UNIT-ONE"):
        comparison.take_secret(other.io, stranger, [one.karnataka.identity], "KA-CYBER")
    note = write_pseudonyms(one, "KA-CYBER", own)
    with pytest.raises(UsageError, match="under a secret that is not here"):
        comparison.compare_pseudonyms(other.io, force_notes.read(note), "KA-CYBER")
    with pytest.raises(UsageError, match="0 subscribers to compare"):
        comparison.sign_pseudonyms(one.io, "KA-CYBER", ComparedValue.SUBSCRIBERS, "why", own.secret)


def test_a_pseudonym_is_of_its_secret_and_its_kind(tmp_path: Path) -> None:
    from sightline.storage.rows import ForceSecret

    secrets = [ForceSecret("A", "F", 0, "O", bytes([number]) * 32) for number in (1, 2)]
    found = {
        next(iter(comparison._compute_pseudonyms(secret, what, {"198.51.100.7 20513": {"x"}})))
        for secret in secrets
        for what in ComparedValue
    }
    assert len(found) == 2 * len(ComparedValue) and all(len(one) == 32 for one in found)
    import hmac

    expected = hmac.digest(b"\1" * 32, b"sightline pseudonym v1\naddresses\n198.51.100.7 20513", "sha256")[:16].hex()
    assert expected in found
