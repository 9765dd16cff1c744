"""What a watch reads, what it refuses, when it ends, and that lines without a hit are nowhere afterwards."""

from __future__ import annotations

import errno
import gzip
import os
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest

from sightline.casework.cases import cases
from sightline.casework.leads import lead_marks
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, Refused, UsageError
from sightline.file_digests import compute_sha256
from sightline.ledger.instants import to_instant, to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import AuthorityKind, PartEnd
from sightline.model.progress import ignore_progress
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.inbox.news import list_news_since
from sightline.services.inbox.news_item import NewsKind
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.index import LeadIndex
from sightline.services.lead_index.sort_orders import SORTS
from sightline.services.leads.generation_writer import write_generation
from sightline.services.leads.rebuild_inputs import load_inputs
from sightline.services.leads.session_cache import SessionMemory
from sightline.services.live import disk_space
from sightline.services.live import watch as watching
from sightline.services.live.alarms import Alarm, AlarmLimits
from sightline.services.live.chain import NewPart, compute_part_digest, list_breaks
from sightline.services.live.freed_memory import give_back
from sightline.services.live.lags import FRESH_US, write_lags
from sightline.services.live.metrics import format_metrics
from sightline.services.live.part_scan import PartScan
from sightline.services.live.status import list_feeds
from sightline.services.live.watch import WatchTotals, open_feed, watch
from sightline.services.sessions import exhibit_samples, segment_cache, segment_reader
from sightline.services.verification.report import VerifiedPart
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import generations
from sightline.storage.rows import Authority, FeedLag, FeedPart, Generation, LedgerRow
from sightline.workspace import leases
from tests.office import combined_log, now
from tests.services.live.unit import LiveOffice, UntilIdle
from tests.services.test_canary import MARKER, places_of

LOG = combined_log(100, hits_every=5)
QUIET = lambda _totals: None  # noqa: E731


@pytest.fixture
def live(tmp_path: Path) -> LiveOffice:
    return LiveOffice.found(tmp_path)


@pytest.fixture
def piped() -> Iterator[int]:
    """A pipe as standard input; the end to write into."""
    reading, writing = os.pipe()
    saved_stdin = os.dup(0)
    os.dup2(reading, 0)
    yield writing
    os.dup2(saved_stdin, 0)
    os.close(reading)


def test_leads_come_with_the_parts(live: LiveOffice) -> None:
    live.log.write_text(LOG)
    totals = live.watch_once(replace(live.request, makes_leads=True))
    assert totals.leads and totals.hits == 20 and totals.rebuilds >= 1
    with live.office.workspace.read() as tables:
        assert tables[Generation].find_last("number") is not None


def test_memory_that_a_rebuild_freed_is_given_back(live: LiveOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(watching, "give_back", lambda: given.append(1))
    live.log.write_text(LOG)
    assert live.watch_once(replace(live.request, makes_leads=True)).rebuilds >= len(given) == 1
    give_back()


def test_a_spool_is_read_packed_or_plain_in_order_and_destroyed(live: LiveOffice, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    texts = [combined_log(80, start=1000 * number, hits_every=5) for number in range(3)]
    for number, text in enumerate(texts):
        path = spool / (f"{9 - number}.log.gz" if number == 1 else f"{9 - number}.log")
        path.write_bytes(gzip.compress(text.encode()) if number == 1 else text.encode())
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    (spool / ".unfinished").write_text("not yet")
    (spool / "unfinished.tmp").write_text("not yet")
    live.watch_once(replace(live.request, inputs=(spool,)))
    live.require_whole(*texts)
    assert sorted(path.name for path in spool.iterdir()) == [".unfinished", "unfinished.tmp"]


def test_a_damaged_file_of_a_spool_is_set_aside_named_and_counted(live: LiveOffice, tmp_path: Path) -> None:
    (spool := tmp_path / "spool").mkdir()
    texts = [combined_log(80, start=1000 * number, hits_every=5) for number in range(3)]
    (spool / "1.log").write_text(texts[0])
    (spool / "2.log.gz").write_bytes(gzip.compress(texts[1].encode())[:-400])
    (spool / "3.log").write_text(texts[2])
    for number, path in enumerate(sorted(spool.iterdir())):
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    totals = live.watch_once(replace(live.request, inputs=(spool,)))
    live.require_whole(texts[0], texts[2])
    (gap,) = totals.gaps
    assert "2.log.gz is damaged from byte 0 on, and was set aside as .damaged-2.log.gz" in gap
    assert [path.name for path in spool.iterdir()] == [".damaged-2.log.gz"]
    (feed,) = list_feeds(live.office.io)
    assert feed.damaged == (".damaged-2.log.gz",) and {Alarm.DAMAGED, Alarm.GAP} <= set(feed.alarms)
    assert 'alarm="damaged"} 1' in format_metrics([feed]) and "sightline_feed_damaged_files{" in format_metrics([feed])


def test_a_packed_file_of_a_spool_that_no_part_can_hold_is_set_aside_whole(live: LiveOffice, tmp_path: Path) -> None:
    (spool := tmp_path / "spool").mkdir()
    texts = [combined_log(80, start=1000 * number, hits_every=5) for number in range(3)]
    for name, text in (("1.zip", texts[0]), ("2.zip", texts[1])):
        with zipfile.ZipFile(spool / name, "w") as archive:
            archive.writestr("access.log", text)
    part_bytes = (spool / "1.zip").stat().st_size
    with (spool / "2.zip").open("ab") as stream:
        stream.write(bytes(part_bytes))
    (spool / "3.log").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(90))
    with tarfile.open(spool / "4.tar.gz", "w:gz") as archive_of_logs:
        archive_of_logs.add(spool / "2.zip", "access.zip")
    (spool / "5.log").write_text(texts[2])
    for number, path in enumerate(sorted(spool.iterdir())):
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    left = {name: (spool / name).read_bytes() for name in ("2.zip", "3.log", "4.tar.gz")}
    (gap,) = live.watch_once(replace(live.request, inputs=(spool,), part_bytes=part_bytes)).gaps
    assert (
        "2.zip" in gap
        and gap.count("does not fit in one part") == 2
        and "4.tar.gz" in gap
        and "3.log" in gap
        and "7-Zip" in gap
    )
    assert {path.name.removeprefix(".damaged-"): path.read_bytes() for path in spool.iterdir()} == left
    whole = texts[0] + texts[2]
    assert live.hits() == Counter(line for line in whole.splitlines() if "//board.example/" in line)


def test_a_file_of_a_spool_that_may_not_be_read_does_not_stop_those_behind_it(
    live: LiveOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (spool := tmp_path / "spool").mkdir()
    texts = [combined_log(40, start=1000 * number, hits_every=5) for number in range(3)]
    for number, text in enumerate(texts):
        (spool / f"{number}.log").write_text(text)
        os.utime(spool / f"{number}.log", (1_700_000_000 + number, 1_700_000_000 + number))
    open_path = os.open

    def refuse_one(path: Any, *given: Any, **more: Any) -> int:
        if Path(path).name == "1.log":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return open_path(path, *given, **more)

    monkeypatch.setattr(os, "open", refuse_one)
    (gap,) = live.watch_once(replace(live.request, inputs=(spool,))).gaps
    live.require_whole(texts[0], texts[2])
    assert ".damaged-1.log" in gap and "Permission denied" in gap
    assert [path.name for path in spool.iterdir()] == [".damaged-1.log"]


def test_a_disk_with_too_little_room_stops_reading_until_there_is_room(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.log.write_text(LOG[: len(LOG) // 2])
    live.watch_once()
    live.log.write_text(LOG)
    least = live.request.limits.least_free_bytes
    monkeypatch.setattr(disk_space, "measure_free_bytes", lambda _folder: least - 1)
    totals = live.watch_once(replace(live.request, makes_leads=True))
    assert totals.parts == 0 and totals.leads is None and totals.refusal is not None and len(totals.refusals) == 1
    (feed,) = list_feeds(live.office.io)
    assert feed.alarms == (Alarm.FULL,) and feed.refusals == 1 and "1,023 MiB free" in (feed.refusal or "")
    assert feed.lag_bytes and "sightline_feed_refusals{" in format_metrics([feed])
    free = [least - 1, *[least] * 3]
    # Only what is a little above the limit ends the refusal, so that it does not come and go.
    monkeypatch.setattr(disk_space, "measure_free_bytes", lambda _folder: free.pop(0) if free else 2 * least)
    stop = Event()
    totals = watch(live.office.io, live.request, lambda now: stop.set() if now.parts else None, stop)
    assert len(totals.refusals) == 2 and totals.refusals[1].endswith("there is room again")
    totals = live.watch_once()
    live.require_whole(LOG)
    (feed,) = list_feeds(live.office.io)
    assert totals.refusals == [] and feed.alarms == () and (feed.refusals, feed.refusal) == (2, None)


def test_a_visit_that_joins_a_lead_in_danger_tells_its_officer(live: LiveOffice) -> None:
    line = '198.51.100.9 - - [01/Mar/2026:12:0{}:00 +0000] "GET http://board.example/ HTTP/1.1" 200 1 "-" "x"\n'
    request = replace(live.request, makes_leads=True)
    live.log.write_text(line.format(0) + line.format(0).replace("198.51.100.9", "198.51.100.70"))
    live.watch_once(request)
    with open_generation(live.office.workspace) as read:
        rows = {one["source_ip"]: one["lead_id"] for one in read.to_json(read.open_frame())}
    lead_marks.mark(live.office.io, rows["198.51.100.9"], "a child is named in the report")
    with live.log.open("a") as stream:
        stream.write(line.format(1) + line.format(1).replace("198.51.100.9", "198.51.100.70"))
    live.watch_once(request)
    with live.office.workspace.read() as tables:
        visited = [ledger_row.thing for ledger_row in tables[LedgerRow].select(verb=Verb.LEAD_VISITED.value)]
        (news,) = [news_item for news_item in list_news_since(tables, 0) if news_item.kind is NewsKind.VISITS]
    assert visited == [f"lead:{rows['198.51.100.9']}"] and live.office.io.officer.officer_id in news.officers


def test_an_input_in_which_too_much_waits_is_marked_and_still_read(
    live: LiveOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_space, "LOOK_S", 0.0)
    (spool := tmp_path / "spool").mkdir()
    (spool / "1.log").write_text(LOG)
    request = replace(live.request, inputs=(spool,), limits=replace(live.request.limits, most_waiting_bytes=5000))
    marked: list[bool] = []
    totals = watch(live.office.io, request, lambda _: marked.append((spool / disk_space.FULL).exists()), UntilIdle())
    assert marked[0] and not marked[-1] and list(spool.iterdir()) == []
    assert "send no more" in totals.refusals[0] and "room again" in totals.refusals[1] and totals.refusal is None
    live.require_whole(LOG)
    (feed,) = list_feeds(live.office.io)
    assert (feed.refusals, feed.refusal) == (1, None)


def test_a_spool_folder_that_cannot_be_marked_because_its_disk_is_full_is_read(
    live: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading is what makes room. Any other error ends the watch."""
    spool = live.log.parent / "spool"
    spool.mkdir()
    (spool / "1.log").write_text(LOG)
    request = replace(live.request, inputs=(spool,), limits=replace(live.request.limits, most_waiting_bytes=1000))
    number = errno.EACCES

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(UsageError, match="Permission denied"):
        live.watch_once(request)
    number = errno.ENOSPC
    totals = live.watch_once(request)
    assert totals.lines == 100 and list(spool.iterdir()) == []
    assert "send no more until it is read" in totals.refusals[0]


def test_lag_silence_rejects_and_clocks_raise_alarms_at_their_limits(live: LiveOffice) -> None:
    ahead = now() + timedelta(hours=5)
    line = f'198.51.100.9 - - [{ahead:%d/%b/%Y:%H:%M:%S +0000}] "GET http://board.example/ HTTP/1.1" 200 1 "-" "x"\n'
    live.log.write_text(LOG + line + "no line\n" * 3)
    live.watch_once()
    quiet = AlarmLimits(lag_bytes=10, silence_s=600, rejects_percent=99)
    (feed,) = list_feeds(live.office.io, quiet)
    assert feed.alarms == (Alarm.CLOCK,)
    with live.log.open("a") as stream:
        stream.write("eleven bytes")
    io = live.office.io
    later = OfficerSession(io.workspace, io.signer, io.officer, lambda: now() + timedelta(seconds=601))
    (feed,) = list_feeds(later, replace(quiet, rejects_percent=1))
    assert set(feed.alarms) == {Alarm.LAG, Alarm.SILENT, Alarm.REJECTS, Alarm.CLOCK}


def test_standard_input_ends_the_watch_and_what_was_cut_off_is_a_gap(live: LiveOffice, piped: int) -> None:
    request = replace(live.request, inputs=(Path("-"),))
    os.write(piped, LOG.encode())
    assert live.watch_once(request).gaps == []
    os.write(piped, b"198.51.100.9 - - [01/Mar/2026")
    os.close(piped)
    totals = watch(live.office.io, request, QUIET, Event())
    assert totals.parts == 1 and totals.rejects == 1 and "was not registered" in totals.gaps[0]
    assert [part.closed_by for part in live.parts()][-1] is PartEnd.END_OF_FILE


def test_lines_that_match_nothing_are_nowhere(
    live: LiveOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    spool = tmp_path / "spool"
    spool.mkdir()
    innocent = (
        f'203.0.113.9 - {MARKER} [01/Mar/2026:12:00:00 +0000] "GET http://plain.example/{MARKER} HTTP/1.1" 200 1'
        f' "http://plain.example/{MARKER}" "{MARKER}"\n'
    )
    (spool / "1.log").write_text((LOG + innocent + f"{MARKER} is no line of any log\n") * 3)
    totals = live.watch_once(replace(live.request, inputs=(spool,), makes_leads=True))
    assert totals.hits and totals.rejects == 3
    live.office.workspace.engine.dispose()
    assert places_of(MARKER, live.office.workspace.folder, spool, place) == []
    assert places_of("board.example/room/", live.office.workspace.folder), "the search finds what is there"


def test_the_whole_is_retained_only_where_the_authority_says_so(live: LiveOffice, tmp_path: Path) -> None:
    live.log.write_text(LOG)
    folder = tmp_path / "whole"
    folder.mkdir()
    with pytest.raises(NotAllowed, match="does not say that the whole feed is retained"):
        live.watch_once(replace(live.request, retain=folder))
    other = LiveOffice.found(tmp_path / "other", kind=AuthorityKind.LIVE_FEED_WHOLE)
    with pytest.raises(UsageError, match="says that the whole feed is retained"):
        other.watch_once()
    request = replace(other.request, retain=folder)
    other.log.write_text(LOG)
    other.watch_once(request)
    more = combined_log(100, start=1000, hits_every=5)
    other.log.write_text(LOG + more)
    files = sorted(folder.iterdir())
    killed = [folder / f"{files[0].name[:16]}-{len(files):09}.log{end}" for end in ("", ".tmp")]
    for path in killed:
        path.write_text("a part that was cut off")
    other.watch_once(request)
    files = sorted(folder.iterdir())
    assert b"".join(path.read_bytes() for path in files) == (LOG + more).encode()
    verify_request = VerifyRequest(frozenset({VerifiedPart.EXHIBIT}))
    assert verify_workspace(other.office.workspace, verify_request, lambda *_: None).counts[
        VerifiedPart.EXHIBIT
    ] == len(files)
    files[0].unlink()
    (found,) = verify_workspace(other.office.workspace, verify_request, lambda *_: None).absent
    assert "is not at hand" in str(found)


def test_the_watch_ends_with_its_authority(live: LiveOffice) -> None:
    live.log.write_text(LOG)
    live.watch_once()
    io = live.office.io
    with live.office.workspace.read() as tables:
        (end_us,) = [authority.valid_until_us for authority in tables[Authority].select(number="s.69B 4/2026")]
    assert end_us is not None
    at = [to_instant(end_us) - timedelta(seconds=1)]
    session = OfficerSession(io.workspace, io.signer, io.officer, lambda: at[0])
    seen: list[int] = []

    def tell(totals: WatchTotals) -> None:
        seen.append(totals.parts)
        at[0] = to_instant(end_us)
        live.log.write_text(live.log.read_text() + LOG)

    live.log.write_text(LOG + LOG)
    totals = watch(session, replace(live.request, part_bytes=1 << 16), tell, Event())
    assert seen == [1] and totals.end is not None and "was in force until" in totals.end
    with pytest.raises(NotAllowed, match="was in force until"):
        watch(session, live.request, QUIET, Event())


def test_an_authority_that_is_ended_stops_a_running_watch(live: LiveOffice) -> None:
    live.log.write_text(LOG)

    def end(_totals: WatchTotals) -> None:
        cases.end_authority(live.office.io, "s.69B 4/2026", "recalled by the court today")

    totals = watch(live.office.io, replace(live.request, part_bytes=1 << 20), end, Event())
    assert totals.parts == 1 and totals.end is not None and "recalled by the court" in totals.end


def test_only_live_feeds_under_an_authority_with_an_end_are_watched(live: LiveOffice) -> None:
    scan = replace(live.request.scan, source="proxy", authority=live.office.authority.number)
    with pytest.raises(UsageError, match="live feeds only"):
        live.watch_once(replace(live.request, scan=scan))
    with pytest.raises(NotAllowed, match="cannot cover"):
        live.watch_once(replace(live.request, scan=replace(scan, source="feed")))


def test_two_watches_of_one_input_register_nothing_twice(live: LiveOffice) -> None:
    live.log.write_text(LOG)
    with PartScan(live.office.io, live.request.scan) as scan:
        request = replace(live.request, part_bytes=1 << 20)
        other = open_feed(live.office.io, scan.context.source.source_id, live.log, request)
        for start in other.feed.find_starts():
            other.feed.begin(start, 0)
        piece = other.feed.read()
        assert piece is not None
        live.watch_once(replace(live.request, part_bytes=1 << 13))
        with pytest.raises(Refused, match="another watch"):
            scan.scan(NewPart(other.feed_id, other.name, 0, piece, 0), None)
    assert leases.sweep_intents(live.office.workspace, now()) == []
    live.require_whole(LOG)


def test_a_chain_shows_what_is_missing_repeated_or_rewritten(live: LiveOffice) -> None:
    live.log.write_text(LOG)
    live.watch_once()
    parts = live.parts()
    assert len(parts) > 2 and list_breaks(parts) == []
    assert "missing" in list_breaks([parts[0], *parts[2:]])[0]
    rewritten = replace(parts[1], exhibit_id="0" * 64)
    assert list_breaks([parts[0], rewritten, *parts[2:]]) == ["part 2 does not follow part 1"]
    moved = replace(parts[1], first_offset=parts[1].first_offset - 9)
    after = replace(parts[2], previous_sha256=compute_part_digest(moved))
    assert "begins at" in list_breaks([parts[0], moved, after])[0]


def test_the_status_says_how_far_a_feed_is(live: LiveOffice) -> None:
    live.log.write_text(LOG + "no line of any log\n")
    live.watch_once()
    with live.log.open("a") as stream:
        stream.write("x" * 77)
    (feed,) = list_feeds(live.office.io)
    assert (feed.lines, feed.rejects, feed.hits, feed.lag_bytes) == (101, 1, 20, 77)
    assert feed.silence_s >= 0 and feed.lines_per_s > 0 and feed.gaps == feed.breaks == ()
    assert feed.last_us is not None and to_instant(feed.last_us) > datetime(2026, 3, 1, tzinfo=UTC)


def test_a_machine_that_cannot_see_the_input_shows_what_the_watch_saw(
    live: LiveOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LAG_EACH_S", 0.0)
    live.log.write_text(combined_log(60))
    live.watch_once()
    live.log.parent.rename(tmp_path / "elsewhere")
    (status,) = list_feeds(live.office.io)
    assert status.lag_bytes == 0
    now_us = to_microseconds(live.office.io.clock())
    write_lags(live.office.workspace, [FeedLag(status.feed, 5_000, None, now_us)])
    (status,) = list_feeds(live.office.io, AlarmLimits(lag_bytes=4_999))
    assert status.lag_bytes == 5_000 and Alarm.LAG in status.alarms and "5,000 B" in status.to_row()
    write_lags(live.office.workspace, [FeedLag(status.feed, 5_000, None, now_us - FRESH_US - 1)])
    assert list_feeds(live.office.io)[0].lag_bytes is None
    # What is seen here counts, whatever a watch wrote.
    (tmp_path / "elsewhere").rename(live.log.parent)
    write_lags(live.office.workspace, [FeedLag(status.feed, 5_000, None, now_us)])
    assert list_feeds(live.office.io)[0].lag_bytes == 0


def test_each_hit_line_of_a_feed_is_one_hit(live: LiveOffice) -> None:
    live.log.write_text(LOG)
    live.watch_once()
    assert live.hits() == Counter(line for line in LOG.splitlines() if "//board.example/" in line)
    with live.office.workspace.read() as tables:
        numbers = tables[FeedPart].list_values("number")
    assert sorted(numbers) == list(range(len(numbers)))
    assert watch(live.office.io, live.request, QUIET, UntilIdle()).parts == 0


def test_two_watches_that_rebuild_at_once_hide_no_hits_of_each_other(
    live: LiveOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "log" / "other.log"
    live.log.write_text(LOG)
    other.write_text(LOG.replace("198.51.100.", "203.0.113."))
    whole, begun = write_generation, []

    def make_while_the_other_watch_does_too(*given: Any) -> Any:
        begun.append(1)
        account = whole(*given)
        if len(begun) == 1:
            live.watch_once(replace(live.request, inputs=(other,), makes_leads=True))
        return account

    monkeypatch.setattr("sightline.services.leads.rebuild.write_generation", make_while_the_other_watch_does_too)
    live.watch_once(replace(live.request, part_bytes=1 << 20, makes_leads=True))
    with live.office.workspace.read() as tables:
        made = tables[Generation].find_last("number")
        runs = {part.run_id for part in tables[FeedPart].select()}
    assert made is not None and len(runs) > 1 and generations.list_generation_runs(made) == runs


def _some_log(dice: Random, lines: int) -> str:
    """Lines of few addresses and accounts, some of which visit the flagged site, with times that overlap."""
    begun = datetime(2026, 3, 1, tzinfo=UTC)
    text = ""
    for _ in range(lines):
        at = begun + timedelta(seconds=dice.randrange(86_400))
        who = dice.choice([f"198.51.100.{dice.randrange(9)}", f"2001:db8::{dice.randrange(5)}", "unknown.example"])
        account = dice.choice(["-", "-", "asha", "biju"])
        site = dice.choice(["board.example", "plain.example"])
        agent = dice.choice(["Mozilla/5.0", "Googlebot/2.1", "curl/8"])
        verb = dice.choice(["GET", "POST"])
        text += f'{who} - {account} [{at:%d/%b/%Y:%H:%M:%S +0000}] "{verb} http://{site}/{dice.randrange(4)} HTTP/1.1"'
        text += f' 200 {dice.randrange(9000)} "-" "{agent}"\n'
    return text


def _lists(index: LeadIndex) -> dict[str, tuple[object, ...]]:
    """What the lists of leads show in every order, each with its page after the seventh lead."""
    found, view = dict[str, tuple[object, ...]](), index.open_view()
    for sort in [f"{way}{name}" for name in SORTS for way in ("", "-")]:
        whole, first = view.read_page(LeadFilter(), sort, limit=500), view.read_page(LeadFilter(), sort, limit=7)
        after = view.read_page(LeadFilter(), sort, after=first.after, limit=500) if first.after else None
        assert after is None or [*first.leads, *after.leads] == list(whole.leads)
        found[sort] = (whole.leads, view.read_leads(whole.rows))
    return found


@pytest.mark.parametrize(("seed", "small"), [(1, segment_cache.SMALL), (2, segment_cache.SMALL), (3, 4)])
def test_after_every_part_the_leads_equal_a_rebuild_that_remembers_nothing(
    live: LiveOffice, tmp_path: Path, seed: int, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, index = Random(seed), LeadIndex(live.office.workspace)
    for number, lines in enumerate((60, 1, 9, 40)):
        with live.log.open("a") as stream:
            stream.write(_some_log(dice, lines))
        monkeypatch.setattr(segment_cache, "SMALL", small)
        live.watch_once(replace(live.request, makes_leads=True))
        with live.office.workspace.read() as tables:
            made = tables[Generation].find_last("number")
        if made is None:
            continue
        # An index that saw every part before shows what one that begins now does.
        assert _lists(index) == _lists(LeadIndex(live.office.workspace))
        monkeypatch.setattr(segment_cache, "SMALL", -1)
        exhibit_samples._MADE_UP.clear()
        exhibit_samples._LIMITS.clear()
        remembered = SessionMemory._last
        SessionMemory.forget()
        (fresh := tmp_path / f"fresh{number}").mkdir()
        inputs = load_inputs(live.office.workspace)
        write_generation(live.office.workspace, inputs, fresh, ignore_progress, segment_reader.ROWS)
        SessionMemory._last = remembered
        for file in generations.list_generation_files(made):
            name = Path(file.file).name
            if name != "aliases.parquet":
                assert compute_sha256(fresh / name) == file.sha256, name
        assert {path.name for path in fresh.iterdir()} - {"aliases.parquet"} <= {
            Path(file.file).name for file in generations.list_generation_files(made)
        }
    assert made is not None and any("leads-joined" in file.file for file in generations.list_generation_files(made))
