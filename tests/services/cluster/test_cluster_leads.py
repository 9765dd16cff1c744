"""Leads that the workers of a cluster make: the same files as on one machine, and no key is sent."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest

from sightline.errors import DamagedInput, NotAllowed, StoreUnreachable
from sightline.file_digests import compute_sha256
from sightline.services.cluster import exhibit_task
from sightline.services.cluster.addresses import ClusterAccess
from sightline.services.cluster.coordinator import Cluster
from sightline.services.leads import cluster_leads, generation_writer, join_spill
from sightline.services.leads.generation_writer import open_segments, write_generation
from sightline.services.leads.lead_task import make_leads
from sightline.services.leads.part_files import PartCounts
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.leads.rebuild_inputs import load_inputs
from sightline.services.leads.worker_inputs import PartInputs, write_inputs
from sightline.services.sessions import row_groups, segment_cache
from sightline.services.sessions.hit_examination import ReadContext
from sightline.services.sessions.row_groups import divide_addresses
from sightline.services.sessions.segment_reader import read_hits, read_parts
from sightline.storage import rows
from tests.services.cluster.unit import QUIET, LocalCluster, local_cluster
from tests.services.leads.office import LeadOffice, Visit, new_lead_office
from tests.services.leads.test_rebuild import world

SMALL = """
from sightline.services.sessions import row_groups, segment_cache
row_groups.GROUP, row_groups.STEP, segment_cache.SMALL = 64, 16, 16
"""
"""Many parts and row groups for few hits."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "GROUP", 64)
    monkeypatch.setattr(row_groups, "STEP", 16)
    monkeypatch.setattr(segment_cache, "SMALL", 16)
    monkeypatch.setattr(join_spill, "AT_ONCE", 20)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    base = tmp_path_factory.getbasetemp()
    with local_cluster(base, base, workers=0) as running:
        for number in range(2):
            running.start_worker(f"worker-{number}", patch=SMALL)
        yield running


def lead_office_of(folder: Path, seed: int) -> LeadOffice:
    """An office with generated logs, one of them tiny, and one address that is written in another way."""
    lead_office = new_lead_office(folder)
    for at, log in enumerate(
        [*world(seed), [Visit(7, "::ffff:198.51.100.9")], [Visit(9, "203.0.113.4", user="amina")]]
    ):
        lead_office.scan(lead_office.log(f"{at}.log", log), lead_office.flags())
    return lead_office


def files_of(
    lead_office: LeadOffice, folder: Path, rows: int, access: ClusterAccess | None
) -> tuple[dict[str, bytes], PartCounts]:
    folder.mkdir()
    account = write_generation(
        lead_office.office.workspace, load_inputs(lead_office.office.workspace), folder, QUIET, rows, access
    )
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}, account


@pytest.mark.parametrize(("seed", "size"), [(1, 1), (2, 100), (3, 1_000_000)])
def test_a_cluster_makes_the_same_files(cluster: LocalCluster, tmp_path: Path, seed: int, size: int) -> None:
    lead_office = lead_office_of(tmp_path / "desk", seed)
    access = ClusterAccess(cluster.address, None, lead_office.office.io.clock)
    alone, counted_alone = files_of(lead_office, tmp_path / "alone", size, None)
    made, counted = files_of(lead_office, tmp_path / "made", size, access)
    assert made == alone and asdict(counted) == asdict(counted_alone)
    joined = [name for name in alone if "joined" in name]
    assert len(joined) > 1 and any(name.startswith("sessions-") for name in alone)
    assert (size > 1) or len(alone) > len(joined) + 8


def test_every_division_gives_each_part_all_its_hits_once(tmp_path: Path) -> None:
    """Whatever ranges of parts are read apart, together they are what is read at once."""
    lead_office = lead_office_of(tmp_path / "desk", 5)
    inputs = load_inputs(lead_office.office.workspace)
    with ExitStack() as stack:
        segments = open_segments(lead_office.office.workspace, inputs, stack)
        places = generation_writer.list_hit_places(segments)
        _, seed = generation_writer.list_hit_indicators(segments)

        def read_context() -> ReadContext:
            return generation_writer.make_read_context(places, [], seed, segments)

        context = read_context()
        expected = list(read_hits(segments, context, 1, lambda _: None))
        division = divide_addresses(segments, 1, has_ends=True)
        count = len(division.bounds)
        for step in (1, 3, count // 2):
            found, absent = [], 0
            for first in range(0, count, step):
                mine = read_context()
                parts = range(first, min(first + step, count))
                found += [hits for _, hits in read_parts(segments, mine, division, parts, lambda _: None)]
                absent += mine.without_address
            assert len(found) == len(expected) > 10
            assert all(one.equals(other) for one, other in zip(found, expected, strict=True))
            assert absent == context.without_address


def test_a_rebuild_on_a_cluster_is_registered_here_and_no_key_is_sent(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_office = lead_office_of(tmp_path / "desk", 4)
    office = lead_office.office
    sent: list[bytes] = []
    results = Cluster.run_tasks

    def kept_inputs(inputs: PartInputs, folder: Path) -> str:
        written = write_inputs(inputs, folder)
        sent.extend(path.read_bytes() for path in folder.iterdir())
        return written

    def kept_tasks(self: object, tasks: list[tuple[str, Callable[[], str]]], *more: object) -> object:
        messages.extend(text() for _, text in tasks)
        return results(self, tasks, *more)  # type: ignore[arg-type]

    def kept_result(text: str) -> exhibit_task.TaskResult:
        messages.append(text)
        return read_result(text)

    messages: list[str] = []
    read_result = exhibit_task.parse_result
    monkeypatch.setattr(cluster_leads, "write_inputs", kept_inputs)
    monkeypatch.setattr(Cluster, "run_tasks", kept_tasks)
    monkeypatch.setattr(exhibit_task, "parse_result", kept_result)
    access = ClusterAccess(cluster.address, None, office.io.clock)
    made = rebuild_leads(office.io, QUIET, 1, access)
    with office.workspace.read() as tables:
        keys = [run.row_key for run in tables[rows.Run].select()]
        assert [generation.number for generation in tables[rows.Generation].select()] == [made.generation.number]
    assert not list(Path(office.workspace.segments.where).rglob(".*-*"))
    for secret in (*[key for key in keys if key], office.io.officer.name.encode(), office.authority.number.encode()):
        assert not any(secret in one or secret.hex().encode() in one for one in sent)
    for text in messages:
        assert not any(word in text for word in ("198.51.100", "amina", "board.example", office.io.officer.name))
        assert not any(key.hex() in text for key in keys if key)
    assert rebuild_leads(office.io, QUIET, 1, access).was_there


def test_a_lost_scheduler_leaves_nothing_and_the_next_rebuild_makes_the_leads(tmp_path: Path) -> None:
    lead_office = lead_office_of(tmp_path / "desk", 6)
    with local_cluster(tmp_path, tmp_path, workers=0) as running:
        running.start_worker("one", patch=SMALL)
        access = ClusterAccess(running.address, None, lead_office.office.io.clock)

        def stop_early(done: int, *_: object) -> None:
            if done and running.scheduler is not None and running.scheduler.poll() is None:
                running.kill(running.scheduler)

        with pytest.raises(StoreUnreachable, match=r"scheduler at .* was lost"):
            rebuild_leads(lead_office.office.io, stop_early, 1, access)
        with lead_office.office.workspace.read() as tables:
            assert tables[rows.Generation].select() == []
        running.start_scheduler()
        running.start_worker("two", patch=SMALL)

        def kill_one(done: int, *_: object) -> None:
            if done and not killed:
                killed.append(running.workers.pop())
                running.kill(killed[0])
                running.start_worker("three", patch=SMALL, wait=False)

        killed: list[subprocess.Popen[bytes]] = []
        made = rebuild_leads(lead_office.office.io, kill_one, 1, access)
    assert killed
    assert json.loads(made.generation.account_json) == asdict(files_of(lead_office, tmp_path / "alone", 1, None)[1])
    assert not list(Path(lead_office.office.workspace.segments.where).rglob(".*-*"))


def test_a_worker_refuses_inputs_that_are_others_or_elsewhere(tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()
    exhibit_task.set_task_place(exhibit_task.TaskPlace("worker-x", (tmp_path / "logs",), (staging,)))
    (staging / "inputs.json").write_text('{"segments": [{"path": "/etc/hostname"}], "sets": []}')
    task = {"build": exhibit_task.identify_build(), "staging": str(staging), "inputs": "0" * 64, "parts": [0, 1]}
    with pytest.raises(DamagedInput, match=r"inputs\.json is not what the coordinator wrote"):
        raise exhibit_task.parse_result(make_leads(json.dumps(task))).build_error()
    digest = compute_sha256(staging / "inputs.json")
    with pytest.raises(NotAllowed, match="it may not read /etc/hostname"):
        raise exhibit_task.parse_result(make_leads(json.dumps({**task, "inputs": digest}))).build_error()
    with pytest.raises(NotAllowed, match="it may not write to"):
        raise exhibit_task.parse_result(make_leads(json.dumps({**task, "staging": str(tmp_path)}))).build_error()
