"""One case for each reason of a verdict; the row asks for the seconds 100 to 200."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from sightline.stages.resolve import reasons
from sightline.stages.resolve.doubts import add_other_notices
from sightline.stages.resolve.model import VerdictReason
from sightline.stages.resolve.row_verdicts import judge_rows
from tests.stages.resolve.rows import asked, assigned, checked, joined, none, notice, reply

A, B = "910000000001", "910000000002"
ROW = asked("r", 100, 200)
PORT = asked("r", 100, 200, port=2000)
TO = asked("r", 100, 200, destination_ip="203.0.113.9")
TO_WEB = PORT | {"protocol": "tcp", "destination_ip": "203.0.113.9", "destination_port": 443}
OF_WEB: dict[str, Any] = {
    "ports": (2000, 2000),
    "protocol": "tcp",
    "destination_ip": "203.0.113.9",
    "destination_port": 443,
}
OF_OTHER = OF_WEB | {"destination_ip": "203.0.113.8"}
NET = asked("r", 100, 200, ip="2001:db8:1:2::7")


def held(number: str | None, begins: float | None, ends: float | None, **more: Any) -> dict[str, Any]:
    return assigned(1, number, begins, ends, **more)


CASES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str, list[str], list[str]]] = {
    "held all the time": (ROW, [held(A, 50, 250)], "subscriber", [A], ["covered"]),
    "from the very instant": (ROW, [held(A, 100, 250)], "subscriber", [A], ["covered"]),
    "to the very instant": (ROW, [held(A, 50, 200)], "subscriber", [A], ["covered"]),
    "a moment short": (ROW, [held(A, 100.000001, 250)], "candidates", [A], ["part-only"]),
    "an echo of the question": (ROW, [held(A, 100, 200)], "candidates", [A], ["doubted"]),
    "renewed": (ROW, [held(A, 0, 150), held(A, 150, 300)], "subscriber", [A], ["covered"]),
    "renewed a second later": (ROW, [held(A, 0, 150), held(A, 151, 300)], "subscriber", [A], ["covered"]),
    "renewed later than that": (ROW, [held(A, 0, 150), held(A, 151.1, 300)], "candidates", [A], ["part-only"]),
    "twice the same": (ROW, [held(A, 0, 300), held(A, 0, 300)], "subscriber", [A], ["covered"]),
    "whole minutes": (
        ROW, [held(A, 60, 240, start_slack_us=60_000_000, end_slack_us=60_000_000)], "candidates", [A], ["part-only"],
    ),
    "whole seconds": (
        ROW, [held(A, 99, 200, start_slack_us=1_000_000, end_slack_us=1_000_000)], "subscriber", [A], ["covered"],
    ),
    "begins and ends at once": (ROW, [held(A, 150, 150)], "candidates", [A], ["part-only"]),
    "an end before its beginning": (ROW, [held(A, 250, 50)], "candidates", [A], ["part-only"]),
    "two at once": (ROW, [held(A, 0, 300), held(B, 0, 300)], "conflict", [A, B], ["overlapping"]),
    "one inside another": (ROW, [held(A, 0, 300), held(B, 120, 130)], "conflict", [A, B], ["overlapping"]),
    "one after the other": (ROW, [held(A, 0, 140), held(B, 160, 300)], "conflict", [A, B], ["changes-within"]),
    "another just before": (ROW, [held(A, 0, 100), held(B, 101, 300)], "conflict", [A, B], ["changes-within"]),
    "another, perhaps still": (
        ROW, [held(A, 0, 60, end_slack_us=60_000_000), held(B, 90, 300)], "conflict", [A, B], ["changes-within"],
    ),
    "another whose stop is lost": (ROW, [held(A, 0, None), held(B, 90, 300)], "conflict", [A, B], ["may-overlap"]),
    "a stop is lost": (ROW, [held(A, 0, None)], "candidates", [A], ["lost-stop"]),
    "seen after it": (ROW, [held(A, 0, None, seen=220)], "subscriber", [A], ["covered"]),
    "seen before its end": (ROW, [held(A, 0, None, seen=150)], "candidates", [A], ["lost-stop"]),
    "no beginning": (ROW, [held(A, None, 300)], "candidates", [A], ["part-only"]),
    "another, without a number": (ROW, [held(A, 0, 300), held(None, 0, 90), held(None, 150, 160)], "candidates", [A],
        ["names-nobody"]),
    "another, always until then": (ROW, [held(A, 0, 300), held(None, None, 150)], "candidates", [A], ["names-nobody"]),
    "another, over before": (ROW, [held(A, 0, 300), held(None, None, 99)], "subscriber", [A], ["covered"]),
    "another, at what address is not known": (
        ROW, [held(A, 0, 300), held(None, 150, 160, ip=None)], "candidates", [A], ["names-nobody"],
    ),
    "another, at what address is not known, later": (
        ROW, [held(A, 0, 300), held(None, 201, 260, ip=None)], "subscriber", [A], ["covered"],
    ),
    "another, of this row, whose address is not known": (
        ROW, [held(A, 0, 300), held(None, None, None, ip=None, row_id="r")], "candidates", [A], ["names-nobody"],
    ),
    "no number": (ROW, [held(None, 0, 300)], "none", [], ["names-nobody"]),
    "an inside address": (ROW, [held(None, 0, 300, inside_ip="100.64.0.9")], "none", [], ["inside-only"]),
    "no records": (ROW, [none(1)], "none", [], ["no-records"]),
    "no records, and one": (ROW, [held(A, 0, 300), none(2)], "candidates", [A], ["no-records"]),
    "another time": (ROW, [held(A, 0, 99)], "none", [], ["not-matched"]),
    "another address": (ROW, [held(A, 0, 300, ip="192.0.2.77")], "none", [], ["not-matched"]),
    "a block of ports": (PORT, [held(A, 0, 300, ports=(1024, 2047))], "subscriber", [A], ["covered"]),
    "two blocks": (
        PORT, [held(A, 0, 300, ports=(1024, 2000)), held(B, 0, 300, ports=(2001, 3000))], "subscriber", [A],
            ["covered"],
    ),
    "blocks that share a port": (
        PORT, [held(A, 0, 300, ports=(1024, 2000)), held(B, 0, 300, ports=(2000, 3000))],
        "conflict", [A, B], ["overlapping"],
    ),
    "blocks that share some ports": (
        PORT, [held(A, 0, 300, ports=(1024, 2047)), held(B, 0, 300, ports=(2000, 3000))],
        "conflict", [A, B], ["changes-within"],
    ),
    "the same block": (
        PORT, [held(A, 0, 300, ports=(1024, 2047)), held(B, 0, 300, ports=(1024, 2047))],
        "conflict", [A, B], ["overlapping"],
    ),
    "two without ports": (PORT, [held(A, 0, 300), held(B, 0, 300)], "conflict", [A, B], ["without-ports"]),
    "a block of an unshared address": (ROW, [held(A, 0, 300, ports=(1024, 2047))], "candidates", [A], ["part-only"]),
    "all ports of an unshared address": (ROW, [held(A, 0, 300, ports=(0, 65535))], "subscriber", [A], ["covered"]),
    "by destination": (
        TO, [held(A, 0, 300, destination_ip="203.0.113.9"), held(B, 0, 300, destination_ip="203.0.113.8")],
        "candidates", [A], ["by-destination"],
    ),
    "no destinations kept": (TO, [held(A, 0, 300), held(B, 0, 300)], "candidates", [A, B], ["by-destination"]),
    "a prefix": (NET, [held(A, 0, 300, ip="2001:db8:1::/56")], "candidates", [A], ["prefix-shared"]),
    "the prefix of one line": (
        NET, [held(A, 0, 300, ip="2001:db8:1::/56", is_exclusive=True)], "subscriber", [A], ["covered"],
    ),
    "the prefix of one line, by a statement": (
        NET | {"nat_delegated": 56}, [held(A, 0, 300, ip="2001:db8:1::/56")], "subscriber", [A], ["covered"],
    ),
    "a part of what one line is given": (
        NET | {"nat_delegated": 48}, [held(A, 0, 300, ip="2001:db8:1:2::/64")], "subscriber", [A], ["covered"],
    ),
    "more than one line is given": (
        NET | {"nat_delegated": 64}, [held(A, 0, 300, ip="2001:db8:1::/56")], "candidates", [A], ["prefix-shared"],
    ),
    "the prefix of many": (
        NET, [held(A, 0, 300, ip="2001:db8::/32", is_exclusive=True)], "candidates", [A], ["prefix-shared"],
    ),
    "a block of the statement": (
        PORT | {"nat_ports": 1024, "nat_base": 1024}, [held(A, 0, 300, ports=(1024, 2047))],
        "subscriber", [A], ["covered"],
    ),
    "ports of two blocks of the statement": (
        PORT | {"nat_ports": 512, "nat_base": 1024}, [held(A, 0, 300, ports=(1024, 2047))],
        "candidates", [A], ["block-differs"],
    ),
    "a block that a statement without a base allows": (
        PORT | {"nat_ports": 1024}, [held(A, 0, 300, ports=(1000, 2023))], "subscriber", [A], ["covered"],
    ),
    "an address of IPv6": (NET, [held(A, 0, 300, ip="2001:db8:1:2::7")], "subscriber", [A], ["covered"]),
    "an address of IPv6 that several have": (
        NET, [held(A, 0, 300, ip="2001:db8:1:2::7", is_exclusive=False)], "candidates", [A], ["without-ports"],
    ),
    "eight addresses of one line": (
        ROW, [held(A, 0, 300, ip="192.0.2.8/29", is_exclusive=True)], "subscriber", [A], ["covered"],
    ),
    "eight addresses": (ROW, [held(A, 0, 300, ip="192.0.2.8/29")], "candidates", [A], ["prefix-shared"]),
    "sixteen addresses of one line": (
        ROW, [held(A, 0, 300, ip="192.0.2.0/28", is_exclusive=True)], "candidates", [A], ["prefix-shared"],
    ),
    "permanent": (ROW, [held(A, 0, None, is_static=True)], "subscriber", [A], ["covered"]),
    "permanent, begun later": (ROW, [held(A, 150, None, is_static=True)], "candidates", [A], ["part-only"]),
    "permanent, and another": (
        ROW, [held(A, 0, None, is_static=True), held(B, 150, 160)], "conflict", [A, B], ["overlapping"],
    ),
    "permanent, asked by port": (PORT, [held(A, 0, None, is_static=True)], "subscriber", [A], ["covered"]),
    "permanent, and shared in its own words": (
        PORT, [held(A, 0, None, is_static=True, is_exclusive=False)], "candidates", [A], ["without-ports"],
    ),
    "alone, in its own words": (PORT, [held(A, 0, 300, is_exclusive=True)], "subscriber", [A], ["covered"]),
    "shared, in its own words": (ROW, [held(A, 0, 300, is_exclusive=False)], "candidates", [A], ["without-ports"]),
    "alone, where a statement says shared": (
        PORT | {"nat_shared": True}, [held(A, 0, 300, is_exclusive=True)], "candidates", [A], ["without-ports"],
    ),
    "an address inside, and no port": (
        ROW, [held(A, 0, 300, inside_ip="100.64.0.9")], "candidates", [A], ["without-ports"],
    ),
    "another row with an address inside, and no port": (
        ROW, [held(A, 0, 150), held(A, 150, 300, inside_ip="10.1.2.3")], "candidates", [A], ["without-ports"],
    ),
    "an address inside, and its ports": (
        PORT, [held(A, 0, 300, ports=(1024, 2047), inside_ip="100.64.0.9")], "subscriber", [A], ["covered"],
    ),
    "an operator's line": (ROW, [held(A, 0, 300, is_operator=True)], "candidates", [A], ["operator"]),
    "an operator's network": (ROW | {"nat_operator": True}, [held(A, 0, 300)], "candidates", [A], ["operator"]),
    "a port given twice, to one destination each": (
        TO_WEB | {"nat_reuses": True}, [held(A, 0, 300, **OF_WEB), held(B, 0, 300, **OF_OTHER)],
        "subscriber", [A], ["covered"],
    ),
    "a port given twice, to a destination that is not told": (
        TO_WEB | {"nat_reuses": True}, [held(A, 0, 300, ports=(2000, 2000), protocol="tcp")],
        "candidates", [A], ["without-destination"],
    ),
    "a port given twice, by a protocol that is not told": (
        TO_WEB | {"nat_reuses": True}, [held(A, 0, 300, **(OF_WEB | {"protocol": None}))],
        "candidates", [A], ["without-destination"],
    ),
    "a port given twice, and the visit does not say where it went": (
        PORT | {"nat_reuses": True}, [held(A, 0, 300, **OF_WEB)], "candidates", [A], ["without-destination"],
    ),
    "another destination": (TO_WEB, [held(B, 0, 300, **OF_OTHER)], "none", [], ["not-matched"]),
    "another port of the destination": (
        TO_WEB, [held(B, 0, 300, **(OF_WEB | {"destination_port": 80}))], "none", [], ["not-matched"],
    ),
    "another protocol": (TO_WEB, [held(B, 0, 300, **(OF_WEB | {"protocol": "udp"}))], "none", [], ["not-matched"]),
    "one of each protocol": (
        TO_WEB, [held(A, 0, 300, **OF_WEB), held(B, 0, 300, **(OF_WEB | {"protocol": "udp"}))],
        "subscriber", [A], ["covered"],
    ),
    "a protocol that is not told": (
        TO_WEB, [held(A, 0, 300, **OF_WEB), held(B, 0, 300, ports=(2000, 2000))], "conflict", [A, B], ["overlapping"],
    ),
    "an id of another row": (ROW, [held(A, 0, 300, row_id="other")], "candidates", [A], ["doubted"]),
    "another, an hour off": (ROW, [held(A, 0, 300), held(B, 3700, 3800)], "candidates", [A], ["doubted"]),
    "the same one, an hour off": (ROW, [held(A, 0, 300), held(A, 3700, 3800)], "subscriber", [A], ["covered"]),
    "all that there was": (
        ROW, [held(A, 0, 300), *(held(B, 3500 + at, 3505 + at) for at in range(300))], "subscriber", [A], ["covered"],
    ),
    "a remark that takes it back": (ROW, [held(A, 0, 300, doubted_by="Remarks")], "candidates", [A], ["doubted"]),
    "a remark that takes another back": (
        ROW, [held(A, 0, 300), held(B, 0, 300, doubted_by="Remarks")], "conflict", [A, B], ["changes-within"],
    ),
    "an id of none": (ROW, [held(A, 0, 300, row_id="1")], "subscriber", [A], ["covered"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_row_gets_its_verdict_and_says_why(name: str) -> None:
    row, rows, verdict, numbers, why = CASES[name]
    other = asked("other", 100, 200, ip="192.0.2.99")
    numbered = [one | {"row": number} for number, one in enumerate(rows, 1)]
    found = joined(notice(row, other), reply(*numbered)).row(0, named=True)
    assert (found["verdict"], found["subscribers"], found["why"]) == (verdict, numbers, why)
    assert found["holders"] == len(numbers)


def test_a_part_of_an_answer_says_nothing_of_what_it_lacks() -> None:
    rows = notice(ROW, asked("s", 0, 1, ip="192.0.2.99"))
    whole, part = (joined(rows, reply(held(A, 0, 300)), whole=whole) for whole in (True, False))
    assert whole["why"].to_list() == [["covered"], ["not-matched"]]
    assert part["why"].to_list() == [["covered"], ["not-answered"]]
    assert joined(rows)["why"].to_list() == [["not-answered"]] * 2


def test_without_a_certificate_it_resolves_and_says_so() -> None:
    found = joined(notice(ROW), reply(held(A, 0, 300)), certified=False).row(0, named=True)
    assert (found["verdict"], found["why"]) == ("subscriber", ["covered", "without-certificate"])
    assert not found["is_certified"]


def test_several_replies_speak_together_and_one_twice_says_nothing_new() -> None:
    one, other = reply(held(A, 0, 150)), reply(held(A, 150, 300))
    once, twice = joined(notice(ROW), one, other), joined(notice(ROW), one, other, one)
    assert once["verdict"].item() == "subscriber"
    assert once.drop("assignments").equals(twice.drop("assignments"))
    assert joined(notice(ROW), one, reply(held(B, 150, 300)))["verdict"].item() == "conflict"


def _two_notices(
    first: dict[str, Any], second: dict[str, Any], questions: tuple[dict[str, Any], dict[str, Any]], same: bool = True
) -> dict[str, tuple[str, list[str]]]:
    """Of each row the verdict and lines, where each notice has one row and one reply, to one licensee or to two."""
    rows, met = [], []
    for at, (question, row) in enumerate(zip(questions, (first, second), strict=True)):
        number = pl.lit(at, pl.UInt32)
        asked_rows = notice(question)
        isp = pl.lit("isp" if same else f"isp {at}")
        rows.append(asked_rows.with_columns(notice=number, licensee_id=isp))
        found = checked(asked_rows, reply(row)).met
        met.append(found.with_columns(notice=number, reply=number, is_certified=pl.lit(value=True)))
    every, whole = (
        pl.concat(rows),
        pl.DataFrame({"notice": [0, 1], "is_whole": [True] * 2}, {"notice": pl.UInt32, "is_whole": pl.Boolean}),
    )
    verdicts = judge_rows(every, add_other_notices(every, pl.concat(met)), whole)
    return {
        row_id: (verdict, lines)
        for row_id, verdict, lines in verdicts.select("row_id", "verdict", "subscribers").rows()
    }


def test_replies_to_other_notices_of_the_licensee_count_against_a_line() -> None:
    early, late = asked("early", 100, 200, port=2000), asked("late", 5000, 5100, port=2000)
    of_days, short = held(A, 0, 90_000, ports=(2000, 2999)), held(B, 4800, 5500, ports=(2000, 2000))
    questions = (early, late)
    early_stands = ("subscriber", [A])
    found = _two_notices(of_days, short, questions)
    assert found == {"early": early_stands, "late": ("conflict", [A, B])}
    assert _two_notices(of_days, short, questions, same=False)["late"] == ("subscriber", [B])
    # Of nobody; of the same line; of another port; over before; no answer of its own.
    assert _two_notices(of_days | {"number": None, "subscriber": None}, short, questions)["late"] == ("candidates", [B])
    assert _two_notices(of_days, short | {"number": A}, questions)["late"] == ("subscriber", [A])
    of_port = asked("late", 5000, 5100, port=7000)
    others = _two_notices(of_days, held(B, 4800, 5500, ports=(7000, 7000)), (early, of_port))
    assert others["late"] == ("subscriber", [B])
    assert _two_notices(held(A, 0, 4999, ports=(2000, 2999)), short, questions)["late"] == ("subscriber", [B])
    assert _two_notices(of_days, held(B, 9000, 9500, ports=(2000, 2000)), questions)["late"] == ("none", [])


def test_a_row_without_ports_names_no_line_of_an_address_that_may_be_shared() -> None:
    rows = notice(ROW | {"asks": "port", "port": 2000})
    bare, of_port = ("candidates", ["without-ports"]), ("subscriber", ["covered"])
    for ports, wanted in (((None, None), bare), ((1, 65_535), bare), ((1024, 2047), of_port)):
        one = reply(held(A, 0, 300, ports=ports))
        for stated in (True, None):
            shared = joined(rows.with_columns(nat_shared=pl.lit(stated, pl.Boolean)), one).row(0, named=True)
            assert (shared["verdict"], shared["why"], shared["subscribers"]) == (*wanted, [A]), ports
        alone = joined(rows.with_columns(nat_shared=pl.lit(value=False)), one)
        assert alone["verdict"].item() == "subscriber"


def test_a_near_miss_is_reported_and_not_used() -> None:
    found = joined(notice(ROW), reply(held(A, 3600, 3900))).row(0, named=True)
    assert (found["verdict"], found["why"], found["near"]) == ("none", ["not-matched"], ["shifted"])


def test_every_reason_has_its_words_and_its_case() -> None:
    seen = {code for _, _, _, _, why in CASES.values() for code in why}
    elsewhere = {
        VerdictReason.NOT_ANSWERED,
        VerdictReason.WITHOUT_PORTS,
        VerdictReason.WITHOUT_CERTIFICATE,
        VerdictReason.ROWS_DIFFER,
        VerdictReason.ROWS_MISSING,
        VerdictReason.NOT_ASKED,
        VerdictReason.VISITS_NOT_COVERED,
        VerdictReason.OVER_CAP,
        VerdictReason.FALLEN,
        VerdictReason.FORM_OF_ANOTHER_TIME,
        VerdictReason.FORM_DENIES,
    }
    assert seen | elsewhere == set(VerdictReason)
    assert all(reasons.explain_verdict(code).endswith(".") for code in VerdictReason)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [row for _, held_rows, _, _, _ in CASES.values() for row in held_rows]
    whole = notice(ROW, asked("p", 90, 210, port=2000), asked("q", 0, 99))
    forth = joined(whole, reply(*(row | {"row": at} for at, row in enumerate(rows, 1))))
    back = joined(whole, reply(*(row | {"row": at} for at, row in enumerate(rows, 1))).reverse())
    assert forth.equals(back)
    assert pl.DataFrame(forth)["verdict"].to_list()[0] == "conflict"
