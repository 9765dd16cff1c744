"""How right the product's names are, visit by visit, by fault, beside the ideal reader."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from bench.field_world.clerk import Reply
from bench.field_world.holdings import ExitTimes
from bench.field_world.isps import Isp
from bench.field_world.model import Line, Visit
from bench.field_world.oracle import Reader
from bench.field_world.servers import BY_NAME

Json = dict[str, Any]


@dataclass(slots=True)
class GradedVisit:
    """A logged visit as a reader of the log knows it: its address and its corrected time."""

    visit: Visit
    ip: str
    corrected: float
    named: str | None = None
    standing: str | None = None
    verdict: str | None = None
    part: tuple[str, int] | None = None
    is_asked: bool = False
    reasons: tuple[str, ...] = ()
    ideal: tuple[str, str] | None = None


@dataclass(slots=True)
class Numbers:
    """Whose a number of an ISP was, and when."""

    lines: dict[tuple[str, str], list[Line]] = field(default_factory=lambda: defaultdict(list))

    @staticmethod
    def of(isps: list[Isp]) -> Numbers:
        """Know all lines of all ISPs by their numbers."""
        numbers = Numbers()
        for isp in isps:
            for line in isp.lines:
                numbers.lines[isp.plan.name.casefold(), line.number.casefold()].append(line)
        return numbers

    def is_of(self, licensee: str, number: str, line: Line | None, instant: float) -> bool:
        """Whether a number was a line's at an instant."""
        for subscriber_line in self.lines.get((licensee.casefold(), number.casefold()), ()):
            since, until = subscriber_line.holds_from, subscriber_line.holds_until
            if subscriber_line is line and (since is None or instant >= since) and (until is None or instant < until):
                return True
        return False


def correct_time(visit: Visit, begin: float, end: float) -> float:
    """Return a visit's recorded time without the clock's error, as a unit that measured it would know it."""
    server = BY_NAME[visit.server]
    return visit.recorded - server.clock_error((visit.recorded - begin) / (end - begin))


def seconds(text: str) -> float:
    """Return an instant of the product's JSON in seconds since 1970."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@dataclass(slots=True)
class Part:
    """A verdict of the product on some visits."""

    session_id: str
    number: int
    ip: str
    port: int | None
    protocol: str | None
    destination: str | None
    first: float
    last: float
    visits: int
    verdict: str
    subscribers: list[Json]
    reasons: list[str]
    is_asked: bool


def read_parts(sessions: list[Json]) -> list[Part]:
    """Return the parts of all sessions of `resolve --json`; a session without parts is one."""
    parts = []
    for session in sessions:
        visits = session.get("visits")
        parts_of = visits if isinstance(visits, list) and visits else [session]
        for number, part in enumerate(parts_of):
            parts.append(Part(
                session["session_id"], number, session["source_ip"],
                part.get("source_port"), part.get("protocol"), part.get("destination_ip"),
                seconds(part["first_seen"]), seconds(part["last_seen"]), int(part.get("visits") or 0) if visits else 0,
                part["verdict"], part["subscribers"],
                [one.get("code", "") if isinstance(one, dict) else str(one)
                 for one in part.get("reasons", session.get("reasons", []))],
                bool(part.get("row_ids", True)),
            ))  # fmt: skip
    return parts


def place_visits(seen: list[GradedVisit], parts: list[Part]) -> tuple[dict[tuple[str, int], list[GradedVisit]], int]:
    """Give each visit the part that the product counts it in; returns them, and parts whose counts do not agree."""
    by_address: dict[tuple[str, int | None], list[Part]] = defaultdict(list)
    for part in parts:
        by_address[part.ip, part.port].append(part)
    held: dict[tuple[str, int], list[GradedVisit]] = defaultdict(list)
    for one in seen:
        server, visit = BY_NAME[one.visit.server], one.visit
        slack = 0.25 if server.drift_s else 0.002
        fits = []
        ports = [None, visit.port] if server.has_port else [None]
        for part in [found for port in ports for found in by_address.get((one.ip, port), ())]:
            if part.protocol and part.protocol != visit.protocol:
                continue
            if not part.first - slack <= one.corrected <= part.last + slack:
                continue
            there = server.destination(":" in one.ip)[0]
            if part.destination and server.format != "squid" and ip_address(part.destination) != ip_address(there):
                continue
            exact = (part.port is not None) + (part.protocol is not None) + (part.destination is not None)
            fits.append((-exact, part.last - part.first, part))
        if fits:
            part = min(fits, key=lambda fit: fit[:2])[2]
            one.part, one.verdict, one.is_asked = (part.session_id, part.number), part.verdict, part.is_asked
            one.reasons = tuple(part.reasons)
            held[one.part].append(one)
            if part.verdict == "subscriber" and len(part.subscribers) == 1:
                named = part.subscribers[0]
                one.named, one.standing = f"{named['licensee']}|{named['number']}", named["standing"]
    odd = sum(1 for part in parts if part.visits and len(held.get((part.session_id, part.number), ())) != part.visits)
    return held, odd


@dataclass(slots=True)
class Report:
    """What a run measured."""

    counts: Counter[str] = field(default_factory=Counter)
    by_fault: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    cases: list[Json] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> Json:
        """Return the report as one JSON object."""
        counts = dict(sorted(self.counts.items()))
        faults = {name: dict(sorted(found.items())) for name, found in sorted(self.by_fault.items())}
        return {"counts": counts, "by_fault": faults, "cases": self.cases, "missed": dict(self.missed.most_common(40))}


def grade(
    seen: list[GradedVisit],
    sessions: list[Json],
    isps: list[Isp],
    replies: list[Reply],
    forms: dict[str, set[str]],
    exits: ExitTimes,
    most_cases: int = 60,
) -> Report:
    """Hold every named visit against the truth, and every resolvable one against the verdict."""
    report, parts = Report(), read_parts(sessions)
    numbers, reader = Numbers.of(isps), Reader.of(isps, replies)
    held, report.counts["parts-with-other-counts"] = place_visits(seen, parts)
    faults = {row_id: name for reply in replies for row_id, name in reply.faults.items()}
    rows_asked = _rows_asked(replies)
    named_parts: set[tuple[str, int]] = set()
    wrong_parts: dict[tuple[str, int], list[GradedVisit]] = defaultdict(list)
    for visit in seen:
        server = BY_NAME[visit.visit.server]
        report.counts["visits"] += 1
        if reader.is_askable(server, visit.visit):
            report.counts["askable"] += 1
            report.counts["askable-asked"] += visit.is_asked
        visit.ideal = reader.name(server, visit.visit, visit.corrected)
        fault = _fault_of(visit, rows_asked)
        kind = fault or "no-fault"
        if visit.ideal is not None:
            right = numbers.is_of(*visit.ideal, visit.visit.line, visit.visit.start)
            report.counts["ideal-named" if right else "ideal-deceived"] += 1
            if right:
                report.by_fault[kind]["resolvable"] += 1
                is_right = visit.named is not None and visit.named.casefold() == "|".join(visit.ideal).casefold()
                report.counts["ideal-named-resolved"] += is_right
                report.by_fault[kind]["resolved"] += is_right
                if not is_right:
                    report.missed[_why_missed(visit, visit.ideal[0], rows_asked)] += 1
        if visit.named is None or visit.part is None:
            continue
        named_parts.add(visit.part)
        report.counts["named"] += 1
        report.by_fault[kind]["named"] += 1
        licensee, number = visit.named.split("|", 1)
        if not numbers.is_of(licensee, number, visit.visit.line, visit.visit.start):
            wrong_parts[visit.part].append(visit)
        elif visit.visit.line is not None and visit.visit.line.is_operator:
            report.counts["operator-named"] += 1
        if visit.visit.origin in {"tor-line", "home-exit"}:
            report.counts[f"{visit.visit.origin}-named"] += 1
        if exits.has(visit.ip, visit.corrected):
            report.counts["listed-exit-named"] += 1
    report.counts["named-parts"] = len(named_parts)
    _count_sessions(report, sessions, held, numbers)
    _count_corroborated(report, seen, forms, numbers)
    _count_naive(report, seen, replies, numbers)
    _count_wrong(report, wrong_parts, held, rows_asked, parts, most_cases)
    report.counts["faulty-rows"] = len(faults)
    report.counts["asked-rows"] = sum(len(reply.questions) for reply in replies)
    report.counts["replies"] = len(replies)
    report.counts["replies-refused"] = sum(not reply.is_read for reply in replies)
    return report


def _why_missed(one: GradedVisit, isp: str, rows_asked: Asked) -> str:
    signs = sorted({sign for reply, _ in _questions_of(one, rows_asked) for sign in reply.doubts})
    family = "v6" if ":" in one.ip else "v4"
    return f"{isp}, {family}: {one.verdict} {' '.join(one.reasons)} files: {' '.join(signs)}"


def _count_sessions(
    report: Report, sessions: list[Json], held: dict[tuple[str, int], list[GradedVisit]], numbers: Numbers
) -> None:
    """Count sessions whose own verdict names a line that did not make all of their asked visits."""
    by_session: dict[str, list[GradedVisit]] = defaultdict(list)
    for (session_id, _), visits in held.items():
        by_session[session_id] += visits
    for session in sessions:
        if session["verdict"] != "subscriber" or len(session["subscribers"]) != 1:
            continue
        named = session["subscribers"][0]
        visits = by_session.get(session["session_id"], [])
        number = (named["licensee"] or "", named["number"] or "")
        wrong = [visit for visit in visits if not numbers.is_of(*number, visit.visit.line, visit.visit.start)]
        report.counts["sessions-named"] += 1
        report.counts["sessions-wrong"] += bool(wrong) and len(wrong) == len(visits)
        report.counts["sessions-mixed"] += bool(wrong) and len(wrong) < len(visits)


def _count_corroborated(report: Report, seen: list[GradedVisit], forms: dict[str, set[str]], numbers: Numbers) -> None:
    """Count corroborated numbers, and those whose visits are of several lines, or whose form is of another.

    Of a number that had several lines, the bytes tell if its forms did, with their dates. Visits for which a sound row
    deceived the ideal reader too are left out.
    """
    lines: dict[str, set[str]] = defaultdict(set)
    for visit in seen:
        if visit.named is None or visit.standing != "corroborated":
            continue
        licensee, number = visit.named.split("|", 1)
        is_right = numbers.is_of(licensee, number, visit.visit.line, visit.visit.start)
        if is_right or visit.ideal is None or "|".join(visit.ideal).casefold() != visit.named.casefold():
            lines[visit.named].add(visit.visit.line.line_id if visit.visit.line else visit.visit.origin)
    for named, made in sorted(lines.items()):
        report.counts["corroborated"] += 1
        form_lines = forms.get(named, set())
        if len(made) == 1 and (made & form_lines or not form_lines):
            continue
        kind = "corroborated-wrong-traced" if len(form_lines) > 1 else "corroborated-wrong-no-trace"
        report.counts[kind] += 1
        report.cases.append({"kind": "corroborated", "named": named, "lines": sorted(made), "forms": sorted(form_lines),
                             "trace": kind})  # fmt: skip


def _count_naive(report: Report, seen: list[GradedVisit], replies: list[Reply], numbers: Numbers) -> None:
    """What a spreadsheet names: the first row whose address is the visit's and whose times hold it."""
    rows: dict[str, list[tuple[Reply, int]]] = defaultdict(list)
    for reply in replies:
        for place, row in enumerate(reply.rows):
            rows[row.question.ip].append((reply, place))
    for visit in seen:
        for reply, place in rows.get(visit.visit.ip, ()):
            row = reply.rows[place]
            if (row.start or 0) <= visit.corrected <= (row.end if row.end is not None else 4e9) and row.number:
                right = numbers.is_of(reply.isp, row.number, visit.visit.line, visit.visit.start)
                report.counts["naive-named"] += 1
                report.counts["naive-wrong"] += not right
                break


def grade_places(report: Report, seen: list[GradedVisit], leads: list[Json]) -> None:
    """Count the states that leads name, and the wrong ones; only leads of lines are counted."""
    by_ip: dict[str, list[GradedVisit]] = defaultdict(list)
    for visit in seen:
        by_ip[visit.ip].append(visit)
    for lead in leads:
        state, verdict = lead["place"]["state"], lead["place"]["verdict"]
        first, last = seconds(lead["first_seen"]), seconds(lead["last_seen"])
        made = {visit.visit.line.state for visit in by_ip.get(lead["source_ip"], ())
                if visit.visit.line is not None and first - 0.25 <= visit.corrected <= last + 0.25}  # fmt: skip
        if len(made) != 1 or lead["ceiling"] in {"relay", "automated"}:
            continue
        report.counts["places"] += 1
        if verdict in {"agreed", "resolved"} and state:
            report.counts[f"places-{verdict}"] += 1
            report.counts[f"places-{verdict}-wrong"] += state not in made


Asked = dict[tuple[str, int | None], list[tuple[Reply, int]]]
"""Rows of notices by address and port: the answer that has them, and which row it is."""


def _rows_asked(replies: list[Reply]) -> Asked:
    found: Asked = defaultdict(list)
    for reply in replies:
        for place, question in enumerate(reply.questions):
            found[str(ip_address(question.ip)), question.port].append((reply, place))
    return found


def _questions_of(one: GradedVisit, rows_asked: Asked) -> list[tuple[Reply, int]]:
    server, found = BY_NAME[one.visit.server], []
    ports = {None, one.visit.port} if server.has_port else {None}
    for reply, place in [pair for port in sorted(ports, key=str) for pair in rows_asked.get((one.ip, port), ())]:
        question = reply.questions[place]
        if question.start - 2 <= one.corrected <= question.end + 2:
            found.append((reply, place))
    return found


def _fault_of(one: GradedVisit, rows_asked: Asked) -> str | None:
    for reply, place in _questions_of(one, rows_asked):
        name = reply.faults.get(reply.questions[place].row_id) or reply.file_fault
        if name:
            return name
    return None


def _count_wrong(
    report: Report, wrong: dict[tuple[str, int], list[GradedVisit]], held: dict[tuple[str, int], list[GradedVisit]],
    rows_asked: Asked, parts: list[Part], most_cases: int,
) -> None:  # fmt: skip
    """Count wrong and mixed parts: one that gives all of its visits to a wrong line, or some."""
    by_key = {(part.session_id, part.number): part for part in parts}
    for key, visits in sorted(wrong.items()):
        all_of = held[key]
        kind = "wrong" if len(visits) == len(all_of) else "mixed"
        asked = [found for visit in visits for found in _questions_of(visit, rows_asked)]
        names = sorted({reply.faults.get(reply.questions[place].row_id) or reply.file_fault or "no-fault"
                        for reply, place in asked}) or ["not-asked"]  # fmt: skip
        deceived = all(visit.ideal is not None and "|".join(visit.ideal).casefold() == str(visit.named).casefold()
                       for visit in visits)  # fmt: skip
        trace = "no-trace" if deceived else "traced"
        standing = visits[0].standing or "none"
        report.counts[f"{kind}-{trace}"] += 1
        report.counts[f"{kind}-{trace}-visits"] += len(visits)
        if standing == "corroborated":
            report.counts[f"{kind}-{trace}-corroborated"] += 1
        report.by_fault["+".join(names)][f"{kind}-{trace}"] += 1
        if len(report.cases) < most_cases and not deceived:
            report.cases.append(_case(kind, standing, names, visits, all_of, asked, by_key[key]))


def _case(
    kind: str, standing: str, names: list[str], visits: list[GradedVisit], all_of: list[GradedVisit],
    asked: list[tuple[Reply, int]], part: Part,
) -> Json:  # fmt: skip
    one = visits[0]
    rows = []
    for reply, place in {(id(reply), place): (reply, place) for reply, place in asked}.values():
        question = reply.questions[place]
        rows.append({
            "file": reply.shape.name, "isp": reply.isp,
            "question": [question.row_id, question.ip, question.port, question.destination, question.protocol,
                         question.start, question.end],
            "rows": [[row.ip, row.ports, row.start, row.end, row.protocol, row.destination, row.number, row.status,
                      row.remark, row.event, row.type_word, row.fault, row.is_traced]
                     for row in reply.rows if row.question.row_id == question.row_id],
        })  # fmt: skip
    return {
        "kind": kind, "standing": standing, "faults": names, "named": one.named,
        "truth": one.visit.line.number if one.visit.line else one.visit.origin, "origin": one.visit.origin,
        "server": one.visit.server, "ip": one.ip, "port": one.visit.port, "protocol": one.visit.protocol,
        "corrected": one.corrected, "true_start": one.visit.start, "duration": one.visit.duration,
        "visits_wrong": len(visits), "visits_of_part": len(all_of),
        "part": [part.session_id, part.port, part.protocol, part.destination, part.first, part.last, part.visits,
                 part.reasons],
        "answers": rows,
    }  # fmt: skip
