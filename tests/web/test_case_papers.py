"""Notes about a case and their attachments are destroyed by two officers, after the case's retention and no hold."""

from __future__ import annotations

import re

import pytest

from sightline.casework import decisions
from sightline.casework.cases.case_papers import find_papers, purge_papers
from sightline.casework.exhibits import holds
from sightline.errors import NotAllowed, Refused, UsageError
from sightline.model import Role
from sightline.model.progress import ignore_progress
from sightline.services.case_files.attachments import NewFile, open_file, write_note
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from tests.office import Office
from tests.web.conftest import SignIn

IO, SUPERVISOR, ANALYST = Role.INVESTIGATING_OFFICER, Role.SUPERVISOR, Role.ANALYST
WHY = "order of the court of 3 June"
MEMO = b"%PDF-1.7 a memo about the caretaker"


def wrote(office: Office) -> rows.CaseFile:
    write_note(office.io, office.case.case_id, "The caretaker was called.", [NewFile("caretaker.pdf", MEMO)])
    with office.workspace.read() as tables:
        return tables[rows.CaseFile].select()[0]


def approve(office: Office) -> None:
    with office.workspace.read() as tables:
        asked = tables[rows.Approval].select(action="purge", state="asked")[-1]
    decisions.decide(office[SUPERVISOR], asked.approval_id, give=True, why="compared with the order")


def found_nothing(office: Office) -> bool:
    return verify_workspace(office.workspace, VerifyRequest(), ignore_progress).findings == []


def test_two_officers_destroy_text_keys_and_files_and_the_rest_stays_provable(
    signed_in: SignIn, office: Office
) -> None:
    held, case_id = wrote(office), office.case.case_id
    browser, here = signed_in(IO), f"/cases/{office.case.case_id}?tab=notes"
    act = f"/cases/{case_id}/papers/purge"
    assert "Destroy notes and attachments" in browser.get(here).text
    assert "Destroy notes" not in signed_in(ANALYST).get(here).text
    assert signed_in(ANALYST).post(act, why=WHY, early="true").status_code == 403
    assert browser.post(act, why=WHY).status_code == 403, "its day is not over"
    assert browser.post(act, why=WHY, early="true").status_code == 303
    assert "waiting for" in browser.get(here).text and "caretaker.pdf" in browser.get(here).text
    with office.workspace.read() as tables:
        approval = tables[rows.Approval].select(action="purge")[0]
    assert f'href="/cases/{case_id}"' in signed_in(SUPERVISOR).get(f"/approvals/{approval.approval_id}").text
    approve(office)
    page = browser.get(here).text
    assert "Destroy them now" in page and re.search(r'type="hidden" name="early" value="true"', page)
    assert browser.post(act, why=WHY, early="true").status_code == 303
    page = browser.get(here).text
    assert "caretaker" not in page and page.count("destroyed") == 2 and "Destroy notes" not in page
    assert held.sha256 in page
    with office.workspace.read() as tables:
        gone = tables[rows.CaseFile].select()[0]
        notes = tables[rows.CaseNote].select()
    assert (gone.key, gone.name, gone.sha256) == (None, "", held.sha256) and notes[0].text == ""
    assert held.file not in {stored.name for stored in office.workspace.segments.names()}
    with pytest.raises(UsageError, match="was deleted"):
        open_file(office.io, case_id, held.file_id)
    with pytest.raises(UsageError, match="nothing that officers wrote"):
        purge_papers(office.io, case_id, WHY, early=True)
    assert found_nothing(office)


def test_a_hold_and_a_later_note_prevent_the_purge(office: Office) -> None:
    wrote(office)
    case_id = office.case.case_id
    with pytest.raises(Refused, match="is kept until"):
        purge_papers(office.io, case_id, WHY)
    with pytest.raises(NotAllowed, match="takes two officers"):
        purge_papers(office.io, case_id, WHY, early=True)
    approve(office)
    hold = holds.set_hold(office.io, f"case:{office.case.number}", "an appeal is pending")
    with pytest.raises(Refused, match="is on legal hold"):
        purge_papers(office.io, case_id, WHY, early=True)
    holds.lift_hold(office[SUPERVISOR], hold.hold_id, "the appeal is decided")
    write_note(office.io, case_id, "One more call.")
    with pytest.raises(NotAllowed, match="takes two officers"):
        purge_papers(office.io, case_id, WHY, early=True)
    with office.workspace.read() as tables:
        assert len(find_papers(tables, case_id).notes) == 2 and len(find_papers(tables, case_id).files) == 1
    assert found_nothing(office)
