"""Build HTML parts of the page: escaped text, lists, tables, bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from sightline.stages.report import words
from sightline.stages.report.printable import make_printable
from sightline.stages.report.translator import ENGLISH, Translator

MOST_ROWS = 100
"""The maximum number of table rows on the page. The number of further rows is added."""


def as_html(text: str) -> str:
    """Escape a text so that it has no markup, no direction marks and no controls in any place."""
    return escape(make_printable(text), quote=True)


def format_items(texts: Iterable[str], kind: str = "ul", css: str = "plainlist") -> str:
    """Return a list of texts."""
    return f'<{kind} class="{css}">' + "".join(f"<li>{as_html(text)}</li>" for text in texts) + f"</{kind}>"


def format_table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], translator: Translator = ENGLISH
) -> str:
    """Return a table of texts with its caption. The first column is the heading of its row."""
    cells = list(rows)
    body = [_render_row(row) for row in cells[:MOST_ROWS]]
    if (more := len(cells) - MOST_ROWS) > 0:
        body.append(_render_row([translator.translate_phrase(f"and {more:,} more"), *[""] * (len(head) - 1)]))
    if not body:
        none = translator.translate_sentence(words.find_label("none"))
        return f'<p class="sub">{as_html(caption)}: {as_html(none)}.</p>'
    heads = "".join(f'<th scope="col">{as_html(heading)}</th>' for heading in head)
    return (
        f'<div class="scroll"><table class="bars"><caption>{as_html(caption)}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _render_row(row: Sequence[str]) -> str:
    first, *rest = (as_html(cell) for cell in row)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cells}</td>" for cells in rest)}</tr>'


def format_bar(share: float, css: str = "full") -> str:
    """Return a bar that fills that share of its cell.

    `hatched` draws lines, which are distinguishable without colour.
    """
    wide = max(share * 100, 0.8) if share else 0
    if css == "hatched":
        marks = "".join(f"M{at:g} 9l6-9" for at in range(0, round(wide * 3), 6))
        inner = f'<path class="lines" d="{marks}" fill="none"/>'
        box = 'viewBox="0 0 300 9" preserveAspectRatio="xMinYMid slice"'
    else:
        inner = f'<rect class="{css}" width="{wide:.1f}" height="9" rx="1"/>'
        box = 'viewBox="0 0 100 9" preserveAspectRatio="none"'
    return f'<svg class="bar" {box} aria-hidden="true">{inner}</svg>'
