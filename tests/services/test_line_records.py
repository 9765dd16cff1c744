"""Which visits, and which records, are a line's own: what could be another's is none of them."""

import polars as pl

from sightline.evidence.segment_file import RecordPlace, RowFilter
from sightline.model import ResolutionVerdict
from sightline.services.resolution.line_records import _find_visits_of_line
from sightline.stages.resolve.questions import KEY

TCP = {"protocol": "tcp", "destination_ip": None, "destination_port": None}
SCHEMA = {"port": pl.UInt16, "protocol": pl.String, "destination_ip": pl.String, "destination_port": pl.UInt16}


def visit(
    place: int, t_us: int, port: int = 40_000, *, carries: bool = True, is_timed: bool = True
) -> dict[str, object]:
    known = {"place": place, "ip": "198.51.100.7", "session_id": "s", "asks": "port", "t_us": t_us}
    return known | TCP | {"port": port, "carries": carries, "is_timed": is_timed}


def part(line: str | None, first_us: int, last_us: int, port: int = 40_000) -> dict[str, object]:
    verdict = ResolutionVerdict.SUBSCRIBER if line else ResolutionVerdict.NONE
    fields = {"session_id": "s", "verdict": verdict.value, "subscribers": [line] if line else []}
    return fields | TCP | {"port": port, "first_us": first_us, "last_us": last_us}


def own(line: str, visits: list[dict[str, object]], parts: list[dict[str, object]]) -> list[int]:
    assert set(TCP) | {"port"} == set(KEY)
    seen, part_table = (pl.DataFrame(rows, schema_overrides=SCHEMA) for rows in (visits, parts))
    known = part_table.cast({"subscribers": pl.List(pl.String)})
    return sorted(_find_visits_of_line(seen, known, line)["place"])


def test_a_visit_is_of_the_line_whose_part_alone_it_lies_in() -> None:
    visits = [visit(1, 0), visit(2, 5), visit(3, 9), visit(4, 3, port=41_000)]
    parts = [part("ravi", 0, 4), part("asha", 5, 9), part("asha", 3, 3, port=41_000)]
    assert (own("ravi", visits, parts), own("asha", visits, parts)) == ([1], [2, 3, 4])


def test_a_visit_at_an_instant_that_two_parts_share_is_of_nobody() -> None:
    visits = [visit(1, 0), visit(2, 5), visit(3, 9)]
    assert own("ravi", visits, [part("ravi", 0, 5), part("asha", 5, 9)]) == [1]
    assert own("ravi", visits, [part("ravi", 0, 5), part(None, 5, 9)]) == [1]
    assert own("ravi", visits, [part("ravi", 0, 5), part("ravi", 5, 9)]) == [1, 2, 3]


def test_a_visit_no_notice_could_ask_about_belongs_to_no_line() -> None:
    visits = [visit(1, 0), visit(2, 3, carries=False), visit(3, 4, is_timed=False), visit(4, 5)]
    assert own("ravi", visits, [part("ravi", 0, 5)]) == [1, 4]


def test_a_record_is_identified_by_address_member_and_position() -> None:
    rows = pl.DataFrame(
        {
            "source_ip": ["192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.8", "192.0.2.7"],
            "member": [None, "a.log", "b.log", None, None],
            "byte_offset": [10, 10, 10, 10, 20],
        }
    ).with_row_index("at")
    wanted = frozenset({RecordPlace("192.0.2.7", None, 10), RecordPlace("192.0.2.7", "b.log", 10)})
    assert rows.filter(RowFilter(records=wanted).to_expression())["at"].to_list() == [0, 2]
    assert rows.filter(RowFilter(records=frozenset()).to_expression()).is_empty()
