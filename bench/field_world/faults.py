"""What clerks and systems get wrong: each class changes the honest rows of one question, and says if the bytes tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from random import Random

from bench.field_world.answers import AnswerRow, Question, answer, grants_for, write_grant
from bench.field_world.isps import Isp
from bench.field_world.layouts import IST, Layout
from bench.field_world.model import DAY_S, Grant, Line

REMARKS = [
    "previous user; current one could not be traced", "nearest available entry", "to be verified",
    "record overwritten, last known holder given", "mapping reconstructed from billing", "port did not match",
    "customer of the same BNG", "subject to confirmation by NOC", "not exact", "user disputes this session",
    "based on the MAC seen next day", "entry belongs to neighbouring port block", "approx.", "refer to earlier letter",
    "wrong entry, ignore", "cancelled", "log gap between 10 and 14 hrs", "old CPE", "pls ignore this row",
]  # fmt: skip
"""Free words that take a row back."""
PLACEHOLDERS = [
    "NA", "N/A", "-", "--", "NIL", "nil", "TBD", "Not Found", "multiple", "various", "CGNAT",
    "default", "dummy", "STAFF", "walkin", "NOC", "0", "0000000000", "9999999999", "xxxxxxxx",
    "as above", "-do-", "ditto", "guest", "BRAS-TVM-01", "wifi-hotspot", "reseller", "pool_user",
    "NULL", "None", "#N/A", "null@null", "test", "free",
]  # fmt: skip
"""What stands for nobody, for a machine, or for a row above."""
DELETE_EVENTS = ["Delete", "Release", "Free", "DEALLOC", "Removed", "Expired", "D"]
INTERIM_EVENTS = ["Interim", "Update", "Keepalive", "Refresh"]


@dataclass(frozen=True, slots=True)
class ReplyClerk:
    """Who answers: an ISP's clerk with a layout, and the day on which the answer is written."""

    dice: Random
    isp: Isp
    layout: Layout
    now: float

    def other(self, line: Line | None) -> Line:
        """Draw another line of the same circle."""
        circle = line.circle if line else self.isp.areas[0].circle
        lines = [
            subscriber_line
            for subscriber_line in self.isp.lines
            if subscriber_line.circle == circle and subscriber_line is not line
        ]
        return self.dice.choice(lines or self.isp.lines)


Rows = list[AnswerRow]
Change = Callable[[ReplyClerk, Question, Rows], Rows | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A class of fault: its name, how often it is drawn, and what it does (None: it cannot happen here)."""

    name: str
    weight: float
    change: Change


def _mark_rows(rows: Rows, name: str, is_traced: bool, doubt: str | None = None) -> Rows:
    for row in rows:
        row.fault, row.is_traced, row.doubt = name, is_traced, doubt or row.doubt
    return rows


def _written_for(clerk: ReplyClerk, question: Question, grants: list[Grant]) -> Rows:
    return [write_grant(clerk.isp, question, grant) for grant in grants]


def _give(row: AnswerRow, line: Line) -> AnswerRow:
    return replace(row, line=line, number=line.number)


def _shifted(seconds: Callable[[ReplyClerk, Question], float], hidden: bool, name: str) -> Change:
    """The clerk looks up another time; `hidden`: and writes the asked one."""

    def change(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
        by = seconds(clerk, question)
        found = grants_for(clerk.isp, question, question.start + by, question.end + by)
        written = _written_for(clerk, question, found)
        if not written or not by or {one.number for one in written} == {one.number for one in rows}:
            return None
        if hidden:
            for row in written:
                row.start = None if row.start is None else row.start - int(by)
                row.end = None if row.end is None else row.end - int(by)
        return _mark_rows(written, name, not hidden)

    return change


def _day(clerk: ReplyClerk, _: Question) -> float:
    return clerk.dice.choice([-3, -2, -1, 1, 2, 3, 7, -7, 30]) * DAY_S


def _hours(clerk: ReplyClerk, _: Question) -> float:
    return clerk.dice.choice([-1, 1, 5.5, -5.5, 12, -12, 6.5, 11]) * 3600


def _swap(_: ReplyClerk, question: Question) -> float:
    when = datetime.fromtimestamp(question.start, IST)
    if when.day > 12 or when.day == when.month:
        return 0.0
    return when.replace(month=when.day, day=when.month).timestamp() - question.start


def _neighbour(step: int, hidden: bool, name: str) -> Change:
    def change(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
        if not rows or rows[0].grant is None:
            return None
        near = clerk.isp.book.near(rows[0].grant, step)
        if near is None or near.line is rows[0].line:
            return None
        if hidden:
            return _mark_rows([_give(rows[0], near.line)], name, False)
        return _mark_rows(_written_for(clerk, question, [near]), name, True)

    return change


def _remark(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    if not clerk.layout.has("R") or not rows:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.remark = clerk.dice.choice(REMARKS)
    return _mark_rows([row], "remark-takes-back", True, "remark")


def _status(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    if not clerk.layout.has("s") or not rows:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    assert clerk.layout.words is not None
    row.status = clerk.dice.choice(clerk.layout.words[1])
    written = [row, *rows] if clerk.dice.random() < 0.3 else [row]
    return _mark_rows([row], "status-denies", True, "status") + [one for one in written if one is not row]


def _wrong_protocol(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    if not clerk.layout.has("P") or not rows or rows[0].protocol is None:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    others = ["udp" if rows[0].protocol == "tcp" else "tcp", "icmp", "gre", "sctp"]
    row.protocol = clerk.dice.choices(others, [8, 1, 1, 1])[0]
    return _mark_rows([row], "wrong-protocol", True)


def _wrong_destination(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    if not clerk.layout.has("d") or not rows or rows[0].destination is None:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.destination = (f"192.0.2.{clerk.dice.randint(1, 250)}", 443)
    return _mark_rows([row], "wrong-destination", question.destination is not None)


def _inbound(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    if not clerk.layout.has("d") or not rows or rows[0].destination is None or question.port is None:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    ip, port = rows[0].destination
    row.ip, row.ports, row.destination = ip, (port, port), (question.ip, question.port)
    return _mark_rows([row], "other-direction", True)


def _delete(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """The event that took the address from the customer before, in the place of the one that gave it to this one."""
    if not clerk.layout.has("e") or not rows or clerk.layout.name == "radius-detail":
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.event = clerk.dice.choice(DELETE_EVENTS)
    row.start, row.end = int(question.start) - clerk.dice.randint(0, 40), None
    return _mark_rows([row], "delete-event", True, "event")


def _interim(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """A sign of life of the customer before, whose end nobody wrote."""
    if not clerk.layout.has("e") or not rows or rows[0].grant is None or clerk.layout.name == "radius-detail":
        return None
    before = clerk.isp.book.near(rows[0].grant, -1)
    if before is None or before.line is rows[0].line or before.end is None:
        return None
    written = _written_for(clerk, question, [before])
    written[0].start, written[0].end = float(int(before.end) - clerk.dice.randint(1, 300)), None
    written[0].event = clerk.dice.choice(INTERIM_EVENTS)
    return _mark_rows(written, "interim-event", True, "event")


def _digit(text: str, dice: Random) -> str:
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    place = dice.choice(places[-3:])
    return text[:place] + str((int(text[place]) + dice.randint(1, 9)) % 10) + text[place + 1 :]


def _digit_address(clerk: ReplyClerk, question: Question, _: Rows) -> Rows | None:
    """The clerk types another address: the answer is another line's."""
    if ":" in question.ip:
        return None
    area = clerk.dice.choice(clerk.isp.areas)
    asked = replace(question, ip=area.ip(clerk.dice.randrange(area.count)))
    written = answer(clerk.isp, asked)
    if asked.ip == question.ip or not written:
        return None
    hidden = clerk.dice.random() < 0.4
    for row in written:
        row.question = question
        row.ip = question.ip if hidden else row.ip
    return _mark_rows(written, "digit-address-hidden" if hidden else "digit-address", not hidden)


def _digit_port(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    if question.port is None or not clerk.layout.has("p"):
        return None
    port = int(_digit(str(question.port), clerk.dice))
    if not 1024 <= port <= 65_535:
        return None
    written = answer(clerk.isp, replace(question, port=port))
    if not written or {row.number for row in written} == {row.number for row in rows}:
        return None
    for row in written:
        row.question = question
    return _mark_rows(written, "digit-port", True)


def _digit_time(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    """A digit of the hour or the day is wrong in one of the row's times."""
    if not rows or rows[0].start is None:
        return None
    row = replace(rows[0])
    by = clerk.dice.choice([1, 2, 10]) * clerk.dice.choice([3600, DAY_S]) * clerk.dice.choice([1, -1])
    if row.end is not None and clerk.dice.random() < 0.5:
        row.end += by
    else:
        row.start = (row.start or 0) + by
    return _mark_rows([row], "digit-time", False)


def _digit_number(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    if not rows:
        return None
    row = replace(rows[0], number=_digit(rows[0].number, clerk.dice))
    return _mark_rows([row], "digit-number", False)


def _missing(_: ReplyClerk, __: Question, rows: Rows) -> Rows | None:
    return [] if rows else None


def _extra(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    area = clerk.dice.choice(clerk.isp.areas)
    others = answer(clerk.isp, replace(question, ip=area.ip(clerk.dice.randrange(area.count)), port=None))[:2]
    left = [row for row in others if row.ip != question.ip]
    return rows + _mark_rows(left, "extra-row", True) if left else None


def _duplicated(_: ReplyClerk, __: Question, rows: Rows) -> Rows | None:
    return rows + _mark_rows([replace(row) for row in rows], "duplicated-row", True) if rows else None


def _contact(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    if not rows or rows[0].line is None:
        return None
    row = replace(rows[0], number=rows[0].line.contact)
    return _mark_rows([row], "contact-number", clerk.isp.plan.number != "msisdn")


def _echo(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """Whoever has the address on the day of the query, with the window of the question."""
    row = rows[0] if rows else None
    if row is None:
        return None
    row = _give(row, clerk.other(row.line))
    row.start, row.end = int(question.start), int(question.end)
    return _mark_rows([row], "echo-of-window", True)


def _query_time(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    if not rows:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.start = row.end = float(int(clerk.now))
    if clerk.dice.random() < 0.5:
        row.start, row.end = int(question.start), float(int(clerk.now))
        return _mark_rows([row], "end-is-query-time", True)
    return _mark_rows([row], "query-time", True)


def _planned_end(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """The lease before, with the end that it would have had."""
    if not clerk.layout.has("l") or not rows or rows[0].grant is None:
        return None
    before = clerk.isp.book.near(rows[0].grant, -1)
    if before is None or before.planned_end is None or before.planned_end <= question.end:
        return None
    written = _written_for(clerk, question, [before])
    written[0].end = float(int(before.planned_end))
    return _mark_rows(written, "planned-end", False)


def _without_port(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    if not clerk.layout.has("p") or not rows:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.ports = None
    return _mark_rows([row], "without-port", True)


def _inside(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    if not rows or ":" in question.ip:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    if clerk.dice.random() < 0.5 and clerk.layout.has("n"):
        row.ip = row.inside or "100.72.4.9"
    else:
        row.ip = f"100.{clerk.dice.randint(64, 127)}.{clerk.dice.randint(0, 255)}.{clerk.dice.randint(1, 254)}"
    return _mark_rows([row], "inside-address", True)


def _shared_type(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    if not clerk.layout.has("x") or not rows:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.exclusive = False
    row.type_word = clerk.dice.choice(["Dynamic (CGNAT)", "CGN pool", "Shared", "NAT444", "Private (NATted)"])
    return _mark_rows([row], "shared-type", True, "type")


def _wrong_line(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    """A wrong line in a sound row; the same one whenever this line is asked for."""
    if not rows or rows[0].line is None:
        return None
    place = Random(f"wrong:{rows[0].line.line_id}").randrange(len(clerk.isp.lines))
    other = clerk.isp.lines[place]
    return _mark_rows([_give(rows[0], other)], "wrong-line", False) if other is not rows[0].line else None


def _lost_stop(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """The customer before, whose stop was lost, in the place of the one who had it."""
    if not rows or rows[0].grant is None or rows[0].is_static:
        return None
    before = clerk.isp.book.near(rows[0].grant, -1)
    if before is None or before.line is rows[0].line:
        return None
    written = _written_for(clerk, question, [before])
    written[0].end = None
    return _mark_rows(written, "lost-stop", True, "no end")


def _moved_away(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """The customer before, whose session goes on under another address: an interim record tells of it."""
    if clerk.layout.name != "radius-detail" or not rows or rows[0].grant is None:
        return None
    before = clerk.isp.book.near(rows[0].grant, -1)
    if before is None or before.end is None or before.end >= question.start or before.line is rows[0].line:
        return None
    written = _written_for(clerk, question, [before])
    area = clerk.isp.areas[0]
    written[0].moved = (area.ip(clerk.dice.randrange(area.count)), float(int(before.end)))
    written[0].end = float(int(question.end) + 3_600)
    if written[0].moved[0] == question.ip:
        return None
    return _mark_rows(written, "moved-away", True, "interim")


def _mangled(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    """A spreadsheet made other texts of ports or numbers."""
    if not rows:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    if row.number.isdigit():
        row.number = f"{float(row.number):.2E}"
        return _mark_rows([row], "mangled-number", True, "number")
    return None


def _placeholder(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    """A word that stands for nobody, or for a machine, where a number belongs."""
    if not rows:
        return None
    row = replace(rows[0], number=clerk.dice.choice(PLACEHOLDERS), line=None)
    return _mark_rows([row], "placeholder", True, "number")


def _two_numbers(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    """Two numbers in one cell: the clerk could not tell which."""
    if not rows:
        return None
    other = clerk.other(rows[0].line)
    sign = clerk.dice.choice([" / ", ", ", " or ", ";", " & "])
    row = replace(rows[0], number=f"{other.number}{sign}{rows[0].number}", line=other)
    return _mark_rows([row], "two-numbers", True, "number")


def _pool(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """The pool that the address is of, and whoever stands first in it."""
    if not rows or ":" in question.ip:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.ip = str(ip_network(f"{question.ip}/{clerk.dice.choice([24, 26, 28])}", strict=False))
    return _mark_rows([row], "pool-row", True, "pool")


def _window_of_clerk(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """The window of the clerk's own query, a whole day or month, and whoever has the address now."""
    if not rows or rows[0].is_static:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    day = datetime.fromtimestamp(question.start, IST).replace(hour=0, minute=0, second=0, microsecond=0)
    if clerk.dice.random() < 0.4:
        after = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        row.start, row.end = day.replace(day=1).timestamp(), after.timestamp() - 1
        return _mark_rows([row], "month-window", True, "window")
    row.start, row.end = day.timestamp(), day.timestamp() + 86_399
    return _mark_rows([row], "day-window", True, "window")


def _all_ports(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """All ports of an address whose network states that it gives out blocks."""
    if not clerk.layout.has("p") or not rows or clerk.isp.plan.states == "none" or ":" in question.ip:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.ports = clerk.dice.choice([(0, 65_535), (1, 65_535), (1_024, 65_535), (1_024, 65_534)])
    return _mark_rows([row], "all-ports", True, "ports")


def _struck(clerk: ReplyClerk, _: Question, rows: Rows) -> Rows | None:
    """A row of a workbook that the clerk struck out, as a human sees at once."""
    if not clerk.layout.has("k") or not rows:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    row.is_struck = True
    return _mark_rows([row], "struck-row", True, "struck out")


def _own_port(clerk: ReplyClerk, question: Question, rows: Rows) -> Rows | None:
    """A row whose port inside is the one asked for; its public one is another."""
    if not clerk.layout.has("q") or not rows or question.port is None or rows[0].ports is None:
        return None
    row = _give(rows[0], clerk.other(rows[0].line))
    port = clerk.dice.randint(1_024, 65_535)
    row.ports, row.inside_port = (port, port), question.port
    return _mark_rows([row], "port-inside", True) if port != question.port else None


def _blank_number(_: ReplyClerk, __: Question, rows: Rows) -> Rows | None:
    return _mark_rows([replace(rows[0], number="", line=None)], "blank-number", True, "number") if rows else None


def _reversed(_: ReplyClerk, __: Question, rows: Rows) -> Rows | None:
    if not rows or rows[0].start is None or rows[0].end is None:
        return None
    row = replace(rows[0], start=rows[0].end, end=rows[0].start)
    return _mark_rows([row], "ends-before-start", True, "times")


ROW_FAULTS = [
    Fault("wrong-day", 1.2, _shifted(_day, False, "wrong-day")),
    Fault("wrong-day-hidden", 0.3, _shifted(_day, True, "wrong-day-hidden")),
    Fault("hour-shift", 1.2, _shifted(_hours, False, "hour-shift")),
    Fault("hour-shift-hidden", 0.3, _shifted(_hours, True, "hour-shift-hidden")),
    Fault("swapped-day-month", 0.6, _shifted(_swap, False, "swapped-day-month")),
    Fault("previous-customer", 1.5, _neighbour(-1, False, "previous-customer")),
    Fault("previous-customer-hidden", 0.4, _neighbour(-1, True, "previous-customer-hidden")),
    Fault("next-customer", 1.2, _neighbour(1, False, "next-customer")),
    Fault("remark-takes-back", 2.0, _remark),
    Fault("status-denies", 2.0, _status),
    Fault("wrong-protocol", 1.5, _wrong_protocol),
    Fault("wrong-destination", 1.5, _wrong_destination),
    Fault("other-direction", 0.6, _inbound),
    Fault("delete-event", 1.2, _delete),
    Fault("interim-event", 0.8, _interim),
    Fault("digit-address", 1.2, _digit_address),
    Fault("digit-port", 1.0, _digit_port),
    Fault("digit-time", 0.8, _digit_time),
    Fault("digit-number", 0.4, _digit_number),
    Fault("missing-row", 1.5, _missing),
    Fault("extra-row", 1.0, _extra),
    Fault("duplicated-row", 0.8, _duplicated),
    Fault("contact-number", 1.0, _contact),
    Fault("echo-of-window", 1.0, _echo),
    Fault("query-time", 0.8, _query_time),
    Fault("planned-end", 1.5, _planned_end),
    Fault("without-port", 1.0, _without_port),
    Fault("inside-address", 0.8, _inside),
    Fault("shared-type", 1.5, _shared_type),
    Fault("wrong-line", 0.5, _wrong_line),
    Fault("blank-number", 0.5, _blank_number),
    Fault("lost-stop", 1.2, _lost_stop),
    Fault("moved-away", 3.0, _moved_away),
    Fault("placeholder", 1.5, _placeholder),
    Fault("two-numbers", 0.8, _two_numbers),
    Fault("pool-row", 0.8, _pool),
    Fault("window-of-clerk", 1.5, _window_of_clerk),
    Fault("all-ports", 1.2, _all_ports),
    Fault("struck-row", 1.0, _struck),
    Fault("port-inside", 1.0, _own_port),
    Fault("mangled-number", 0.5, _mangled),
    Fault("ends-before-start", 0.5, _reversed),
]


def apply_fault(clerk: ReplyClerk, question: Question, rows: Rows) -> tuple[str | None, Rows]:
    """Draw faults until one can happen here; returns its name and the rows that the clerk writes."""
    for _ in range(8):
        fault = clerk.dice.choices(ROW_FAULTS, [row_fault.weight for row_fault in ROW_FAULTS])[0]
        changed = fault.change(clerk, question, [replace(row) for row in rows])
        if changed is not None:
            return fault.name, changed
    return None, rows
