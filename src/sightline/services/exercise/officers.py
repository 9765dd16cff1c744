"""The officers of an exercise, with keys in memory, in a workspace that is stamped an exercise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sightline.casework.people import officers
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.casework.reference_data import issuers
from sightline.model import Role, Stamp
from sightline.stages.lists.signature import read_public_key
from sightline.storage import rows
from sightline.workspace import keys
from sightline.workspace.workspace import make_workspace

UNIT = "Exercise"
WHY = "part of the exercise"


@dataclass(frozen=True, slots=True)
class People:
    """The acting persons: an officer, a supervisor, a superintendent who approves, another force's officer."""

    officer: OfficerSession
    supervisor: OfficerSession
    superintendent: OfficerSession
    partner: OfficerSession


def create_office(folder: Path, clock: Callable[[], datetime]) -> People:
    """Create a workspace that is stamped an exercise, with its officers."""
    private = keys.make_signing_key()
    person = officers.NewOfficer("A. Administrator", Role.ADMINISTRATOR, "Inspector", UNIT)
    workspace = make_workspace(
        folder,
        UNIT,
        clock(),
        lambda change: officers.enrol_first_officer(change, person, private),
        stamp=Stamp.EXERCISE,
    )
    first = authenticate(workspace, private, clock)
    second = _enrol_officer(first, None, "S. Supervisor", Role.SUPERVISOR)
    officer = _enrol_officer(first, second, "I. Officer", Role.INVESTIGATING_OFFICER)
    superintendent = _enrol_officer(first, second, "S. Superintendent", Role.SUPERINTENDENT)
    return People(officer, second, superintendent, _enrol_officer(first, superintendent, "P. Partner", Role.PARTNER))


def _enrol_officer(first: OfficerSession, second: OfficerSession | None, name: str, role: Role) -> OfficerSession:
    private = keys.make_signing_key()
    public = private.public_key().public_bytes_raw()
    asked = officers.enrol(first, officers.NewOfficer(name, role, "Officer", UNIT), public, WHY)
    if isinstance(asked, rows.Approval) and second is not None:
        with second.change(Action.APPROVAL_LIST, f"approval:{asked.approval_id}") as change:
            approval = approvals.decide(second, change, asked.approval_id, give=True, why=WHY)
            officers.enrol_approved(change, approval)
            approvals.use(change, approval)
    return authenticate(first.workspace, private, first.clock)


def enrol_issuer(officer_session: OfficerSession, second: OfficerSession, path: Path) -> None:
    """Enrol the issuer of a world's lists, by two officers."""
    approval = issuers.enrol(officer_session, read_public_key(path.read_text(encoding="utf-8"), path.stem), WHY)
    with second.change(Action.APPROVAL_LIST, f"approval:{approval.approval_id}") as change:
        given = approvals.decide(second, change, approval.approval_id, give=True, why=WHY)
        issuers.enrol_approved(change, given)
        approvals.use(change, given)
