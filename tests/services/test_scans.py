"""Scans into a workspace: under what they may be made, what they keep, and what a second one does."""

import gzip
import json
import os
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars
import pytest

from sightline.casework import decisions
from sightline.casework.cases import cases
from sightline.casework.exhibits.purge import purge_exhibit
from sightline.cli.approve import format_request
from sightline.errors import NotAllowed, Refused, SightlineError, UntrustedList, UsageError
from sightline.file_digests import compute_sha256
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.model import AuthorityKind, IntentState, ListUse, Role, SourceKind
from sightline.services.scan import whole_log
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import WorkspaceScan, scan_logs
from sightline.services.scan.summary import ScanSummary, summarise_scan
from sightline.services.sessions.current_runs import list_current_runs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.workspace import leases
from sightline.workspace.run_members import do_overlap, read_members_of_run
from tests.office import Office, combined_log, found_office, now, signed_list

QUIET = lambda *_: None  # noqa: E731
FLAGS = "kind,value,category\ndomain,board.example,csam\n"


@pytest.fixture(params=["folder", "servers"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    """An office whose record is one folder, and one whose record lies in PostgreSQL and on S3."""
    if request.param == "folder":
        return found_office(tmp_path / "workspace")
    database, bucket = request.getfixturevalue("postgres_url"), request.getfixturevalue("s3")
    return found_office(tmp_path / "workspace", database=database, segments=bucket.url)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "access.log").write_text(combined_log(300))
    (folder / "access.log.1").write_text(combined_log(90, start=1000))
    (folder / "other.log.gz").write_bytes(gzip.compress(combined_log(60, start=5000).encode()))
    return folder


@pytest.fixture
def flags(tmp_path: Path) -> Path:
    return signed_list(tmp_path, FLAGS)


def make_request(office: Office, *logs: Path, lists: tuple[Path, ...] = (), **more: object) -> ScanRequest:
    return ScanRequest(logs, office.source.name, office.authority.number, lists, **more)  # type: ignore[arg-type]


def scanned(office: Office, request: ScanRequest) -> ScanSummary:
    return summarise_scan(office.workspace, scan_logs(office.io, request, QUIET))


def stored_rows(office: Office) -> polars.DataFrame:
    with office.workspace.read() as tables:
        files = [segment.file for segment in tables[rows.Segment].select()]
    parts = []
    for file in files:
        with office.workspace.segments.open_local(file) as path:
            parts.append(polars.read_parquet(path))
    return polars.concat(parts)


def entries(office: Office, verb: str) -> list[dict[str, Any]]:
    with office.workspace.read() as tables:
        return [json.loads(ledger_row.entry_json) for ledger_row in tables[rows.LedgerRow].select(verb=verb)]


def refusals(office: Office) -> list[str]:
    with office.workspace.read() as tables:
        return [
            stored_journal_row.verb
            for stored_journal_row in tables[rows.StoredJournalRow].select()
            if stored_journal_row.verb.startswith("refused:")
        ]


def all_holds(office: Office) -> None:
    report = verify_workspace(office.workspace, VerifyRequest(rows=True), QUIET)
    assert report.findings == []


def test_a_scanned_folder_is_stored_whole_and_provable(office: Office, logs: Path, flags: Path) -> None:
    summary = scanned(office, make_request(office, logs, lists=(flags,)))
    assert [(Path(run.path).name, run.hits) for run in summary.runs] == [
        ("access.log.1", 30),
        ("access.log", 100),
        ("other.log.gz", 20),
    ]
    table = stored_rows(office)
    assert table.height == 150
    assert set(table["indicator"]) == {"board.example"}
    assert len(entries(office, "run:registered")) == 3
    all_holds(office)


def test_the_same_scan_again_is_reported_and_changes_nothing(office: Office, logs: Path, flags: Path) -> None:
    scanned(office, make_request(office, logs, lists=(flags,)))
    with office.workspace.read() as tables:
        before = [tables[row].select() for row in (rows.Run, rows.Segment, rows.Intent, rows.LedgerRow, rows.Holding)]
    summary = scanned(office, make_request(office, logs, lists=(flags,)))
    assert [run.was_there for run in summary.runs] == [True, True, True]
    with office.workspace.read() as tables:
        after = [tables[row].select() for row in (rows.Run, rows.Segment, rows.Intent, rows.LedgerRow, rows.Holding)]
    assert after == before


def test_a_newer_list_supersedes_and_says_what_changed(office: Office, logs: Path, flags: Path, tmp_path: Path) -> None:
    first = scanned(office, make_request(office, logs, lists=(flags,)))
    newer = signed_list(tmp_path, "kind,value,category\ndomain,plain.example,csam\n", version="2")
    summary = scanned(office, make_request(office, logs / "access.log", lists=(newer,)))
    (difference,) = summary.differences
    assert difference.superseded == (first.runs[1].run_id,)
    assert (dict(difference.added), dict(difference.dropped)) == (
        {"domain plain.example": 200},
        {"domain board.example": 100},
    )
    assert [entry["facts"] for entry in entries(office, "run:superseded")] == [{"by": summary.runs[0].run_id}]
    with pytest.raises(UntrustedList, match="older list"):
        scan_logs(office.io, make_request(office, logs, lists=(flags,)), QUIET)
    assert refusals(office) == ["refused:list"]
    # Without --list the current ones are taken: the newer alone.
    assert {list_.list_id for list_ in scanned(office, make_request(office, logs)).lists} == {summary.lists[0].list_id}
    all_holds(office)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": AuthorityKind.SEIZURE}, "cannot cover a source of kind proxy"),
        ({"kind": AuthorityKind.REFERRAL}, "cannot cover a source of kind proxy"),
        ({"valid_from_us": 0, "valid_until_us": 1}, "was in force until 1970-01-01"),
        ({"valid_from_us": 1 << 52}, "in force only from"),
        ({"categories_json": '["terror"]'}, "is of the category csam"),
    ],
)
def test_without_an_authority_that_covers_it_nothing_is_read(
    office: Office, logs: Path, flags: Path, change: dict[str, object], says: str
) -> None:
    office.add_authority(number="X 1", **change)
    with pytest.raises(NotAllowed, match=says):
        scan_logs(office.io, replace(make_request(office, logs, lists=(flags,)), authority="X 1"), QUIET)
    assert refusals(office) == ["refused:authority"]
    with office.workspace.read() as tables:
        assert tables[rows.Exhibit].count() == tables[rows.Intent].count() == 0


def test_an_authority_that_ended_or_is_for_other_sources_covers_nothing(
    office: Office, logs: Path, flags: Path
) -> None:
    other = office.add_source(name="another", kind=SourceKind.RESOLVER)
    office.add_authority(number="X 2", sources_json=json.dumps([other.source_id]))
    with pytest.raises(NotAllowed, match="for other sources than proxy"):
        scan_logs(office.io, replace(make_request(office, logs, lists=(flags,)), authority="X 2"), QUIET)
    cases.end_authority(office.io, office.authority.authority_id, "stayed by the court")
    with pytest.raises(NotAllowed, match="stayed by the court"):
        scan_logs(office.io, make_request(office, logs, lists=(flags,)), QUIET)


def test_an_officer_without_permission_cannot_scan_and_the_refusal_is_journaled(
    office: Office, logs: Path, flags: Path
) -> None:
    for role in (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR):
        with pytest.raises(NotAllowed, match="scan is for analyst, custodian, investigating-officer"):
            scan_logs(office[role], make_request(office, logs, lists=(flags,)), QUIET)
    assert refusals(office) == ["refused:right"] * 3


def test_a_list_of_an_issuer_who_is_not_enrolled_is_refused(office: Office, logs: Path, tmp_path: Path) -> None:
    path = signed_list(tmp_path, FLAGS)
    text = Path(f"{path}.minisig").read_text().splitlines()
    path.write_text(FLAGS + "domain,newspaper.example,csam\n")
    with pytest.raises(UntrustedList, match="altered"):
        scan_logs(office.io, make_request(office, logs, lists=(path,)), QUIET)
    assert text
    assert refusals(office) == ["refused:list"]


def test_statistics_store_counts_and_no_visitor(office: Office, logs: Path, flags: Path, tmp_path: Path) -> None:
    source = office.add_source(name="block page", kind=SourceKind.BLOCK_PAGE, use=ListUse.STATISTICS)
    summary = scanned(office, replace(make_request(office, logs, lists=(flags,)), source="block page"))
    assert [(run.use, run.hits, run.segments) for run in summary.runs] == [
        ("statistics", 30, ()),
        ("statistics", 100, ()),
        ("statistics", 20, ()),
    ]
    assert source.use is ListUse.STATISTICS
    counted = signed_list(tmp_path, "kind,value\ndomain,plain.example\n", use="statistics", category=None)
    mixed = scanned(office, make_request(office, logs / "access.log", lists=(flags, counted)))
    assert [(run.use, run.hits, len(run.segments)) for run in mixed.runs] == [("leads", 100, 1), ("statistics", 200, 0)]
    assert set(stored_rows(office)["indicator"]) == {"board.example"}
    all_holds(office)


def test_a_whole_log_takes_two_officers_and_the_servers_own_name(office: Office, logs: Path, flags: Path) -> None:
    request = make_request(office, logs / "access.log", lists=(flags,), all_hits_of="board.example")
    with pytest.raises(NotAllowed, match="no seized server whose own name"):
        scan_logs(office.io, request, QUIET)
    office.add_source(name="server", kind=SourceKind.SEIZED_SERVER, server_name="board.example")
    office.add_authority(number="SM 3/2026", kind=AuthorityKind.SEIZURE)
    request = replace(request, source="server", authority="SM 3/2026", why="the server's own log")
    with pytest.raises(NotAllowed, match="investigating-officer, not for the analyst"):
        scan_logs(office[Role.ANALYST], request, QUIET)
    with pytest.raises(NotAllowed, match="takes two officers"):
        scan_logs(office.io, request, QUIET)
    assert office.approve() == 1
    assert scanned(office, request).runs[0].hits == 100
    assert scanned(office, request).runs[0].was_there
    with pytest.raises(Refused, match="taken whole"):
        scan_logs(office.io, replace(request, all_hits_of=None), QUIET)
    with pytest.raises(NotAllowed, match="takes two officers"):
        scan_logs(office.io, replace(request, logs=(logs / "access.log.1",)), QUIET)
    all_holds(office)


def request_whole_log(office: Office, *logs: Path) -> ScanRequest:
    """A request for logs of a seized server, taken whole."""
    office.add_source(name="server", kind=SourceKind.SEIZED_SERVER, server_name="board.example")
    office.add_authority(number="SM 3/2026", kind=AuthorityKind.SEIZURE)
    request = make_request(office, *logs, all_hits_of="board.example", why="the server's own log")
    return replace(request, source="server", authority="SM 3/2026")


def refusal_of(office: Office, request: ScanRequest) -> NotAllowed:
    with pytest.raises(NotAllowed) as refused:
        scan_logs(office.io, request, QUIET)
    return refused.value


def test_the_approval_of_a_whole_log_names_each_file_and_holds_for_no_other(
    office: Office, logs: Path, flags: Path
) -> None:
    one, other = logs / "access.log", logs / "access.log.1"
    request = replace(request_whole_log(office, one), lists=(flags,))
    refusal_of(office, request)
    (waiting,) = [
        question
        for question in decisions.list_questions(office.supervisor)
        if question.approval.action == "scan:whole-log"
    ]
    frames = len(one.read_bytes().splitlines())
    registered = {"name": one.name, "sha256": compute_sha256(one), "size_bytes": one.stat().st_size, "frames": frames}
    assert waiting.request["files"] == [registered]
    columns = next(line for line in format_request(waiting) if one.name in line).split()
    assert columns == [one.name, f"{frames:,}", compute_sha256(one), f"{one.stat().st_size:,}"]
    assert office.approve() == 1
    before = one.read_bytes()
    # Another file, another beside it, and one that differs by a byte.
    assert any(
        line.startswith(f"not approved: {other.name}, ")
        for line in refusal_of(office, replace(request, logs=(other,))).details
    )
    assert any(other.name in line for line in refusal_of(office, replace(request, logs=(one, other))).details)
    one.write_bytes(before.replace(b"Browser", b"Crowser", 1))
    changed = refusal_of(office, request)
    assert changed.details[0].startswith(f"changed: {one.name}, ") and compute_sha256(one) in changed.details[0]
    one.write_bytes(before + before[:100].partition(b"\n")[0] + b"\n")
    assert refusal_of(office, request).details[0].startswith(f"changed: {one.name}, ")
    # The bytes count, wherever they lie.
    moved = logs / "elsewhere.log"
    moved.write_bytes(before)
    assert scanned(office, replace(request, logs=(moved,))).runs[0].hits == 100
    with office.workspace.read() as tables:
        (run,) = tables[rows.Run].select()
    (entry,) = entries(office, Verb.RUN_REGISTERED)
    approval = waiting.approval.approval_id
    stated = {"approval": approval, "source": run.source_id, "authority": run.authority_id, "exhibit": run.exhibit_id}
    assert {name: entry["facts"][name] for name in stated} == stated
    all_holds(office)


def test_fewer_files_than_approved_are_not_what_was_approved(office: Office, logs: Path, flags: Path) -> None:
    one, other = logs / "access.log", logs / "access.log.1"
    request = replace(request_whole_log(office, one, other), lists=(flags,))
    refusal_of(office, request)
    assert office.approve() == 1
    fewer = refusal_of(office, replace(request, logs=(one,)))
    assert [line for line in fewer.details if line.startswith(f"approved, and not given now: {other.name}, ")]
    assert len(scanned(office, request).runs) == 2


def test_a_file_that_changes_while_it_is_read_is_not_registered(
    office: Office, logs: Path, flags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = logs / "access.log"
    request = replace(request_whole_log(office, one), lists=(flags,))
    refusal_of(office, request)
    assert office.approve() == 1
    is_approved = whole_log.require_approval

    def approved_and_changed(*words: Any) -> Any:
        found = is_approved(*words)
        one.write_bytes(one.read_bytes().replace(b"Browser", b"Crowser", 1))
        return found

    monkeypatch.setattr("sightline.services.scan.scan.require_approval", approved_and_changed)
    refused = refusal_of(office, request)
    assert "not as approved" in str(refused) and compute_sha256(one) in refused.details[0]
    with office.workspace.read() as tables:
        assert not tables[rows.Run].select()


def test_a_purge_takes_the_name_of_a_file_out_of_the_approval_of_the_whole_log(
    office: Office, logs: Path, flags: Path
) -> None:
    one, other = logs / "of-a-person.log", logs / "access.log.1"
    (logs / "access.log").rename(one)
    request = replace(request_whole_log(office, one, other), lists=(flags,))
    refusal_of(office, request)
    assert office.approve() == 1
    digest = next(run.exhibit_sha256 for run in scanned(office, request).runs if run.path.endswith(one.name))
    with pytest.raises(NotAllowed, match="takes two officers"):
        purge_exhibit(office.io, digest, "keeping time over, order 7", early=True)
    office.approve()
    purge_exhibit(office.io, digest, "keeping time over, order 7", early=True)
    with office.workspace.read() as tables:
        (approval,) = tables[rows.Approval].select(action="scan:whole-log")
        texts = [opening.text or "" for opening in tables[rows.Opening].select()]
    assert {file.name for file in whole_log.list_approved_files(approval)} == {"", other.name}
    assert one.name not in "".join([*texts, approval.request_json])
    all_holds(office)


def test_a_servers_own_log_needs_no_list_but_the_one_that_flags_it(office: Office, logs: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = signed_list(tmp_path / "other", "kind,value\ndomain,elsewhere.example\n", category="spam")
    flags = signed_list(tmp_path, FLAGS)
    for path in (flags, other):
        scanned(office, make_request(office, logs / "access.log.1", lists=(path,)))
    office.add_source(name="server", kind=SourceKind.SEIZED_SERVER, server_name="board.example")
    office.add_authority(number="SM 3/2026", kind=AuthorityKind.SEIZURE, categories_json='["csam"]')
    request = make_request(office, logs / "access.log", all_hits_of="board.example", why="the server's own log")
    request = replace(request, source="server", authority="SM 3/2026")
    with pytest.raises(NotAllowed, match="takes two officers"):
        scan_logs(office.io, request, QUIET)
    assert office.approve() == 1
    assert scanned(office, request).runs[0].hits == 100


def test_declarations_of_the_source_are_used_and_an_exhibit_may_differ(
    office: Office, tmp_path: Path, flags: Path
) -> None:
    log = tmp_path / "query.log"
    log.write_text(
        (
            "01-Mar-2026 12:00:00.000 client @0x7f 192.0.2.9#5353 (board.example): query: board.example IN A + "
            "(203.0.113.5)\n"
        )
        * 3
    )
    office.add_source(
        name="resolver",
        kind=SourceKind.RESOLVER,
        timezone="Asia/Kolkata",
        clock_offset_us=2_000_000,
        clock_uncertainty_s=3,
        clock_measured="against NTP at the seizure",
    )
    request = replace(make_request(office, log, lists=(flags,)), source="resolver")
    scanned(office, request)
    assert {str(at) for at in stored_rows(office)["timestamp"]} == {"2026-03-01 06:29:58+00:00"}
    assert set(stored_rows(office)["uncertainty_s"]) == {3}
    summary = scanned(office, replace(request, clock_offset_s=0.0, clock_measured="NTP log"))
    assert summary.runs[0].superseded
    with office.workspace.read() as tables:
        newest = max(tables[rows.Run].select(), key=lambda run: run.registered_at_us)
    assert json.loads(newest.manifest_json)["clock_measured"] == "NTP log"


def test_a_plan_does_nothing(office: Office, logs: Path, flags: Path) -> None:
    outcome: WorkspaceScan = scan_logs(office.io, make_request(office, logs, lists=(flags,), dry_run=True), QUIET)
    assert [job.chosen.scan.name.rpartition("/")[2] for job in outcome.work] == [
        "access.log.1",
        "access.log",
        "other.log.gz",
    ]
    with office.workspace.read() as tables:
        assert tables[rows.Exhibit].count() == tables[rows.Intent].count() == tables[rows.FlagListRow].count() == 0
    assert list(office.workspace.segments.names()) == []


def test_files_of_a_dead_scan_are_swept_and_those_with_a_live_lease_stay(
    office: Office, logs: Path, flags: Path
) -> None:
    dead = leases.begin_intent(office.workspace, office.io.signer, now() - timedelta(hours=1))
    alive = leases.begin_intent(office.workspace, office.io.signer, now())
    for intent in (dead, alive):
        with office.workspace.segments.open_staging(intent.intent_id) as staging:
            (staging.folder / "000000.parquet").write_bytes(b"half")
            staging.publish()
    assert scan_logs(office.io, make_request(office, logs, lists=(flags,)), QUIET).swept == 1
    with office.workspace.read() as tables:
        states = {intent.intent_id: intent.state for intent in tables[rows.Intent].select()}
    assert states[dead.intent_id] is IntentState.SWEPT
    assert states[alive.intent_id] is IntentState.OPEN
    assert not office.workspace.segments.exists(f"{dead.intent_id}/000000.parquet")
    assert office.workspace.segments.exists(f"{alive.intent_id}/000000.parquet")


def test_the_same_file_under_a_second_authority_is_held_twice_and_read_once(
    office: Office, logs: Path, flags: Path
) -> None:
    scanned(office, make_request(office, logs / "access.log", lists=(flags,)))
    office.add_authority(number="s.94 order 8/2026")
    again = replace(make_request(office, logs / "access.log", lists=(flags,)), authority="s.94 order 8/2026")
    assert scanned(office, again).runs[0].was_there
    with office.workspace.read() as tables:
        assert tables[rows.Holding].count() == 2
        assert tables[rows.Run].count() == 1
    all_holds(office)


def test_standard_input_is_no_exhibit(office: Office, flags: Path) -> None:
    with pytest.raises(UsageError, match="standard input"):
        scan_logs(office.io, make_request(office, Path("-"), lists=(flags,)), QUIET)


def test_a_list_that_expires_is_not_taken_by_itself(office: Office, logs: Path) -> None:
    assert to_microseconds(now())
    with pytest.raises(UsageError, match="no list that is valid now"):
        scan_logs(office.io, make_request(office, logs), QUIET)


def test_a_damaged_list_of_the_workspace_is_named_by_its_issuer_not_by_a_temporary_path(
    tmp_path: Path, logs: Path, flags: Path
) -> None:
    office = found_office(tmp_path / "workspace")
    scanned(office, make_request(office, logs / "access.log", lists=(flags,)))
    with office.workspace.read() as tables:
        (row,) = tables[rows.FlagListRow].select()
    (stored,) = (tmp_path / "workspace").rglob(Path(row.file).name)
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes().replace(b"board", b"other"))
    with pytest.raises(SightlineError) as refused:
        scan_logs(office.io, make_request(office, logs / "access.log.1"), QUIET)
    assert str(refused.value).startswith(f"the list {row.issuer}-")
    assert "sightline-lists-" not in "".join([str(refused.value), refused.value.hint or "", *refused.value.details])


def test_a_name_that_is_no_utf8_and_a_relative_one_are_recorded_whole(
    office: Office, tmp_path: Path, flags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    name = os.fsdecode(b"bad\xff.log")
    (folder / name).write_text(combined_log(30))
    monkeypatch.chdir(tmp_path)
    summary = scanned(office, make_request(office, Path("odd"), lists=(flags,)))
    assert "bad\\\\xff.log" in summary.to_json()
    with office.workspace.read() as tables:
        (held,) = tables[rows.Holding].select()
    assert held.path == str(tmp_path / "odd" / "bad\\xff.log")
    all_holds(office)


def test_a_clock_that_was_ahead_once_stops_no_scan(office: Office, logs: Path, flags: Path) -> None:
    until = to_microseconds(now() + timedelta(days=30))
    office.add_authority(number="X 9", valid_until_us=until)
    ahead = replace(office.io, clock=lambda: now() + timedelta(days=3650))
    with ahead.workspace.change(ahead.signer, ahead.clock()) as change:
        change.ledger.append(Verb.CASE_CHANGED, change.signer, f"case:{office.case.case_id}")
    assert scanned(office, replace(make_request(office, logs, lists=(flags,)), authority="X 9")).runs
    all_holds(office)


def test_an_archive_in_two_formats_is_two_runs_and_neither_replaces_the_other(
    office: Office, tmp_path: Path, flags: Path
) -> None:
    request = "178066080{}.000 1 192.0.2.1 TCP_MISS/200 5 GET http://board.example/ - HIER_DIRECT/192.0.2.9 text/html\n"
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("access.log", combined_log(30))
        archive.writestr("README", "no log\n")
        archive.writestr("proxy.log", "".join(request.format(second) for second in range(4)))
    wanted = make_request(office, path, lists=(flags,))
    summary = scanned(office, wanted)

    assert [(run.format, run.hits, run.superseded) for run in summary.runs] == [("combined", 10, ()), ("squid", 4, ())]
    with office.workspace.read() as tables:
        current = [
            (current_run.run.format, read_members_of_run(current_run.run)) for current_run in list_current_runs(tables)
        ]
        (first,) = [run for run in tables[rows.Run].select() if run.format == "combined"]
        assert {run.exhibit_id for run in tables[rows.Run].select()} == {compute_sha256(path)}
    assert sorted(current) == [("combined", "1"), ("squid", "3")]
    assert json.loads(first.manifest_json)["account"]["rejects"] == {"unknown-format": 1}
    again = scanned(office, wanted)
    assert [run.was_there for run in again.runs] == [True, True]
    newer = signed_list(tmp_path, FLAGS + "domain,plain.example,csam\n", version="2")
    replaced = scanned(office, replace(wanted, lists=(newer,)))
    assert [[other[:12] for other in run.superseded] for run in replaced.runs] == [
        [run.run_id[:12]] for run in summary.runs
    ]
    with office.workspace.read() as tables:
        assert len(list_current_runs(tables)) == 2
    all_holds(office)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [(None, "2", True), ("1-3,7", "5-6,8", False), ("1-3", "3", True), ("9", "1,8-10", True), ("", "1", False)],
)
def test_runs_of_an_exhibit_replace_each_other_only_where_they_read_a_member_in_common(
    one: str | None, other: str | None, *, is_same: bool
) -> None:
    assert do_overlap(one, other) is do_overlap(other, one) is is_same
