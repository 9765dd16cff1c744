"""A format of the workspace: two officers agree to its text, and every scan from then on knows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sightline.casework.permissions.access import Action
from sightline.casework.reference_data import log_formats
from sightline.errors import DamagedInput, NotAllowed, UnknownFormat, UsageError
from sightline.model import Role
from sightline.model.progress import ignore_progress
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import WorkspaceScan, scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.storage.database import run_transaction
from sightline.storage.table import Tables
from tests.office import Office, found_office
from tests.services.leads.office import LeadOffice

FORMAT = """\
name = "panel-log"
title = "Log of a site panel"
specification = "letter of its operator"
origin = "specification"
by = "delimited"
record_kind = "http-request"
required = ["timestamp", "source_ip"]
separator = "|"
columns = ["time", "address", "site", "path"]

[fields]
timestamp = { from = "time", layouts = "%Y%m%d-%H%M%S", zone = "utc" }
source_ip = "address"
host = "site"
url = "path"
"""
LINES = "".join(f"20260605-12000{at}|198.51.100.{at}|board.example|/room/{at}\n" for at in range(9))


@pytest.fixture
def office(tmp_path: Path) -> LeadOffice:
    return LeadOffice(found_office(tmp_path / "office"), tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "panel.log"
    path.write_text(LINES)
    return path


def scanned(office: LeadOffice, log: Path) -> WorkspaceScan:
    unit = office.office
    request = ScanRequest((log,), unit.source.name, unit.authority.number, (office.flags(),))
    return scan_logs(unit.io, request, ignore_progress)


def findings(office: Office) -> list[str]:
    report = verify_workspace(office.workspace, VerifyRequest(), lambda *_: None)
    return [f"{finding.where} {finding.what}" for finding in report.findings]


def test_a_format_is_used_once_two_officers_agreed_and_until_two_end_it(office: LeadOffice, log: Path) -> None:
    unit = office.office
    with pytest.raises(UnknownFormat):
        scanned(office, log)
    log_formats.ask_to_use(unit[Role.ANALYST], FORMAT, {"lines": 9, "read": 9}, "the panel of the seized server")
    with pytest.raises(UnknownFormat):
        scanned(office, log)
    assert unit.approve() == 1
    ((job, registered, _),) = scanned(office, log).done
    assert (job.chosen.format.name, registered.run.hits) == ("panel-log", 9)
    assert findings(unit) == []
    log_formats.ask_to_end(unit[Role.ANALYST], "panel-log", "the operator's letter was withdrawn")
    assert unit.approve() == 1
    other = log.with_name("other.log")
    other.write_text(LINES + LINES)
    with pytest.raises(UnknownFormat):
        scanned(office, other)
    assert findings(unit) == []


def test_an_altered_format_reads_nothing_and_verify_names_it(office: LeadOffice, log: Path) -> None:
    unit = office.office
    log_formats.ask_to_use(unit[Role.ANALYST], FORMAT, {}, "the panel of the seized server")
    unit.approve()
    with run_transaction(unit.workspace.engine, writes=True) as connection:
        tables = Tables(connection)
        (one,) = tables[rows.Approval].select(action=Action.FORMAT_USE.value)
        altered = one.request_json.replace("address", "site")
        tables[rows.Approval].put(replace(one, request_json=altered))
    with pytest.raises((NotAllowed, DamagedInput)):
        scanned(office, log)
    assert any("approval" in finding for finding in findings(unit))


def test_an_invalid_format_is_refused_by_the_workspace(office: LeadOffice) -> None:
    analyst = office.office[Role.ANALYST]
    for text, why in (
        (FORMAT.replace("panel-log", "combined"), "the name of another format"),
        (FORMAT.replace('"specification"\n', '"draft"\n'), "still a draft"),
        ("name = ", "is not TOML"),
        ("#" * (65 << 10), "too long"),
    ):
        with pytest.raises(UsageError, match=why):
            log_formats.ask_to_use(analyst, text, {}, "why")
    with pytest.raises(UsageError, match="no format of this workspace"):
        log_formats.ask_to_end(analyst, "panel-log", "why")
    with pytest.raises(NotAllowed):
        log_formats.ask_to_use(office.office[Role.AUDITOR], FORMAT, {}, "why")
