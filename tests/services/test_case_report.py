"""The report of a case: its whole file as PDF/A, subscribers masked unless two officers opened them, in the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.casework import decisions
from sightline.casework.cases import case_notes
from sightline.casework.permissions.approvals import TakesTwo
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, OutputExists, UsageError
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.model import Role
from sightline.model.progress import ignore_progress
from sightline.services.artifacts.resolutions import decrypt_identity, require_newest_resolution
from sightline.services.case_files.attachments import NewFile, write_note
from sightline.services.case_report.case_leads import list_subscribers
from sightline.services.case_report.case_view import load_case
from sightline.services.case_report.report import ReportRequest, give_out, make_report, write_report
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from tests.evidence.documents.pdf_reader import catalogue, words
from tests.office import Office, found_office
from tests.web.used_workspace import UsedWorkspace, used_workspace

WHY = "charge sheet of the exercise case"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return found_office(tmp_path)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UsedWorkspace]:
    base = tmp_path_factory.mktemp("case-report")
    yield used_workspace(base / "lived-in", base / "unit")


def squeezed(*texts: str) -> list[str]:
    return ["".join(text.split()) for text in texts]


def reported(officer_session: OfficerSession) -> list[dict[str, object]]:
    with officer_session.workspace.read() as tables:
        return [json.loads(row.entry_json) for row in tables[rows.LedgerRow].select(verb="case:reported")]


def journal(officer_session: OfficerSession, verb: str) -> list[str]:
    with officer_session.workspace.read() as tables:
        return [row.text or "" for row in tables[rows.StoredJournalRow].select(verb=verb)]


@pytest.mark.parametrize("language", list(Language))
def test_a_report_has_the_file_of_the_case_and_is_archivable(office: Office, language: Language) -> None:
    case_id, today = office.case.case_id, format_day_in_india(to_microseconds(office.io.clock()))
    write_note(
        office.io, case_id, "Called 198.51.100.7 of the hostel.\nSecond line #panic() $x$", [NewFile("m.csv", b"a,b\n")]
    )
    case_notes.set_deadline(office.io, case_id, "file the charge", today)
    report = make_report(office.io, ReportRequest(office.case.number, language))
    text = words(report.pdf)
    for part in squeezed(office.case.number, office.case.station, office.authority.number, "file the charge", "m.csv"):
        assert part in text, part
    assert "198.51.100.7" not in text and "198.51.100.x" in text and "Secondline#panic()$x$" in text
    about = "".join(catalogue(report.pdf)["/Metadata"].get_object().get_data().decode().split())
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in about
    assert catalogue(report.pdf)["/Lang"] == f"{language}-IN"


def test_sections_that_a_role_may_not_see_are_left_out_and_listed(office: Office) -> None:
    request = ReportRequest(office.case.case_id, Language.ENGLISH)
    custodian = words(make_report(office[Role.CUSTODIAN], request).pdf)
    assert squeezed("may not see it: Leads, Subscribers, Notices")[0] in custodian
    assert "Nologsyet" not in custodian and "Noleadsyet" not in custodian
    whole = words(make_report(office.io, request).pdf)
    assert "maynotseeit" not in whole
    for section in ("Leads by status 0 No leads yet", "Notices and replies 0 No ISP", "Submissions 0 No certificate"):
        assert squeezed(section)[0] in whole, section
    with pytest.raises(NotAllowed):
        make_report(office[Role.ADMINISTRATOR], request)
    with pytest.raises(NotAllowed):
        make_report(office[Role.ANALYST], ReportRequest(office.case.case_id, Language.ENGLISH, WHY))
    with pytest.raises(UsageError, match="no reply has named a subscriber"):
        make_report(office.io, ReportRequest(office.case.case_id, Language.ENGLISH, WHY))


def test_the_ledger_has_the_digest_of_the_file_that_was_written(office: Office, tmp_path: Path) -> None:
    out, request = tmp_path / "report.pdf", ReportRequest(office.case.number, Language.ENGLISH)
    digest = write_report(office.io, request, out)
    (entry,) = reported(office.io)
    assert entry["thing"] == f"case:{office.case.case_id}"
    assert entry["facts"] == {"identities": 0, "language": "en", "report": digest}
    with pytest.raises(OutputExists):
        write_report(office.io, request, out)
    assert len(reported(office.io)) == 1
    assert verify_workspace(office.workspace, VerifyRequest(), ignore_progress).findings == []


@pytest.mark.slow
def test_identities_take_a_reason_and_two_officers_and_the_report_says_so(lived: UsedWorkspace) -> None:
    io = lived.officer_sessions[Role.INVESTIGATING_OFFICER]
    resolutions = require_newest_resolution(lived.workspace)
    with lived.workspace.read() as tables:
        views = [load_case(tables, case.case_id, 0) for case in tables[rows.Case].select()]
    case_view = max(views, key=lambda view: len(list_subscribers(resolutions, view)))
    subscribers = [row["subscriber"] for row in list_subscribers(resolutions, case_view)]
    numbers = [decrypt_identity(lived.workspace, resolutions, whom)["number"] for whom in subscribers]
    assert len(numbers) > 1 and all(numbers)
    request = ReportRequest(case_view.case.case_id, Language.ENGLISH)
    at = io.clock()
    still = replace(io, clock=lambda: at)
    masked = make_report(still, request)
    text = words(masked.pdf)
    assert "aremasked:asubscriberhasonlyitsid" in text and not any(number in text for number in numbers)
    assert make_report(still, request).pdf == masked.pdf, "the same state at the same instant"
    asked = ReportRequest(case_view.case.case_id, Language.ENGLISH, WHY)
    with pytest.raises(TakesTwo):
        give_out(io, asked)
    with lived.workspace.read() as tables:
        approval = tables[rows.Approval].select(action="identity:export", state="asked")[-1]
    decisions.decide(
        lived.officer_sessions[Role.SUPERINTENDENT], approval.approval_id, give=True, why="needed for the charge sheet"
    )
    report = give_out(io, asked)
    text = words(report.pdf)
    assert all(number in text for number in numbers)
    assert squeezed(f"are open ({len(numbers)}), for this reason: {WHY}")[0] in text
    facts = reported(io)[-1]["facts"]
    assert facts == {"identities": len(numbers), "language": "en", "report": report.sha256}
    assert any(report.sha256 in row and approval.approval_id in row for row in journal(io, "export:leads"))
    with pytest.raises(TakesTwo):
        give_out(io, asked)
