"""What an ISP's systems say to a notice: its rows, and the honest answers to them."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network

from bench.field_world.isps import Isp
from bench.field_world.model import Destination, Grant, Line


@dataclass(frozen=True, slots=True)
class Question:
    """A row of a notice, as its `rows.csv` has it; times in seconds since 1970."""

    row_id: str
    ip: str
    port: int | None
    destination: str | None
    destination_port: int | None
    protocol: str | None
    start: float
    end: float


@dataclass(slots=True)
class AnswerRow:
    """A row of an answer, as its bytes say it.

    `line` is whose number stands there; `truly` whether it is what the systems recorded. `doubt`: what in the bytes
    tells an ideal reader that the row does not confirm an assignment. `fault`: the class of fault that made the row.
    `status`, `remark`, `event`, `type_word`: words that a layout may have columns for. `moved`: to which address the
    session went, and when.
    """

    question: Question
    line: Line | None
    number: str
    ip: str
    ports: tuple[int, int] | None
    start: float | None
    end: float | None
    slack: float = 1.0
    protocol: str | None = None
    destination: Destination | None = None
    inside: str | None = None
    exclusive: bool | None = None
    is_operator: bool = False
    is_static: bool = False
    row_id: str | None = None
    session: str = ""
    planned_end: float | None = None
    grant: Grant | None = None
    fault: str | None = None
    is_traced: bool = False
    doubt: str | None = None
    status: str = ""
    remark: str = ""
    event: str = ""
    type_word: str = ""
    is_struck: bool = False
    inside_port: int | None = None
    moved: tuple[str, float] | None = None


def read_questions(text: str) -> list[Question]:
    """Read the rows of a notice for records."""
    questions = []
    for row in csv.DictReader(io.StringIO(text)):
        port, to_port = row.get("port"), row.get("destination_port")
        questions.append(Question(
            row["row_id"], row["address"], int(port) if port else None, row.get("destination") or None,
            int(to_port) if to_port else None, (row.get("protocol") or "").lower() or None,
            _seconds(row["from_utc"]), _seconds(row["until_utc"]),
        ))  # fmt: skip
    return questions


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def keys_of(ip: str) -> list[str]:
    """Under which addresses and prefixes an ISP's book may have an address."""
    if ":" not in ip:
        return [ip]
    number = int(IPv6Address(ip))
    return [ip, *(str(IPv6Network((number >> (128 - length) << (128 - length), length))) for length in (64, 56))]


def grants_for(isp: Isp, question: Question, start: float, end: float) -> list[Grant]:
    """Return what the books have for a question's address (port, protocol, destination) from `start` to `end`."""
    found: list[Grant] = []
    for key in keys_of(question.ip):
        found += isp.book.at(key, start, end, question.port)
    return [grant for grant in found if _is_of(grant, question)]


def _is_of(grant: Grant, question: Question) -> bool:
    if grant.protocol and question.protocol and grant.protocol != question.protocol:
        return False
    if grant.destination is None or question.destination is None:
        return True
    ip, port = grant.destination
    return ip == question.destination and question.destination_port in {None, port}


def write_grant(isp: Isp, question: Question, grant: Grant, number: str | None = None) -> AnswerRow:
    """Write a grant as a row of an answer, in whole seconds."""
    line = grant.line
    return AnswerRow(
        question, line, number or line.number, grant.ip, grant.ports, math.floor(grant.start),
        None if grant.end is None else math.floor(grant.end), protocol=grant.protocol, destination=grant.destination,
        inside=grant.inside, is_operator=line.is_operator, is_static=grant.end is None, row_id=question.row_id,
        session=grant.session, planned_end=grant.planned_end, grant=grant,
        exclusive=True if isp.plan.exclusive_word else None, type_word=isp.plan.exclusive_word,
    )  # fmt: skip


def answer(isp: Isp, question: Question) -> list[AnswerRow]:
    """Answer a question honestly: everything that meets it, in order."""
    grants = grants_for(isp, question, question.start, question.end)
    return [write_grant(isp, question, grant) for grant in grants]
