"""Seized devices in the browser: what matched, by its id alone, under the ceiling `device`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI

from sightline.model import AuthorityKind, ListUse, Role, SourceKind
from sightline.model.progress import ignore_progress
from sightline.services.device_import.import_devices import import_devices
from sightline.services.scan.request import ScanRequest
from sightline.storage import rows
from tests.office import Office
from tests.services.leads.office import LeadOffice
from tests.web.conftest import SignIn


def test_the_findings_of_a_device_are_listed_by_id_and_name_nobody(
    office: Office, signed_in: SignIn, tmp_path: Path
) -> None:
    analyst = signed_in(Role.ANALYST)
    assert "No seizure is in force" in analyst.get("/devices").text
    office.add_source(kind=SourceKind.SEIZED_DEVICE, name="phone", use=ListUse.LEADS)
    office.add_authority(kind=AuthorityKind.SEIZURE, number="SM-4", sources_json="null")
    assert "No seized devices" in analyst.get("/devices").text
    history = tmp_path / "history.csv"
    visits = [("https://board.example/rooms/1", 12), ("https://board.example/rooms/2", 13), ("https://other.test/", 14)]
    lines = ["url,visit_time", *(f"{url},2026-06-05T{hour}:00:00Z" for url, hour in visits)]
    history.write_text("\n".join(lines) + "\n", encoding="utf-8")
    request = ScanRequest((), "phone", "SM-4", (LeadOffice(office, tmp_path).flags(),))
    import_devices(office.io, [history], request, ignore_progress, lambda _: True)
    page = analyst.get("/devices").text
    where = re.search(r'href="(/devices/[0-9a-f]{64})"', page)
    assert where and "phone" in page and "It does not show who used the device then" in page
    found = analyst.get(where[1]).text
    assert found.count("<tr>") == 3, "a head and two visits"
    assert "2 visits · 0 files" in found and "board.example" not in found and "other.test" not in found
    assert signed_in(Role.AUDITOR).get("/devices").status_code == 403
    assert analyst.get(f"/devices/{'0' * 64}").status_code in {400, 404}


def test_known_files_and_accounts_say_that_no_device_holds_or_visited(
    office: Office, signed_in: SignIn, tmp_path: Path
) -> None:
    office.add_source(kind=SourceKind.SEIZED_DEVICE, name="phone", use=ListUse.LEADS)
    office.add_authority(kind=AuthorityKind.SEIZURE, number="SM-4", sources_json="null")
    takeout = tmp_path / "History.json"
    takeout.write_text('{"Browser History": [{"url": "https://board.example/", "time_usec": 1780660800000000}]}')
    known = tmp_path / "NSRLFile.txt"
    known.write_text(f'"SHA-1","MD5","FileName","ProductCode"\n"{"1" * 40}","{"2" * 32}","a.exe",1\n')
    made_at = datetime(2026, 7, 31, tzinfo=UTC)
    request = ScanRequest((), "phone", "SM-4", (LeadOffice(office, tmp_path).flags(),), made_at=made_at)
    import_devices(office.io, [takeout, known], request, ignore_progress, lambda _: True)
    analyst = signed_in(Role.ANALYST)
    page = analyst.get("/devices").text
    assert "It does not show which device, or who used it" in page
    assert "It does not show that any device holds the file" in page
    places = [analyst.get(where).text for where in sorted(set(re.findall(r'href="(/devices/[0-9a-f]{64})"', page)))]
    assert [place.count("which device, or who used it") for place in places].count(1) == 1
    assert not any("who used the device then" in place for place in places)


def test_uploaded_files_are_checked_first_and_then_imported(
    office: Office, app: FastAPI, signed_in: SignIn, tmp_path: Path
) -> None:
    source = office.add_source(kind=SourceKind.SEIZED_DEVICE, name="phone", use=ListUse.LEADS)
    authority = office.add_authority(kind=AuthorityKind.SEIZURE, number="SM-4", sources_json="null")
    browser = signed_in(Role.ANALYST)
    seed = tmp_path / "seed.csv"
    seed.write_text("url,visit_time\nhttps://other.test/,2026-06-05T12:00:00Z\n", encoding="utf-8")
    request = ScanRequest((), "phone", "SM-4", (LeadOffice(office, tmp_path).flags(),))
    import_devices(office.io, [seed], request, ignore_progress, lambda _: True)
    bare = b"url,visit_date\nhttps://board.example/rooms/1,1780660800000000\n"
    files = [
        ("history.csv", b"url,visit_time\nhttps://board.example/rooms/2,2026-06-05T12:00:00Z\n"),
        ("bare.csv", bare),
        ("picture.jpg", b"\xff\xd8"),
    ]
    under = f"{authority.authority_id}:{source.source_id}"

    def send(path: str, *some: tuple[str, bytes], **more: str) -> str:
        answer = browser.client.post(
            path,
            data={"form_token": browser.token(), "under": under} | more,
            files=[("file", one) for one in some],
            follow_redirects=False,
        )
        assert answer.status_code in {200, 303, 400}, answer.text
        return answer.text

    page = send("/devices/check", *files)
    assert "Import 2 files" in page and "bare.csv!visits.csv" in page
    assert "picture.jpg" in page and "neither a manifest" in page and str(office.workspace.folder) not in page
    assert held(office) == {str(seed)}
    manifest = ("sums.txt", f"{'0' * 64}  a.jpg\n".encode())
    assert "is not a time with a zone" in send("/devices/check", manifest, made_at="2026-07-31T12:30")
    assert "No file was chosen" in send("/devices/check")
    send("/devices/import", *files)
    app.state.jobs["devices"].join(120)
    assert app.state.jobs["devices"].failed is None
    assert held(office) - {str(seed)} == {"/upload/history.csv", "/upload/bare.csv", "/upload/bare.csv!visits.csv"}
    page = browser.get("/devices").text
    assert page.count("phone, SM-4") == 1 and len(re.findall(r'href="/devices/[0-9a-f]{64}"', page)) == 3


def held(office: Office) -> set[str]:
    with office.workspace.read() as tables:
        return {holding.path for holding in tables[rows.Holding].select()}
