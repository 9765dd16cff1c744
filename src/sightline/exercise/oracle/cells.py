"""Classify the other cells of a reply's row: confirmed, shared, an operator's, or in doubt.

Rule: "every column of a reply is understood or doubts its row. An allow-list of values that confirm; anything else is
a doubt." The list is of what accounting, leases and clerks write of an assignment that was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

CONFIRM = frozenset(
    "|- |-|--|na|n/a|nil|none|null|yes|y|ok|okay|active|assigned|allocated|allotted|bound|leased|in use|connected"
    "|online|accept|accepted|access-accept|login ok|success|successful|succeeded|completed|complete|closed|ended"
    "|released|expired|terminated|disconnected|start|stop|interim|interim-update|alive|create|created|delete|deleted"
    "|found|match|matched|record found|records found|confirmed|verified|valid|dynamic|static|ipv4|ipv6|dual stack"
    "|postpaid|prepaid|retail|residential|individual|home|ftth|broadband|user-request|lost-carrier|idle-timeout"
    "|session-timeout|nas-reboot|tcp|udp".split("|")
)
SHARED = re.compile(r"\b(cg-?nat|cgn|nat(ed|ted|44|444|64)?|pat|shared|private|ds-?lite|map-?[et]|464xlat)\b")
ALONE = re.compile(
    r"^((static|dedicated|exclusive|public)[ /-]*)*(dedicated|exclusive|not shared|no nat|unshared)( (ip|public ip))?$"
)
OPERATOR = re.compile(
    r"\b(resell\w*|resale|wholesale|franchise\w*|operator|isp|lco|downstream|hostel|bandwidth customer|vno|mvno)\b"
)
NOT_SHARED = re.compile(r"\b(not|no|non|un)[ -]?(shared|nat\w*)\b")


class CellStatement(Enum):
    """The statement of a cell about its row."""

    CONFIRMS = "confirms"
    SHARED = "shared"
    ALONE = "alone"
    OPERATOR = "operator"
    DOUBT = "doubt"


def parse_cell(value: str | None) -> CellStatement:
    """Return the statement of one cell. A value that no list contains is a doubt."""
    text = re.sub(r"\s+", " ", (value or "").strip().lower())
    if ALONE.match(text):
        return CellStatement.ALONE
    if OPERATOR.search(text):
        return CellStatement.OPERATOR
    if SHARED.search(text) and not NOT_SHARED.search(text):
        return CellStatement.SHARED
    return CellStatement.CONFIRMS if text in CONFIRM else CellStatement.DOUBT


def parse_cells(cells: Iterable[tuple[str, str | None]]) -> set[CellStatement]:
    """Return the combined statement of all of a row's cells."""
    return {parse_cell(value) for _, value in cells}
