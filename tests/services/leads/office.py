"""An office whose logs are scanned and whose leads are rebuilt and read, in a few words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sightline.casework.exhibits.purge import purge_exhibit
from sightline.errors import NotAllowed
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.leads.rebuild import RebuildResult, rebuild_leads
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.storage import rows
from tests.office import Office, found_office, signed_list

START = 1_772_366_400
"""2026-03-01T12:00:00Z."""
FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri response_body_len status_code"
    " user_agent referrer username"
).split()
LIST = "kind,value,category\ndomain,board.example,csam\n"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@dataclass(frozen=True)
class Visit:
    """One request, `at_s` seconds after START."""

    at_s: float
    address: str = "198.51.100.7"
    page: str = "/room/1"
    port: int = 40_000
    host: str = "board.example"
    user: str = "-"
    agent: str = BROWSER
    size: int = 900

    def line(self) -> str:
        values = (
            f"{START + self.at_s:.6f} C1 {self.address} {self.port} 203.0.113.80 80 1 GET {self.host} {self.page}"
            f" {self.size} 200"
        )
        return "\t".join([*values.split(), self.agent, "-", self.user])


def log_of(visits: Iterable[Visit]) -> str:
    lines = ["#fields\t" + "\t".join(FIELDS), *(visit.line() for visit in visits)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class LeadOffice:
    """The office, with a folder for logs and lists."""

    office: Office
    folder: Path

    def log(self, name: str, visits: Iterable[Visit]) -> Path:
        path = self.folder / name
        path.write_text(log_of(visits))
        return path

    def flags(self, text: str = LIST, **more: Any) -> Path:
        return signed_list(self.folder, text, **more)

    def scan(self, log: Path, *lists: Path, source: str | None = None, **more: Any) -> str:
        """Scan a log; the id of its exhibit."""
        office = self.office
        name = source or office.source.name
        scan_logs(office.io, ScanRequest((log,), name, office.authority.number, lists, **more), lambda *_: None)
        with office.workspace.read() as tables:
            return max(tables[rows.Run].select(), key=lambda one: one.registered_at_us).exhibit_id

    def rebuild(self, **more: Any) -> RebuildResult:
        return rebuild_leads(self.office.io, lambda *_: None, **more)

    def leads(self, number: int | None = None, *, by_datasets: bool = False) -> list[dict[str, Any]]:
        """All leads as told; `by_datasets`: where they are by data sets alone, whatever replies say."""
        with open_generation(self.office.workspace, number) as read:
            leads = replace(read, overrides=read.overrides.head(0)) if by_datasets else read
            return list(leads.to_json(leads.open_frame()))

    def files(self, made: RebuildResult) -> list[Path]:
        store = Path(self.office.workspace.segments.where)
        return sorted(store / entry["file"] for entry in json.loads(made.generation.files_json))

    def purge(self, exhibit: str) -> None:
        """Destroy an exhibit, as two officers do."""
        try:
            purge_exhibit(self.office.io, exhibit, "order of the court", early=True)
        except NotAllowed:
            self.office.approve()
            purge_exhibit(self.office.io, exhibit, "order of the court", early=True)


def new_lead_office(folder: Path) -> LeadOffice:
    folder.mkdir(parents=True, exist_ok=True)
    return LeadOffice(found_office(folder / "workspace"), folder)


def rules_of(lead: dict[str, Any]) -> set[str]:
    """The ids of the rules that hold of a lead."""
    sides = ("reasons_for", "reasons_against", "reasons_ceiling", "notes")
    return {one["rule"] for side in sides for one in lead[side]}
