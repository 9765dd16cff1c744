"""Counts by place: every lead once, what is no state as large as a state."""

import polars as pl

from sightline.model import Ceiling
from sightline.stages.report import place_table, tiles
from sightline.stages.report.place_table import PlaceKind
from sightline.stages.report.totals import count_totals
from tests.stages.report.world import FRAME, frame

TODAY = set(
    (
        "AN AP AR AS BR CG CH DH DL GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD PB PY RJ SK TN TR TS UK UP WB"
    ).split()
)
"""ISO 3166-2:IN: 28 states and 8 union territories."""


def test_each_tile_is_a_state_of_today_on_a_square_of_its_own() -> None:
    found = tiles.load_country().tiles
    assert {tile.code for tile in found} == {f"IN-{one}" for one in TODAY}
    assert len({(tile.x, tile.y) for tile in found}) == len(found) == 36
    assert not set(tiles.load_codes()) & {old for tile in found for old in tile.was} - {
        old for old, new in tiles.load_codes().items() if old != new
    }


def test_each_lead_is_counted_once_and_where_it_belongs() -> None:
    totals = count_totals(FRAME)
    counts = {row.key: row.leads for row in totals.places}
    assert counts == {"IN-KL": 17, "IN-TS": 1, "undetermined": 31, "relay": 5, "abroad": 2, "sea": 1}
    assert sum(counts.values()) == totals.leads == len(FRAME)
    assert totals.by_ceiling == FRAME["ceiling"].value_counts().pipe(
        lambda seen: {ceiling.value: dict(seen.iter_rows()).get(ceiling.value, 0) for ceiling in reversed(Ceiling)}
    )
    assert (totals.by_band["urgent"], totals.by_band["high"]) == (1, 12)
    assert (totals.visits, totals.hits, totals.sessions) == (3 * len(FRAME), 4 * len(FRAME), len(FRAME))


def test_the_place_of_a_relay_is_no_visitors() -> None:
    kerala = next(row for row in count_totals(FRAME).states if row.key == "IN-KL")
    assert kerala.by_ceiling["relay"] == 0


def test_districts_circles_and_countries_are_distinguished() -> None:
    rows = {
        row.key: [(part.level, part.name, part.leads) for part in row.parts] for row in place_table.build_table(FRAME)
    }
    assert rows["IN-KL"] == [("district", "Ernakulam", 12), ("circle", "Kerala", 5)]
    assert rows["undetermined"] == [("circle", "Kerala", 30), ("all", None, 1)]
    assert rows["abroad"] == [("country", "LK", 2)]


def test_an_old_code_is_read_as_the_current_state_and_an_unknown_one_is_its_own_row() -> None:
    table = frame(
        ("shared", "low", "IN", "IN-OR", None, None, "agreed", "fixed"),
        ("shared", "low", "IN", "IN-QQ", None, None, "agreed", "fixed"),
        ("shared", "low", None, "US-CA", None, None, "agreed", "fixed"),
    )
    assert {row.name: row.leads for row in place_table.build_table(table) if row.leads} == {
        "Odisha": 1,
        "IN-QQ": 1,
        "Abroad": 1,
    }


def test_no_leads_give_a_table_that_still_names_undetermined() -> None:
    totals = count_totals(FRAME.clear())
    assert (totals.leads, totals.get_row(PlaceKind.UNDETERMINED).leads) == (0, 0)
    assert any(line.startswith("Undetermined") for line in place_table.format_lines(totals.places))


def test_the_terminal_table_adds_up_and_reads_without_colour() -> None:
    lines = list(place_table.format_lines(count_totals(FRAME).places))
    cells = {line[:16].strip(): int(line[16:28].replace(",", "")) for line in lines[1:7]}
    assert cells == {"Kerala": 17, "Telangana": 1, "Undetermined": 31, "Relay or machine": 5, "Abroad": 2, "At sea": 1}
    assert "█" in lines[1] and "░" not in lines[1]
    assert "░" in lines[3] and "█" not in lines[3]
    assert "\x1b" not in "".join(lines)


def test_a_lazy_frame_of_enums_is_counted_as_one_of_texts() -> None:
    typed = FRAME.with_columns(
        pl.col("ceiling").cast(pl.Enum([ceiling.value for ceiling in Ceiling])), pl.col("state").cast(pl.Categorical)
    )
    assert count_totals(typed.lazy()) == count_totals(FRAME)
