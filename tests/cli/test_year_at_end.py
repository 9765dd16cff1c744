"""The year of a log's last time, declared instead of its first: the log runs back over New Year from there."""

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Sightline, SignedList

LINE = "{day} 10:00:00 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7\n"
ACROSS = "".join(LINE.format(day=day) for day in ("Dec 30", "Dec 31", "Jan  2", "Jan  3"))
WITHIN = "".join(LINE.format(day=day) for day in ("Feb  1", "Mar  2"))
LONG = "".join(LINE.format(day="Dec 31") for _ in range(8000)) + LINE.format(day="Jan  1")


@pytest.mark.parametrize(
    ("log", "days"),
    [
        (ACROSS, ["2023-12-30", "2023-12-31", "2024-01-02", "2024-01-03"]),
        (WITHIN, ["2024-02-01", "2024-03-02"]),
        (LONG, ["2023-12-31", "2024-01-01"]),
    ],
    ids=("across New Year", "within a year", "longer than the head that is read for its format"),
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=("plain", "packed"))
def test_the_last_line_is_of_the_declared_year(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path, log: str, days: list[str], pack: type
) -> None:
    path = tmp_path / "dnsmasq.log"
    path.write_bytes(pack(log.encode()))

    ran = sightline("match", path, *signed_list.words, "--timezone", "UTC", "--year-at-end", "2024", "--json")

    assert ran.code == 0, ran.err
    assert list(dict.fromkeys(json.loads(hit)["timestamp"][:10] for hit in ran.out.splitlines())) == days
    assert "2024" in json.loads(ran.err)["exhibits"][0]["format_reason"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("dnsmasq.log", "--year", "2023", "--year-at-end", "2024"), "--year and --year-at-end"),
        (("dnsmasq.log", "--year-at-end", "24"), "from 1970 to 2199"),
        (("-", "--year-at-end", "2024"), "known only at its end"),
    ],
)
def test_a_year_that_cannot_be_placed_is_refused(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path, words: tuple[str, ...], what: str
) -> None:
    (tmp_path / "dnsmasq.log").write_text(ACROSS)
    log, *rest = words
    path = log if log == "-" else tmp_path / log

    ran = sightline("match", path, *signed_list.words, "--timezone", "UTC", *rest, stdin=ACROSS.encode())

    assert ran.code == 2
    assert what in ran.err
