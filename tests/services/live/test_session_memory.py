"""What a rebuild uses again of the one before: its generation equals, byte for byte, one that remembers nothing."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars
import pytest

from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.file_digests import compute_sha256
from sightline.model import DatasetKind, Stamp
from sightline.model.progress import ignore_progress
from sightline.services.leads import session_cache
from sightline.services.leads.generation_writer import write_generation
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.leads.rebuild_inputs import load_inputs
from sightline.services.leads.session_cache import SessionMemory
from sightline.services.sessions import current_runs, exhibit_samples, segment_cache, segment_reader
from sightline.services.sessions.current_runs import _find_current_run as find_run
from sightline.services.sessions.remembered_runs import REMEMBERED_RUNS
from sightline.storage import generations
from sightline.storage.rows import Generation, Run
from tests.office import combined_log, found_office
from tests.services.live.unit import LiveOffice

PLACES = """\
cidr,country,state,district,latitude,longitude,radius_km
198.51.100.0/27,IN,IN-KL,Ernakulam,9.98,76.28,{radius}
198.51.100.32/27,IN,IN-KA,Mysuru,12.30,76.64,{radius}
"""
NETWORKS = """\
cidr,asn,isp,line,circle
198.51.100.0/27,AS64500,Alpha Broadband,fixed,KL
198.51.100.32/27,AS64500,Alpha Broadband,fixed,KA
"""
NAT = "cidr,shared,ports,block_base,from\n203.0.113.0/28,yes,1000,1024,2026-01-01\n"
"""Blocks of ports, by which the sessions of an address are divided."""


def some_lines(dice: Random, lines: int) -> str:
    """Lines of addresses near and far, some of accounts, some of which ask for the flagged site."""
    begun, text = datetime(2026, 3, 1, tzinfo=UTC), ""
    for _ in range(lines):
        at = begun + timedelta(seconds=dice.randrange(86_400))
        near = f"198.51.100.{dice.randrange(40)}"
        far = f"{dice.randrange(100, 120)}.{dice.randrange(200)}.0.{dice.randrange(3)}"
        who = dice.choice([near, near, far, f"203.0.113.{dice.randrange(20)}", f"2001:db8:{dice.randrange(9)}::1"])
        account, site = dice.choice(["-", "-", "-", "asha"]), dice.choice(["board.example", "plain.example"])
        line = f'{who} - {account} [{at:%d/%b/%Y:%H:%M:%S +0000}] "GET http://{site}/{dice.randrange(4)} HTTP/1.1"'
        text += f'{line} 200 {dice.randrange(9000)} "-" "{dice.choice(["Mozilla/5.0", "curl/8"])}"\n'
    return text


def test_parts_without_hits_are_no_inputs_and_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each rebuild of a feed reads every part of it, and names it."""
    live = LiveOffice.found(tmp_path)
    live.log.write_text(combined_log(30))
    live.watch_once()
    first = rebuild_leads(live.office.io, ignore_progress).generation
    for number in range(3):
        with live.log.open("a") as log:
            log.write(combined_log(20, start=1000 * number + 1, hits_every=1 << 40))
        live.watch_once()
    with live.office.workspace.read() as tables:
        hits = {run.run_id: run.hits for run in tables[Run].select()}
    REMEMBERED_RUNS.forget()
    read: list[str] = []
    monkeypatch.setattr(
        current_runs, "_find_current_run", lambda run, *more, find=find_run: _noted(read, run, find, *more)
    )
    again = rebuild_leads(live.office.io, ignore_progress)
    assert again.was_there and again.generation == first
    assert set(read) == generations.list_generation_runs(first) == {run_id for run_id, count in hits.items() if count}
    assert len(hits) > len(set(read))


def test_the_manifests_of_a_feed_are_not_held_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Together they take more memory than all else of a rebuild, and what they took is not given back."""
    live = LiveOffice.found(tmp_path)
    for number in range(5):
        with live.log.open("a") as log:
            log.write(combined_log(20, start=1000 * number))
        live.watch_once()
    held: list[int] = []

    def count_and_find(run: Run, *more: object, find: Any = find_run) -> object:
        held.append(sum(isinstance(object_, Run) and bool(object_.manifest_json) for object_ in gc.get_objects()))
        return find(run, *more)

    monkeypatch.setattr(current_runs, "_find_current_run", count_and_find)
    before = sum(isinstance(object_, Run) and bool(object_.manifest_json) for object_ in gc.get_objects())
    assert len(load_inputs(live.office.workspace).current_runs) == len(held) == 5
    assert max(held) <= before + 1


def _noted(read: list[str], run: Run, find: Any, *more: object) -> object:
    read.append(run.run_id)
    return find(run, *more)


def import_sets(live: LiveOffice, folder: Path) -> None:
    for name, kind, text in (
        ("one", DatasetKind.CITY, PLACES.format(radius=20)),
        ("other", DatasetKind.CITY, PLACES.format(radius=25)),
        ("network", DatasetKind.NETWORK, NETWORKS),
        ("nat", DatasetKind.NAT, NAT),
    ):
        (path := folder / f"{name}.csv").write_text(text)
        import_dataset(live.office.io, DatasetRequest(path, kind, date(2026, 3, 1), name=name))


def digests_without_memory(live: LiveOffice, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The files that a new process would write, by name."""
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(segment_cache, "SMALL", -1)
        patch.setattr(SessionMemory, "_last", None)
        REMEMBERED_RUNS.forget()
        for memory in (exhibit_samples._MADE_UP, exhibit_samples._LIMITS):
            memory.clear()
        write_generation(
            live.office.workspace, load_inputs(live.office.workspace), folder, ignore_progress, segment_reader.ROWS
        )
    return {path.name: compute_sha256(path) for path in folder.iterdir() if path.name != "aliases.parquet"}


@pytest.mark.parametrize("stretch", [2, 64])
def test_each_generation_of_a_growing_feed_equals_one_that_remembers_nothing(
    tmp_path: Path, stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = found_office(tmp_path / "workspace", stamp=Stamp.EXERCISE)
    live, dice = LiveOffice.beside(office, tmp_path), Random(stretch)
    used: list[bool] = []
    find = SessionMemory._find

    def find_and_count(*given: Any) -> Any:
        found = find(*given)
        used.append(found is not None)
        return found

    monkeypatch.setattr(session_cache, "STRETCH", stretch)
    monkeypatch.setattr(SessionMemory, "_last", None)
    monkeypatch.setattr(SessionMemory, "_find", find_and_count)
    for number, lines in enumerate((150, 3, 40, 1, 5, 1, 80, 2)):
        if number == 4:
            import_sets(live, tmp_path)
        with live.log.open("a") as stream:
            stream.write(some_lines(dice, lines) + some_lines(dice, 1).replace("plain.example", "board.example"))
        live.watch_once(replace(live.request, part_bytes=1 << 20))
        used.clear()
        generation: Generation = rebuild_leads(live.office.io, ignore_progress).generation
        mine = {Path(file.file).name: file.sha256 for file in generations.list_generation_files(generation)}
        mine.pop("aliases.parquet", None)
        if number in {0, 1, 4}:
            assert not any(used), "the first ones remember nothing, and another data set forgets"
        elif lines < 10:
            assert any(used), "what few lines do not touch is not computed again"
        assert digests_without_memory(live, tmp_path / f"fresh{number}", monkeypatch) == mine
    assert any(name.startswith("leads-joined") for name in mine)
    rows = polars.read_parquet(tmp_path / f"fresh{number}" / "leads-000000.parquet")
    assert rows["state"].n_unique() > 1 and rows["nat_ports"].drop_nulls().len()
