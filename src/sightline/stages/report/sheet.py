"""The lead sheet: one lead as plain text, as a careful colleague would tell it (`sightline leads explain`)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from sightline.stages.report import words
from sightline.stages.report.account import SHORT, Account, Stated, account
from sightline.stages.report.facts import Report
from sightline.stages.report.lead import Json, Lead, read
from sightline.stages.report.shown import IST, plain, span

WIDTH = 100
INDENT = "  "
GAP = 4
_HALF = (WIDTH - len(INDENT) - GAP) // 2


def sheet(told: Json, report: Report) -> str:
    """The sheet of a lead in the JSON of `leads list --json`, wrapped at 100 columns."""
    lead = read(told)
    said = account(lead, report)
    return "\n".join(line.rstrip() for line in _lines(lead, said, report)) + "\n"


def _lines(lead: Lead, said: Account, report: Report) -> Iterator[str]:
    stamp = "EXERCISE: nothing in this is real" if report.is_exercise else plain(report.workspace)
    yield f"Lead {lead.lead_id}{stamp:>{WIDTH - 5 - len(lead.lead_id)}}"
    yield from _wrapped(
        f"{said.title[0].upper()}{said.title[1:]}. Priority: {plain(lead.priority)}{_because(lead)}.", ""
    )
    yield from _part("What is known", _paragraphs([" ".join(said.known)]))
    if said.sites:
        yield from _wrapped(f"Flagged sites, by id: {'; '.join(said.sites)}.", INDENT)
    yield from _part(f"How far it carries: {said.title}", _reasons(said.carries, words.ceiling(lead.ceiling).when))
    yield from _part("From where", _labelled(said))
    yield from _part("For and against", _beside(said))
    yield from _part("What this does not prove", _items(said.not_proven))
    yield from _part("What to do next", _numbered(said.steps))
    yield from _part("Until when", _paragraphs([said.keep]))
    yield from _part("What this rests on", _paragraphs(_rests(report)))


def _because(lead: Lead) -> str:
    return f", {plain(lead.priority_why)}" if lead.priority_why else f", {words.band(lead.priority)}"


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield title.upper()
    yield from lines


def _wrapped(text: str, indent: str, hanging: str | None = None, width: int = WIDTH) -> list[str]:
    after = indent if hanging is None else hanging
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=after, break_long_words=True, break_on_hyphens=False
    )


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, INDENT)


def _items(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, f"{INDENT}- ", f"{INDENT}  ")


def _numbered(texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts, 1):
        yield from _wrapped(text, f"{INDENT}{number}. ", f"{INDENT}   ")


def _reasons(found: Sequence[Stated], otherwise: str, width: int = WIDTH, indent: str = INDENT) -> Iterator[str]:
    """Reasons as items, each with what it cites below it; without any, the words for that."""
    if not found:
        yield from _wrapped(f"{otherwise[0].upper()}{otherwise[1:].rstrip('.')}.", indent, width=width)
    for one in found:
        yield from _wrapped(one.text, f"{indent}- ", f"{indent}  ", width)
        yield from _wrapped(f"[{one.cites}]", f"{indent}  ", f"{indent}   ", width)


def _labelled(said: Account) -> Iterator[str]:
    for label, text in (("Place", " ".join(said.place)), ("Network", said.network), ("Relay", said.relay)):
        yield from _wrapped(text, f"{INDENT}{label:<9}", INDENT + " " * 9)


def _beside(said: Account) -> Iterator[str]:
    """Both sides in two columns: neither is read without the other."""
    left = [*_reasons(said.reasons_for, words.said("reasons.none_for"), _HALF, "")]
    right = [*_reasons(said.reasons_against, words.said("reasons.none_against"), _HALF, "")]
    yield f"{INDENT}{'For':<{_HALF + GAP}}Against"
    yield f"{INDENT}{'-' * _HALF}{' ' * GAP}{'-' * _HALF}"
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"{INDENT}{one:<{_HALF + GAP}}{other}"


def _rests(report: Report) -> Iterator[str]:
    yield f"Generation {plain(report.generation[:SHORT])} of {plain(report.workspace)}, told {span(report.made_at, report.made_at)} ({span(report.made_at, report.made_at, IST)})."
    if report.lists:
        yield "Flagged by " + "; ".join(f"{plain(one.issuer)} ({plain(one.origin)})" for one in report.lists) + "."
    if report.data_sets:
        yield "Data sets: " + "; ".join(plain(one.cited) for one in report.data_sets) + "."
    if report.opened_why is not None:
        yield f"The address was opened{f' by {plain(report.opened_by)}' if report.opened_by else ''}: {plain(report.opened_why)}."
