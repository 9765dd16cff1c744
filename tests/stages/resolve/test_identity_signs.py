"""Signs in what rows say of lines, devices and logins, each by itself: the fewest rows that show it, and honest ones.

Every function here is the only one that sees its rows: without it, its test fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl
import pytest

from sightline.stages.resolve import device_changes, double_logins, line_signs, number_shapes, repeated_rows
from sightline.stages.resolve.model import FindingKind, NumberKind
from sightline.stages.resolve.replies.identity_columns import LOGINS
from tests.stages.resolve.rows import asked, notice, us
from tests.stages.resolve.test_row_signs import AT, DAY, HOUR, Row, answer, conflicts_of, frame, rows_of

IDS = {"row": pl.UInt32(), "number": pl.String(), "number_kind": pl.String(), "start_us": pl.Int64(), "id": pl.String()}
NEAR = {"row": pl.UInt32(), "row_id": pl.String(), "by_us": pl.Int64()}
NO_IDS = pl.DataFrame(schema=IDS)
ONE, TWO = "919800000001", "919800000002"
USER = NumberKind.USER_ID.value


def list_compared(*rows: Row) -> pl.DataFrame:
    return conflicts_of(*rows).rows


def list_ids(numbers: Sequence[str], kind: str = USER) -> pl.DataFrame:
    return pl.DataFrame({"row": range(1, len(numbers) + 1), "number": numbers, "number_kind": kind})


def list_uses(uses: Iterable[tuple[str, str, float]], kind: str) -> pl.DataFrame:
    """Rows of lines, each with its id and when it began."""
    rows = [
        {
            "row": row,
            "number": number,
            "number_kind": kind,
            "start_us": us(begins),
            "id": one,
            "kind": one.split(":")[0],
        }
        for row, (number, one, begins) in enumerate(uses, 1)
    ]
    return pl.DataFrame(rows, schema=IDS | {"kind": pl.String()})


def sort_rows(found: pl.Series) -> list[int]:
    return sorted(set(found.to_list()))


# Little of what was asked


def cover(met: int, displaced: int, strangers: int, port: int | None = None) -> list[int]:
    """The rows in doubt of a reply to `met + displaced` questions, of which `displaced` have rows at other times."""
    columns = {name: frame([]).schema[name] for name in ("ip", "port_from", "port_to", "start_us", "end_us", "row")}
    at = [answer(n, AT - 77, AT + 311) for n in range(1, met + 1)]
    ports = (None, None) if port is None else (40_000, 40_063)
    others = [
        answer(100 + n, AT - 9 * HOUR - n * 13, AT - 8 * HOUR, ip=f"192.0.2.{n % displaced}", ports=ports)
        for n in range(strangers)
    ]
    questions = notice(*(asked(f"q{n}", AT, AT + 5, ip=f"192.0.2.{n}", port=port) for n in range(displaced)))
    found = line_signs.find_little_cover(
        frame(at), frame(others).select(list(columns)), questions, pl.DataFrame(schema=NEAR), met + displaced
    )
    return rows_of(found, FindingKind.COVERS_LITTLE)


@pytest.mark.parametrize(
    ("met", "displaced", "strangers", "shows"),
    [(1, 2, 2, True), (0, 2, 2, True), (2, 2, 2, False), (1, 1, 3, False), (3, 4, 2, False)],
)
def test_a_reply_about_other_times_than_most_that_were_asked(
    met: int, displaced: int, strangers: int, shows: bool
) -> None:
    assert cover(met, displaced, strangers) == [100 + n for n in range(strangers)] * shows


@pytest.mark.parametrize(("port", "shows"), [(40_063, True), (40_064, False)])
def test_only_blocks_that_have_the_port_are_about_what_was_asked(port: int, shows: bool) -> None:
    assert cover(1, 2, 2, port) == [100, 101] * shows


def shift(by: Sequence[float], answered: int) -> list[int]:
    """The rows in doubt where those of some questions would be met, were the clock another by so many hours."""
    questions = notice(*(asked(f"q{n}", AT, AT + 5, ip=f"192.0.2.{n}") for n in range(len(by))))
    rows = [{"row": 100 + n, "row_id": f"q{n}", "by_us": us(one * HOUR) - us(0)} for n, one in enumerate(by)]
    met = frame(answer(n, AT - 77, AT + 311) for n in range(1, answered + 1))
    found = line_signs.find_little_cover(met, frame([]), questions, pl.DataFrame(rows, schema=NEAR), 200)
    return rows_of(found, FindingKind.ONE_SHIFT)


@pytest.mark.parametrize(
    ("by", "answered", "shows"),
    [
        ([5.5, 5.5, 5.5], 20, True),
        ([5.5, 5.5, 5.5], 40, False),  # a tenth
        ([5.5, 5.5, 12], 20, False),
        ([24, 24, 24], 20, False),  # the day before: its own row of another day
    ],
)
def test_three_questions_that_one_other_clock_would_answer(by: list[float], answered: int, shows: bool) -> None:
    assert shift(by, answered) == [100, 101, 102] * shows


# Ids of another look


@pytest.mark.parametrize(
    ("numbers", "odd"),
    [
        ([*(f"kl{n}" for n in range(11, 16)), "5511"], [6]),
        ([*(f"kl{n}" for n in range(11, 15)), "5511"], []),  # too few to have a usual look
        ([*(f"kl{n}" for n in range(11, 16)), "5511", "5512", "5513"], []),  # more than two have the other one
        ([*(f"beta-47{n}" for n in range(11, 16)), "bta-4719"], [6]),
        ([*(f"beta-47{n}" for n in range(11, 16)), "gamma-4719"], []),  # not a letter apart
        ([*(f"k{n}@isp.example" for n in range(11, 16)), "k19@ips.example"], [6]),
        ([*(f"k{n}@isp.example" for n in range(11, 16)), "k19@io.example"], []),
        ([*(f"tcr-47{n}" for n in range(11, 16)), "tvr-4719"], []),  # another district
        ([*(f"kl.{n}" for n in range(1111, 1117)), "kl.98765"], [7]),
        ([*(f"kl.{n}" for n in range(1111, 1117)), "kl.11111"], []),  # by chance: ids of their order
        ([*(f"kl.{n}" for n in range(91111, 91118)), "kl.9112"], [8]),
        ([*(f"kl.{n}" for n in range(91111, 91117)), "kl.9112"], []),
    ],
)
def test_an_id_of_another_shape_than_all_others(numbers: list[str], odd: list[int]) -> None:
    assert sort_rows(number_shapes.find_odd_shapes(list_ids(numbers))) == odd


def test_the_shape_of_a_telephone_number_says_nothing() -> None:
    numbers = [*(f"9198000000{n}" for n in range(11, 16)), "kl11"]
    assert not sort_rows(number_shapes.find_odd_shapes(list_ids(numbers, "msisdn")))


@pytest.mark.parametrize(("others", "odd"), [(1, [6]), (2, [])])
def test_a_sim_of_another_network_than_nearly_all(others: int, odd: list[int]) -> None:
    sims = [(f"91980000000{n}", f"imsi:40419000000000{n}", AT) for n in range(5)]
    sims += [(f"91980000001{n}", f"imsi:40445000000000{n}", AT) for n in range(others)]
    assert sort_rows(number_shapes.find_other_networks(list_uses(sims, "msisdn"))) == odd


# Logins


def login(row: int, begins: float, ends: float, ip: str, number: str = "kl.ekm.1882") -> Row:
    return answer(row, AT + begins, AT + ends, ip=ip, number=number) | {"number_kind": USER}


@pytest.mark.parametrize(
    ("begins", "ends", "shows"),
    [
        (300, 2 * HOUR, True),
        (HOUR - 660, 2 * HOUR, True),
        (HOUR - 540, 2 * HOUR, False),  # the stop of the session before was late
        (400, 1_020, True),  # within the other one, and ended long before it
        (400, 980, False),
    ],
)
def test_one_user_with_two_addresses_at_once(begins: float, ends: float, shows: bool) -> None:
    rows = list_compared(login(1, 0, HOUR, "198.51.100.7"), login(2, begins, ends, "198.51.100.8"))
    assert sort_rows(double_logins.find_two_logins(rows, NO_IDS)) == [1, 2] * shows


@pytest.mark.parametrize(("most", "shows"), [(1, True), (2, False)])
def test_a_user_who_may_log_in_so_often(most: int, shows: bool) -> None:
    rows = list_compared(login(1, 0, HOUR, "198.51.100.7"), login(2, 300, 2 * HOUR, "198.51.100.8"))
    allowances = [("kl.ekm.1882", f"{LOGINS}:{most}", AT)] * 2
    assert sort_rows(double_logins.find_two_logins(rows, list_uses(allowances, USER).drop("kind"))) == [1, 2] * shows


@pytest.mark.parametrize(("begins", "shows"), [(300, True), (5, False)])
def test_two_prefixes_of_one_session_begin_together(begins: float, shows: bool) -> None:
    rows = list_compared(login(1, 0, HOUR, "2001:db8:a::/64"), login(2, begins, 2 * HOUR, "2001:db8:b::/64"))
    assert sort_rows(double_logins.find_two_logins(rows, NO_IDS)) == [1, 2] * shows


@pytest.mark.parametrize(("lasts", "shows"), [(2_100, True), (1_500, False)])
def test_one_telephone_with_blocks_from_two_inside_addresses(lasts: float, shows: bool) -> None:
    """A NAT keeps ports for longer than their session lasts, but not for half an hour."""
    one = answer(1, AT, AT + 2 * HOUR, number=ONE, ports=(1_024, 2_047), inside_ip="100.64.0.7")
    two = answer(2, AT + 2 * HOUR - lasts, AT + 3 * HOUR, number=ONE, ports=(4_096, 5_119), inside_ip="100.64.0.8")
    assert sort_rows(double_logins.find_two_logins(list_compared(one, two), NO_IDS)) == [1, 2] * shows


# Devices and SIMs


@pytest.mark.parametrize("lines", [(ONE, TWO), (ONE, ONE)])
def test_one_device_of_two_lines(lines: tuple[str, str]) -> None:
    uses = [(number, "mac:00005e005301", AT + at * 5 * HOUR) for at, number in enumerate(lines)]
    found = device_changes.find_device_slips(list_uses(uses, USER))
    assert sort_rows(found["row"]) == [1, 2] * (lines[0] != lines[1])


@pytest.mark.parametrize(("gap", "shows"), [(2 * DAY, False), (12 * HOUR, True)])
def test_a_device_that_was_handed_over_was_given_back_a_day_before(gap: float, shows: bool) -> None:
    starts = [0, HOUR, HOUR + gap, 2 * HOUR + gap]
    uses = [(ONE if at < 2 else TWO, "mac:00005e005301", AT + begins) for at, begins in enumerate(starts)]
    assert bool(device_changes.find_device_slips(list_uses(uses, USER)).height) is shows


@pytest.mark.parametrize(("times", "doubted"), [(1, [1, 2, 3]), (2, [1, 2])])
def test_a_line_whose_device_is_anothers_may_not_have_its_other_one_either(times: int, doubted: list[int]) -> None:
    uses = [(ONE, "mac:00005e005301", AT), (TWO, "mac:00005e005301", AT + 5 * HOUR)]
    uses += [(ONE, "mac:00005e005302", AT + DAY + at * DAY) for at in range(times)]
    assert sort_rows(device_changes.find_device_slips(list_uses(uses, "msisdn"))["row"]) == doubted


def list_sims(changed: int, stable: int, *, comes_back: bool = False) -> pl.DataFrame:
    uses = []
    for line in range(changed + stable):
        second = "1" if line < changed else "0"
        uses += [(f"9198000000{line:02}", f"imsi:4041900000{line:02}{which}", AT + at * DAY) for at, which in
                 enumerate(["0", second, *(["0"] if comes_back else [])])]  # fmt: skip
    return list_uses(uses, "msisdn")


@pytest.mark.parametrize(
    ("changed", "comes_back", "shows"), [(1, False, False), (2, False, True), (1, True, True), (0, True, False)]
)
def test_a_line_with_two_sims_is_a_mistake_where_two_have_or_the_first_comes_back(
    changed: int, comes_back: bool, shows: bool
) -> None:
    assert bool(device_changes.find_device_slips(list_sims(changed, 6, comes_back=comes_back)).height) is shows


# Rows that are another one again


@pytest.mark.parametrize(("later", "doubted"), [(600, [1]), (5, [])])
def test_one_assignment_with_two_starts(later: float, doubted: list[int]) -> None:
    one = answer(1, AT - 900, AT + 500.5, ip="203.0.113.9", number=ONE)
    two = answer(2, AT - 900 + later, AT + 500.5, ip="203.0.113.9", number=ONE)
    assert sort_rows(repeated_rows.find_other_starts(list_compared(one, two))) == doubted


@pytest.mark.parametrize(("port", "ends"), [(40_000, AT + 500), (41_000, AT + 500), (40_000, AT + 507)])
def test_the_same_ports_at_a_second_address(port: int, ends: float) -> None:
    one = answer(1, AT - 900, AT + 500, number=ONE, ports=(40_000, 40_999))
    two = answer(2, AT - 900, ends, number=ONE, ports=(port, port + 999))
    shows = (port, ends) == (40_000, AT + 500)
    assert sort_rows(repeated_rows.find_copies(list_compared(one, two))) == [1, 2] * shows


@pytest.mark.parametrize(("begins", "shows"), [(AT - 900, True), (AT - 893, False)])
def test_one_login_with_two_inside_addresses_to_the_second(begins: float, shows: bool) -> None:
    one = login(1, -900, 511, "100.64.0.7")
    two = login(2, begins - AT, 511, "100.64.0.8")
    assert sort_rows(repeated_rows.find_copied_logins(list_compared(one, two))) == [1, 2] * shows


@pytest.mark.parametrize(("inside", "shows"), [("100.64.0.8", True), ("100.64.0.7", False)])
def test_one_block_of_one_line_from_two_inside_addresses(inside: str, shows: bool) -> None:
    one = answer(1, AT - 900, AT + 500, ip="203.0.113.9", number=ONE, ports=(40_000, 40_999), inside_ip="100.64.0.7")
    two = one | {"row": 2, "inside_ip": inside}
    assert sort_rows(repeated_rows.find_other_insides(list_compared(one, two))) == [1, 2] * shows


@pytest.mark.parametrize(("more", "shows"), [(0, True), (1, False)])
def test_one_block_and_time_of_two_lines_at_two_addresses(more: int, shows: bool) -> None:
    """Of three rows with one start and one end the device was started again."""
    rows = [answer(n, AT - 901, AT + 511, ports=(40_000, 40_999)) for n in (1, 2)]
    rows += [answer(3, AT - 901, AT + 511, ports=(50_000, 50_999))] * more
    assert sort_rows(repeated_rows.find_copied_blocks(list_compared(*rows))) == [1, 2] * shows


@pytest.mark.parametrize(("later", "doubted"), [(-600, [1]), (600, []), (-5, [])])
def test_an_end_that_a_later_reply_moves_back(later: float, doubted: list[int]) -> None:
    one = answer(1, AT - 900, AT + 900, ip="203.0.113.9", number=ONE)
    two = answer(2, AT - 900, AT + 900 + later, ip="203.0.113.9", number=ONE)
    rows = list_compared(one, two).with_columns(reply=pl.col("row").cast(pl.UInt32))
    assert sort_rows(repeated_rows.find_moved_back(rows)) == doubted


@pytest.mark.parametrize(("number", "ends", "shows"), [(TWO, 511, True), (ONE, 511, False), (TWO, 518, False)])
def test_one_session_of_two_families_and_two_lines(number: str, ends: float, shows: bool) -> None:
    one = answer(1, AT - 901, AT + 511, number=ONE)
    two = answer(2, AT - 901, AT + ends, number=number, ip="2001:db8:a:1::/64")
    assert sort_rows(repeated_rows.find_equal_times(list_compared(one, two))) == [1, 2] * shows
