"""Clocks, legal holds and purges: two officers, nothing left of the content, and a ledger that still proves itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from sightline.casework.exhibits.exhibits import CustodyStep, record_step
from sightline.casework.exhibits.holds import lift_hold, list_holds, set_hold
from sightline.casework.exhibits.purge import PurgeResult, purge_exhibit
from sightline.casework.exhibits.retention import list_due_exhibits
from sightline.casework.oversight import backups
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.errors import NotAllowed, Refused, StoreUnreachable, UsageError
from sightline.evidence.bundle_file import BundleKind
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import CustodyEvent, Role
from sightline.services.bundles.bundle import BundleRequest, write_bundle
from sightline.services.documents.exhibit_graph import GraphRequest, release_graph
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.storage.database import run_transaction
from sightline.storage.schema import schema_tables
from tests.office import Office, combined_log, found_office, now, signed_list

QUIET = lambda *_: None  # noqa: E731
CANARY = "qanaryq"
OTHER = "starlingq"
"""What must be gone, and what must stay."""


@pytest.fixture(params=["folder", "servers"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    if request.param == "folder":
        return found_office(tmp_path / "workspace")
    database, bucket = request.getfixturevalue("postgres_url"), request.getfixturevalue("s3")
    return found_office(tmp_path / "workspace", database=database, segments=bucket.url)


def scanned(office: Office, tmp_path: Path, marker: str, *, authority: str | None = None) -> str:
    """The exhibit of a log whose path and lines hold the marker, with steps of custody, views
    and a bundle asked for.
    """
    folder = tmp_path / f"seized from {marker}'s house"
    folder.mkdir(exist_ok=True)
    log = folder / f"{marker}.log"
    log.write_text(combined_log(600).replace("Browser/", f"{marker}/"))
    flags = signed_list(tmp_path, "kind,value,category\ndomain,board.example,csam\n")
    scan_logs(office.io, ScanRequest((log,), office.source.name, authority or office.authority.number, (flags,)), QUIET)
    with office.workspace.read() as tables:
        (held,) = [holding for holding in tables[rows.Holding].select() if marker in holding.path]
    exhibit, io = held.exhibit_id, office.io
    step = CustodyStep(CustodyEvent.MOVED, 0, f"{marker} Rao", f"by {marker}", f"{marker} store", f"why {marker}")
    record_step(office[Role.CUSTODIAN], exhibit, step)
    with office.workspace.change(io.signer, now()) as change:
        request: approvals.Request = {"address": f"{marker}:192.0.2.7"}
        approvals.ask(change, Action.BUNDLE, f"exhibit:{exhibit}", request, f"{marker} asked for it")
        tells = {"why": f"for {marker} as the order says"}
        change.ledger.append(Verb.CERTIFICATE_MADE, io.signer, f"exhibit:{exhibit}", tells=tells)
    office.workspace.append_to_journal(
        io.officer.officer_id, JournalVerb.VIEW_ADDRESS, f"exhibit:{exhibit}", f"{marker}: reason", now()
    )
    refused = f"{log}: could not be read"
    office.workspace.append_to_journal(
        io.officer.officer_id, JournalVerb.REFUSED_RIGHT, f"source:{office.source.source_id}", refused, now()
    )
    return exhibit


def purged(office: Office, exhibit: str, *, early: bool = True) -> PurgeResult:
    with pytest.raises(NotAllowed, match="takes two officers"):
        purge_exhibit(office.io, exhibit, "keeping time over", early=early)
    approve(office, "purge")
    return purge_exhibit(office.io, exhibit, "keeping time over", early=early)


def approve(office: Office, action: str) -> None:
    """The second officer gives what was asked for last."""
    with office.workspace.read() as tables:
        asked = [approval for approval in tables[rows.Approval].select(action=action) if approval.state == "asked"][-1]
    with office.supervisor.change(Action.APPROVAL_DECIDE, f"approval:{asked.approval_id}") as change:
        approvals.decide(office.supervisor, change, asked.approval_id, give=True, why="seen with its papers")


def everything(office: Office) -> bytes:
    """All that the record holds: every byte of its folder; of servers, every row and every file."""
    found = [path.read_bytes() for path in office.workspace.folder.rglob("*") if path.is_file()]
    with run_transaction(office.workspace.engine, writes=False) as connection:
        for schema_table in schema_tables.values():
            found += [repr(tuple(row)).encode() for row in connection.execute(select(schema_table))]
    for stored in office.workspace.segments.names():
        with office.workspace.segments.open_local(stored.name) as path:
            import polars

            found.append(repr(polars.read_parquet(path).rows()).encode() if path.suffix == ".parquet" else b"")
    return b"\n".join(found)


def refusals(office: Office) -> list[str]:
    with office.workspace.read() as tables:
        return [
            stored_journal_row.verb
            for stored_journal_row in tables[rows.StoredJournalRow].select()
            if stored_journal_row.verb.startswith("refused:")
        ]


def test_purging_an_exhibit_removes_all_its_data_and_leaves_the_rest(office: Office, tmp_path: Path) -> None:
    mine, other = scanned(office, tmp_path, CANARY), scanned(office, tmp_path, OTHER)
    assert everything(office).count(CANARY.encode()) > 400
    with office.workspace.read() as tables:
        (run,) = tables[rows.Run].select(exhibit_id=mine)
        keys = [run.row_key]
        openings = [opening.salt for opening in tables[rows.Opening].select() if CANARY in (opening.text or "")]
    done = purged(office, mine)
    assert (done.counts["runs"], done.counts["hits"], done.counts["segments"], done.files) == (1, 200, 1, 1)
    assert done.counts["openings"] >= 6
    assert done.is_clean
    left = everything(office)
    assert CANARY.encode() not in left
    for secret in (*keys, *openings):
        assert secret
        assert secret not in left
        assert secret.hex().encode() not in left
    assert left.count(OTHER.encode()) > 200
    backups.make_backup(office[Role.CUSTODIAN], tmp_path / "after.tar", QUIET, unencrypted=True)
    assert CANARY.encode() not in (tmp_path / "after.tar").read_bytes()
    report = verify_workspace(office.workspace, VerifyRequest(rows=True), QUIET)
    assert report.findings == []
    with office.workspace.read() as tables:
        exhibit, other_exhibit = tables[rows.Exhibit].get(mine), tables[rows.Exhibit].get(other)
        assert exhibit and exhibit.purged_at_us is not None
        assert other_exhibit and other_exhibit.purged_at_us is None
        entries = [json.loads(ledger_row.entry_json) for ledger_row in tables[rows.LedgerRow].select(verb="purge:done")]
    (entry,) = [one for one in entries if one["thing"] == f"exhibit:{mine}"]
    assert (entry["facts"]["hits"], entry["facts"]["segments"]) == (200, 1)
    assert {one["thing"].partition(":")[0] for one in entries} == {"exhibit", "holding", "run", "custody", "approval"}


def test_a_changed_row_of_a_purged_thing_is_still_found(tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    exhibit = scanned(office, tmp_path, CANARY)
    purged(office, exhibit)
    with run_transaction(office.workspace.engine, writes=True) as connection:
        connection.execute(text("UPDATE custody SET person = 'somebody else'"))
    (finding,) = verify_workspace(office.workspace, VerifyRequest(), QUIET).findings
    assert "custody" in finding.where


def test_a_purge_takes_two_officers_and_serves_for_just_this(office: Office, tmp_path: Path) -> None:
    exhibit = scanned(office, tmp_path, CANARY)
    with pytest.raises(NotAllowed, match="purge is for"):
        purge_exhibit(office[Role.ANALYST], exhibit, "tidying up", early=True)
    with pytest.raises(NotAllowed, match="takes two officers"):
        purge_exhibit(office.io, exhibit, "keeping time over", early=True)
    with office.workspace.read() as tables:
        (asked,) = tables[rows.Approval].select(action="purge")
    with (
        pytest.raises(NotAllowed, match="the officer who asked cannot decide"),
        office.io.change(Action.PURGE, "x:y") as change,
    ):
        approvals.decide(office.io, change, asked.approval_id, give=True, why="myself as the order says")
    office.approve()
    # A newer run came: what was approved is not what is there.
    newer = signed_list(tmp_path, "kind,value,category\ndomain,plain.example,csam\n", version="2")
    log = next(tmp_path.glob("seized*")) / f"{CANARY}.log"
    scan_logs(office.io, ScanRequest((log,), office.source.name, office.authority.number, (newer,)), QUIET)
    with pytest.raises(NotAllowed, match="takes two officers"):
        purge_exhibit(office.io, exhibit, "keeping time over", early=True)
    assert CANARY.encode() in everything(office)
    assert "refused:approval" in refusals(office)


@pytest.mark.parametrize("kind", ["exhibit", "authority", "case"])
def test_a_hold_beats_a_purge_that_was_approved(tmp_path: Path, kind: str) -> None:
    office = found_office(tmp_path / "workspace")
    exhibit = scanned(office, tmp_path, CANARY)
    with pytest.raises(NotAllowed):
        purge_exhibit(office.io, exhibit, "keeping time over", early=True)
    office.approve()
    named = {"exhibit": exhibit[:12], "authority": office.authority.number, "case": office.case.number}[kind]
    hold = set_hold(office.io, f"{kind}:{named}", "appeal pending")
    for early in (False, True):
        with pytest.raises(Refused, match=f"on legal hold: {hold.hold_id} on {kind}"):
            purge_exhibit(office.io, exhibit, "keeping time over", early=early)
    assert refusals(office).count("refused:hold") == 2
    assert CANARY.encode() in everything(office)
    with pytest.raises(NotAllowed, match="hold:lift is for"):
        lift_hold(office.io, hold.hold_id, "no")
    lift_hold(office.supervisor, hold.hold_id, "appeal decided")
    with pytest.raises(UsageError, match="is lifted already"):
        lift_hold(office.supervisor, hold.hold_id, "again")
    assert purge_exhibit(office.io, exhibit, "keeping time over", early=True).counts["runs"] == 1
    assert [hold.lifted_at_us is None for hold in list_holds(office.io)] == [False]
    assert verify_workspace(office.workspace, VerifyRequest(), QUIET).findings == []


def test_the_clock_is_the_latest_day_and_outcome_is_later_than_any(tmp_path: Path) -> None:
    at = [now()]
    office = found_office(tmp_path / "workspace", clock=lambda: at[0])
    day = 86_400_000_000
    for number, keeps in (("A 1", 10), ("A 2", 30)):
        office.add_authority(number=number, keep_until_us=to_microseconds(at[0]) + keeps * day)
    exhibit = scanned(office, tmp_path, CANARY, authority="A 1")
    assert list_due_exhibits(office.io) == []
    with pytest.raises(Refused, match=r"is kept until .* under A 1"):
        purge_exhibit(office.io, exhibit, "too soon")
    at[0] += timedelta(days=11)
    (clock,) = list_due_exhibits(office.io)
    assert (clock.exhibit.exhibit_id, clock.authorities, clock.content.hits) == (exhibit, ("A 1",), 200)
    log = next(tmp_path.glob("seized*")) / f"{CANARY}.log"
    scan_logs(office.io, ScanRequest((log,), office.source.name, "A 2", ()), QUIET)
    assert list_due_exhibits(office.io) == []
    with pytest.raises(Refused, match="under A 1, A 2"):
        purge_exhibit(office.io, exhibit, "too soon")
    at[0] += timedelta(days=20)
    assert len(list_due_exhibits(office.io)) == 1
    set_hold(office.io, f"exhibit:{exhibit}", "appeal")
    (clock,) = list_due_exhibits(office.io)
    assert len(clock.holds) == 1
    # An authority without a day keeps until the outcome: no day is over then.
    scan_logs(office.io, ScanRequest((log,), office.source.name, office.authority.number, ()), QUIET)
    assert list_due_exhibits(office.io) == []


def test_the_second_officer_sees_that_a_purge_is_early(tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    office.add_authority(number="A 1", keep_until_us=to_microseconds(now()) + 86_400_000_000)
    exhibit = scanned(office, tmp_path, CANARY, authority="A 1")
    done = purged(office, exhibit, early=True)
    assert done.counts["runs"] == 1
    with office.workspace.read() as tables:
        (asked,) = tables[rows.Approval].select(action="purge")
    assert json.loads(asked.request_json)["early"] == "yes"


def test_a_purge_that_broke_off_is_finished_by_the_next(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the transaction and the files: no reader sees them, verification holds, and the next purge takes them."""
    exhibit = scanned(office, tmp_path, CANARY)

    def away(*_: object) -> None:
        raise StoreUnreachable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(office.workspace.segments), "delete", away)
        with pytest.raises(StoreUnreachable):
            purged(office, exhibit)
    assert len([name for name in office.workspace.segments.names() if name.name.endswith("parquet")]) == 1
    assert verify_workspace(office.workspace, VerifyRequest(), QUIET).findings == []
    done = purge_exhibit(office.io, exhibit, "again", early=True)
    assert (done.counts, done.files) == ({}, 1)
    assert CANARY.encode() not in everything(office)


def test_a_purged_exhibit_is_not_scanned_again(tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    exhibit = scanned(office, tmp_path, CANARY)
    purged(office, exhibit)
    log = next(tmp_path.glob("seized*")) / f"{CANARY}.log"
    for version in ("2", "3"):
        flags = signed_list(tmp_path, f"kind,value,category\ndomain,board.example,csam\n#{version}\n", version=version)
        request = ScanRequest((log,), office.source.name, office.authority.number, (flags,))
        with pytest.raises(Refused, match="was purged"):
            scan_logs(office.io, replace(request), QUIET)
    assert CANARY.encode() not in everything(office)


def test_rows_that_were_read_after_the_approval_were_not_approved(tmp_path: Path) -> None:
    """An approval is for the runs that the second officer saw: a purge, a graph and a bundle are asked for again."""
    office = found_office(tmp_path / "workspace")
    exhibit = scanned(office, tmp_path, CANARY)
    graphed = GraphRequest(exhibit, tmp_path / "case.jsonld", "for the court")
    bundled = BundleRequest(BundleKind.COURT, tmp_path / "court.zip", "for the court", exhibit)
    acts: dict[str, tuple[str, Callable[[], object]]] = {
        "graph": ("bundle", lambda: release_graph(office.io, graphed)),
        "bundle": ("bundle", lambda: write_bundle(office.io, bundled)),
        "purge": ("purge", lambda: purge_exhibit(office.io, exhibit, "order of the court", early=True)),
    }

    def ask_all() -> None:
        for action, act in acts.values():
            with pytest.raises(NotAllowed, match="takes two officers"):
                act()
            approve(office, action)

    ask_all()
    log = next(tmp_path.glob("seized*")) / f"{CANARY}.log"
    flags = signed_list(tmp_path, "kind,value,category\ndomain,board.example,csam\n#2\n", version="2")
    scan_logs(office.io, ScanRequest((log,), office.source.name, office.authority.number, (flags,)), QUIET)
    ask_all()
    for _, act in acts.values():
        act()
