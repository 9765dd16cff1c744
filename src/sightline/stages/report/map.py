"""Draw the map of leads as SVG: a square or an outline for each state, with equally large areas for leads in no state.

Figures on the map show the counts, so that it is readable without colour; `undetermined` is hatched.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import pairwise

from sightline.message_text import count_noun
from sightline.stages.report import outlines, tiles, words
from sightline.stages.report.html_parts import as_html
from sightline.stages.report.outlines import Boundary, Outline
from sightline.stages.report.place_table import PlaceKind
from sightline.stages.report.totals import Totals
from sightline.stages.report.translator import ENGLISH, Translator

WIDTH, MARGIN, TOP = 560, 8, 96
STEP, SIDE, LINE = 60, 56, 18
ROOM, ROOM_FOR_LETTERS = 20, 46
"""The minimum width of an outline with a figure on it, and of one with the state's letters too."""
NICE = [factor * 10**power for power in range(12) for factor in (1, 2, 5)]
ASIDE = {PlaceKind.UNDETERMINED: 186, PlaceKind.RELAY: 138, PlaceKind.ABROAD: 98, PlaceKind.SEA: 98}
"""The areas for leads in no state, and their widths."""


def draw_map(
    totals: Totals,
    boundaries: Sequence[Boundary] | None = None,
    *,
    is_file: bool = True,
    translator: Translator = ENGLISH,
) -> str:
    """Return the map.

    `is_file`: with its own colours and name space; otherwise it is part of a page, which has them.
    """
    counts = {row.key: row.leads for row in totals.states}
    steps = choose_edges(max(counts.values(), default=0))
    shapes = outlines.project_outlines(boundaries, MARGIN, TOP, WIDTH - 2 * MARGIN, 552) if boundaries else []
    drawn = _draw_outlines(counts, steps, shapes, translator) if shapes else _draw_tiles(counts, steps, translator)
    foot = TOP + (560 if shapes else STEP * (1 + max(tile.y for tile in tiles.load_country().tiles)))
    below = _list_lines_below(counts, _list_figured_codes(shapes), translator)
    height = foot + 72 + LINE * len(below)
    body = [
        *_draw_aside(totals, translator),
        *drawn,
        *_draw_legend(steps, foot + 34, translator),
        *_draw_texts(below, foot + 84),
    ]
    space = ' xmlns="http://www.w3.org/2000/svg"' if is_file else ""
    own = f"<style>{build_style()}</style>" if is_file else ""
    head = f'<svg{space} class="map" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="map-title map-desc">'
    heading, description = (
        translator.translate_sentence(words.find_label("by_state")),
        _describe_map(totals, translator),
    )
    title = f'<title id="map-title">{as_html(heading)}</title><desc id="map-desc">{as_html(description)}</desc>'
    back = f'<rect width="{WIDTH}" height="{height}" fill="var(--paper)"/>' if is_file else ""
    return "\n".join([head, title, own, HATCH, back, *body, "</svg>"]) + "\n"


def draw_plate(totals: Totals, boundaries: Sequence[Boundary] | None = None) -> str:
    """Return the states alone, for a printed page with text in its own language: no words except their letters.

    Colours are literal, for SVG readers without variables.
    """
    counts = {row.key: row.leads for row in totals.states}
    steps = choose_edges(max(counts.values(), default=0))
    shapes = outlines.project_outlines(boundaries, MARGIN, MARGIN, WIDTH - 2 * MARGIN, 552) if boundaries else []
    high = 560 + MARGIN if shapes else STEP * (1 + max(tile.y for tile in tiles.load_country().tiles)) + MARGIN
    top = 0 if shapes else TOP - MARGIN
    body = _draw_outlines(counts, steps, shapes, ENGLISH) if shapes else _draw_tiles(counts, steps, ENGLISH)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="0 {top} {WIDTH} {high}">'
    return "\n".join([head, f"<style>{build_printed_style()}</style>", *body, "</svg>"]) + "\n"


def build_printed_style() -> str:
    """Return the light colours, without variables and screen styles."""
    colours = _list_light_colours()
    plain = files("sightline.stages.report").joinpath("map.css").read_text(encoding="utf-8")
    named = re.sub(r"var\(--(\w+)\)", lambda match: colours[match[1]], plain)
    return re.sub(r"font-family:[^;]*", 'font-family:"Noto Sans"', named)


def list_printed_colours() -> list[str]:
    """Return the colours of the shades on paper: of none, then from the lightest to the darkest."""
    colours = _list_light_colours()
    return [colours[f"s{at}"] for at in range(6)]


def _list_light_colours() -> dict[str, str]:
    """The light colours, by name."""
    sheet = files("sightline.stages.report").joinpath("colours.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--(\w+):(#[0-9a-f]+)", sheet.partition("@media")[0]))


def list_missing_states(totals: Totals, boundaries: Sequence[Boundary] | None = None) -> list[tuple[str, int]]:
    """Return the codes of states with leads that have no figure on the plate, with their counts."""
    shapes = outlines.project_outlines(boundaries, MARGIN, MARGIN, WIDTH - 2 * MARGIN, 552) if boundaries else []
    there = _list_figured_codes(shapes)
    return [(row.key, row.leads) for row in totals.states if row.leads and row.key not in there]


HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path d="M3 0V6" class="hatch"/></pattern></defs>'
)


def build_style() -> str:
    """Return the colours of a map that is a file of its own: light and dark."""
    here = files("sightline.stages.report")
    return "".join(here.joinpath(name).read_text(encoding="utf-8") for name in ("colours.css", "map.css"))


def _describe_map(totals: Totals, translator: Translator) -> str:
    """The map in words, for those who do not see it."""
    rows = [*(totals.get_row(kind) for kind in ASIDE), *(row for row in totals.states if row.leads)]
    return "; ".join(f"{translator.translate_sentence(row.name)} {row.leads:,}" for row in rows) + "."


def choose_edges(most: int) -> list[int]:
    """Return the lowest count of each of up to five shades, for counts up to `most`: 1, 2 or 5 times a power of ten."""
    wanted = [most ** (part / 5) for part in range(5)] if most else []
    near = [min(NICE, key=lambda one, aim=aim: (abs(math.log(one / aim)), one)) for aim in wanted]  # type: ignore[misc]
    return sorted({edge for edge in near if edge <= most})


def choose_shade(leads: int, steps: Sequence[int]) -> int:
    """Return the shade of a count: 0 for none. The highest step is the darkest, however many steps there are."""
    passed = sum(leads >= step for step in steps)
    return passed and passed + 5 - len(steps)


def _draw_tiles(counts: dict[str, int], steps: Sequence[int], translator: Translator) -> Iterator[str]:
    left = (WIDTH - STEP * (1 + max(tile.x for tile in tiles.load_country().tiles)) + STEP - SIDE) / 2
    for tile in tiles.load_country().tiles:
        leads = counts.get(tile.code, 0)
        x, y, dark = left + STEP * tile.x, TOP + STEP * tile.y, choose_shade(leads, steps)
        yield f'<g class="on{dark}"><title>{_format_place(tile.name, leads, translator)}</title>'
        yield f'<rect class="q{dark}" x="{x:g}" y="{y:g}" width="{SIDE}" height="{SIDE}" rx="7"/>'
        yield f'<text x="{x + 8:g}" y="{y + 19:g}" font-size="13">{tile.short}</text>'
        size = _choose_size(f"{leads:,}", 19, SIDE - 14)
        yield f'<text x="{x + 8:g}" y="{y + 44:g}" font-size="{size}" font-weight="650">{leads:,}</text></g>'


def _format_place(name: str, leads: int, translator: Translator) -> str:
    """A place with its leads: `Kerala: 17 leads`."""
    return as_html(f"{translator.translate_sentence(name)}: {translator.translate_phrase(count_noun(leads, 'lead'))}")


def _choose_size(text: str, size: int, width: float) -> int:
    """The size in which a text is no wider than that."""
    return min(size, int(width / (0.62 * len(text))))


def _draw_outlines(
    counts: dict[str, int], steps: Sequence[int], shapes: Sequence[Outline], translator: Translator
) -> Iterator[str]:
    labels = []
    for shape in shapes:
        leads = counts.get(shape.code, 0)
        dark, name = choose_shade(leads, steps), tiles.name_state(shape.code)
        path = "".join(f"M{'L'.join(f'{x:.1f},{y:.1f}' for x, y in ring)}Z" for ring in shape.rings)
        yield f'<path class="out q{dark}" d="{path}"><title>{_format_place(name, leads, translator)}</title></path>'
        if _measure_label_width(shape) >= ROOM:
            labels.append(_draw_label(shape, leads, dark, is_named=_measure_label_width(shape) >= ROOM_FOR_LETTERS))
    yield from labels


def _measure_label_width(shape: Outline) -> float:
    return outlines.measure_extent(shape.rings[0])


def _draw_label(shape: Outline, leads: int, dark: int, *, is_named: bool) -> str:
    """The count on an outline, with the letters of the state where there is room for them."""
    x, y = outlines.find_middle(shape.rings[0])
    letters = (
        f'<text x="{x:.1f}" y="{y - 8:.1f}" font-size="11">{shape.code.partition("-")[2]}</text>' if is_named else ""
    )
    count = f'<text x="{x:.1f}" y="{y + (8 if is_named else 4):.1f}" font-size="14" font-weight="650">{leads:,}</text>'
    return f'<g class="label on{dark}" text-anchor="middle">{letters}{count}</g>'


def _draw_aside(totals: Totals, translator: Translator) -> Iterator[str]:
    """What is no state, above the map and as wide as it: nobody overlooks it."""
    x = float(MARGIN)
    for kind, width in ASIDE.items():
        row = totals.get_row(kind)
        name, means = map(translator.translate_sentence, words.describe_place(kind))
        yield f"<g><title>{_format_place(row.name, row.leads, translator)}: {as_html(means)}</title>"
        yield f'<rect class="aside" x="{x + 0.5:g}" y="8.5" width="{width - 1}" height="63" rx="7"/>'
        inset = 12
        if kind is PlaceKind.UNDETERMINED:
            yield f'<rect x="{x + 6:g}" y="14" width="40" height="52" rx="4" fill="url(#hatch)"/>'
            inset = 56
        size = _choose_size(f"{row.leads:,}", 24, width - inset - 6)
        yield f'<text class="n" x="{x + inset:g}" y="39" font-size="{size}">{row.leads:,}</text>'
        size = _choose_size(name, 13, width - inset - 4)
        yield f'<text x="{x + inset:g}" y="60" font-size="{size}">{as_html(name)}</text></g>'
        x += width + 8


def _draw_legend(steps: Sequence[int], y: int, translator: Translator) -> Iterator[str]:
    """Which shade stands for which counts."""
    heading = as_html(translator.translate_sentence(words.find_label("in_a_state")))
    yield f'<text x="{MARGIN}" y="{y - 8}" font-size="12">{heading}</text>'
    named = [
        translator.translate_sentence(words.find_label("none")),
        *map(translator.translate_sentence, describe_shades(steps)),
    ]
    wide = (WIDTH - 2 * MARGIN) / 6
    for at, text in enumerate(named):
        x = MARGIN + at * wide
        dark = at and at + 5 - len(steps)
        yield f'<rect class="q{dark}" x="{x:g}" y="{y}" width="{wide - 6:g}" height="8" rx="4"/>'
        yield f'<text x="{x:g}" y="{y + 24}" font-size="12">{as_html(text)}</text>'


def _list_figured_codes(shapes: Sequence[Outline]) -> set[str]:
    """The codes of states whose count stands on the map: every tile, and each outline with room for it."""
    if not shapes:
        return {tile.code for tile in tiles.load_country().tiles}
    return {shape.code for shape in shapes if _measure_label_width(shape) >= ROOM}


def _list_lines_below(counts: dict[str, int], figured: set[str], translator: Translator) -> list[str]:
    """Lines on states with leads but without a figure on the map, too small or not outlined: no lead is missing."""
    say = translator.translate_sentence
    missing = [
        f"{say(tiles.name_state(code))} {leads:,}" for code, leads in counts.items() if leads and code not in figured
    ]
    return textwrap.wrap(f"{say(words.find_label('no_figure'))}: {', '.join(missing)}", 78) if missing else []


def _draw_texts(lines: Sequence[str], y: int) -> Iterator[str]:
    for at, line in enumerate(lines):
        yield f'<text x="{MARGIN}" y="{y + LINE * at}" font-size="12">{as_html(line)}</text>'


def describe_shades(steps: Sequence[int]) -> list[str]:
    """Return each shade's counts in words: `5 to 19`, `100 or more`."""
    pairs = [*pairwise(steps), *((last, 0) for last in steps[-1:])]
    return [
        f"{low:,} or more" if not after else f"{low:,}" if after == low + 1 else f"{low:,} to {after - 1:,}"
        for low, after in pairs
    ]
