"""`sightline leads list-groups`: leads of tips and logs by account, address and file, with what is known of them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sightline.stages.leads import groups
from tests.cli import test_notice, test_resolve
from tests.cli.test_tips_import import imported, put, referral
from tests.cli.unit import DAS, MENON, RAO, Unit, unit
from tests.services.leads.office import Visit

__all__ = ["referral", "unit"]

HEAD = "Report ID,IP Address,Port,Date/Time,Event,ESP,Account,MD5\n"
MD5 = "0123456789abcdef0123456789abcdef"


def grouped(unit: Unit, *words: str) -> list[dict[str, Any]]:
    unit.done(RAO, "leads", "rebuild")
    rows: list[dict[str, Any]] = unit.done(DAS, "leads", "list-groups", "--json", *words).rows
    return rows


def test_leads_that_share_an_account_an_address_or_a_file_are_one_group(referral: Unit) -> None:
    at = "2026-06-{:02}T12:00:00Z"
    rows = [
        f"1,203.0.113.1,50001,{at.format(1)},upload,Example Social,amina,",
        f"2,203.0.113.2,50001,{at.format(2)},login,Other Mail,x,{MD5}",
        f"3,203.0.113.2,50001,{at.format(3)},login,Other Mail,y,",  # 24 hours later
        f"4,203.0.113.2,50001,{at.format(5)},login,Other Mail,z,",  # two days later
        f"5,203.0.113.5,,{at.format(5)},login,Other Mail,v,",  # no port: of many lines
        "6,203.0.113.5,,2026-06-05T13:00:00Z,login,Other Mail,w,",
        f"7,203.0.113.7,50001,{at.format(7)},login,Third Site,amina,",  # the name elsewhere is another account
    ]
    imported(referral, put(referral, "a.csv", HEAD + "".join(f"{row}\n" for row in rows)))
    other = f"9,203.0.113.9,50001,{at.format(20)},login,Example Social,amina,{MD5}\n"
    referral.done(RAO, "sources", "add", "--kind", "tip", "--name", "Interpol", "--use", "leads")
    path = put(referral, "b.csv", HEAD + other)
    referral.done(RAO, "tips", "import", path, "--source", "Interpol", "--authority", "GD-12")
    found = grouped(referral)
    sizes = sorted(len(one["leads"]) for one in found)
    assert sizes == [1, 1, 1, 1, 4]
    (several,) = (one for one in found if len(one["leads"]) > 1)
    assert several["joined_by"] == ["account", "address within a day", "file"]
    assert found[0] == several, "an upload stands first, and its group with it"
    assert several["first_seen"] == "2026-06-01T12:00:00Z"
    assert several["last_seen"] == "2026-06-20T12:00:00Z"
    assert several["keep_until"] == "2028-05-31"
    assert several["cases"] == ["FIR-12"]
    assert grouped(referral, "--several") == [several]


def test_earlier_findings_and_other_cases_appear_beside_a_group(referral: Unit) -> None:
    row = "1,203.0.113.1,50001,2026-06-01T12:00:00Z,upload,Example Social,amina,\n"
    path = put(referral, "a.csv", HEAD + row)
    imported(referral, path)
    words = "cases add --number FIR-99 --station S --sections 67B --io R --begun-on 2026-06-05".split()
    referral.done(RAO, *words)
    kind = "authorities add --case FIR-99 --kind referral --number GD-99 --issued-by NCMEC --issued-on 2026-06-05"
    referral.done(RAO, *kind.split(), "--document", referral.folder / "letter.pdf")
    referral.done(RAO, "tips", "import", path, "--source", "NCMEC", "--authority", "GD-99")
    (first,) = grouped(referral)
    assert (first["cases"], first["outcomes"]) == (["FIR-12", "FIR-99"], [])
    outcome = ("--kind", "innocent", "--on", "2026-07-01", "--why", "a hostel, shared Wi-Fi")
    referral.done(RAO, "outcomes", "record", first["leads"][0], "--case", "FIR-12", *outcome)
    (known,) = grouped(referral)
    assert known["outcomes"] == ["FIR-12: innocent on 2026-07-01"]
    listing = referral.done(DAS, "leads", "list-groups")
    assert "FIR-12: innocent on 2026-07-01" in listing.out
    assert "a group is no person" in listing.err
    assert referral.sightline(DAS, "leads", "list-groups", "--limit", "0").code == 2


def test_a_device_that_holds_a_reported_file_appears_beside_the_group(referral: Unit) -> None:
    rows = [
        f"{n},203.0.113.{n},50001,2026-06-0{n}T12:00:00Z,login,Other Mail,x{n},{MD5 if n < 3 else ''}"
        for n in (1, 2, 3)
    ]
    imported(referral, put(referral, "a.csv", HEAD + "".join(f"{row}\n" for row in rows)))
    flags = put(referral, "flags.csv", f"kind,value\nfile-digest,{MD5}\n")
    assert referral.run("lists", "create-key", "--issuer", "AGENCY", "--out", referral.folder).code == 0
    sign = ("lists", "sign", flags, "--key", referral.folder / "AGENCY.key", "--use", "leads")
    assert referral.run(*sign, "--valid-until", "2099-01-01").code == 0
    referral.done(RAO, "issuers", "add", referral.folder / "AGENCY.pub", "--why", "as the agency gave it")
    referral.approve(MENON)
    kind = "authorities add --case FIR-12 --kind seizure --number SM-4 --issued-by CJM --issued-on 2026-06-05"
    referral.done(RAO, *kind.split(), "--document", referral.folder / "letter.pdf")
    referral.done(RAO, "sources", "add", "--kind", "seized-device", "--name", "phone", "--use", "leads")
    sums = put(referral, "sums.txt", f"{MD5}  a.jpg\n")
    under = ("--source", "phone", "--authority", "SM-4", "--made-at", "2026-07-31T12:30:00+05:30", "--list", flags)
    referral.done(RAO, "devices", "import", sums, *under)
    found = {len(one["leads"]): one["devices"] for one in grouped(referral)}
    assert found == {2: ["phone"], 1: []}
    assert "file on phone" in referral.done(DAS, "leads", "list-groups").out


def test_groups_are_the_connected_parts_in_whichever_order_pairs_come() -> None:
    dice = random.Random(20)
    order = [f"{one:03}" for one in range(300)]
    pairs = [(dice.choice(order), dice.choice(order), groups.FILE) for _ in range(170)]
    found = groups.join_groups(order, pairs)
    dice.shuffle(pairs)
    assert groups.join_groups(order, pairs) == found
    parts = {frozenset([one]) for one in order}
    for one, other, _ in pairs:
        mine = [part for part in parts if part & {one, other}]
        parts = (parts - set(mine)) | {frozenset().union(*mine)}
    assert {frozenset(ids) for ids, _ in found} == parts
    assert [ids[0] for ids, _ in found] == sorted(ids[0] for ids, _ in found)
    chain = [(f"{one}", f"{one + 1}", groups.ACCOUNT) for one in range(100_000)]
    ((whole, why),) = groups.join_groups([f"{one}" for one in range(100_001)], chain)
    assert (len(whole), why) == (100_001, (groups.ACCOUNT,))


def test_leads_of_one_subscriber_are_a_group_until_the_name_is_recalled(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two addresses of two days, which nothing else joins. The FIR that a sheet states stands beside its lead."""
    visits = [Visit(0, "198.51.100.7", port=40_000), Visit(100_000, "198.51.100.8", port=40_000)]
    monkeypatch.setattr(test_notice, "VISITS", visits)
    test_notice.make_ready(unit)
    assert [len(one["leads"]) for one in grouped(unit)] == [1, 1]
    notice = test_resolve.draft_notice(unit, "Alpha Mobile")
    rows = test_resolve.send_notice(unit, notice)
    came = test_resolve.replied(unit, notice, [test_resolve.holding(row, test_resolve.RAVI) for row in rows])
    assert came.code == 0, came.err
    unit.done(DAS, "resolve")
    (group,) = grouped(unit)
    assert (len(group["leads"]), group["joined_by"]) == (2, ["subscriber"])
    listing = unit.done(DAS, "leads", "list-groups")
    assert "subscriber" in listing.out and test_resolve.RAVI not in listing.out
    reply = str(came.rows[0]["reply_id"])
    unit.done(RAO, "notices", "withdraw-reply", reply[-6:], "--why", "the licensee says that it is of another customer")
    assert [len(one["leads"]) for one in grouped(unit)] == [1, 1]


def test_an_fir_number_appears_beside_its_leads_and_joins_none(referral: Unit) -> None:
    head = "CCTNS FIR No.,IP Address,Port,Date/Time,Event,Account,ESP\n"
    rows = ['"45, 2026"' if n == 1 else "45/2026" for n in (1, 2)]
    lines = [f"{fir},203.0.113.{n},50001,2026-06-0{n}T12:00:00Z,login,x{n},S\n" for n, fir in enumerate(rows, 1)]
    imported(referral, put(referral, "a.csv", head + "".join(lines)))
    imported(referral, put(referral, "b.csv", head.replace("CCTNS FIR No.", "Note") + lines[1].replace("2,", "3,")))
    found = {tuple(one["firs"]) for one in grouped(referral)}
    assert found == {("45, 2026",), ("45/2026",), ()}
    assert "stated FIR 45/2026" in referral.done(DAS, "leads", "list-groups").out
