"""An exhibit with five visitors in an office's record, and what leaves it once two officers agreed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from sightline.casework.exhibits.exhibits import CustodyStep, record_step
from sightline.casework.exhibits.purge import purge_exhibit
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.reference_data import issuers
from sightline.errors import NotAllowed
from sightline.ledger.instants import to_microseconds
from sightline.model import CustodyEvent
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment
from sightline.storage import rows
from tests.copies import copied
from tests.office import Office, found_office, now, signed_list

T = TypeVar("T")
FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri response_body_len status_code"
    " user_agent referrer username"
).split()
START = 1_772_366_400
"""2026-03-01T12:00:00Z: when the first visit was; one comes each second."""


@dataclass(frozen=True)
class Visitor:
    address: str
    agent: str
    user: str
    page: str

    def line(self, at_s: int, port: int, host: str = "board.example") -> str:
        values = f"{at_s}.000000 C{at_s}{port} {self.address} {port} 203.0.113.80 80 1 GET {host} /{self.page}/{port}"
        return "\t".join([*values.split(), "10", "200", self.agent, "-", self.user])


VISITORS = (
    Visitor("192.0.2.7", "Lynx/9", "amina", "room-attic"),
    Visitor("192.0.2.71", "Mosaic/9", "bashir", "room-barn"),
    Visitor("198.51.100.7", "Netscape/9", "chandra", "room-cellar"),
    Visitor("2001:db8::7", "Opera/9", "devika", "room-den"),
    Visitor("::ffff:203.0.113.9", "Palemoon/9", "eapen", "room-eaves"),
)
"""The last is one whose address the log writes as IPv6 does."""
PORTS = (1024, 2048, 40_000)


def log_text() -> str:
    """Three visits of each to the flagged board, by rising ports and in turn, and one of each elsewhere."""
    lines = ["#fields\t" + "\t".join(FIELDS)]
    for turn, port in enumerate(PORTS):
        lines += [one.line(START + turn * 60 + number, port) for number, one in enumerate(VISITORS)]
    lines += [one.line(START + 600 + number, 9, "plain.example") for number, one in enumerate(VISITORS)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class HeldEvidence:
    """The record, the log as it lies there, and the list that found the hits."""

    office: Office
    log: Path
    flags: Path

    @property
    def exhibit(self) -> str:
        return hashlib.sha256(self.log.read_bytes()).hexdigest()

    def scan(self, *lists: Path, authority: str | None = None) -> None:
        office = self.office
        number = authority or office.authority.number
        scan_logs(office.io, ScanRequest((self.log,), office.source.name, number, lists), lambda *_: None)

    def agreed(self, act: Callable[[], T]) -> T:
        """What an act gives once the supervisor agreed to it; before that it is refused."""
        with pytest.raises(NotAllowed, match="takes two officers"):
            act()
        assert self.office.approve()
        return act()

    def runs(self) -> list[rows.Run]:
        with self.office.workspace.read() as tables:
            return sorted(tables[rows.Run].select(), key=lambda one: one.registered_at_us)

    def entries(self, verb: str) -> list[rows.LedgerRow]:
        with self.office.workspace.read() as tables:
            return tables[rows.LedgerRow].select(verb=verb)


def held_exhibit(folder: Path, *, has_custody: bool = True) -> HeldEvidence:
    """An office that received, scanned and copied a log. Its file is named after a visitor, as happens."""
    return copied(("held", has_custody), partial(_make_held, has_custody), folder)


def _make_held(has_custody: bool, folder: Path) -> HeldEvidence:
    office = found_office(folder / "workspace")
    log = folder / "requests-of-198.51.100.7.log"
    log.write_text(log_text())
    held_evidence = HeldEvidence(office, log, signed_list(folder, "kind,value,category\ndomain,board.example,csam\n"))
    held_evidence.scan(held_evidence.flags)
    if not has_custody:
        return held_evidence
    step(
        held_evidence,
        CustodyEvent.RECEIVED,
        "Clerk Fathima",
        "sealed cover of Gopal",
        "house of Hari",
        "order about Indira",
    )
    step(held_evidence, CustodyEvent.COPIED, "Laboratory", "write blocker", "FSL, Demo", "analysis")
    return held_evidence


def purged(held: HeldEvidence) -> None:
    """Destroy the exhibit's content, as two officers do."""
    held.agreed(lambda: purge_exhibit(held.office.io, held.exhibit, "order of the court", early=True))


def step(held: HeldEvidence, event: CustodyEvent, person: str, how: str, place: str, why: str) -> rows.Custody:
    return record_step(
        held.office.io, held.exhibit, CustodyStep(event, to_microseconds(now()) - 1, person, how, place, why)
    )


def list_of(office: Office, issuer: str, folder: Path, text: str) -> Path:
    """A list of another issuer, whom the office trusts from now on."""
    secret = signature.create_key(issuer)
    asked = issuers.enrol(office.io, secret.derive_public(), "letter of that agency")
    with office.supervisor.change(Action.APPROVAL_LIST, f"approval:{asked.approval_id}") as change:
        given = approvals.decide(
            office.supervisor, change, asked.approval_id, give=True, why="compared as the order says"
        )
        issuers.enrol_approved(change, given)
        approvals.use(change, given)
    path = folder / f"list-{issuer}.csv"
    path.write_text(text)
    with path.open("rb") as stream:
        comment = ListComment(issuer, "1", "2099-01-01", "csam", "leads", None, None).to_text()
        minisig = signature.sign_digest(signature.hash_stream(stream), secret, comment)
    Path(f"{path}.minisig").write_text(minisig)
    return path
