"""Hits of leads in danger or in an operation come into leads at once, also while a rebuild has to be earned."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import pytest

from sightline.casework.leads import lead_marks
from sightline.casework.leads.lead_work import SelectedLeads
from sightline.casework.operations import operations
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.live.rebuild_budget import RebuildBudget
from sightline.services.live.watch import watch
from sightline.storage.rows import Generation
from tests.services.live.unit import LiveOffice

LINE = '{} - {} [01/Mar/2026:12:0{}:00 +0000] "GET http://board.example/ HTTP/1.1" 200 1 "-" "x"\n'


@dataclass
class WhenIdle(Event):
    """Stops a watch when it finds nothing new, and notes how many generations there are then."""

    live: LiveOffice
    generations: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def wait(self, _timeout: float | None = None) -> bool:
        with self.live.office.workspace.read() as tables:
            self.generations.append(tables[Generation].count())
        self.set()
        return True


def _rebuilds_at_once(live: LiveOffice, *lines: str) -> int:
    """Watch lines, and return how many generations were made before the watch had nothing more to do."""
    with live.log.open("a") as stream:
        stream.write("".join(lines))
    with live.office.workspace.read() as tables:
        before = tables[Generation].count()
    stop = WhenIdle(live)
    watch(live.office.io, replace(live.request, makes_leads=True), lambda _totals: None, stop)
    return stop.generations[0] - before


def _leads(live: LiveOffice) -> dict[str, str]:
    with open_generation(live.office.workspace) as read:
        return {one["source_ip"]: one["lead_id"] for one in read.to_json(read.open_frame())}


def test_hits_of_urgent_leads_do_not_wait_and_others_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveOffice.found(tmp_path)
    live.log.write_text(LINE.format("198.51.100.9", "-", 0) + LINE.format("198.51.100.70", "ann", 0))
    live.log.write_text(live.log.read_text() + LINE.format("198.51.100.8", "-", 0))
    live.watch_once(replace(live.request, makes_leads=True))
    monkeypatch.setattr(RebuildBudget, "allows", lambda *_: False)
    assert _rebuilds_at_once(live, LINE.format("198.51.100.9", "-", 1)) == 0
    mark = lead_marks.mark(live.office.io, _leads(live)["198.51.100.9"], "a child is named in the report")
    assert _rebuilds_at_once(live, LINE.format("198.51.100.8", "-", 2)) == 0
    assert _rebuilds_at_once(live, LINE.format("198.51.100.8", "-", 3), LINE.format("198.51.100.9", "-", 3)) == 1
    lead_marks.lift(live.office.io, mark.lead_id, "the child is safe")
    assert _rebuilds_at_once(live, LINE.format("198.51.100.9", "-", 4)) == 0
    operation = operations.begin(live.office.supervisor, "North", "2026-03-02", "a group of one service")
    selected_leads = SelectedLeads([_leads(live)["198.51.100.70"]])
    operations.add_leads(live.office.supervisor, operation.operation_id, selected_leads, "of the group")
    assert _rebuilds_at_once(live, LINE.format("198.51.100.9", "-", 5)) == 0
    assert _rebuilds_at_once(live, LINE.format("203.0.113.7", "ann", 6)) == 1, "the account of a lead counts too"
