"""Lists that change while a watch runs: from which part on another one counts, and what reads retained parts again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data import issuers
from sightline.errors import UntrustedList, UsageError
from sightline.ledger.instants import to_instant
from sightline.model import AuthorityKind
from sightline.model.progress import ignore_progress
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.live import part_scan
from sightline.services.live.status import list_feeds
from sightline.services.live.watch import WatchTotals, watch
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.storage.rows import IssuerKey, Run
from tests.office import combined_log, now, signed_list
from tests.services.live.unit import FLAGS, LiveOffice

LOG = combined_log(60, hits_every=5)
MORE = f"{FLAGS}domain,plain.example,csam\n"


@pytest.fixture
def live(tmp_path: Path) -> LiveOffice:
    return LiveOffice.found(tmp_path)


def hits(live: LiveOffice) -> list[tuple[int, int]]:
    """Lines and hits of each part."""
    with live.office.workspace.reading() as tables:
        runs = {run.run_id: run.hits for run in tables[Run].where()}
    return [(part.lines, runs[part.run_id]) for part in live.parts()]


def test_a_renewed_list_counts_from_a_recorded_part_on_and_the_old_one_until_its_signature_is_there(
    live: LiveOffice, tmp_path: Path
) -> None:
    (flags,) = live.request.scan.lists
    newer = signed_list(tmp_path, MORE, version="2")
    live.log.write_text(LOG)
    stop, steps = Event(), []

    def step(totals: WatchTotals) -> None:
        steps.append(totals.parts)
        with live.log.open("a") as stream:
            if totals.parts == 1:
                newer.replace(flags)
                stream.write(LOG)
            elif totals.parts == 2:
                Path(f"{newer}.minisig").replace(f"{flags}.minisig")
                stream.write(LOG)
            else:
                stop.set()

    totals = watch(live.office.io, replace(live.request, part_bytes=1 << 20), step, stop)
    assert hits(live) == [(60, 12), (60, 12), (60, 60)]
    (feed,) = list_feeds(live.office.io)
    assert [list_.split(" (")[0] for list_ in feed.lists] == ["from part 0 on", "from part 2 on"]
    assert f"byte {2 * len(LOG)} of access.log): AGENCY 2 (" in feed.lists[1] and "AGENCY 1 (" in feed.lists[0]
    assert [one.endswith(known) for one, known in zip(totals.lists, feed.lists, strict=True)] == [True, True]
    live.log.write_text(LOG * 4)
    assert live.watch_once().lists == [], "a watch that begins again tells nothing that is known"


def test_a_list_whose_signature_never_comes_ends_the_watch(live: LiveOffice, tmp_path: Path) -> None:
    (flags,) = live.request.scan.lists
    newer = signed_list(tmp_path, MORE, version="2")
    io, at = live.office.io, [now()]
    session = OfficerSession(io.workspace, io.signer, io.officer, lambda: at[0])
    live.log.write_text(LOG)

    def step(totals: WatchTotals) -> None:
        if totals.parts == 1:
            newer.replace(flags)
        else:
            at[0] += timedelta(microseconds=part_scan.SETTLE_US)
        with live.log.open("a") as stream:
            stream.write(LOG)

    with pytest.raises(UntrustedList):
        watch(session, replace(live.request, part_bytes=1 << 20), step, Event())
    assert hits(live) == [(60, 12), (60, 12)]
    assert to_instant(live.parts()[-1].registered_at_us) < at[0]


@pytest.mark.parametrize("is_named", [True, False])
def test_a_revoked_key_ends_the_watch_before_the_next_part(live: LiveOffice, *, is_named: bool) -> None:
    live.log.write_text(LOG)
    live.watch_once(replace(live.request, part_bytes=1 << 20))
    request = live.request if is_named else replace(live.request, scan=replace(live.request.scan, lists=()))
    with live.office.workspace.reading() as tables:
        (key,) = tables[IssuerKey].where()

    def revoke(totals: WatchTotals) -> None:
        if totals.parts == 1:
            issuers.revoke(live.office.io, key.key_id, "the agency lost its key")
            with live.log.open("a") as stream:
                stream.write(LOG)

    live.log.write_text(LOG + LOG)
    with pytest.raises(UntrustedList if is_named else UsageError, match=r"revoked|no list that is valid"):
        watch(live.office.io, replace(request, part_bytes=1 << 20), revoke, Event())
    assert hits(live) == [(60, 12), (60, 12)]


def test_retained_parts_are_scanned_again_with_a_newer_list(tmp_path: Path) -> None:
    live = LiveOffice.found(tmp_path, kind=AuthorityKind.LIVE_FEED_WHOLE)
    (folder := tmp_path / "whole").mkdir()
    live.log.write_text(LOG)
    live.watch_once(replace(live.request, retain=folder, makes_leads=True))
    before = rebuild_leads(live.office.io, ignore_progress)
    logs = tuple(sorted(folder.iterdir()))
    scan_request = ScanRequest(
        logs, "feed", "s.69B 4/2026", (signed_list(tmp_path, MORE, version="2"),), format="combined"
    )
    done = scan_logs(live.office.io, scan_request, ignore_progress).done
    assert sum(registered.run.hits for _, registered, _ in done) == 60
    assert rebuild_leads(live.office.io, ignore_progress).generation.number == before.generation.number + 1
