"""An ideal careful reader, written from the definitions of attribution alone: which visits could be given to a line.

It reads what the rows of the answers say (never the truth), knows what the unit was told (statements, declared clocks),
and is conservative: what may hold and is in doubt, or names another, takes the visit from everybody.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network

from bench.field_world.answers import AnswerRow
from bench.field_world.clerk import Reply
from bench.field_world.isps import Isp, Plan
from bench.field_world.model import Kind, Visit
from bench.field_world.servers import Server

EDGE_S = 1.0
HOURS_S = [3_600.0 * hours for hours in (1, -1, 5.5, -5.5, 12, -12)]
"""By how much the times of a whole file may be off: summer time, India's zone, a clock of twelve hours."""


@dataclass(slots=True)
class Reader:
    """Holds the rows of all answers by public address, and says who made a visit, if anybody can say it."""

    plans: dict[str, Plan]
    owners: list[tuple[int, int, str]]
    rows: dict[str, list[AnswerRow]] = field(default_factory=lambda: defaultdict(list))
    prefixes: dict[str, list[AnswerRow]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, list[tuple[int | None, float, float]]] = field(default_factory=lambda: defaultdict(list))
    sessions: dict[tuple[str, float, float], list[AnswerRow]] = field(default_factory=lambda: defaultdict(list))

    @staticmethod
    def of(isps: list[Isp], replies: list[Reply]) -> Reader:
        """Make a reader of all standing answers that the product could read."""
        owners = []
        for isp in isps:
            for area in isp.areas:
                owners.append((int(ip_address(area.ip(0))), int(ip_address(area.ip(area.count - 1))), isp.plan.name))
                owners.append((int(area.prefix[0]), int(area.prefix[-1]), isp.plan.name))
        reader = Reader({isp.plan.name: isp.plan for isp in isps}, sorted(owners))
        for reply in replies:
            for asked in reply.questions:
                for length in (128, 64, 56) if ":" in asked.ip else (32,):
                    network = ip_network(f"{asked.ip}/{length}", strict=False)
                    reader.asked[str(network.network_address)].append((asked.port, asked.start, asked.end))
        for reply in replies:
            if reply.is_read and not reply.is_replaced:
                by = _shift_of(reply)
                for row in reply.rows:
                    reader._hold(_either_way(row, by))
        return reader

    def _hold(self, row: AnswerRow) -> None:
        # The unit keeps no row that answers none of its questions, so that no other reply can be compared with it.
        questions = self.asked.get(row.ip.partition("/")[0], ())
        is_kept = any(_has_port(row, port) and _is_within(row, first, last) for port, first, last in questions)
        if is_kept and (session := self._session_of(row)) is not None:
            self.sessions[session].append(row)
        if "/" in row.ip:
            self.prefixes[str(ip_network(row.ip).network_address)].append(row)
        else:
            self.rows[row.ip].append(row)

    def _session_of(self, row: AnswerRow) -> tuple[str, float, float] | None:
        """Return the session of a row: its ISP, and its start and end to the second. None if one is not stated."""
        plan = self.plan_of(row.ip.partition("/")[0])
        if plan is None or row.start is None or row.end is None or row.start % 60 == 0 or row.end % 60 == 0:
            return None
        return plan.name, row.start // 1, row.end // 1

    def _is_of_two_lines(self, row: AnswerRow) -> bool:
        """Whether the rows of one session, with an address of each family, name two lines: one of them is wrong.

        The line that has both addresses is the session's.
        """
        session = self._session_of(row)
        rows = [] if session is None else [row for row in self.sessions[session] if row.number]
        families: dict[str, set[bool]] = defaultdict(set)
        for one in rows:
            families[one.number].add(":" in one.ip)
        if len(families) < 2 or len(set[bool]().union(*families.values())) < 2:
            return False
        confirmed = [number for number, both in families.items() if len(both) == 2]
        return confirmed != [row.number]

    def plan_of(self, ip: str) -> Plan | None:
        """Return the ISP whose address it is, as the data set of networks says it."""
        number = int(ip_address(ip))
        return next((self.plans[name] for first, last, name in self.owners if first <= number <= last), None)

    def is_askable(self, server: Server, visit: Visit) -> bool:
        """Whether a visit may be asked about at all: no relay, no machine, and told apart by a port or a statement."""
        if visit.line is None or visit.line.is_tor_exit or server.format == "bind":
            return False
        plan = self.plan_of(visit.ip)
        if plan is None:
            return False
        if ":" in visit.ip and not server.has_port:
            return plan.tech in {"pppoe-daily", "map-e"}
        return server.has_port or plan.states == "unshared"

    def name(self, server: Server, visit: Visit, corrected: float) -> tuple[str, str] | None:
        """Return ISP and number of the one line that made a visit at a corrected time, or None."""
        plan = self.plan_of(visit.ip)
        if plan is None or server.format == "bind":
            return None
        early = corrected - server.uncertainty_s - server.lookback_s - (visit.duration if server.tells_duration else 0)
        late = corrected + server.precision_s + server.uncertainty_s
        port = visit.port if server.has_port else None
        may_hold = [row for row in self._rows_of(visit.ip) if self._meets(plan, server, visit, row, port, early, late)]
        numbers = {row.number for row in may_hold}
        if len(numbers) != 1 or "" in numbers or any(row.doubt or row.is_operator for row in may_hold):
            return None
        if any(self._is_of_two_lines(row) for row in may_hold):
            return None
        sure = [row for row in may_hold if self._is_alone(plan, server, row, port)]
        return (plan.name, numbers.pop()) if _covers(sure, early, late) else None

    def _rows_of(self, ip: str) -> list[AnswerRow]:
        found = list(self.rows.get(ip, ()))
        if self.prefixes:
            for length in (64, 56) if ":" in ip else (28, 26, 24):
                prefix = ip_network(f"{ip}/{length}", strict=False)
                rows = self.prefixes.get(str(prefix.network_address), ())
                found += [row for row in rows if ip_network(row.ip) == prefix]
        return found

    def _meets(
        self, plan: Plan, server: Server, visit: Visit, row: AnswerRow, port: int | None, early: float, late: float
    ) -> bool:
        if row.ports is not None and port is not None and not row.ports[0] <= port <= row.ports[1]:
            return False
        if row.protocol is not None and row.protocol != visit.protocol and server.format != "zeek-http":
            return False
        there = server.destination(":" in visit.ip)
        if row.destination is not None and server.tells_destination and row.destination != there:
            return False
        first = row.start if row.start is not None else early
        last = row.end + row.slack if row.end is not None else late
        if row.end is not None and row.start is not None and row.end < row.start:
            first, last = row.end, row.start
        return first <= late and last >= early and plan.kind in Kind

    def _is_alone(self, plan: Plan, server: Server, row: AnswerRow, port: int | None) -> bool:
        """Whether a row, as it stands, is of one line alone."""
        if row.exclusive is False or (row.end is not None and row.start is not None and row.end < row.start):
            return False
        if ":" in row.ip:
            return (
                ("/" not in row.ip and port is not None)
                or plan.tech in {"pppoe-daily", "map-e"}
                or row.exclusive is True
            )
        if plan.states == "unshared" or (row.exclusive is True and port is not None):
            return True
        if port is None or row.ports is None:
            return False
        return plan.states != "reuses" or (row.destination is not None and server.tells_destination)


def _shift_of(reply: Reply) -> float:
    """How much later all times of a file may truly be, or 0: what would answer several addresses that nothing does.

    "Several": three, and one in ten of those asked about. A reader who sees that knows that the file may be in another
    zone, and believes only what holds either way.
    """
    rows: dict[str, list[AnswerRow]] = defaultdict(list)
    for row in reply.rows:
        rows[row.ip].append(row)
    would: dict[float, set[str]] = defaultdict(set)
    for asked in reply.questions:
        lengths = (128, 64, 56) if ":" in asked.ip else (32,)
        keys = {asked.ip, *(str(ip_network(f"{asked.ip}/{length}", strict=False)) for length in lengths)}
        mine = [row for key in keys for row in rows.get(key, ()) if _has_port(row, asked.port)]
        if not any(_is_within(row, asked.start, asked.end) for row in mine):
            for by in HOURS_S:
                if any(row.end is not None and _is_within(row, asked.start - by, asked.end - by) for row in mine):
                    would[by].add(asked.ip)
    best = max(HOURS_S, key=lambda by: (len(would[by]), abs(by)))
    of_all = len({asked.ip for asked in reply.questions})
    return best if len(would[best]) >= max(3, of_all / 10) else 0.0


def _has_port(row: AnswerRow, port: int | None) -> bool:
    return row.ports is None or port is None or row.ports[0] <= port <= row.ports[1]


def _is_within(row: AnswerRow, first: float, last: float) -> bool:
    return (row.start is None or row.start <= last) and (row.end is None or row.end + row.slack >= first)


def _either_way(row: AnswerRow, by: float) -> AnswerRow:
    """The row as one that may hold at both readings of its times, and surely where both agree."""
    if not by:
        return row
    start, end = (None if edge is None else edge + min(0.0, by) for edge in (row.start, row.end))
    return replace(row, start=start, end=end, slack=row.slack + abs(by))


def _covers(rows: list[AnswerRow], early: float, late: float) -> bool:
    """Whether rows of one line hold all of an interval; a start of whole seconds holds from the second after it."""
    spans = sorted(
        (
            early if row.start is None else row.start + max(EDGE_S, row.slack),
            late if row.end is None and row.is_static else (row.start or early) if row.end is None else row.end,
        )
        for row in rows
    )
    reached = early
    for first, last in spans:
        if first > reached + EDGE_S * 2:
            return False
        if first > reached and reached == early:
            return False
        reached = max(reached, last)
        if reached >= late:
            return True
    return False
