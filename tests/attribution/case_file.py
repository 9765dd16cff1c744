"""A case of attribution as its file has it: steps of records, statements and replies, and the verdicts to expect."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
CASES = Path(__file__).parent / "cases"
IST = timezone(timedelta(hours=5, minutes=30))
DAY = "2026-03-05"
"""The day of times that name none. Day and month swapped it is another day that there is."""
VERDICTS = ("subscriber", "candidates", "conflict", "none", "nobody")
"""What may be expected. `nobody`: anything but `subscriber`, where the definitions say no more than that."""
_TIME = re.compile(r"(?:(\d{4}-\d\d-\d\d)[ T])?(\d\d:\d\d:\d\d(?:\.\d{1,6})?)(Z?)")
_VISIT = re.compile(
    rf"^(?P<time>{_TIME.pattern})\s+(?P<source>\S+)(?:\s+>\s+(?P<to>\S+))?(?:\s+(?P<protocol>tcp|udp))?"
    r"(?:\s+(?P<method>GET|POST|HEAD|PUT))?(?:\s+(?P<page>/\S*))?(?:\s+user=(?P<user>\S+))?$"
)
_SOURCE = re.compile(
    r"^(?:\[(?P<v6>[0-9a-fA-F:.]+)\](?::(?P<port6>\d+))?|(?P<v4>[\d.]+)(?::(?P<port4>\d+))?"
    r"|(?P<bare>[0-9a-fA-F:]+))$"
)


class CaseError(Exception):
    """A case file that cannot be read: which, and why."""


@dataclass(frozen=True)
class End:
    """An address with or without a port."""

    address: str
    port: int | None


@dataclass(frozen=True)
class VisitLine:
    """A visit of the short form; `at_us` is UTC."""

    at_us: int
    source: End
    to: End
    method: str
    page: str
    user: str


@dataclass(frozen=True)
class Expect:
    """What one visit, or all, shall come to. An empty `visit` means all visits."""

    verdict: str
    visit: str = ""
    line: str | None = None
    why: str = ""


@dataclass(frozen=True)
class ExpectLine:
    """How a line that was named shall stand: `standing` as the program says it, or `not corroborated`, `not named`."""

    line: str
    standing: str
    why: str = ""


@dataclass(frozen=True)
class ExpectLead:
    """What a lead of an address shall show: its ceiling, its verdict on relays, its state."""

    address: str
    ceiling: str | None = None
    relay: str | None = None
    state: str | None = None
    why: str = ""


@dataclass(frozen=True)
class DataSet:
    """A data set to import. `text` is its file."""

    kind: str
    text: str
    name: str = "data"
    date: str = "2026-03-01"
    file: str = "data.csv"


@dataclass(frozen=True)
class ReplyFile:
    """A reply to a notice: its text, or sheets of a workbook, or files of a ZIP; and what is declared of it."""

    text: str = ""
    sheets: Mapping[str, str] = field(default_factory=dict)
    hidden: Sequence[str] = ()
    zip: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    to: str | None = None
    notice: int | None = None
    timezone: str | None = "Asia/Kolkata"
    date_order: str | None = "ymd"
    layout: str | None = None
    own_layout: str = ""
    year: int | None = None
    partial: bool = False
    corrects: int | None = None
    certificate: bool = False
    confirm: Sequence[str] = ()
    declare: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Records:
    """A log as its server wrote it, of a source of its own."""

    text: str
    format: str = "auto"
    source: str = "server"
    timezone: str | None = None
    timezone_basis: str = "NTP, at the seizure"
    clock_offset_s: float = 0
    clock_uncertainty_s: int = 0
    clock_measured: str = "NTP, at the seizure"
    compared: Mapping[str, float] = field(default_factory=dict)
    proxies: Sequence[str] = ()
    server_name: str | None = None
    use: str = "leads"
    list: str = ""


@dataclass(frozen=True)
class Step:
    """What comes in at one time, in this order, and what then shall hold."""

    records: Sequence[Records]
    data_sets: Sequence[DataSet]
    withdraw: Sequence[int]
    act: Sequence[str]
    replies: Sequence[ReplyFile]
    forms: Sequence[ReplyFile]
    expects: Sequence[Expect]
    lines: Sequence[ExpectLine]
    leads: Sequence[ExpectLead]
    recalled: Sequence[str] | None


@dataclass(frozen=True)
class Case:
    """A case: `name` is its path below the folder of cases."""

    name: str
    title: str
    rule: str
    why: str
    day: str
    nat_logs: str
    not_asked: bool
    steps: Sequence[Step]


_TOP = {"title", "rule", "why", "day", "nat_logs", "not_asked", "then"}
_STEP = {
    "visits", "records", "statement", "data_set", "network", "withdraw", "act", "clock", "reply", "form", "verdict",
    "line", "expect", "expect_line", "expect_lead", "recalled", "format", "timezone", "date_order", "certificate",
    "declare",
}  # fmt: skip


def read_case(path: Path) -> Case:
    """Return the case of a file. Raises CaseError."""
    name = path.relative_to(CASES).with_suffix("").as_posix() if path.is_relative_to(CASES) else path.stem
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return _case(name, document)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise CaseError(f"{name}: {error}") from error


def paths() -> list[Path]:
    """Return the files of all cases, by name."""
    return sorted(CASES.glob("*/**/*.toml"))


def at_us(text: str, day: str = DAY) -> int:
    """Return the instant that a text says: in India's time, or in UTC where it ends in Z."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"no time: {text}")
    on, clock, is_utc = found.groups()
    at = datetime.fromisoformat(f"{on or day} {clock}").replace(tzinfo=UTC if is_utc else IST)
    whole = datetime(1970, 1, 1, tzinfo=UTC)
    return (at - whole) // timedelta(microseconds=1)


def end_of(text: str) -> End:
    """Return the address and port that a text says."""
    found = _SOURCE.fullmatch(text)
    if found is None:
        raise ValueError(f"no address: {text}")
    port = found["port4"] or found["port6"]
    return End(found["v4"] or found["v6"] or found["bare"], int(port) if port else None)


def visits_of(text: str, day: str) -> list[VisitLine]:
    """Return the visits of the short form, one a line."""
    visits = []
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _VISIT.fullmatch(line)
        if found is None:
            raise ValueError(f"no visit: {line}")
        to = end_of(found["to"] or "203.0.113.80:80")
        page, method = found["page"] or "/room/1", found["method"] or "GET"
        visits.append(
            VisitLine(at_us(found["time"], day), end_of(found["source"]), to, method, page, found["user"] or "-")
        )
    return visits


def _case(name: str, case: dict[str, Any]) -> Case:
    unknown = set(case) - _TOP - _STEP
    if unknown:
        raise ValueError(f"no such words: {', '.join(sorted(unknown))}")
    day = case.get("day", DAY)
    steps = [_step({key: value for key, value in case.items() if key in _STEP}, day, 0)]
    for number, one in enumerate(case.get("then", []), 1):
        if set(one) - _STEP:
            raise ValueError(f"no such words in step {number}: {', '.join(sorted(set(one) - _STEP))}")
        steps.append(_step(one, day, number))
    if not any(step.expects or step.lines or step.leads for step in steps):
        raise ValueError("nothing is expected")
    return Case(
        name, case["title"], str(case["rule"]), case["why"], day, case.get("nat_logs", "blocks"),
        bool(case.get("not_asked", False)), steps,
    )  # fmt: skip


def _step(step: dict[str, Any], day: str, number: int) -> Step:
    declared: dict[str, Any] = {
        name: step[name] for name in ("timezone", "date_order", "certificate", "declare") if name in step
    }
    records = []
    if "visits" in step:
        records.append(Records(_zeek(visits_of(step["visits"], day)), "zeek-http", f"proxy-{number}"))
    records += _several(Records, step.get("records"), {name: step[name] for name in ("format",) if name in step})
    data_sets = _several(DataSet, step.get("data_set"), {})
    for kind, word in (("nat", "statement"), ("network", "network")):
        if word in step:
            data_sets.append(DataSet(kind, step[word], f"{word}-{number}", file=f"{word}-{number}.csv"))
    expects = [Expect(**one) for one in step.get("expect", [])]
    if "verdict" in step:
        expects.insert(0, Expect(step["verdict"], line=step.get("line")))
    for expect in expects:
        if expect.verdict not in VERDICTS or (expect.verdict == "subscriber") != (expect.line is not None):
            raise ValueError(f"no verdict: {expect}")
    clock = step.get("clock", {})
    if clock:
        records = [_with(record, clock) for record in records]
    return Step(
        records,
        data_sets,
        step.get("withdraw", []),
        [step["act"]] if isinstance(step.get("act"), str) else step.get("act", []),
        _several(ReplyFile, step.get("reply"), declared),
        _several(ReplyFile, step.get("form"), {"certificate": declared.get("certificate", False)}),
        expects,
        [ExpectLine(**one) for one in step.get("expect_line", [])],
        [ExpectLead(**one) for one in step.get("expect_lead", [])],
        step.get("recalled"),
    )


def _with(one: Records, clock: Mapping[str, Any]) -> Records:
    known = {each.name: getattr(one, each.name) for each in fields(Records)}
    return Records(**(known | dict(clock)))


def _several(kind: type[T], entries: Any, usual: Mapping[str, Any]) -> list[T]:
    """Return what a text, a table or a list of tables says."""
    every = entries if isinstance(entries, list) else [] if entries is None else [entries]
    return [kind(**(dict(usual) | ({"text": one} if isinstance(one, str) else one))) for one in every]


_FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri response_body_len status_code"
    " user_agent referrer username"
).split()
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def _zeek(visits: Sequence[VisitLine]) -> str:
    """Return the visits as Zeek's http.log, in their order."""
    lines = ["#fields\t" + "\t".join(_FIELDS)]
    for visit in visits:
        whole, rest = divmod(visit.at_us, 1_000_000)
        values = [f"{whole}.{rest:06}", "C1", visit.source.address, str(visit.source.port or 0), visit.to.address]
        values += [str(visit.to.port or 80), "1", visit.method, "board.example", visit.page, "900", "200", _AGENT, "-"]
        lines.append("\t".join([*values, visit.user]))
    return "\n".join(lines) + "\n"
