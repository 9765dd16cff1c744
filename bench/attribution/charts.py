"""Bars as SVG, drawn from numbers alone: the same numbers, the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, ROW, BAR = 760, 170, 96, 26, 16
FONT = 'font-family="system-ui, sans-serif" font-size="13"'


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar."""

    count: int
    colour: str
    name: str


RIGHT_ONE, WRONG_ONE, SILENT = "#2b7a78", "#b23a48", "#c9ced6"
"""Right, wrong, not said: told apart by lightness too, and named in the key."""


def bars(title: str, rows: Sequence[tuple[str, Sequence[Part]]]) -> str:
    """A chart: one bar a row, its parts side by side, all to one scale; a key below."""
    scale = (WIDTH - LEFT - RIGHT) / max(1, *(sum(part.count for part in parts) for _, parts in rows))
    height = 40 + ROW * len(rows) + 34
    body = [f'<text x="0" y="18" {FONT} font-weight="600">{escape(title)}</text>']
    for place, (name, parts) in enumerate(rows):
        top = 40 + place * ROW
        body.append(f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end" {FONT}>{escape(name)}</text>')
        at = float(LEFT)
        for part in parts:
            wide = part.count * scale
            tooltip = f"<title>{escape(part.name)}: {part.count:,}</title>"
            body.append(
                f'<rect x="{at:.1f}" y="{top}" width="{wide:.1f}" height="{BAR}" fill="{part.colour}">{tooltip}</rect>'
            )
            at += wide
        whole = sum(part.count for part in parts)
        body.append(f'<text x="{at + 6:.1f}" y="{top + 13}" {FONT}>{whole:,}</text>')
    return _whole_chart(body + _key(rows, height - 14), height, title)


def _key(rows: Sequence[tuple[str, Sequence[Part]]], top: int) -> list[str]:
    names = dict.fromkeys((part.name, part.colour) for _, parts in rows for part in parts)
    body, at = [], LEFT
    for name, colour in names:
        body.append(f'<rect x="{at}" y="{top - 11}" width="12" height="12" fill="{colour}"/>')
        body.append(f'<text x="{at + 18}" y="{top}" {FONT}>{escape(name)}</text>')
        at += 34 + 8 * len(name)
    return body


def _whole_chart(body: Sequence[str], height: int, title: str) -> str:
    box = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
    ground = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    return "\n".join([head, ground, *body, "</svg>"]) + "\n"
