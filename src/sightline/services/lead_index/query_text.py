"""A filter of leads as a line of text: `isp:jivan reason:upload -status:closed seen:>2026-11-12 owner:me`.

Each part is a field, a colon and a value. Several values are joined by commas; a value with spaces is in quotes. A
minus before a field with a fixed list of values leaves these values out. The text is read once from left to right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sightline.errors import UsageError
from sightline.model import Ceiling, LeadStatus
from sightline.services.lead_index.filter import CHECKS, NOT_KNOWN, RELAYS, LeadFilter
from sightline.stages.enrich.session_columns import LINES
from sightline.stages.leads.triage import LEVELS
from sightline.stages.report import words

LONGEST = 500
"""Characters of a query at the most."""
NAMES: Mapping[str, str] = {
    **{name: name for name in CHECKS},
    "owner": "assignee",
    "reach": "ceiling",
    "site": "indicator",
    "state": "place",
    "kept": "keep_until",
}
"""What a field can be called, and the field of the filter."""
SEEN = "seen"
CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": tuple(lead_status.value for lead_status in LeadStatus),
    "ceiling": tuple(ceiling.value for ceiling in Ceiling),
    "priority": words.BANDS,
    "reason": (*LEVELS, NOT_KNOWN),
    "relay": (*RELAYS, NOT_KNOWN),
    "line": (*LINES, NOT_KNOWN),
}
"""Fields with a fixed list of values, which can be left out too."""
ME, NOBODY = "me", "nobody"
"""What stands for the officer who asks, and for no officer, among the values of `owner`."""
WRITTEN: Mapping[str, str] = {"assignee": "owner", "keep_until": "kept"}
"""How a field is written where that is not its name."""


class QueryProblemKind(StrEnum):
    """The kinds of error in a part of a query."""

    NO_FIELD = "no-field"
    UNKNOWN_FIELD = "unknown-field"
    NO_VALUE = "no-value"
    NOT_LEFT_OUT = "not-left-out"
    UNCLOSED = "unclosed"
    WRONG_VALUE = "wrong-value"
    TOO_LONG = "too-long"


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """A part of a query that cannot be read. `why`: what is wrong with the value; `hint`: what can be written."""

    trouble: QueryProblemKind
    part: str
    why: str = ""
    hint: str = ""


@dataclass(slots=True)
class Query:
    """A parsed query: the values of each field, and the parts that cannot be read."""

    values: dict[str, set[str]] = field(default_factory=dict)
    without: dict[str, set[str]] = field(default_factory=dict)
    problems: list[QueryProblem] = field(default_factory=list)

    def list_pairs(self) -> list[tuple[str, str]]:
        """Return the fields and values of the filter."""
        result = {name: set(values) for name, values in self.values.items()}
        for name, values in self.without.items():
            result[name] = result.get(name, set(CHOICES[name])) - values
        return [(name, value) for name in CHECKS for value in sorted(result.get(name, ()))]


def parse_query(text: str, *, me: str, isps: Iterable[str]) -> Query:
    """Return what a text asks for. `me`: the officer's name; `isps`: those of leads, of which a part is enough."""
    query, known = Query(), tuple(isps)
    if len(text) > LONGEST:
        query.problems.append(QueryProblem(QueryProblemKind.TOO_LONG, text[:20]))
        return query
    for part, name, value, is_left_out in _split_parts(text, query.problems):
        values = [text for text in ([value] if '"' in part else value.split(",")) if text.strip()]
        if not values:
            query.problems.append(QueryProblem(QueryProblemKind.NO_VALUE, part))
        elif name == SEEN and not is_left_out:
            _add_days(query, part, value)
        elif name not in NAMES:
            query.problems.append(QueryProblem(QueryProblemKind.UNKNOWN_FIELD, part, hint=", ".join((*NAMES, SEEN))))
        else:
            _add(query, part, NAMES[name], _spell_values(NAMES[name], values, me, known), is_left_out=is_left_out)
    return query


def _split_parts(text: str, problems: list[QueryProblem]) -> Iterator[tuple[str, str, str, bool]]:
    """Yield each part, its field, its value without quotes, and whether it is left out."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        ends, closes = _find_end(text, at)
        part, at = text[at:ends], ends
        is_left_out = part.startswith("-")
        name, colon, value = part.removeprefix("-").partition(":")
        if not closes:
            problems.append(QueryProblem(QueryProblemKind.UNCLOSED, part))
        elif not colon:
            problems.append(QueryProblem(QueryProblemKind.NO_FIELD, part))
        else:
            yield part, name.casefold(), value.replace('"', ""), is_left_out


def _find_end(text: str, begins: int) -> tuple[int, bool]:
    """Return where a part ends, and whether its quotes are closed."""
    is_quoted = False
    for at in range(begins, len(text)):
        if text[at] == '"':
            is_quoted = not is_quoted
        elif text[at].isspace() and not is_quoted:
            return at, True
    return len(text), not is_quoted


def _spell_values(name: str, values: list[str], me: str, isps: tuple[str, ...]) -> list[str]:
    """Return values as the filter has them: the officer for `me`, every ISP that has the text in its name."""
    if name == "assignee":
        spelt = {ME: me, NOBODY: NOT_KNOWN}
        return [spelt.get(value.casefold(), value) for value in values]
    if name == "isp":
        return [isp for value in values for isp in _find_isps(value, isps)]
    return [value.casefold() for value in values] if name in CHOICES else values


def _find_isps(text: str, isps: tuple[str, ...]) -> list[str]:
    bare = text.casefold()
    return [isp for isp in isps if bare in isp.casefold()] or [text]


def _add(query: Query, part: str, name: str, values: list[str], *, is_left_out: bool) -> None:
    if is_left_out and name not in CHOICES:
        query.problems.append(QueryProblem(QueryProblemKind.NOT_LEFT_OUT, part, hint=", ".join(CHOICES)))
        return
    try:
        checked = {CHECKS[name](value, name) for value in values}
    except UsageError as error:
        query.problems.append(QueryProblem(QueryProblemKind.WRONG_VALUE, part, str(error), error.hint or ""))
        return
    if unknown := checked - set(CHOICES.get(name, checked)):
        query.problems.append(QueryProblem(QueryProblemKind.WRONG_VALUE, part, min(unknown), ", ".join(CHOICES[name])))
        return
    (query.without if is_left_out else query.values).setdefault(name, set()).update(checked)


def _add_days(query: Query, part: str, value: str) -> None:
    """Add the days of `seen:>2026-11-12`, `seen:<2026-11-12` or `seen:2026-11-12`."""
    sides = {">": ("since",), "<": ("until",)}.get(value[0], ("since", "until"))
    for side in sides:
        _add(query, part, side, [value.lstrip("<>=")], is_left_out=False)


def write_query(lead_filter: LeadFilter) -> str:
    """Return a filter as a text that `parse_query` reads again."""
    return " ".join(_write_parts(lead_filter))


def _write_parts(lead_filter: LeadFilter) -> Iterator[str]:
    for name in CHECKS:
        values = getattr(lead_filter, name)
        if not values:
            continue
        left_out = [choice for choice in CHOICES.get(name, ()) if choice not in values]
        if name in {"since", "until"}:
            yield f"{SEEN}:{'>' if name == 'since' else '<'}{values[0]}"
        elif 0 < len(left_out) < len(values):
            yield f"-{name}:{','.join(left_out)}"
        elif any(" " in value or "," in value for value in values):
            yield from (f'{WRITTEN.get(name, name)}:"{value}"' for value in values)
        else:
            yield f"{WRITTEN.get(name, name)}:{','.join(values)}"
