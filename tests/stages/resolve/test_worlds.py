"""Thousands of tiny worlds: the product names a subscriber where, and only where, a slow and obvious
look finds no other.

The oracle knows nothing of intervals. It looks at instants, a quarter of a second apart, and asks at each who may have
had the line and who surely had it. Times of the worlds are whole half seconds, so nothing lies between its instants.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import polars as pl

from sightline.model import LineKey
from sightline.stages.resolve.model import RowStatement
from tests.stages.resolve.rows import answered, asked, assigned, checked, joined, none, notice, reply, us

Row = dict[str, Any]
QUARTER_US, SECOND_US = 250_000, 1_000_000
LONG = 40
"""Half seconds that a world lasts."""
NUMBERS = ["a", "b", None]
WORLDS = 4_000


def world(dice: random.Random, at: int) -> tuple[Row, list[Row]]:
    """A row of a notice at an address of its own, and what the licensee answers to it."""
    ip = f"240.0.{at // 250}.{at % 250}"
    begins = dice.randrange(14, 22)
    kind: Row = dice.choice([{}, {}, {"port": dice.randrange(1000, 1004)}, {"destination_ip": "203.0.113.9"}])
    if "port" in kind:
        kind["nat_shared"] = dice.random() < 0.5
    row = asked(f"r{at}", begins / 2, (begins + dice.choice([0, 1, 2, 6])) / 2, ip=ip, **kind)
    rows = [_assignment(dice, ip) for _ in range(dice.choice([0, 1, 1, 2, 2, 3, 4]))]
    return row, [one | {"number": _own(one["number"], at)} for one in rows]


def _own(line: str | None, at: int) -> str | None:
    """A line of one world alone, and in no series: one with thousands of addresses, or a filled column, is in doubt."""
    return line and f"{line}{at * 7_919 % 10_007}"


def _assignment(dice: random.Random, ip: str) -> Row:
    if dice.random() < 0.02:
        return none(0, ip=ip)
    if dice.random() < 0.05:
        return _of_no_start(dice, ip)
    number = dice.choice(["a", "a", "a", "b", None]) if dice.random() < 0.3 else "a"
    begins = dice.randrange(0, 26)
    ends = None if dice.random() < 0.1 else (begins + dice.choice([0, 1, 4, 12, 20, 30])) / 2
    more: Row = {}
    if ends is None and dice.random() < 0.7:
        more["seen"] = (begins + dice.randrange(1, 30)) / 2
    if dice.random() < 0.4:
        first = dice.randrange(999, 1004)
        more["ports"] = dice.choice([(first, first), (first, first + 3), (0, 65_535)])
    if dice.random() < 0.3:
        more["destination_ip"] = dice.choice(["203.0.113.9", "203.0.113.8"])
    if dice.random() < 0.05:
        more["doubted_by"] = "Remarks"
    slack = {name: dice.choice([0, 0, 500_000, SECOND_US]) for name in ("start_slack_us", "end_slack_us")}
    return assigned(0, number, begins / 2, ends, ip=ip, **slack, **more)


def _of_no_start(dice: random.Random, ip: str) -> Row:
    """A row whose start cannot be read; its address, or its end, perhaps neither."""
    ends = dice.choice([None, dice.randrange(0, 40) / 2])
    more: Row = dice.choice([{"ip": ip}, {"ip": None, "row_id": f"r{_place(ip)}"}])
    return assigned(0, None, None, ends, **more)


def _place(ip: str) -> int:
    return int(ip.split(".")[2]) * 250 + int(ip.split(".")[3])


def proven(
    row: Row, rows: list[Row], notice_us: tuple[int, int] | None = None, question: Row | None = None
) -> str | None:
    """The one who is proven to have had the line at every instant that was asked for, or nobody.

    `notice_us`: the first and last instant that the whole notice asks for. `question`: the row of the notice that asks
    about a visit, where `row` is that visit.
    """
    rows = _with_echoes(row, rows, notice_us)
    fitting = [one for one in rows if one["says"] == RowStatement.NO_RECORDS or _fits(row, one)]
    instants = range(row["from_us"], row["until_us"] + 1, QUARTER_US)
    meeting = [
        one for one in fitting if one["says"] == RowStatement.NO_RECORDS or any(_may(one, at) for at in instants)
    ]
    holders = {one["number"] for one in meeting}
    if len(holders) != 1 or None in holders or row["asks"] == LineKey.DESTINATION:
        return None
    answering = meeting if question is None else [one for one in rows if _meets(question, one)]
    if any(_would_hold(row, one, holders) for one in rows if one not in answering):
        return None
    whole = [one for one in meeting if _is_of_the_line(row, one)]
    sure = [at for at in range(us(0), us(LONG), QUARTER_US) if any(_surely(one, at) for one in whole)]
    held = set(sure)
    for before, after in pairwise(sure):
        if after - before <= SECOND_US:
            held |= set(range(before, after, QUARTER_US))
    return holders.pop() if all(at in held for at in instants) else None


def _would_hold(row: Row, one: Row, holders: set[Any]) -> bool:
    """Whether a row of somebody else, that begins later and is open, held it if its hour was read wrong (ADR 18)."""
    is_open = one["says"] == RowStatement.ASSIGNED and one["end_us"] is None and one["start_us"] is not None
    return is_open and one["number"] is not None and one["number"] not in holders and _fits(row, one)


def _is_of_the_line(row: Row, one: Row) -> bool:
    """Of an address that one line has, all ports; of one that many have at once, or may have, the port."""
    has_all = one["port_from"] in {None, 0}
    return not has_all if row.get("nat_shared") else has_all or row["asks"] == LineKey.PORT


def _fits(row: Row, one: Row) -> bool:
    if row["asks"] == LineKey.PORT and one["port_from"] is not None:
        return bool(one["port_from"] <= row["port"] <= one["port_to"])
    if row["asks"] == LineKey.DESTINATION and one["destination_ip"] is not None:
        return bool(one["destination_ip"] == row["destination_ip"])
    return True


def _meets(row: Row, one: Row) -> bool:
    return _fits(row, one) and any(_may(one, at) for at in range(row["from_us"], row["until_us"] + 1, QUARTER_US))


def _may(one: Row, at: int) -> bool:
    return bool(
        (one["start_us"] is None or one["start_us"] <= at)
        and (one["end_us"] is None or at <= one["end_us"] + one["end_slack_us"])
    )


def _with_echoes(row: Row, rows: list[Row], notice_us: tuple[int, int] | None = None) -> list[Row]:
    """Rows with whether they repeat the window of the question; of rows that have it, it is kept.

    And whether another row says that they cannot be true.
    """
    return [
        {"is_echo": _echoes(one, (row["from_us"], row["until_us"]), notice_us)}
        | {"is_contradicted": any(_contradicts(other, one) for other in rows)}
        | one
        for one in rows
    ]


def _contradicts(other: Row, one: Row) -> bool:
    """Whether two rows cannot both be true: of one line an earlier end, or a later start with the same end; of two
    lines ports that overlap in part.
    """
    if None in (one["start_us"], other["start_us"], one["number"], other["number"], one["ip"], other["ip"]):
        return False
    if one["number"] == other["number"]:
        ends = [one["end_us"], other["end_us"]]
        if None in ends or any(one[a] != other[a] for a in ("port_from", "port_to", "destination_ip")):
            return False
        if one["start_us"] == other["start_us"]:
            return bool(ends[0] > ends[1] + 10 * SECOND_US)
        return bool(ends[0] == ends[1] and one["start_us"] < other["start_us"] - 10 * SECOND_US)
    if any(each["port_from"] in {None, 0} or each["destination_ip"] is not None for each in (one, other)):
        return False
    ports = [range(each["port_from"], each["port_to"] + 1) for each in (one, other)]
    times = [(each["start_us"], each["end_us"] or us(10 * LONG)) for each in (one, other)]
    is_together = max(times)[0] + 10 * SECOND_US < min(end for _, end in times)
    shared = len({*ports[0]} & {*ports[1]})
    least = 1 if any(len(port) == 1 for port in ports) else 2
    return is_together and ports[0] != ports[1] and shared >= least


def _echoes(one: Row, *windows: tuple[int, int] | None) -> bool:
    """Whether a row of all ports begins and ends, to the second, with what was asked."""
    if None in (one["start_us"], one["end_us"]) or one["port_from"] not in {None, 0}:
        return False  # 0 to 65535 are all ports too
    known = [window for window in windows if window is not None]
    return any(abs(one["start_us"] - a) < SECOND_US and abs(one["end_us"] - z) < SECOND_US for a, z in known)


def _surely(one: Row, at: int) -> bool:
    if one["start_us"] is None or one.get("doubted_by") or one["is_echo"] or one["is_contradicted"]:
        return False
    last = one["end_us"] if one["end_us"] is not None else one["seen_us"] or one["start_us"]
    return bool(one["start_us"] + one["start_slack_us"] <= at <= last)


def test_one_is_named_where_no_other_is_possible_and_only_there() -> None:
    dice = random.Random(20_260_101)
    worlds = [world(dice, at) for at in range(WORLDS)]
    rows = [one | {"row": at} for at, one in enumerate((row for _, rows in worlds for row in rows), 1)]
    is_shared = pl.Series("nat_shared", [bool(row.get("nat_shared")) for row, _ in worlds])
    found = joined(notice(*(row for row, _ in worlds)).with_columns(is_shared), reply(*rows))
    verdicts = found.select("row_id", "verdict", "subscribers").rows()
    named = {row_id: names[0] for row_id, verdict, names in verdicts if verdict == "subscriber"}
    bounds = min(row["from_us"] for row, _ in worlds), max(row["until_us"] for row, _ in worlds)
    oracle = {row["row_id"]: who for row, rows in worlds if (who := proven(row, rows, bounds)) is not None}
    assert named == oracle
    assert 300 < len(oracle) < WORLDS / 2
    assert set(found["verdict"]) == {"subscriber", "candidates", "conflict", "none"}


def test_rows_meet_as_each_pair_alone_would_in_any_order_and_any_batches() -> None:
    dice = random.Random(6)
    worlds = [world(dice, at % 5) for at in range(120)]
    asked_rows = [row | {"row_id": f"r{at}"} for at, (row, _) in enumerate(worlds)]
    asked_rows.append(asked("late", 3605, 3606, ip="240.0.0.1", port=1001))
    rows = [row for _, rows in worlds for row in rows if row["says"] == RowStatement.ASSIGNED and row["ip"] is not None]
    rows = [one | {"row": at} for at, one in enumerate([*rows, *rows[:9]], 1)]
    pairs = {
        (one["row"], row["row_id"])
        for row in asked_rows
        for one in rows
        if one["ip"] == row["ip"]
        and _fits(row, one)
        and any(_may(one, at) for at in range(row["from_us"], row["until_us"] + 1, QUARTER_US))
    }
    whole = reply(*rows)
    found = checked(notice(*asked_rows), whole)
    assert len(pairs) > 500
    assert set(found.met.select("row", "asked").rows()) == pairs
    assert found.met.height == len(pairs)
    shuffled = whole.sample(fraction=1, shuffle=True, seed=1)
    for batches in ([whole[:7], whole[7:100], whole[100:]], [shuffled], [shuffled[:50], shuffled[50:]]):
        again = checked(notice(*dice.sample(asked_rows, len(asked_rows))), *batches)
        assert again.counts == found.counts
        assert again.findings.equals(found.findings)
        assert again.met.sort("row", "asked").equals(found.met.sort("row", "asked"))
    assert {"shifted", "outside-time", "duplicate"} <= set(found.findings["kind"])


def test_one_whose_address_is_not_known_forbids_that_any_is_named_at_its_time() -> None:
    """Of every address at once, so each world is one reply of its own."""
    dice = random.Random(8)
    spared = 0
    for at in range(80):
        row, rows = world(dice, at)
        begins = dice.randrange(0, 40)
        lost = assigned(0, None, begins / 2, dice.choice([None, (begins + dice.randrange(0, 9)) / 2]), ip=None)
        given = [
            one | {"row": place}
            for place, one in enumerate([assigned(0, _own("a", at), 0, 30, ip=row["ip"]), *rows, lost], 1)
        ]
        asked_row = notice(row).with_columns(nat_shared=pl.lit(bool(row.get("nat_shared"))))
        found = joined(asked_row, reply(*given)).row(0, named=True)
        who = proven(row, given)
        assert (found["subscribers"] == [who] and found["verdict"] == "subscriber") == (who is not None)
        spared += who is not None
    assert 10 < spared < 70


def handing_over(dice: random.Random, at: int) -> tuple[Row, list[Row], list[Row]]:
    """A row over some seconds, visits in it, and lines that have the address one after the other, more or less."""
    ip = f"240.1.{at // 250}.{at % 250}"
    row, rows = world(dice, at)
    row |= {"ip": ip} | dict.fromkeys(("first_us", "from_us"), us(7)) | dict.fromkeys(("last_us", "until_us"), us(13))
    rows = [one | {"ip": ip} for one in rows if one["ip"] is not None]
    if dice.random() < 0.7:
        edges = [dice.randrange(0, 13), dice.randrange(14, 27), dice.randrange(27, 40)]
        lines = dice.choice([("a", "b"), ("a", "b"), ("b", "a"), ("a", None), ("a", "a")])
        gap = dice.choice([0, 0, 1, 2, 3])
        ports = {"ports": (row["port"], row["port"])} if row["port"] else {}
        slack = {"start_slack_us": dice.choice([0, 500_000])}
        spans = zip(lines, (edges[0], edges[1] + gap), edges[1:], strict=True)
        rows = [
            assigned(0, _own(line, at), begins / 2, ends / 2, ip=ip, **slack, **ports) for line, begins, ends in spans
        ]
        rows += [one | {"number": _own(one["number"], at)} for one in _more(dice, ip)]
    begins = [dice.randrange(14, 25) for _ in range(3)]
    visits = [row | {"from_us": us(begin / 2), "until_us": us((begin + dice.choice([0, 1])) / 2)} for begin in begins]
    return row, visits, rows


def _more(dice: random.Random, ip: str) -> list[Row]:
    return [_assignment(dice, ip)] if dice.random() < 0.3 else []


def is_contradicted(row: Row, rows: list[Row]) -> bool:
    """Whether two lines surely had one instant, by rows that meet the row of the notice and are in no doubt."""
    whole = [one for one in rows if _meets(row, one) and _is_of_the_line(row, one) and one["number"]]
    sound = [one for one in whole if one["start_us"] is not None and not one.get("doubted_by") and not one["is_echo"]]
    sure = [
        (one["number"], one["start_us"] + one["start_slack_us"], one["end_us"] or one["seen_us"] or one["start_us"])
        for one in sound
    ]
    spans = [one for one in sure if one[1] <= one[2]]
    return any(
        name != other and (max(begins, first) < min(ends, last) or begins < first == last < ends)
        for name, begins, ends in spans
        for other, first, last in spans
    )


def test_each_visit_has_the_one_line_that_alone_can_have_made_it() -> None:
    dice = random.Random(16)
    worlds = [handing_over(dice, at) for at in range(1_500)]
    rows = [one | {"row": at} for at, one in enumerate((one for _, _, rows in worlds for one in rows), 1)]
    seen = pl.DataFrame([one for _, visits, _ in worlds for one in visits], notice().schema)
    asked_rows, came = notice(*(row for row, _, _ in worlds)), reply(*rows)
    found = answered(asked_rows, seen, came).rows(named=True)
    near = [len(one) > 0 for one in joined(asked_rows, came)["near"]]
    subscribers = [one["subscribers"][0] if one["verdict"] == "subscriber" else None for one in found]
    wanted, handed = [], 0
    for (row, visits, given), has_near in zip(worlds, near, strict=True):
        own = _with_echoes(row, given)
        whole = proven(row, own)
        for visit in visits:
            is_open = whole is None and not has_near and not is_contradicted(row, own)
            of_itself = proven(visit, own, question=row) if is_open else None
            handed += of_itself is not None
            wanted.append(whole or of_itself)
    assert subscribers == wanted
    assert handed > 400
