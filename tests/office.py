"""A unit's office with a real workspace: officers, an issuer, a case, an authority and a source, made
as they must be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sightline.casework import decisions
from sightline.casework.cases import cases, live_authorities
from sightline.casework.people import officers
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.casework.reference_data import issuers
from sightline.ledger.instants import to_microseconds
from sightline.model import LIVE_KINDS, ApprovalState, AuthorityKind, ListUse, Role, SourceKind, Stamp
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment
from sightline.storage import rows
from sightline.storage.ulid import make_id
from sightline.workspace import keys
from sightline.workspace.workspace import Workspace, make_workspace
from tests.copies import copied

FLAGGED = "board.example"


def now() -> datetime:
    return datetime.now(UTC)


@cache
def issuer_key() -> signature.SecretKey:
    return signature.create_key("AGENCY")


def signed_list(
    folder: Path, text: str, *, use: str = "leads", version: str = "1", category: str | None = "csam"
) -> Path:
    """A list of that text, signed by the issuer that the office trusts."""
    path = folder / f"list-{version}-{use}.csv"
    path.write_text(text, encoding="utf-8")
    comment = ListComment("AGENCY", version, "2099-01-01", category, use, None, None).to_text()
    with path.open("rb") as stream:
        minisig = signature.sign_digest(signature.hash_stream(stream), issuer_key(), comment)
    Path(f"{path}.minisig").write_text(minisig, encoding="utf-8")
    return path


def combined_log(visits: int, *, host: str = "", start: int = 0, hits_every: int = 3) -> str:
    """Lines of a web server or proxy: every third asks for the flagged site by its whole address, the others do not."""
    lines = []
    for number in range(start, start + visits):
        site = FLAGGED if number % hits_every == 0 else "plain.example"
        at = f"0{1 + number % 9}/Mar/2026:12:{number // 60 % 60:02}:{number % 60:02} +0000"
        address = f"198.51.100.{number % 250}" if number % 5 else f"2001:db8::{number % 250:x}"
        lines.append(
            f'{address} - - [{at}] "GET http://{site}/room/{number} HTTP/1.1" 200 {number} "-" '
            f'"Browser/{number % 7}{host}"\n'
        )
    return "".join(lines)


@dataclass(frozen=True)
class Office:
    workspace: Workspace
    officer_sessions: dict[Role, OfficerSession]
    case: rows.Case
    authority: rows.Authority
    source: rows.Source

    def __getitem__(self, role: Role) -> OfficerSession:
        return self.officer_sessions[role]

    @property
    def io(self) -> OfficerSession:
        return self.officer_sessions[Role.INVESTIGATING_OFFICER]

    @property
    def supervisor(self) -> OfficerSession:
        return self.officer_sessions[Role.SUPERVISOR]

    def approve(self) -> int:
        """Whoever can decide agrees to all that waits; how much that was."""
        with self.workspace.read() as tables:
            waiting = tables[rows.Approval].select(state=ApprovalState.ASKED.value)
        for approval in waiting:
            second = self.second(approval)
            with second.change(Action.APPROVAL_LIST, f"approval:{approval.approval_id}") as change:
                approvals.decide(second, change, approval.approval_id, give=True, why="seen as the order says")
        return len(waiting)

    def second(self, asked: rows.Approval) -> OfficerSession:
        """An officer who can decide."""
        with self.workspace.read() as tables:
            can = {officer.officer_id for officer in approvals.list_possible_deciders(tables, asked)}
        return next(
            officer_session
            for officer_session in self.officer_sessions.values()
            if officer_session.officer.officer_id in can
        )

    def add_source(self, **other: object) -> rows.Source:
        source = replace(self.source, source_id=make_id(now()), **other)  # type: ignore[arg-type]
        return cases.add_source(self.io, source)

    def add_authority(self, **other: object) -> rows.Authority:
        authority = replace(self.authority, authority_id=make_id(now()), **other)  # type: ignore[arg-type]
        if authority.kind not in LIVE_KINDS:
            return cases.add_authority(self.io, authority)
        asked = live_authorities.ask(self.io, authority)
        decisions.decide(self.second(asked), asked.approval_id, give=True, why="seen as the order says")
        with self.workspace.read() as tables:
            return cases.find_authority(tables, authority.authority_id)


def found_office(
    folder: Path,
    *,
    database: str | None = None,
    segments: str | None = None,
    clock: Callable[[], datetime] = now,
    stamp: Stamp = Stamp.CASEWORK,
    name: str = "Demo",
) -> Office:
    """An office in a new folder: six officers, each with an own key."""

    def founded(at: Path) -> Office:
        return _founded(at, database, segments, clock, stamp, name)

    is_alone = database is None and segments is None and clock is now
    return copied(("office", stamp, name), founded, folder) if is_alone else founded(folder)


def _founded(
    folder: Path, database: str | None, segments: str | None, clock: Callable[[], datetime], stamp: Stamp, name: str
) -> Office:
    private = keys.make_signing_key()
    person = officers.NewOfficer("A. Administrator", Role.ADMINISTRATOR, "Inspector", "Cyber Cell, Demo")
    workspace = make_workspace(
        folder,
        name,
        clock(),
        lambda change: officers.enrol_first_officer(change, person, private),
        database=database,
        segments=segments,
        stamp=stamp,
    )
    officer_sessions = {Role.ADMINISTRATOR: authenticate(workspace, private, clock)}
    others = (Role.SUPERVISOR, Role.INVESTIGATING_OFFICER, Role.ANALYST, Role.CUSTODIAN, Role.AUDITOR)
    for role in others:
        officer_sessions[role] = _enrolled(workspace, officer_sessions, role, clock)
    _trust(officer_sessions)
    io = officer_sessions[Role.INVESTIGATING_OFFICER]
    case, authority, source = _matter(io, clock())
    cases.open_case(io, case)
    cases.add_authority(io, authority)
    cases.add_source(io, source)
    return Office(workspace, officer_sessions, case, authority, source)


def _enrolled(
    workspace: Workspace, officer_sessions: dict[Role, OfficerSession], role: Role, clock: Callable[[], datetime]
) -> OfficerSession:
    private = keys.make_signing_key()
    person = officers.NewOfficer(f"{role.value} of the demo", role, "Officer", "Cyber Cell, Demo")
    asked = officers.enrol(
        officer_sessions[Role.ADMINISTRATOR], person, private.public_key().public_bytes_raw(), "for the demo"
    )
    if isinstance(asked, rows.Approval):
        second = officer_sessions[Role.SUPERVISOR]
        with second.change(Action.APPROVAL_LIST, f"approval:{asked.approval_id}") as change:
            given = approvals.decide(second, change, asked.approval_id, give=True, why="known as the order says")
            officers.enrol_approved(change, given)
            approvals.use(change, given)
    return authenticate(workspace, private, clock)


def _trust(officer_sessions: dict[Role, OfficerSession]) -> None:
    second = officer_sessions[Role.SUPERVISOR]
    asked = issuers.enrol(
        officer_sessions[Role.INVESTIGATING_OFFICER], issuer_key().derive_public(), "letter of the agency"
    )
    with second.change(Action.APPROVAL_LIST, f"approval:{asked.approval_id}") as change:
        given = approvals.decide(second, change, asked.approval_id, give=True, why="compared by telephone")
        issuers.enrol_approved(change, given)
        approvals.use(change, given)


def _matter(io: OfficerSession, at: datetime) -> tuple[rows.Case, rows.Authority, rows.Source]:
    at_us, by = to_microseconds(at), io.officer.officer_id
    case = rows.Case(
        make_id(at), "FIR 12/2026", "Demo PS", "67B IT Act", "I. O.", "S. H. O.", "S. P.", "2026-03-01", at_us, by
    )
    authority = rows.Authority(
        make_id(at),
        case.case_id,
        AuthorityKind.PRODUCTION,
        "s.94 order 7/2026",
        "Magistrate, Demo",
        "2026-03-02",
        at_us - 86_400_000_000,
        None,
        "null",
        "null",
        "0" * 64,
        "order.pdf",
        None,
        at_us,
        by,
    )
    source = rows.Source(
        make_id(at), SourceKind.PROXY, "proxy", ListUse.LEADS, None, 0, 900, "not measured", 0, None, "{}", at_us, by
    )
    return case, authority, source
