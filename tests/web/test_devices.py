"""Seized devices in the browser: what matched, by its id alone, under the ceiling `device`."""

from __future__ import annotations

import re
from pathlib import Path

from sightline.model import AuthorityKind, ListUse, Role, SourceKind
from sightline.model.progress import ignore_progress
from sightline.services.device_import.import_devices import import_devices
from sightline.services.scan.request import ScanRequest
from tests.office import Office
from tests.services.leads.office import Desk
from tests.web.conftest import SignIn


def test_the_findings_of_a_device_are_listed_by_id_and_name_nobody(
    office: Office, signed_in: SignIn, tmp_path: Path
) -> None:
    analyst = signed_in(Role.ANALYST)
    assert "No seized devices" in analyst.get("/devices").text
    office.add_source(kind=SourceKind.SEIZED_DEVICE, name="phone", use=ListUse.LEADS)
    office.add_authority(kind=AuthorityKind.SEIZURE, number="SM-4", sources_json="null")
    history = tmp_path / "history.csv"
    visits = [("https://board.example/rooms/1", 12), ("https://board.example/rooms/2", 13), ("https://other.test/", 14)]
    lines = ["url,visit_time", *(f"{url},2026-06-05T{hour}:00:00Z" for url, hour in visits)]
    history.write_text("\n".join(lines) + "\n", encoding="utf-8")
    request = ScanRequest((), "phone", "SM-4", (Desk(office, tmp_path).flags(),))
    import_devices(office.io, [history], request, ignore_progress, lambda _: True)
    page = analyst.get("/devices").text
    where = re.search(r'href="(/devices/[0-9a-f]{64})"', page)
    assert where and "phone" in page and "Who used the device then is not shown" in page
    found = analyst.get(where[1]).text
    assert found.count("<tr>") == 3, "a head and two visits"
    assert "2 visits, 0 files" in found and "board.example" not in found and "other.test" not in found
    assert signed_in(Role.AUDITOR).get("/devices").status_code == 403
    assert analyst.get(f"/devices/{'0' * 64}").status_code in {400, 404}
