"""What a watch writes for leads grows with the number of its parts, not with the square of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.cli import watch as watch_command
from sightline.file_digests import compute_sha256
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model.progress import ignore_progress
from sightline.services.leads.generation_writer import write_generation
from sightline.services.leads.rebuild_inputs import load_inputs
from sightline.services.leads.session_cache import SessionMemory
from sightline.services.live import watch as watching
from sightline.services.live.lags import write_lags
from sightline.services.live.metrics import format_metrics
from sightline.services.live.rebuild_budget import (
    DAY_BYTES,
    DAY_S,
    PART_BYTES,
    START_S,
    RebuildBudget,
    measure_generation_bytes,
)
from sightline.services.live.status import list_feeds
from sightline.services.live.watch import WatchTotals, watch
from sightline.services.scan.live_status import LiveStatus
from sightline.services.sessions import segment_reader
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import generation_inputs, generations
from sightline.storage.rows import FeedLag, FeedPart, Generation, LedgerRow, Opening, Run, Segment
from sightline.web.pages.live.routes import draw_parts
from tests.office import combined_log
from tests.services.live.unit import LiveOffice, UntilIdle

RUN_BYTES = 110
"""About what a generation takes for each run with hits: its id in the inputs, and its exhibit in the places."""


def _generation(runs: int) -> Generation:
    files = [{"file": "one/leads-000000.parquet", "sha256": "0" * 64, "size_bytes": 50_000 + (RUN_BYTES - 74) * runs}]
    return Generation(1, "id", "one", 0, "officer", "x" * 74 * runs, "{}", json.dumps(files))


def _written(parts: int, budget: RebuildBudget | None) -> tuple[int, int]:
    """Return the bytes of a feed's generations, and the most parts that one rebuild waited for. Each part has hits."""
    whole, last, longest = 0, 0, 0
    for runs in range(1, parts + 1):
        if budget is not None:
            budget.earn([])
            if not budget.allows(0):
                continue
        generation = _generation(runs)
        whole += measure_generation_bytes(generation)
        longest, last = max(longest, runs - last), runs
        if budget is not None:
            budget.spend(generation, generation.inputs_json)
    return whole, longest


def test_twice_the_parts_take_about_twice_the_bytes() -> None:
    unbound = [_written(parts, None)[0] / parts for parts in (2000, 4000)]
    assert unbound[1] > 1.6 * unbound[0]
    for parts in (500, 2000, 4000):
        whole, longest = _written(parts, RebuildBudget(0, 0))
        assert whole <= parts * PART_BYTES + measure_generation_bytes(_generation(parts))
        assert whole >= 0.9 * parts * PART_BYTES
        assert longest <= measure_generation_bytes(_generation(parts)) // PART_BYTES + 2


def test_time_earns_too_and_a_watch_begins_with_a_quarter_of_a_day() -> None:
    generation = _generation(1)
    size = measure_generation_bytes(generation)
    budget = RebuildBudget(1000, size * DAY_S // START_S * 2)
    for _ in range(3):
        assert budget.allows(1000)
        budget.spend(generation, generation.inputs_json)
    assert not budget.allows(1000 + START_S / 2 - 1) and budget.allows(1000 + START_S / 2 + 1)


def test_a_budget_says_when_time_alone_earns_a_rebuild() -> None:
    generation = _generation(1)
    size = measure_generation_bytes(generation)
    budget = RebuildBudget(1000, size * DAY_S // START_S)
    for _ in range(3):
        budget.spend(generation, generation.inputs_json)
    due_s = budget.compute_due_s(1000)
    assert due_s is not None and not budget.allows(1000 + due_s - 1) and budget.allows(1000 + due_s + 1)
    never = RebuildBudget(1000, 0)
    assert never.compute_due_s(1000) == 0
    never.spend(generation, generation.inputs_json)
    assert never.compute_due_s(1000) is None


def test_the_status_and_the_page_say_how_long_leads_wait_and_why(tmp_path: Path) -> None:
    live = LiveOffice.found(tmp_path)
    live.log.write_text(combined_log(3))
    live.watch_once()
    now_us = to_microseconds(live.office.io.clock())
    (status,) = list_feeds(live.office.io)
    assert status.leads_wait_s is None and "sightline_feed_leads_wait_seconds" in format_metrics([status])
    for due_us in (now_us + 90_500_000, None):
        lag = FeedLag(status.feed, 0, None, now_us, now_us - 30_500_000, due_us)
        write_lags(live.office.workspace, [lag])
        (status,) = list_feeds(live.office.io)
        assert status.leads_wait_s is not None and 30 < status.leads_wait_s < 60
        text = watch_command.describe_wait(status.leads_wait_s, status.leads_due_s)
        pages = [draw_parts(LiveStatus(now_us, (), (), (), {}), [status], None, one) for one in ("en", "hi", "ml")]
        assert "leads rebuild" in text and "are in no lead yet" in pages[0] and len(set(pages)) == 3
        assert ("not before more parts come" in text) == (due_us is None)
        assert ("If no more parts come" in pages[0]) == (due_us is not None)


def test_the_command_says_how_much_a_day_earns_and_that_leads_wait() -> None:
    parser = argparse.ArgumentParser()
    watch_command.add(parser.add_subparsers())
    given = ["watch", "-", "--source", "feed", "--authority", "4/2026"]
    sizes = [watch_command.build_request(parser.parse_args([*given, *more])) for more in ([], ["--leads-size", "3G"])]
    assert [size.leads_day_bytes for size in sizes] == [DAY_BYTES, 3 << 30]
    assert watch_command.format_watch_line(WatchTotals(leads=3, leads_wait=True)).endswith(
        "; 3 leads, without the newest hits\n"
    )


def _grown(folder: Path, parts: int) -> tuple[LiveOffice, int, list[bool]]:
    """Watch a log of many parts in which each has hits. Return the office, by how much it grew,
    and when leads waited.
    """
    folder.mkdir()
    live, waits = LiveOffice.found(folder), list[bool]()
    before = _size(live)
    live.log.write_text(combined_log(45 * parts, hits_every=15))

    def tell(totals: WatchTotals) -> None:
        waits.append(totals.leads_wait)

    watch(live.office.io, replace(live.request, makes_leads=True, leads_day_bytes=0), tell, UntilIdle())
    return live, _size(live) - before, waits


def _size(live: LiveOffice) -> int:
    return sum(path.stat().st_size for path in live.office.workspace.folder.rglob("*") if path.is_file())


def test_a_feed_of_twice_the_parts_is_twice_as_large_and_its_leads_are_those_of_a_whole_rebuild(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "REST", 0.0)
    monkeypatch.setattr(generation_inputs, "LEAST_CHARACTERS", 0)
    _, less, _ = _grown(tmp_path / "less", 12)
    live, more, waits = _grown(tmp_path / "more", 24)
    assert more / less < 2.3
    with live.office.workspace.read() as tables:
        generation_inputs.TEXTS.forget()
        made = tables[Generation].select()
        stored = [
            replace(generation, inputs_json=generations.read_stored_inputs(tables, generation.number))
            for generation in made
        ]
        earned = tables[FeedPart].count() * PART_BYTES + sum(segment.size_bytes for segment in tables[Segment].select())
        with_hits = {run.run_id for run in tables[Run].select() if run.hits}
        entries = tables[LedgerRow].select(verb=Verb.LEADS_REBUILT.value)
        openings = [tables[Opening].get(entry.seq, "state") for entry in entries]
    assert any(generation.inputs_json.startswith(generation_inputs.BASE) for generation in stored)
    sizes = [measure_generation_bytes(generation) for generation in stored]
    assert len(made) > 2 and earned - 2 * max(sizes) < sum(sizes) <= earned + 2 * max(sizes)
    assert True in waits and not waits[-1]
    assert len(openings) == len(made) and all(
        opening is not None and opening.salt and opening.text is None for opening in openings
    )
    assert generations.list_generation_runs(made[-1]) == with_hits
    assert verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings == []
    SessionMemory.forget()
    (fresh := tmp_path / "fresh").mkdir()
    write_generation(
        live.office.workspace, load_inputs(live.office.workspace), fresh, ignore_progress, segment_reader.ROWS
    )
    registered = {Path(file.file).name: file.sha256 for file in generations.list_generation_files(made[-1])}
    assert registered == {path.name: compute_sha256(path) for path in fresh.iterdir()} | {
        name: digest for name, digest in registered.items() if name == "aliases.parquet"
    }
