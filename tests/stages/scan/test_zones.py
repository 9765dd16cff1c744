import pytest

from sightline.stages.scan.reference.record_times import list_local_instants
from sightline.stages.scan.zones import build_zone_table

BERLIN = build_zone_table("Europe/Berlin")
MARCH_2024, OCTOBER_2024 = 1711846800, 1729990800


def test_table_changes_in_the_second_that_the_clocks_change() -> None:
    assert BERLIN[0] == (0, 3600)
    assert (MARCH_2024, 7200) in BERLIN
    assert (OCTOBER_2024, 3600) in BERLIN


def test_table_reaches_to_2199() -> None:
    assert 7252419600 <= BERLIN[-1][0] < 7258118400
    assert BERLIN[-1][1] == 3600


@pytest.mark.parametrize(
    ("text", "offset_s"), [("+05:30", 19800), ("-0330", -12600), ("UTC", 0), ("Z", 0), ("Asia/Kolkata", 19800)]
)
def test_zone_without_changes_is_one_row(text: str, offset_s: int) -> None:
    assert build_zone_table(text) == ((0, offset_s),)


def test_half_hour_change_is_seen() -> None:
    offsets = {offset for _, offset in build_zone_table("Australia/Lord_Howe")}
    assert {37800, 39600} <= offsets


@pytest.mark.parametrize(
    "text",
    ["", "Nowhere/Town", "../UTC", "/etc/localtime", "europe/berlin", "+25:00", "tzdata.zi", "+5", "A" * 256],
)
def test_an_invalid_zone_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(ValueError, match="is no time zone: write Area/City"):
        build_zone_table(text)


def test_a_name_as_long_as_a_folder_can_hold_is_still_no_zone() -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        build_zone_table("/".join(["Area"] * 2000))


def test_local_time_in_a_gap_has_no_instant_and_in_a_fold_two() -> None:
    gap, fold = MARCH_2024 + 3600 + 1800, OCTOBER_2024 + 3600 + 1800
    assert list_local_instants(gap, BERLIN) == []
    assert list_local_instants(fold, BERLIN) == [OCTOBER_2024 - 1800, OCTOBER_2024 + 1800]
    assert list_local_instants(gap - 1801, BERLIN) == [MARCH_2024 - 1]
    assert list_local_instants(gap + 1800, BERLIN) == [MARCH_2024]
