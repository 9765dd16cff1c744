"""A log line as evidence: which of its characters were read as the time, the site, the page and the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from markupsafe import Markup, escape

from sightline.services.leads.visit_lines import VisitLine
from sightline.stages.report.printable import make_printable

LEAST = 3
"""Characters of a value that is marked. A shorter one stands in a line by chance."""


def read_values(line: VisitLine) -> dict[str, str]:
    """Return the values that were read from a line, by the name of their message. Those that are not there are not."""
    values = {
        "time": line.time_text,
        "site": line.indicator,
        "host": line.host,
        "page": line.url,
        "account": line.user,
    }
    return {name: value for name, value in values.items() if value and len(value) >= LEAST}


def mark_values(line: VisitLine, hide: Callable[[str], str]) -> Markup:
    """Return the text of a line, addresses hidden, with the values that were read from it marked."""
    text = hide(line.raw)
    markup, at = Markup(), 0
    for begins, ends in _find_spans(text, list(read_values(line).values())):
        markup += escape(make_printable(text[at:begins])) + Markup("<mark>{}</mark>").format(
            make_printable(text[begins:ends])
        )
        at = ends
    return markup + escape(make_printable(text[at:]))


def _find_spans(text: str, values: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where values stand in a text, in any case; spans that touch are one."""
    bare = text.lower()
    if len(bare) != len(text):
        bare = text
    result = sorted(span for value in values for span in _find(bare, value.lower()))
    while result:
        begins, ends = result.pop(0)
        while result and result[0][0] <= ends:
            ends = max(ends, result.pop(0)[1])
        yield begins, ends


def _find(text: str, value: str) -> Iterator[tuple[int, int]]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + len(value))
