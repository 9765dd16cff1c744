"""Write the lead sheet: one lead as plain text, explained with care (`sightline leads explain`)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from sightline.model.lead_numbers import lead_number
from sightline.stages.report import words
from sightline.stages.report.account import SHORT, Account, ReasonLine, account
from sightline.stages.report.facts import Report
from sightline.stages.report.lead import Json, Lead, read
from sightline.stages.report.printable import IST, capital, printable, span

WIDTH = 100
INDENT = "  "
GAP = 4
HALF = (WIDTH - len(INDENT) - GAP) // 2


def sheet(lead_json: Json, report: Report, sessions: Iterable[Json] = ()) -> str:
    """Return the sheet of a lead, wrapped at 100 columns, from the JSON of `leads list --json`.

    `sessions` are those of a lead that joins several, in the same form: each appears with its own times.
    """
    lead = read(lead_json)
    lead_account = account(lead, report, [read(one) for one in sessions])
    return "\n".join(line.rstrip() for line in _lines(lead, lead_account, report)) + "\n"


def _lines(lead: Lead, lead_account: Account, report: Report) -> Iterator[str]:
    stamp = words.sentence("sheet.exercise") if report.is_exercise else printable(report.workspace)
    head = f"Lead {lead_number(lead.lead_id)}, id {printable(lead.lead_id)}"
    yield f"{head}{stamp:>{max(WIDTH - len(head), len(stamp) + 2)}}"
    because = f": {lead_account.because}" if lead_account.because else ""
    yield from _wrapped(f"{capital(lead_account.title)}. Priority {printable(lead.priority)}{because}.", "")
    yield from _part("What is known", _known_lines(lead_account))
    yield from _part("How far it carries", _carries(lead, lead_account))
    yield from _part("From where", _labelled(lead_account))
    yield from _part("For and against", _sides_in_columns(lead_account))
    if lead_account.notes:
        yield from _part("Also seen", _reasons(lead_account.notes, ""))
    yield from _part("What this does not prove", _items(lead_account.not_proven))
    yield from _part("What to do next", _number_texts(lead_account.steps))
    yield from _part("Until when", _paragraphs([lead_account.keep]))
    yield from _part("What this rests on", _paragraphs(_rests(report)))


def _known_lines(lead_account: Account) -> Iterator[str]:
    yield from _paragraphs([" ".join(lead_account.known)])
    yield from _items(lead_account.sessions)
    if lead_account.sites:
        yield from _paragraphs([f"{lead_account.sites_are}: {'; '.join(lead_account.sites)}."])


def _carries(lead: Lead, lead_account: Account) -> Iterator[str]:
    """The ceiling and the rules that set it; without any, what makes it hold."""
    when = words.ceiling(lead.ceiling).when
    key = "reasons.why" if lead_account.carries else "reasons.in_short"
    yield from _paragraphs([words.sentence(key, title=capital(lead_account.title), when=when)])
    yield from _reasons(lead_account.carries, "") if lead_account.carries else ()


def _labelled(lead_account: Account) -> Iterator[str]:
    for label, text in (
        ("Place", " ".join(lead_account.place)),
        ("Network", lead_account.network),
        ("Relay", lead_account.relay),
    ):
        yield from _wrapped(text, f"{INDENT}{label:<9}", INDENT + " " * 9)


def _sides_in_columns(lead_account: Account) -> Iterator[str]:
    """Both sides in two columns: neither is read without the other."""
    left = _reasons(lead_account.reasons_for, words.sentence("reasons.none_for"), HALF, "")
    right = _reasons(lead_account.reasons_against, words.sentence("reasons.none_against"), HALF, "")
    yield f"{INDENT}{'For':<{HALF + GAP}}Against"
    yield f"{INDENT}{'-' * HALF}{' ' * GAP}{'-' * HALF}"
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"{INDENT}{one:<{HALF + GAP}}{other}"


def _reasons(found: Sequence[ReasonLine], otherwise: str, width: int = WIDTH, indent: str = INDENT) -> Iterator[str]:
    """Reasons as items, each with what it cites below it; without any, the words for that."""
    if not found:
        yield from _wrapped(otherwise, indent, width=width)
    for one in found:
        yield from _wrapped(one.text, f"{indent}- ", f"{indent}  ", width)
        yield from _wrapped(f"[{one.cites}]", f"{indent}  ", f"{indent}   ", width)


def _rests(report: Report) -> Iterator[str]:
    made = f"{span(report.made_at, report.made_at)} ({span(report.made_at, report.made_at, IST)})"
    yield f"Generation {printable(report.generation[:SHORT])} of {printable(report.workspace)}, told on {made}."
    if report.lists:
        yield f"Flagged by {'; '.join(f'{printable(one.issuer)} ({printable(one.origin)})' for one in report.lists)}."
    if report.data_sets:
        yield f"Data sets: {'; '.join(printable(one.cited) for one in report.data_sets)}."
        yield from (printable(one) for one in dict.fromkeys(one.credit for one in report.data_sets) if one)
    if report.opened_why is not None:
        by = printable(report.opened_by) if report.opened_by else "an officer"
        yield f"The address was opened by {by}: {printable(report.opened_why)}."


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield title.upper()
    yield from lines


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, INDENT)


def _items(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, f"{INDENT}- ", f"{INDENT}  ")


def _number_texts(texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts, 1):
        yield from _wrapped(text, f"{INDENT}{number}. ", f"{INDENT}   ")


def _wrapped(text: str, indent: str, hanging: str | None = None, width: int = WIDTH) -> list[str]:
    after = indent if hanging is None else hanging
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=after, break_on_hyphens=False)
