"""Notices from a real record: only what the case holds and the evidence carries; due,
reminded; then the subscribers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from sightline.casework.cases import cases
from sightline.casework.notices import licensees, notices
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.errors import UsageError
from sightline.evidence.documents.document_facts import Language
from sightline.model import DatasetKind, NatLogs, NoticeKind, NoticeState, Role, Stamp
from sightline.services.lead_index.index import LeadIndex
from sightline.services.notices import drafts, notice_rows, notice_steps
from sightline.services.notices.drafts import NoticeDraftRequest, plan_notices
from sightline.services.notices.export import write_reminder
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.stages.resolve.model import ASKED_NUMBERS
from sightline.stages.resolve.questions import LeftOutReason
from sightline.storage import rows
from sightline.storage.ulid import make_id
from tests.casework.conftest import Clock, Staff
from tests.copies import copied
from tests.evidence.documents.pdf_reader import words
from tests.office import found_office
from tests.services.leads.office import START, LeadOffice, Visit

NETWORKS = """\
cidr,asn,isp,line,circle
198.51.100.0/25,AS64500,Alpha Mobile,mobile,KL
198.51.100.128/25,AS64501,Beta Broadband,fixed,
"""
STATEMENT = "cidr,shared,ports,from,until\n198.51.100.64/26,yes,1024,2026-01-01,2026-12-31\n"
RECORDS = NoticeKind.RECORDS


@pytest.fixture
def lead_office(tmp_path: Path) -> LeadOffice:
    return lead_office_in(tmp_path)


def lead_office_in(folder: Path, database: str | None = None) -> LeadOffice:
    """An office in an exercise, with a station officer and a superintendent, networks, and two licensees."""
    return copied("noticing", _make_unit, folder) if database is None else _make_unit(folder, database)


def _make_unit(folder: Path, database: str | None = None) -> LeadOffice:
    clock = Clock(datetime(2026, 6, 5, tzinfo=UTC))
    office = found_office(folder / "workspace", clock=clock, stamp=Stamp.EXERCISE, database=database)
    for role in (Role.STATION_OFFICER, Role.SUPERINTENDENT):
        office.officer_sessions[role] = Staff(office, clock, office.officer_sessions).enrolled(
            role, f"{role.value} of the demo"
        )
    for kind, name, text in ((DatasetKind.NETWORK, "isp", NETWORKS), (DatasetKind.NAT, "nat", STATEMENT)):
        path = folder / f"{name}.csv"
        path.write_text(text)
        import_dataset(office.io, DatasetRequest(path, kind, date(2026, 3, 1)))
    for name in ("Alpha Mobile", "Beta Broadband"):
        licensees.set_licensee(office.io, licensees.LicenseeForm(name, f"Nodal Officer, {name}", NatLogs.BLOCKS))
    return LeadOffice(office, folder)


UNPROVEN = (
    "<134>Mar  1 17:31:00 haproxy[781]: 198.51.100.7:40050 [01/Mar/2026:17:31:00.000] fe be/s 0/0/0/0/0 200 150 - - "
    "----"
    ' 1/1/0/0/0 0/0 {board.example|Mozilla/5.0} {text/html} "GET /room/1 HTTP/1.1"\n'
)
"""A visit at 12:01 UTC, if the clock that wrote it was in India, as nobody proved."""


def list_visits(rows_: pl.DataFrame) -> list[tuple[object, ...]]:
    """Address, port, first and last second after START."""
    times = [(pl.col(name) - START * 1_000_000) / 1_000_000 for name in ("first_us", "last_us")]
    return list(rows_.sort("ip", "first_us", "port").select("ip", "port", *times).iter_rows())


def test_rows_are_of_visits_that_the_case_holds_and_that_carry(lead_office: LeadOffice) -> None:
    office, flags = lead_office.office, lead_office.flags()
    other = cases.open_case(
        office.io, replace(office.case, case_id=make_id(office.io.clock()), number="FIR 13/2026", begun_on="2024-06-30")
    )
    order = office.add_authority(case_id=other.case_id, number="order 8/2026")
    office.add_source(name="local", timezone="Asia/Kolkata")
    mine = [
        Visit(0, port=40_000),
        Visit(60, "198.51.100.70", port=2_040),
        Visit(61, "198.51.100.70", port=2_030),
        Visit(62, "198.51.100.70", port=5_000),
        Visit(90, port=40_000),
        Visit(99, "198.51.100.70", port=0),
    ]
    theirs = [Visit(120, port=40_000), Visit(130, port=40_009), Visit(140, "198.51.100.200", port=1_500)]
    (lead_office.folder / "local.log").write_text(UNPROVEN)
    lead_office.scan(lead_office.log("mine.log", mine), flags, format="zeek-http")
    lead_office.scan(lead_office.folder / "local.log", flags, source="local", format="haproxy")
    scan_logs(
        office.io,
        ScanRequest((lead_office.log("theirs.log", theirs),), office.source.name, order.number, (flags,), "zeek-http"),
        lambda *_: None,
    )
    lead_office.rebuild()
    here = plan_notices(office.io, NoticeDraftRequest(office.case.case_id, RECORDS))
    assert [(part.licensee.name, part.circle) for part in here.parts] == [("Alpha Mobile", "Kerala")]
    # Two blocks of ports are two sessions, of whose visits without a port neither is; each port is
    # asked for, and each again after a minute; the visit at a time that nobody
    # proved, and those that another case holds, stand in the same session as 40000 and are not asked for.
    assert list_visits(here.parts[0].rows) == [
        ("198.51.100.7", 40_000, 0.0, 0.0),
        ("198.51.100.7", 40_000, 90.0, 90.0),
        ("198.51.100.70", 2_040, 60.0, 60.0),
        ("198.51.100.70", 2_030, 61.0, 61.0),
        ("198.51.100.70", 5_000, 62.0, 62.0),
    ]
    assert here.left_out.whys == {LeftOutReason.OTHER_CASE: 1, LeftOutReason.KEEPS_NONE: 1}
    addresses = {lead["lead_id"]: lead["source_ip"] for lead in lead_office.leads()}
    named = {why: [addresses[lead] for lead in leads] for why, leads in here.left_out.leads.items()}
    assert named == {LeftOutReason.OTHER_CASE: ["198.51.100.200"], LeftOutReason.KEEPS_NONE: ["198.51.100.70"]}
    # Of a lead alone only its address is read, whole: the rows are those that all leads give together.
    alone = [
        plan_notices(office.io, NoticeDraftRequest(office.case.case_id, RECORDS, leads=(address,)))
        for address in addresses
    ]
    rows_alone = pl.concat(part.rows for notice_plan in alone for part in notice_plan.parts)
    assert list_visits(rows_alone) == list_visits(here.parts[0].rows)
    # The leads that a server has in memory give the same plans, by whole ids and by the ends of ids.
    view = LeadIndex(office.io.workspace).open_view()
    for before, one in zip(alone, addresses, strict=True):
        for name in (one, one[-8:]):
            again = plan_notices(office.io, NoticeDraftRequest(office.case.case_id, RECORDS, leads=(name,)), view=view)
            assert [part.rows.rows() for part in again.parts] == [part.rows.rows() for part in before.parts]
            assert again.left_out == before.left_out
    there = plan_notices(office.io, NoticeDraftRequest(other.case_id, RECORDS))
    assert [row for part in there.parts for row in list_visits(part.rows)] == [
        ("198.51.100.7", 40_000, 120.0, 120.0),
        ("198.51.100.7", 40_009, 130.0, 130.0),
        ("198.51.100.200", 1_500, 140.0, 140.0),
    ]
    drafted = drafts.draft_all_notices(office.io, other.case_id, RECORDS)
    assert {notice.form.partition(":")[0] for notice in drafted} == {"crpc-91"}


def test_the_same_leads_are_the_same_bytes_and_an_answer_is_awaited_until_its_day(
    lead_office: LeadOffice, tmp_path: Path
) -> None:
    office, clock = lead_office.office, lead_office.office.io.clock
    assert isinstance(clock, Clock)
    lead_office.scan(
        lead_office.log("one.log", [Visit(at, port=40_000) for at in (0, 30)]),
        lead_office.flags(),
        format="zeek-http",
    )
    lead_office.rebuild()
    case, sho = office.case.case_id, office[Role.STATION_OFFICER]
    (letter,) = drafts.draft_all_notices(office.io, case, NoticeKind.PRESERVATION)
    (order,) = drafts.draft_all_notices(office.io, case, RECORDS)
    assert drafts.draft_all_notices(office.io, case, RECORDS) == []
    assert (letter.sha256, letter.number, order.number) == (
        order.sha256,
        "FIR 12/2026, notice 1",
        "FIR 12/2026, notice 2",
    )
    assert (
        notice_rows.read_rows_of_notice(office.workspace, order)["row_id"].to_list()
        == notice_rows.read_rows_of_notice(office.workspace, letter)["row_id"].to_list()
    )

    order = notice_steps.approve_notice(sho, order, "compared with the log")
    sent = notice_steps.mark_sent(office.io, order, "by hand")
    clock.pass_by(timedelta(days=14))
    with pytest.raises(UsageError, match="no reminder is due"):
        write_reminder(office.io, sent.notice_id, tmp_path / "out", Language.ENGLISH)
    clock.pass_by(timedelta(days=2))
    text = words(write_reminder(office.io, sent.notice_id, tmp_path / "out", Language.ENGLISH).read_bytes())
    for part in ("Reminder", "FIR12/2026,notice2", "2026-06-05", "2026-06-20"):
        assert part in text
    assert "198.51.100.7" not in text

    numbers = pl.DataFrame(
        [("a1" * 6, "919000000001", "msisdn", 1, 0, 1_772_366_430_000_000)], ASKED_NUMBERS, orient="row"
    )
    request = NoticeDraftRequest(case, NoticeKind.SUBSCRIBERS, rows=numbers, follows=sent.notice_id)
    second = drafts.draft_notice(office.io, request)
    assert (second.follows, second.licensee_id, second.circle) == (sent.notice_id, sent.licensee_id, "Kerala")
    second = notice_steps.approve_notice(office[Role.SUPERINTENDENT], second, "needed")
    with (
        pytest.raises(UsageError, match="is approved, and cannot be approved"),
        office.io.workspace.change(sho.signer, clock()) as change,
    ):
        approval = change.tables[rows.Approval].get(second.approval_id or "")
        assert approval is not None
        notices.approve_drafted(change, approval)
    assert second.state is NoticeState.APPROVED
