"""Several notices in one step, over HTTP: exported once without a reason, sent together, replies that find theirs."""

from __future__ import annotations

import re
from datetime import timedelta

from fastapi import FastAPI
from httpx2 import Response

from sightline.casework.leads import lead_marks
from sightline.casework.notices.notices import URGENT_HOURS
from sightline.model import NoticeKind, NoticeState, Role
from sightline.services.notices.drafts import draft_all_notices
from sightline.services.notices.notice_steps import approve_notice
from sightline.storage import rows
from tests.casework.conftest import Clock
from tests.evidence.documents.pdf_reader import words
from tests.office import Office
from tests.services.leads.office import LeadOffice
from tests.services.test_notices import lead_office
from tests.web.conftest import Browser, SignIn
from tests.web.test_notices import ADDRESSES, office, where

__all__ = ["lead_office", "office"]
IO, SHO = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER
HOUR_US = 3_600_000_000
ROW = f"KL7001234,{ADDRESSES[0]},40000,40999,2026-03-01T12:00:00+05:30,2026-03-01T20:00:00+05:30"
OTHER = f"KL7009876,{ADDRESSES[1]},40000,40999,2026-03-02T12:01:10+05:30,2026-03-02T20:03:20+05:30"
HEAD = "Circuit ID,Public IP,Port From,Port To,Start Time,End Time"


def approved(office: Office, kind: NoticeKind = NoticeKind.RECORDS) -> list[str]:
    """Notices that two officers agreed to."""
    drafted = draft_all_notices(office.io, office.case.case_id, kind, why="FIR 12/2026")
    return [approve_notice(office[SHO], notice, "compared with the case").notice_id for notice in drafted]


def add(officer: Browser, *files: tuple[str, str]) -> Response:
    sent = [("file", (name, text.encode())) for name, text in files]
    made: Response = officer.client.post(
        "/notices/replies", data={"form_token": officer.token()}, files=sent, follow_redirects=False
    )
    return made


def test_an_archive_is_given_once_without_a_reason(signed_in: SignIn, office: Office) -> None:
    ids, io = approved(office), signed_in(office[IO])
    assert all(f'value="{id_}" checked' in io.get("/notices").text for id_ in ids)
    first = io.post("/notices/bundle", notice=ids[0])
    assert first.status_code == 200 and first.content.startswith(b"PK")
    again = io.post("/notices/bundle", notice=ids[0])
    assert again.status_code == 400 and "was downloaded before" in again.text
    assert io.post("/notices/bundle", notice=ids[0], again="lost in the post").content.startswith(b"PK")
    assert io.post("/notices/bundle").status_code == 400
    assert signed_in(office[Role.ANALYST]).post("/notices/bundle", notice=ids[0]).status_code == 403
    assert signed_in(office[Role.ANALYST]).post("/notices/sent", notice=ids[0], way="hand").status_code == 403


def test_an_answer_about_a_child_in_danger_is_due_in_hours(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    lead = lead_office.leads()[0]["lead_id"]
    lead_marks.mark(office.io, lead, "the girl in the pictures was seen this week")
    ids, io = approved(office), signed_in(office[IO])
    letter = io.post(f"/notices/{ids[0]}/letter.pdf", why="read before it is sent").content
    assert "URGENT:achildmaybeinpresentdanger" in words(letter)
    page = io.get("/notices").text
    assert "child in danger" in page and f'value="{URGENT_HOURS}"' in page
    where(io.post("/notices/sent", notice=ids[0], way="email", receipt="read at 10:40", hours="3"))
    with office.workspace.read() as tables:
        (sent,) = (notice for notice in tables[rows.Notice].select() if notice.state is NoticeState.SENT)
    assert sent.sent_how == "by e-mail, read at 10:40"
    assert abs((sent.due_at_us or 0) - (sent.sent_at_us or 0) - 3 * HOUR_US) < HOUR_US // 60
    assert io.post("/notices/sent", notice=ids[0], way="email").status_code == 400, "it was sent before"
    where(io.post(f"/notices/{ids[0]}/call", text="the nodal officer answers by noon"))
    assert "the nodal officer answers by noon" in io.get(f"/notices/{ids[0]}").text
    assert "the nodal officer answers by noon" in io.get(f"/leads/{lead}").text
    assert "tell the superintendent" not in io.get(f"/notices/{ids[0]}").text
    clock = office.io.clock
    assert isinstance(clock, Clock)
    clock.pass_by(timedelta(hours=4))
    late = signed_in(office[IO]).get(f"/notices/{ids[0]}").text
    assert "tell the superintendent" in late and "overdue" in late


def test_a_letter_of_preservation_leads_to_the_records_of_its_leads(signed_in: SignIn, office: Office) -> None:
    (letter,), io = approved(office, NoticeKind.PRESERVATION), signed_in(office[IO])
    assert f'action="/notices/{letter}/ask-records"' not in io.get(f"/notices/{letter}").text
    where(io.post("/notices/sent", notice=letter, way="hand"))
    page = io.get(where(io.post(f"/notices/{letter}/ask-records"))).text
    assert 'name="kind" value="records"' in page and "2 rows" in page
    assert io.post(f"/notices/{letter}/call", text="nobody is in danger").status_code == 400


def test_replies_find_their_notice_and_what_is_unknown_is_named(
    signed_in: SignIn, office: Office, app: FastAPI
) -> None:
    ids, io = approved(office), signed_in(office[IO])
    where(io.post("/notices/sent", notice=ids[0], way="hand"))
    strange = add(io, ("strange.csv", f"Kuckoo,Clock,Remark on it\n{ADDRESSES[0]},x,y\n"))
    assert strange.status_code == 400 and "Kuckoo" in strange.text and "headings seen" in strange.text
    nobody = add(
        io, ("nobody.csv", "Circuit ID,Public IP\nKL1,203.0.113.9\n"), ("right.csv", f"{HEAD}\n{ROW}\n{OTHER}\n")
    )
    assert nobody.status_code == 400 and "No waiting notice has rows" in nobody.text
    assert "right.csv" in nobody.text and ADDRESSES[0] not in nobody.text
    with office.workspace.read() as tables:
        (reply,) = tables[rows.Reply].select()
        assert tables[rows.Resolving].find_last("number") is not None
    assert (reply.notice_id, reply.name) == (ids[0], "right.csv")
    page = io.get(where(add(io, ("right.csv", f"{HEAD}\n{ROW}\n{OTHER}\n")))).text
    assert re.search(r'action="/notices/follow"', page)
    where(io.post("/notices/follow", notice=ids[0], why="who it is"))
    with office.workspace.read() as tables:
        assert [notice.asks for notice in tables[rows.Notice].select(kind="subscribers")] == [2]
