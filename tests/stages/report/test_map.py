"""The map: well formed, the counts of the table, nothing fetched, outlines where there are some."""

import re
from xml.etree import ElementTree

import polars as pl
import pytest

from sightline.stages.report import map as drawing
from sightline.stages.report import outlines
from sightline.stages.report.place_table import PlaceKind
from sightline.stages.report.totals import count_totals
from tests.stages.report.world import FRAME

SVG = "{http://www.w3.org/2000/svg}"


def titles(text: str) -> dict[str, int]:
    """What the map's shapes are called, and their count of leads."""
    texts = [element.text or "" for element in ElementTree.fromstring(text).iter(f"{SVG}title")]
    found = (re.match(r"(.+?): ([\d,]+) leads?", one) for one in texts)
    return {match[1]: int(match[2].replace(",", "")) for match in found if match}


def test_the_map_has_the_counts_of_the_table() -> None:
    totals = count_totals(FRAME)
    texts = titles(drawing.draw_map(totals))
    assert len(texts) == 36 + 4
    assert {name: leads for name, leads in texts.items() if leads} == {
        row.name: row.leads for row in totals.places if row.leads
    }
    assert sum(texts.values()) == totals.leads


def test_figures_stand_on_the_map_and_undetermined_is_hatched() -> None:
    root = ElementTree.fromstring(drawing.draw_map(count_totals(FRAME)))
    assert {"KL", "17", "31", "Undetermined", "At sea"} <= {element.text for element in root.iter(f"{SVG}text")}
    assert [element.get("fill") for element in root.iter(f"{SVG}rect")].count("url(#hatch)") == 1
    assert "Undetermined 31" in (root.findtext(f"{SVG}desc") or "")


def test_the_map_fetches_nothing() -> None:
    text = drawing.draw_map(count_totals(FRAME))
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert set(re.findall(r"url\([^)]*\)", text)) == {"url(#hatch)"}
    assert not re.search(r"href|src=|<script|<image|<foreignObject|@import", text)


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (0, []),
        (1, ["1 or more"]),
        (3, ["1", "2 or more"]),
        (1431, ["1 to 4", "5 to 19", "20 to 99", "100 to 499", "500 or more"]),
    ],
)
def test_shades_are_round_numbers_of_leads(most: int, words: list[str]) -> None:
    assert drawing.describe_shades(drawing.choose_edges(most)) == words


def test_a_state_with_leads_is_never_drawn_empty_and_more_leads_are_never_lighter() -> None:
    for most in (*range(1, 40), 999, 10**6):
        steps = drawing.choose_edges(most)
        shades = [drawing.choose_shade(leads, steps) for leads in range(1, min(most, 200) + 1)]
        assert drawing.choose_shade(0, steps) == 0 < shades[0]
        assert shades == sorted(shades)


def boundary(points: int) -> pl.DataFrame:
    """Two states: a square of so many points a side with an island, and a speck."""
    line = [at / points for at in range(points)]
    square = [(76 + x, 10.0) for x in line] + [(77.0, 10 + y) for y in line]
    square += [(77 - x, 11.0) for x in line] + [(76.0, 11 - y) for y in line] + [(76.0, 10.0)]
    island, speck = [(75.0, 9.0), (75.2, 9.0), (75.2, 9.2), (75.0, 9.0)], [(72.0, 10.0), (72.001, 10.0), (72.0, 10.001)]
    rows = [("IN-KL", 0, 0, *point) for point in square] + [("IN-KL", 0, 1, 76.5, 10.5)]
    rows += [("IN-KL", 1, 0, *point) for point in island] + [("IN-LD", 0, 0, *point) for point in speck]
    return pl.DataFrame(rows, schema=["state", "part", "ring", "longitude", "latitude"], orient="row")


def test_outlines_are_true_in_shape_thinned_and_lose_no_state() -> None:
    kerala, lakshadweep = outlines.project_outlines(outlines.read_boundaries(boundary(500)), 0, 0, 500, 500)
    assert (kerala.code, lakshadweep.code) == ("IN-KL", "IN-LD")
    square, island = kerala.rings
    assert len(square) <= 6 and len(island) == 4 and len(lakshadweep.rings) == 1
    width, height = (max(axis) - min(axis) for axis in zip(*square, strict=True))
    assert width / height == pytest.approx(0.9848, abs=0.001)  # the cosine of 10 degrees
    assert min(y for _, y in square) == pytest.approx(0)  # north is up


def test_a_map_with_outlines_has_the_counts_too() -> None:
    totals = count_totals(FRAME)
    text = drawing.draw_map(totals, outlines.read_boundaries(boundary(500)))
    texts = titles(text)
    assert (texts["Kerala"], texts["Lakshadweep"], texts["Undetermined"]) == (
        17,
        0,
        totals.get_row(PlaceKind.UNDETERMINED).leads,
    )
    assert "Without a figure above: Telangana 1" in text
    assert len(text) < 12_000


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_on_each_shade_can_be_read(scheme: int) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    colours = dict(re.findall(r"--(\w+):(#[0-9a-f]+)", drawing.build_style().split("@media", 2)[scheme]))
    pairs = [(f"t{at}", f"s{at}") for at in range(6)]
    pairs += [(ink, paper) for ink in ("ink", "ink2", "ink3", "accent", "warn", "stamp") for paper in ("paper", "card")]
    for ink, paper in [*pairs, ("on", "accent"), ("accent", "accent2")]:
        one, other = sorted((_luminance(colours[ink]), _luminance(colours[paper])))
        assert (other + 0.05) / (one + 0.05) >= 4.5, (ink, paper)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_plate_for_paper_has_the_states_alone_and_no_variables() -> None:
    totals = count_totals(FRAME)
    for outlined in (None, outlines.read_boundaries(boundary(40))):
        plate = drawing.draw_plate(totals, outlined)
        root = ElementTree.fromstring(plate)
        words = {element.text for element in root.iter(f"{SVG}text")}
        assert "var(" not in plate and "@media" not in plate and "url(" not in plate
        assert all(re.fullmatch(r"[A-Z]{2}|[\d,]+", word or "") for word in words)
        figured = {name: leads for name, leads in titles(plate).items() if leads}
        assert figured.items() <= {row.name: row.leads for row in totals.states}.items()
    assert drawing.list_missing_states(totals) == []
    assert len(drawing.list_printed_colours()) == 6
