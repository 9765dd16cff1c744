"""A soak pairs each hit with the line that it is of, so that a lost or doubled one shows."""

from __future__ import annotations

import json
from pathlib import Path

from bench.hit_pairs import HitPairs, NewHits
from bench.soak import Totals

from tests.office import combined_log
from tests.services.live.unit import LiveOffice


def write_line(number: int) -> str:
    return combined_log(1).replace("/room/0 ", f"/room/{number} ")


def test_a_doubled_hit_does_not_take_the_time_of_another_line(tmp_path: Path) -> None:
    log = tmp_path / "totals.jsonl"
    rebuilds = [(5.0, [0, 0]), (7.0, [2]), (9.0, [])]
    log.write_text("".join(json.dumps({"at_s": at_s, "numbers": numbers}) + "\n" for at_s, numbers in rebuilds))
    totals, written_s = Totals(log), [1.0, 2.0, 3.0]

    totals.read(written_s)

    assert totals.pairs.taken_s == {0: 4.0, 2: 4.0}
    assert (totals.pairs.list_lost(3), totals.pairs.list_doubled(3)) == ([1], [0])


def test_a_hit_that_no_line_had_counts_as_doubled() -> None:
    pairs = HitPairs()
    pairs.add([0, 1], 2.0, [1.0])
    assert (pairs.taken_s, pairs.list_doubled(1)) == ({0: 1.0}, [1])


def test_new_hits_are_read_once_with_the_numbers_of_their_lines(tmp_path: Path) -> None:
    live = LiveOffice.found(tmp_path)
    hits = NewHits(live.office.workspace)
    live.log.write_text(write_line(7) + combined_log(5, start=1, hits_every=1 << 40) + write_line(9))
    live.watch_once()
    assert sorted(hits.read_numbers()) == [7, 9]

    with live.log.open("a") as log:
        log.write(write_line(9))
    live.watch_once()

    assert (hits.read_numbers(), hits.read_numbers()) == ([9], [])
