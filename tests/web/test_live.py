"""Live through real HTTP: a scan tells how far it is, sources are heard by their habit, and one reader serves all."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from sightline.casework.people import officers
from sightline.casework.reference_data import issuers
from sightline.ledger.instants import to_microseconds
from sightline.model import Role, SourceKind
from sightline.services.scan.live_status import ScanState, SourceHealth, Watcher, assess_source, list_scans
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.storage import rows
from sightline.storage.database import run_transaction
from sightline.storage.table import Tables
from sightline.web.pages.live import routes
from sightline.workspace.workspace import open_workspace
from tests.office import FLAGGED, Office, combined_log, now, signed_list
from tests.services.live.second_list import OTHER, add_second_list
from tests.services.live.unit import LiveOffice
from tests.waits import wait_until
from tests.web.conftest import SignIn

WHOLE = re.compile(r"(198\.51\.100|203\.0\.113)\.\d")
"""The beginning of an address that is not masked."""
HOUR_US = 3600 * 1_000_000
ANALYST = Role.ANALYST


def scanned(office: Office, tmp_path: Path, visits: int = 30) -> None:
    log = tmp_path / f"access-{visits}.log"
    log.write_text(combined_log(visits), encoding="utf-8")
    flagged = signed_list(tmp_path, f"indicator\n{FLAGGED}\n")
    scan_logs(
        office[ANALYST],
        ScanRequest(logs=(log,), source="proxy", authority="s.94 order 7/2026", lists=(flagged,)),
        lambda *_: None,
    )


def progress(office: Office) -> list[rows.ScanProgress]:
    with office.workspace.read() as tables:
        return tables[rows.ScanProgress].select()


def test_a_scan_leaves_how_far_it_came_and_the_page_shows_it(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    scanned(office, tmp_path)
    [status] = progress(office)
    assert (status.files, status.files_done, status.frames, status.hits) == (1, 1, 30, 10)
    assert status.bytes_done == status.bytes_total and status.ended_at_us is not None
    page = signed_in(ANALYST).get("/live").text
    assert "done" in page and "too few to tell" in page and "198.51.100" not in page
    assert signed_in(Role.AUDITOR).get("/live").status_code == 403


def test_lines_are_counted_while_the_scan_runs(
    signed_in: SignIn, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightline.services.scan.progress import ProgressRow
    from sightline.stages.scan.kernel import runs

    sizes: list[int] = []
    monkeypatch.setattr(runs, "POLL_S", 0.0005)
    whole = ProgressRow.write_progress

    def write_progress(self: ProgressRow, *counts: int) -> None:
        sizes.append(counts[1])
        self.written_at_s = 0.0
        whole(self, *counts)

    monkeypatch.setattr(ProgressRow, "write_progress", write_progress)
    scanned(office, tmp_path, visits=60_000)
    assert sizes == sorted(sizes) and any(0 < size <= 60_000 for size in sizes)
    assert re.search(r"[1-9][\d,]*/s\s*<small>", signed_in(ANALYST).get("/live").text)


def test_a_failed_scan_is_listed_as_stopped(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sightline.services.scan import scan as module

    def broken(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "register_runs", broken)
    with pytest.raises(KeyboardInterrupt):
        scanned(office, tmp_path)
    [status] = progress(office)
    assert status.ended_at_us is not None and status.files_done == 0
    with office.workspace.read() as tables:
        assert list_scans(tables, status.at_us + 60_000_000)[0].state is ScanState.STOPPED


def test_a_scan_that_nobody_tells_of_any_more_has_died(office: Office, tmp_path: Path) -> None:
    scanned(office, tmp_path)
    [status] = progress(office)
    living = replace(status, ended_at_us=None, files_done=0, bytes_done=status.bytes_done // 2)
    with run_transaction(office.workspace.engine, writes=True) as connection:
        Tables(connection)[rows.ScanProgress].put(living)
    with office.workspace.read() as tables:
        assert list_scans(tables, status.at_us + 1_000_000)[0].state is ScanState.READING
        assert list_scans(tables, status.at_us + 300_000_000)[0].state is ScanState.STOPPED
        assert list_scans(tables, status.at_us + 25 * HOUR_US) == []


@pytest.mark.parametrize(
    ("kind", "lag_h", "usual_h", "expected"),
    [
        (SourceKind.PROXY, None, None, SourceHealth.NEVER),
        (SourceKind.PROXY, 5, None, SourceHealth.UNKNOWN),
        (SourceKind.PROXY, 2, 1, SourceHealth.ALIVE),
        (SourceKind.PROXY, 2.1, 1, SourceHealth.LATE),
        (SourceKind.PROXY, 3.1, 1, SourceHealth.SILENT),
        (SourceKind.SEIZED_SERVER, 9000, 1, SourceHealth.ONCE),
    ],
)
def test_a_source_is_late_or_silent_by_its_own_habit(
    kind: SourceKind, lag_h: float | None, usual_h: float | None, expected: SourceHealth
) -> None:
    lag, usual = (None if one is None else round(one * HOUR_US) for one in (lag_h, usual_h))
    assert assess_source(kind, lag, usual) is expected


def test_a_second_look_reads_only_what_is_new(office: Office, tmp_path: Path) -> None:
    scanned(office, tmp_path)
    watcher = Watcher()
    with office.workspace.read() as tables:
        assert [exhibit.frames for exhibit in watcher.look(tables, to_microseconds(now())).came] == [30]
    scanned(office, tmp_path, visits=60)
    with office.workspace.read() as tables:
        sight = watcher.look(tables, to_microseconds(now()))
    assert sorted(exhibit.frames for exhibit in sight.came) == [30, 60]
    [heard] = sight.sources
    assert heard.exhibits == 2 and heard.lag_us is not None and heard.hearing is SourceHealth.UNKNOWN


def test_one_reader_serves_all_who_look_on_and_ends_when_they_go(
    app: FastAPI, signed_in: SignIn, office: Office
) -> None:
    browser = signed_in(ANALYST)
    browser.get("/live")
    feed = app.state.feed
    looks, look = [], feed.look

    def counting() -> Any:
        looks.append(1)
        return look()

    feed.look = counting
    live_session = browser.live_session()

    async def follow() -> list[str]:
        listeners = [feed.follow(live_session, language) for language in ("en", "hi", "ml", "ml")]
        first = await asyncio.gather(*(anext(listener) for listener in listeners))
        assert feed.listeners == 4
        for listener in listeners:
            await listener.aclose()
        return [html for _, html in first]

    events = asyncio.run(follow())
    assert len(looks) <= 3, "a look for each listener"
    assert 'id="live-sources"' in events[0] and "ഉറവിടങ്ങൾ" in events[3] and events[2] == events[3]
    assert feed.listeners == 0
    wait_until(lambda: feed._thread is None, "the feed ends when nobody listens")


@pytest.mark.parametrize("way", ["left", "revoked"])
def test_a_signed_out_or_revoked_officer_receives_no_more_live_updates(
    app: FastAPI, signed_in: SignIn, office: Office, way: str
) -> None:
    """By a session that ended, and by a key that another process revoked: within seconds."""
    browser = signed_in(ANALYST)
    browser.get("/live")
    live_session = browser.live_session()

    def over() -> None:
        if way == "left":
            app.state.live_sessions.end_of(live_session.officer_session.officer.officer_id, "left")
        else:
            elsewhere = replace(office[Role.SUPERVISOR], workspace=open_workspace(office.workspace.folder))
            officers.revoke(elsewhere, live_session.officer_session.signer.key_id, "the laptop is lost")

    async def follow() -> int:
        heard = 0
        async for _ in app.state.feed.follow(live_session, "en"):
            heard += 1
            over() if heard == 1 else None
        return heard

    assert asyncio.run(asyncio.wait_for(follow(), 5)) == 1


def test_a_hostile_name_of_a_source_is_escaped(signed_in: SignIn, office: Office) -> None:
    office.add_source(name="<img src=x onerror=alert(1)>")
    for page in (signed_in(ANALYST).get("/live").text, routes.draw_parts(_sight(office), [], None, "en")):
        assert "<img" not in page and "&lt;img src=x" in page


def test_the_newest_leads_come_masked_to_who_may_see_leads_and_to_nobody_else(
    app: FastAPI, signed_in: SignIn, office: Office, tmp_path: Path
) -> None:
    live = LiveOffice.beside(office, tmp_path)
    live.log.write_text(combined_log(30, hits_every=3))
    request = replace(live.request, makes_leads=True)
    live.watch_once(request)
    browser, custodian = signed_in(ANALYST), signed_in(Role.CUSTODIAN)
    page = browser.get("/live").text
    assert 'id="live-leads"' in page and "/leads/" in page and WHOLE.search(page) is None
    other = custodian.get("/live").text
    assert "/leads/" not in other.split('id="live-leads"')[1].split("</section>")[0]
    with office.workspace.read() as tables:
        (row,) = tables[rows.StoredJournalRow].select(thing="leads:newest")
    assert row.verb == "view:leads" and row.actor == browser.live_session().officer_session.officer.officer_id

    async def follow() -> tuple[str, str, str]:
        seeing, blind = (app.state.feed.follow(one.live_session(), "en") for one in (browser, custodian))
        (_, first), (_, nothing) = await anext(seeing), await anext(blind)
        with live.log.open("a") as stream:
            stream.write(combined_log(1, start=99).replace("198.51.100.99", "203.0.113.7").replace("/Mar/", "/Apr/"))
        await asyncio.to_thread(live.watch_once, request)
        _, second = await anext(seeing)
        while "203.0.113.x" not in second:
            _, second = await anext(seeing)
        await seeing.aclose()
        await blind.aclose()
        return first, second, nothing

    first, second, nothing = asyncio.run(asyncio.wait_for(follow(), 60))
    assert "203.0.113.x" in second and "203.0.113" not in first and WHOLE.search(second) is None
    assert second.index("203.0.113.x") < second.index("198.51.100.x"), "the newest is the first"
    assert "/leads/" not in nothing


def _sight(office: Office) -> Any:
    with office.workspace.read() as tables:
        return Watcher().look(tables, to_microseconds(now()))


def test_a_feed_is_listed_with_its_waiting_bytes_and_alarms(signed_in: SignIn, office: Office, tmp_path: Path) -> None:
    live = LiveOffice.beside(office, tmp_path)
    live.log.write_text(combined_log(30, hits_every=3) + "no line\n")
    live.watch_once()
    live.log.write_text(live.log.read_text() + "waits")
    page = signed_in(ANALYST).get("/live").text
    assert "/leads?source=feed" in page and "many rejected" in page and "5 B" in page and "198.51.100" not in page


def test_a_feed_shows_from_where_on_a_revoked_list_does_not_count(
    signed_in: SignIn, office: Office, tmp_path: Path
) -> None:
    live = LiveOffice.beside(office, tmp_path)
    request = add_second_list(live, tmp_path)
    log = combined_log(30)
    live.log.write_text(log)
    live.watch_once(request)
    assert "was revoked" not in signed_in(ANALYST).get("/live").text
    issuers.revoke(office.io, OTHER.derive_public().key_id, "the agency lost its key")
    live.log.write_text(log + log)
    live.watch_once(request)
    page = signed_in(ANALYST).get("/live").text
    assert f"From part 1 on, byte {len(log):,} of access.log, the lists are: AGENCY 1 (" in page
    assert "Left out, because the key of its issuer was revoked: SECOND 7 (" in page
