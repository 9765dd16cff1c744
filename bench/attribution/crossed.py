"""What this project's own oracle of replies makes of a field world.

Two oracles by two authors from one page of definitions: where they differ, one of them reads it otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from bench.field_world.answers import AnswerRow
from bench.field_world.campaign import Campaign
from bench.field_world.clerk import Reply
from bench.field_world.grade import GradedVisit, Numbers
from bench.field_world.isps import Isp, Plan
from bench.field_world.oracle import Reader
from bench.field_world.servers import BY_NAME
from sightline.exercise.oracle.replies import resolve_visits

US = 1_000_000
STATED_DELEGATION = {"pppoe-daily": 56, "map-e": 56}
"""The length of the prefixes that an ISP with that technology states to give to one line."""


def crossed(seen: Sequence[GradedVisit], campaign: Campaign, isps: list[Isp]) -> dict[str, int]:
    """Return how many visits this oracle resolves, rightly, and as the other one; and how many the product names."""
    standing = [reply for reply in campaign.replies if reply.is_read and not reply.is_replaced]
    reader, numbers = Reader.of(isps, []), Numbers.of(isps)
    visits = [_visit(at, one, reader.plan_of(one.ip)) for at, one in enumerate(seen)]
    notices = {key: at for at, key in enumerate(dict.fromkeys(reply.notice for reply in campaign.replies))}
    asked = _once(row for reply in campaign.replies for row in _rows_asked(notices[reply.notice], reply))
    replied = [row for file, one in enumerate(standing) for row in _rows(notices[one.notice], file, one)]
    found = resolve_visits(*(_frame(rows) for rows in (visits, asked, replied)))
    counts = dict.fromkeys(("resolvable", "resolved", "deceived", "as-other", "other-alone", "own-alone"), 0)
    concluded = {at: number for at, number in found.select("at", "number").iter_rows() if number is not None}
    for at, one in enumerate(seen):
        mine, other = concluded.get(at), one.ideal[1] if one.ideal else None
        plan = reader.plan_of(one.ip)
        counts["as-other"] += mine is not None and mine == other
        counts["own-alone"] += mine is not None and other is None
        counts["other-alone"] += mine is None and other is not None
        if mine is None or plan is None:
            continue
        is_true = numbers.is_of(plan.name, mine, one.visit.line, one.visit.start)
        counts["resolvable"] += is_true
        counts["deceived"] += not is_true
        counts["resolved"] += is_true and one.named is not None and one.named.split("|", 1)[1] == mine
    return counts


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)


def _visit(at: int, one: GradedVisit, plan: Plan | None) -> dict[str, Any]:
    """A visit as its log shows it, with what the unit was told of its address and its server's clock."""
    server, visit, states = BY_NAME[one.visit.server], one.visit, plan.states if plan else "none"
    slack = server.uncertainty_s
    length = STATED_DELEGATION.get(plan.tech) if plan else None
    back = server.lookback_s + (visit.duration if server.tells_duration else 0)
    there = server.destination(":" in one.ip) if server.tells_destination else (None, None)
    return {
        "at": at,
        "ip": one.ip,
        "port": visit.port if server.has_port else None,
        # A sensor reads web requests from TCP alone.
        "protocol": "tcp" if server.format == "zeek-http" else visit.protocol,
        "destination_ip": there[0],
        "destination_port": there[1],
        "at_us": round(one.corrected * US),
        "from_us": round((one.corrected - slack - back) * US),
        "until_us": round((one.corrected + slack + server.precision_s) * US),
        "is_unshared": length is not None if ":" in one.ip else states == "unshared",
        "is_shared": states not in {"unshared", "none"} and ":" not in one.ip,
        "reuses_ports": states == "reuses",
        "delegated_length": length,
    }


def _once(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of notices, each once: a reply that corrects another answers the same."""
    return list({(row["notice"], row["row_id"]): row for row in rows}.values())


def _rows_asked(notice: int, reply: Reply) -> Iterable[dict[str, Any]]:
    for question in reply.questions:
        yield {
            "notice": notice,
            "row_id": question.row_id,
            "ip": question.ip,
            "port": question.port,
            "protocol": question.protocol,
            "destination_ip": question.destination,
            "from_us": math.floor(question.start * US),
            "until_us": math.ceil(question.end * US),
        }


def _rows(notice: int, file: int, reply: Reply) -> Iterable[dict[str, Any]]:
    """The rows of a reply as its bytes say them."""
    for row in reply.rows:
        slack = round(row.slack * US)
        yield {
            "notice": notice,
            "file": file,
            "ip": row.ip,
            "port_from": row.ports[0] if row.ports else None,
            "port_to": row.ports[1] if row.ports else None,
            "start_us": None if row.start is None else round(row.start * US),
            "end_us": None if row.end is None else round(row.end * US),
            "start_slack_us": slack,
            "end_slack_us": slack,
            "number": row.number or None,
            "row_id": row.row_id,
            "says": "assigned",
            "certified": reply.has_certificate,
            "protocol": row.protocol,
            "destination_ip": row.destination[0] if row.destination else None,
            "destination_port": row.destination[1] if row.destination else None,
            "inside_ip": row.inside,
            "is_static": row.is_static,
            "timezone": "Asia/Kolkata",
            "cells": _cells(row),
        }


def _cells(row: AnswerRow) -> list[dict[str, str]]:
    """What other cells say: words that deny or doubt, of a reseller, or that one line alone has the address."""
    facts = {"doubt": row.doubt, "customer": "Reseller" if row.is_operator else None}
    facts["type"] = row.type_word if row.exclusive else None
    return [{"heading": heading, "value": value} for heading, value in facts.items() if value]
