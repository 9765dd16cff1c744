"""`leads list --order seriousness`: the order is documented, each place is explained, and grave cases come first."""

from __future__ import annotations

import random
from typing import Any

from sightline.stages.leads.triage import ORDER
from tests.cli.test_tips_import import imported, put, referral
from tests.cli.unit import DAS, RAO, Unit, unit

__all__ = ["referral", "unit"]

NETWORKS = """cidr,asn,isp,line
203.0.113.0/25,AS64500,Alpha Net,fixed
203.0.113.128/26,AS64501,Beta Office,business
203.0.113.192/26,AS64502,Gamma Hosting,hosting
"""
HEAD = "Report ID,IP Address,Port,Date/Time,Event,Possible proxy\n"
GRAVE = 20


def import_sheet(unit: Unit, rows: list[str]) -> None:
    (unit.folder / "isp.csv").write_text(NETWORKS)
    unit.done(RAO, "datasets", "import", unit.folder / "isp.csv", "--kind", "network", "--date", "2026-06-01")
    imported(unit, put(unit, "tips.csv", HEAD + "".join(f"{row}\n" for row in rows)))
    unit.done(RAO, "leads", "rebuild")


def test_a_lead_that_sent_something_comes_first_and_contrary_facts_demote_it(referral: Unit) -> None:
    at = "2026-06-05T12:00:0{}Z"
    lines = {"20": "upload", "30": "login", "130": "upload", "200": "upload", "40": "upload"}
    rows = [
        f"{number},203.0.113.{last},50001,{at.format(0)},{event}," for number, (last, event) in enumerate(lines.items())
    ]
    rows[4] = rows[4].replace("50001", "").removesuffix(",") + ",yes"
    rows.append("9,203.0.113.20,50002,2026-06-06T12:00:00Z,login,")
    import_sheet(referral, rows)
    listed = referral.done(DAS, "leads", "list", "--order", "seriousness", "--limit", "20")
    assert f"order: {ORDER}\n" in listed.err
    networks = ("Alpha Net fixed", "Beta Office business", "Gamma Hosting hosting")
    found = [
        (next(network for network in networks if network in line), line.rpartition("  ")[2])
        for line in listed.out.splitlines()[1:]
    ]
    first, second, third = networks
    assert [one for one, _ in found[:3]] == [first, first, second]
    assert sorted(one for one, _ in found[3:5]) == [first, third]
    # The other lead of the first address stands with it.
    assert found[1][1].startswith("same address; ")
    assert found[2][1] == "sent something, against: business-line; one-visit"
    assert all("hosting-line" in one or "possible-proxy" in one for _, one in found[3:5])
    assert found[5][1].startswith("nothing shown")


def test_a_shared_address_draws_nothing_forward(referral: Unit) -> None:
    """Without a port an address is that of many lines: the other's login stays behind what others sent."""
    at = "2026-06-05T1{}:00:00Z"
    import_sheet(
        referral,
        [
            f"1,203.0.113.20,,{at.format(1)},upload,",
            f"2,203.0.113.20,,{at.format(3)},login,",
            f"3,203.0.113.30,,{at.format(5)},upload,",
        ],
    )
    leads: list[dict[str, Any]] = referral.whole(DAS, "leads", "list", "--json", "--order", "seriousness").rows
    rules = [[why["rule"] for why in lead["reasons_for"]] for lead in leads]
    assert rules == [["reported-upload"], ["reported-upload"], []]


def test_the_default_order_of_a_band_demotes_what_is_against_a_lead_and_the_lead_says_what_it_is(
    referral: Unit,
) -> None:
    """Nothing was declared of the sender's clock, so its default speaks against nothing. A lost zone does."""
    import_sheet(
        referral,
        [
            "1,203.0.113.130,50001,2026-06-05T10:00:00Z,upload,",
            "2,203.0.113.20,50001,2026-06-05T11:00:00Z,upload,",
            "3,203.0.113.200,50001,2026-06-05T09:00:00Z,upload,",
            "4,203.0.113.40,50001,2026-06-05 08:00:00,upload,",
        ],
    )
    rows: list[dict[str, Any]] = referral.whole(DAS, "leads", "list", "--json").rows
    against = {str(one["source_ip"])[10:]: [why["rule"] for why in one["reasons_against"]] for one in rows}
    assert against == {
        "20": ["one-visit"],
        "130": ["business-line", "one-visit"],
        "40": ["one-visit", "wide-times"],
        "200": ["one-visit", "hosting-line"],
    }
    assert [str(one["source_ip"])[10:] for one in rows] == ["20", "130", "40", "200"]
    page = " ".join(referral.done(DAS, "leads", "show", rows[1]["lead_id"]).out.split())
    assert "against business-line/1 the line is a business line" in page
    explained = " ".join(referral.done(DAS, "leads", "explain", rows[3]["lead_id"]).out.split())
    assert "AGAINST" in explained.upper()
    assert "the network is for hosting" in explained.lower()


def test_a_file_has_the_order_and_no_further_column(referral: Unit) -> None:
    import_sheet(referral, [f"{number},203.0.113.{number},50001,2026-06-05T12:00:00Z,login," for number in range(1, 9)])
    ids = {}
    for order in ("band", "seriousness"):
        referral.done(DAS, "leads", "list", "--order", order, "--out", f"{order}.csv")
        head, *rows = (referral.folder / f"{order}.csv").read_text().splitlines()
        ids[order] = (head, sorted(row.partition(",")[0] for row in rows))
    assert ids["band"] == ids["seriousness"]


def test_an_officer_who_works_from_the_top_meets_grave_cases_early(referral: Unit) -> None:
    """Invented by one hand: of 200 reports a tenth is grave, and a grave one in ten does not show it."""
    dice = random.Random(26)
    kinds = ["grave"] * GRAVE + ["harmless"] * 180
    dice.shuffle(kinds)
    rows, grave = [], set()
    for number, kind in enumerate(kinds):
        minute = f"2026-06-{1 + number // 60:02}T{number % 24:02}:{number % 60:02}:00Z"
        last = (
            dice.randrange(1, 126)
            if kind == "grave"
            else dice.choice([dice.randrange(1, 126), dice.randrange(129, 254)])
        )
        event = (
            "upload"
            if (kind == "grave" and dice.random() < 0.9) or (kind != "grave" and dice.random() < 0.1)
            else "login"
        )
        port = 2000 + number
        rows.append(f"{number},203.0.113.{last},{port},{minute},{event},")
        grave |= {(f"203.0.113.{last}", port)} if kind == "grave" else set()
    import_sheet(referral, rows)
    shares = {order: share_until_most(referral, order, grave) for order in ("band", "seriousness")}
    assert shares["seriousness"] <= 0.25 < shares["band"]


def share_until_most(unit: Unit, order: str, grave: set[tuple[str, int]]) -> float:
    """The share of the queue in which nine grave cases of ten stand; for `band`, in the order in which they came."""
    leads = unit.whole(DAS, "leads", "list", "--json", "--order", order).rows
    if order == "band":
        leads.sort(key=lambda one: str(one["first_seen"]))
    ranks = [at for at, one in enumerate(leads, 1) if (one["source_ip"], one["source_port"]) in grave]
    wanted = ranks[int(len(ranks) * 0.9) - 1]
    return wanted / len(leads)
