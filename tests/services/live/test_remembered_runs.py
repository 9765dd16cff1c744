"""Runs that a process remembers: after any act, they are those that it would find if it remembered nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars
import pytest

from sightline.casework.cases.declarations import declare_clock
from sightline.casework.exhibits.purge import purge_exhibit
from sightline.casework.reference_data import issuers
from sightline.errors import DamagedInput, NotAllowed
from sightline.ledger.verbs import Verb
from sightline.model import AuthorityKind
from sightline.model.progress import ignore_progress
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.sessions import remembered_runs, segment_cache
from sightline.services.sessions.current_runs import (
    CurrentRun,
    list_current_runs_with_hits,
    list_run_ids_of_hit_exhibits,
)
from sightline.services.sessions.remembered_runs import INERT, RememberedRuns
from sightline.services.sessions.segment_cache import SegmentFile
from sightline.services.sessions.small_segments import SmallSegments, read_together
from sightline.storage.rows import IssuerKey
from tests.office import combined_log, signed_list
from tests.services.live.unit import FLAGS, LiveOffice


def listed(live: LiveOffice, memory: RememberedRuns) -> list[CurrentRun]:
    """What a process remembers, which is what another one finds."""
    with live.office.workspace.read() as tables:
        current_runs, others = memory.list_current_and_others(live.office.workspace, tables)
        assert current_runs == list_current_runs_with_hits(tables)
        current_ids = {current_run.run.run_id for current_run in current_runs}
        every_id = [run_id for _, run_id in list_run_ids_of_hit_exhibits(tables)]
        assert others == [run_id for run_id in every_id if run_id not in current_ids]
    return current_runs


def write(live: LiveOffice, start: int, hits_every: int) -> None:
    with live.log.open("a") as log:
        log.write(combined_log(20, start=start, hits_every=hits_every))
    live.watch_once(replace(live.request, part_bytes=1 << 20))


def test_after_parts_of_a_feed_only_their_exhibits_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, memory, whole = LiveOffice.found(tmp_path), RememberedRuns(), []

    def count_and_list(tables: object) -> list[CurrentRun]:
        whole.append(1)
        return list_current_runs_with_hits(tables)  # type: ignore[arg-type]

    monkeypatch.setattr(remembered_runs, "list_current_runs_with_hits", count_and_list)
    for number in range(6):
        write(live, 1000 * number + 1, 3 if number % 2 else 1 << 40)
        rebuild_leads(live.office.io, ignore_progress)
        assert len(listed(live, memory)) == (number + 1) // 2
    assert len(whole) == 2, "the first rebuild of the process, and the first look of this memory"


def test_every_other_act_is_seen(tmp_path: Path) -> None:
    live, memory = LiveOffice.found(tmp_path, kind=AuthorityKind.LIVE_FEED_WHOLE), RememberedRuns()
    (folder := tmp_path / "whole").mkdir()
    request = replace(live.request, part_bytes=1 << 20, retain=folder)
    for number in range(3):
        with live.log.open("a") as log:
            log.write(combined_log(20, start=1000 * number, hits_every=5))
        live.watch_once(request)
        assert len(listed(live, memory)) == number + 1
    newer = signed_list(tmp_path, f"{FLAGS}domain,plain.example,csam\n", version="2")
    before = listed(live, memory)
    scan_logs(
        live.office.io,
        ScanRequest(tuple(sorted(folder.iterdir())[:2]), "feed", "s.69B 4/2026", (newer,), format="combined"),
        ignore_progress,
    )
    after = listed(live, memory)
    assert len(after) == 3 and len({one.run.run_id for one in after} - {one.run.run_id for one in before}) == 2
    declare_clock(live.office.io, after[0].run.exhibit_id, [(1_772_323_200_000_000, 5_000_000)], 3, "compared, S. Rao")
    assert len(listed(live, memory)) == 2
    with pytest.raises(NotAllowed):
        purge_exhibit(live.office.io, after[1].run.exhibit_id, "order of the court", early=True)
    live.office.approve()
    purge_exhibit(live.office.io, after[1].run.exhibit_id, "order of the court", early=True)
    assert [run.run.exhibit_id for run in listed(live, memory)] == [after[2].run.exhibit_id]
    with live.office.workspace.read() as tables:
        (key,) = tables[IssuerKey].select()
    issuers.revoke(live.office.io, key.key_id, "the agency lost its key")
    assert listed(live, memory) == []


def test_an_act_that_may_change_what_is_current_is_not_inert() -> None:
    changing = {
        Verb.RUN_REGISTERED,
        Verb.RUN_SUPERSEDED,
        Verb.PURGE_DONE,
        Verb.ISSUER_REVOKED,
        Verb.LIST_SIGNED,
        Verb.SOURCE_CHANGED,
        Verb.EXHIBIT_CHANGED,
        Verb.BACKUP_RESTORED,
        Verb.WORKSPACE_UPGRADED,
    }
    assert not changing & INERT


def test_an_older_snapshot_is_not_remembered_for_a_newer_one(tmp_path: Path) -> None:
    live, memory = LiveOffice.found(tmp_path), RememberedRuns()
    write(live, 0, 3)
    with live.office.workspace.read() as older:
        assert older[IssuerKey].select(), "a snapshot begins with the first read"
        write(live, 1000, 3)
        assert len(listed(live, memory)) == 2
        older_runs = memory.list_current(live.office.workspace, older)
        assert older_runs == list_current_runs_with_hits(older) and len(older_runs) == 1
    assert len(listed(live, memory)) == 2


def small_file(folder: Path, number: int, rows: int, current_run: CurrentRun) -> SegmentFile:
    path = folder / f"{number}.parquet"
    polars.DataFrame({"value": [100 * number + row for row in range(rows)]}).write_parquet(path)
    return SegmentFile(current_run, str(path), rows, 0, number)


def learn(segments: object) -> polars.DataFrame:
    return read_together(segments, ["value"])  # type: ignore[arg-type]


def values(rows: polars.DataFrame) -> list[tuple[int, int]]:
    return list(rows.select("at", "value").iter_rows())


def test_rows_of_small_segments_come_in_order_whichever_were_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveOffice.found(tmp_path)
    write(live, 0, 3)
    (current_run,) = listed(live, RememberedRuns())
    files = [small_file(tmp_path, number, number % 3, current_run) for number in range(1, 8)]
    memory, read = SmallSegments(), list[int]()

    def learn_and_note(segments: object) -> polars.DataFrame:
        read.extend(one.number for one in segments)  # type: ignore[attr-defined]
        return learn(segments)

    def wanted(some: list[SegmentFile]) -> list[tuple[int, int]]:
        return [(at, 100 * one.number + row) for at, one in enumerate(some) for row in range(one.rows)]

    for some in (files[3:5], files[::-1], files, files[1:6:2]):
        assert values(memory.collect(some, learn_and_note)) == wanted(some)
    assert sorted(read) == list(range(1, 8)), "each is read once"
    read.clear()
    keys = ["other" if segment_file.number == 4 else None for segment_file in files]
    assert values(memory.collect(files, learn_and_note, keys)) == wanted(files) and read == [4]
    memory.clear()
    monkeypatch.setattr(segment_cache, "ROWS", 3 * segment_cache.LEAST_ROWS)
    read.clear()
    for _ in range(2):
        assert values(memory.collect(files[:2], learn_and_note)) == wanted(files[:2])
        assert values(memory.collect(files[2:], learn_and_note)) == wanted(files[2:])
    assert sorted(read) == [1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7], "there is no room for the others"


def test_a_segment_with_other_rows_than_registered_is_refused(tmp_path: Path) -> None:
    live = LiveOffice.found(tmp_path)
    write(live, 0, 3)
    (current_run,) = listed(live, RememberedRuns())
    files = [small_file(tmp_path, number, 2, current_run) for number in range(2)]
    with pytest.raises(DamagedInput, match="other rows"):
        read_together([files[0], files[1]._replace(rows=1)], ["value"])
