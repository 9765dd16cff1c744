"""A certificate that comes after its reply is added on the page of the reply, which it then replaces."""

from __future__ import annotations

import re
from html import unescape

from httpx2 import Response

from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.storage import rows
from tests.office import Office
from tests.services.leads.office import LeadOffice
from tests.services.test_notices import lead_office
from tests.web.conftest import Browser, SignIn
from tests.web.test_notices import ADDRESSES, CIRCUIT, IO, SHO, approved, hidden, office, where

__all__ = ["lead_office", "office"]
HEAD = "Circuit ID,Public IP,Port From,Port To,Start Time,End Time"
HELD = f"{CIRCUIT},{ADDRESSES[0]},40000,40999,2026-03-01 12:00:00,2026-03-01 20:00:00"
DECLARED = {"timezone": "Asia/Kolkata", "date_order": "ymd"}
CERTIFICATE = b"signed under s.63(4)"


def send(officer: Browser, notice: str, text: str, certificate: bytes | None, **fields: str) -> Response:
    files = {"file": ("reply.csv", text.encode())}
    files |= {"certificate": ("certificate.pdf", certificate)} if certificate else {}
    made: Response = officer.client.post(
        f"{notice}/replies", data={"form_token": officer.token()} | fields, files=files, follow_redirects=False
    )
    return made


def test_a_certificate_that_comes_later_is_added_to_its_reply(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    io, sho = signed_in(office[IO]), signed_in(office[SHO])
    today = format_day_in_india(to_microseconds(office.io.clock()))
    leads = {lead["source_ip"]: lead["lead_id"] for lead in lead_office.leads()}
    dry = io.get(f"/notices/new?case={office.case.case_id}&kind=records&lead={leads[ADDRESSES[0]]}").text
    notice = where(io.post("/notices/new", **hidden(dry), why="FIR 12/2026"))
    approved(sho, notice)
    where(io.post(f"{notice}/sent", how="by hand, receipt 41"))
    first = where(send(io, notice, f"{HEAD}\n{HELD}\n", None, received=today, **DECLARED))
    page = io.get(first).text
    form = page.partition('id="late-certificate"')[2].partition("</form>")[0]
    assert 'name="certificate" type="file"' in form
    fields = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)}
    del fields["form_token"]
    # Another file is another reply, and other declarations are no certificate for this one.
    other = send(io, notice, f"{HEAD}\n{HELD}\n", CERTIFICATE, received=today, **fields | {"timezone": "UTC"})
    assert other.status_code == 400 and "with other declarations" in other.text
    second = where(send(io, notice, f"{HEAD}\n{HELD}\n", CERTIFICATE, received=today, **fields))
    assert second != first and "late-certificate" not in io.get(second).text
    assert "certificate.pdf" in io.get(second).text
    assert "late-certificate" not in io.get(first).text, "it counts no longer"
    with office.workspace.read() as tables:
        before, after = sorted(tables[rows.Reply].select(), key=lambda reply: reply.reply_id)
    assert (after.corrects, after.sha256) == (before.reply_id, before.sha256)
    # The same again has no effect.
    assert where(send(io, notice, f"{HEAD}\n{HELD}\n", CERTIFICATE, received=today, **fields)) == second
    where(io.post("/notices/resolutions"))
    assert "pill subscriber" in io.get("/notices/resolutions").text
