"""Lists that change while a watch runs: from which part on another one counts, and what reads retained parts again."""

from __future__ import annotations

import shlex
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
from sightline.services.live.list_changes import group_lists_by_run
from sightline.services.live.status import list_feeds
from sightline.services.live.watch import WatchTotals, watch
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import RunningScan, scan_logs
from sightline.stages.lists.list_dates import parse_list_date
from sightline.storage.rows import IssuerKey, Run
from tests.office import combined_log, now, signed_list
from tests.services.live.second_list import NEWER, OTHER, add_second_list, enrol_issuer, sign_second_list
from tests.services.live.unit import FLAGS, LiveOffice

LOG = combined_log(60, hits_every=5)
MORE = f"{FLAGS}domain,plain.example,csam\n"


@pytest.fixture
def live(tmp_path: Path) -> LiveOffice:
    return LiveOffice.found(tmp_path)


def hits(live: LiveOffice) -> list[tuple[int, int]]:
    """Lines and hits of each part."""
    with live.office.workspace.read() as tables:
        runs = {run.run_id: run.hits for run in tables[Run].select()}
    return [(part.lines, runs[part.run_id]) for part in live.parts()]


def list_shown_changes(live: LiveOffice) -> list[str]:
    """The changes of lists of the only feed, as its status tells them."""
    (feed,) = list_feeds(live.office.io)
    return [change.format_text() for change in feed.lists]


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
    assert totals.rescans == [], "nothing is retained that could be read again"
    assert [change.is_newer for feed in list_feeds(live.office.io) for change in feed.lists] == [False, True]
    assert hits(live) == [(60, 12), (60, 12), (60, 60)]
    changes = list_shown_changes(live)
    assert [list_.split(" (")[0] for list_ in changes] == ["from part 0 on", "from part 2 on"]
    assert f"byte {2 * len(LOG)} of access.log): AGENCY 2 (" in changes[1] and "AGENCY 1 (" in changes[0]
    assert [one.endswith(known) for one, known in zip(totals.lists, changes, strict=True)] == [True, True]
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
    with live.office.workspace.read() as tables:
        (key,) = tables[IssuerKey].select()

    def revoke(totals: WatchTotals) -> None:
        if totals.parts == 1:
            issuers.revoke(live.office.io, key.key_id, "the agency lost its key")
            with live.log.open("a") as stream:
                stream.write(LOG)

    live.log.write_text(LOG + LOG)
    with pytest.raises(UntrustedList if is_named else UsageError, match=r"revoked|no list that is valid"):
        watch(live.office.io, replace(request, part_bytes=1 << 20), revoke, Event())
    assert hits(live) == [(60, 12), (60, 12)]


def list_issuers_of_parts(live: LiveOffice) -> list[list[str]]:
    """The issuers of the lists with which each part was read."""
    with live.office.workspace.read() as tables:
        used = group_lists_by_run(tables, [part.run_id for part in live.parts()])
    return [[run_list.issuer for run_list in used[part.run_id]] for part in live.parts()]


def test_a_watch_goes_on_without_a_list_whose_key_was_revoked_and_the_part_is_recorded(
    live: LiveOffice, tmp_path: Path
) -> None:
    request = add_second_list(live, tmp_path)
    live.log.write_text(LOG)
    stop = Event()

    def step(totals: WatchTotals) -> None:
        if totals.parts == 1:
            issuers.revoke(live.office.io, OTHER.derive_public().key_id, "the agency lost its key")
        if totals.parts == 3:
            stop.set()
            return
        with live.log.open("a") as stream:
            stream.write(LOG)

    totals = watch(live.office.io, request, step, stop)
    assert hits(live) == [(60, 60), (60, 12), (60, 12)]
    assert list_issuers_of_parts(live) == [["AGENCY", "SECOND"], ["AGENCY"], ["AGENCY"]]
    first, second = list_shown_changes(live)
    assert "; " not in first
    assert second.startswith(f"from part 1 on (byte {len(LOG)} of access.log): AGENCY 1 (")
    assert "; without SECOND 7 (" in second and second.endswith("), because the key of its issuer was revoked")
    assert [change.partition(": ")[2] for change in totals.lists] == [first, second]
    live.log.write_text(LOG * 4)
    assert live.watch_once(request).lists == [], "a watch that begins again goes on without it too"
    assert list_issuers_of_parts(live)[3] == ["AGENCY"]
    with live.log.open("a") as stream:
        stream.write(LOG)
    with live.office.workspace.read() as tables:
        (key,) = [key for key in tables[IssuerKey].select() if key.revoked_at_us is None]
    issuers.revoke(live.office.io, key.key_id, "this one too")
    with pytest.raises(UntrustedList, match="not trusted"):
        live.watch_once(request)
    assert len(live.parts()) == 4


def test_a_watch_goes_on_without_a_list_that_expired_and_the_part_is_recorded(live: LiveOffice, tmp_path: Path) -> None:
    at, io = [now()], live.office.io
    today = at[0].date().isoformat()
    until = parse_list_date(today, whole_day=True)
    request = add_second_list(live, tmp_path, until=today)
    session = OfficerSession(io.workspace, io.signer, io.officer, lambda: at[0])
    live.log.write_text(LOG)
    stop = Event()

    def step(totals: WatchTotals) -> None:
        if totals.parts == 1:
            at[0] = to_instant(until)
        if totals.parts == 3:
            stop.set()
            return
        with live.log.open("a") as stream:
            stream.write(LOG)

    watch(session, request, step, stop)
    assert hits(live) == [(60, 60), (60, 12), (60, 12)]
    assert list_issuers_of_parts(live) == [["AGENCY", "SECOND"], ["AGENCY"], ["AGENCY"]]
    _, change = list_shown_changes(live)
    assert "; without SECOND 7 (" in change and change.endswith(
        "because it has expired: ask its issuer for a newer one"
    )


@pytest.mark.parametrize("kind", [AuthorityKind.LIVE_FEED, AuthorityKind.LIVE_FEED_WHOLE])
def test_a_key_revoked_while_a_part_is_read_counts_for_that_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: AuthorityKind
) -> None:
    live = LiveOffice.found(tmp_path, kind=kind)
    request = add_second_list(live, tmp_path)
    folder = tmp_path / "whole"
    if kind is AuthorityKind.LIVE_FEED_WHOLE:
        folder.mkdir()
        request = replace(request, retain=folder)
    live.log.write_text(LOG)
    was = RunningScan.scan_group
    keys = [OTHER.derive_public().key_id]

    def revoke_before_registering(*arguments: object) -> None:
        if keys and live.has_parts():
            issuers.revoke(live.office.io, keys.pop(), "the agency lost its key")
        was(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(RunningScan, "scan_group", revoke_before_registering)
    live.watch_once(request)
    with live.log.open("a") as stream:
        stream.write(LOG)
    totals = live.watch_once(request)
    assert list_issuers_of_parts(live) == [["AGENCY", "SECOND"], ["AGENCY"]]
    assert hits(live) == [(60, 60), (60, 12)]
    assert "; without SECOND 7 (" in totals.lists[0]
    if folder.exists():
        assert [path.read_text() for path in folder.iterdir()] == [LOG, LOG]


def test_a_part_is_never_registered_with_the_only_list_if_its_key_was_revoked_while_it_was_read(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.log.write_text(LOG)
    was = RunningScan.scan_group
    with live.office.workspace.read() as tables:
        (key,) = tables[IssuerKey].select()

    def revoke_before_registering(*arguments: object) -> None:
        issuers.revoke(live.office.io, key.key_id, "the agency lost its key")
        was(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(RunningScan, "scan_group", revoke_before_registering)
    with pytest.raises(UntrustedList, match=r"revoked|not trusted"):
        live.watch_once(replace(live.request, part_bytes=1 << 20))
    assert not live.has_parts()
    with live.office.workspace.read() as tables:
        assert tables[Run].select() == []


def test_the_same_bytes_are_read_anew_with_a_list_that_another_key_signs_after_its_own_was_revoked(
    live: LiveOffice, tmp_path: Path
) -> None:
    request = add_second_list(live, tmp_path)
    live.log.write_text(LOG)
    live.watch_once(request)
    issuers.revoke(live.office.io, OTHER.derive_public().key_id, "the agency lost its key")
    enrol_issuer(live, NEWER)
    sign_second_list(tmp_path / "second.csv", NEWER)
    with live.log.open("a") as stream:
        stream.write(LOG)
    live.watch_once(request)
    first, second = live.parts()
    assert first.exhibit_id == second.exhibit_id and first.run_id != second.run_id
    assert hits(live) == [(60, 60), (60, 60)]
    _, change = list_shown_changes(live)
    assert change.count("SECOND 7 (") == 2 and "; without SECOND 7 (" in change


def test_a_watch_does_not_begin_with_a_revoked_list_that_was_never_used(live: LiveOffice, tmp_path: Path) -> None:
    request = add_second_list(live, tmp_path)
    issuers.revoke(live.office.io, OTHER.derive_public().key_id, "the agency lost its key")
    live.log.write_text(LOG)
    with pytest.raises(UntrustedList, match="not trusted"):
        live.watch_once(request)
    assert not live.has_parts()


def test_the_command_that_compares_retained_parts_with_a_newer_list_is_offered(tmp_path: Path) -> None:
    live = LiveOffice.found(tmp_path, kind=AuthorityKind.LIVE_FEED_WHOLE)
    (folder := tmp_path / "the whole").mkdir()
    live.log.write_text(LOG)
    request = replace(live.request, retain=folder, part_bytes=1 << 20)
    assert live.watch_once(request).rescans == []
    newer, (flags,) = signed_list(tmp_path, MORE, version="2"), request.scan.lists
    newer.replace(flags)
    Path(f"{newer}.minisig").replace(f"{flags}.minisig")
    live.log.write_text(LOG + LOG)
    (command,) = live.watch_once(request).rescans
    parts = shlex.split(command)
    assert parts[:3] == ["sightline", "scan", str(folder)]
    assert parts[3:] == [
        *("--source", "feed", "--authority", "s.69B 4/2026"),
        *("--list", str(request.scan.lists[0]), "--format", "combined"),
    ]


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
