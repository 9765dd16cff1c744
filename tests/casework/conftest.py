"""An office with officers of every role, on a clock that a test can set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sightline.casework import decisions
from sightline.casework.people import officers
from sightline.casework.permissions import approvals
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.model import Role
from sightline.storage import rows
from sightline.workspace import keys
from tests.copies import copied
from tests.office import Office, found_office


@dataclass
class Clock:
    """A clock of its own: it moves on by a millisecond at each look, and by whatever a test adds."""

    at: datetime = datetime(2026, 6, 5, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def pass_by(self, time: timedelta) -> None:
        self.at += time


@dataclass
class Staff:
    """The office, its clock, and all who work there."""

    office: Office
    clock: Clock
    officer_sessions: dict[Role, OfficerSession] = field(default_factory=dict)

    def __getitem__(self, role: Role) -> OfficerSession:
        return self.officer_sessions[role]

    def enrolled(self, role: Role, name: str = "N. N.") -> OfficerSession:
        """One more officer: the administrator asks, whoever can decides."""
        private = keys.make_signing_key()
        public = private.public_key().public_bytes_raw()
        person = officers.NewOfficer(name, role, "Officer", "Cyber PS")
        asked = officers.enrol(self[Role.ADMINISTRATOR], person, public, "joined")
        assert isinstance(asked, rows.Approval)
        with self.office.workspace.read() as tables:
            role_of_second = approvals.list_possible_deciders(tables, asked)[0].role
        assert decisions.decide(self[role_of_second], asked.approval_id, give=True, why="known as the order says").done
        return authenticate(self.office.workspace, private, self.clock)

    def journal(self) -> list[rows.StoredJournalRow]:
        with self.office.workspace.read() as tables:
            return tables[rows.StoredJournalRow].select()

    def seen(self, during: Callable[[], object]) -> list[rows.StoredJournalRow]:
        """What the journal got of an act."""
        before = self._last_seq()
        during()
        with self.office.workspace.read() as tables:
            journal = tables[rows.StoredJournalRow]
            return list(journal.read_each(journal.get_column("seq") > before))

    def _last_seq(self) -> int:
        with self.office.workspace.read() as tables:
            last = tables[rows.StoredJournalRow].find_last("seq")
        return -1 if last is None else last.seq


def staffed(folder: Path, *, database: str | None = None) -> Staff:
    """A new office, all roles filled."""
    return copied("staff", _staffed, folder) if database is None else _staffed(folder, database)


def _staffed(folder: Path, database: str | None = None) -> Staff:
    clock = Clock()
    office = found_office(folder, database=database, clock=clock)
    staff = Staff(office, clock, dict(office.officer_sessions))
    for role in Role:
        if role not in staff.officer_sessions:
            staff.officer_sessions[role] = staff.enrolled(role, f"{role.value} of the unit")
    return staff


@pytest.fixture(scope="module")
def shared_staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    """One office for tests that leave it as it is, but for what they add."""
    return staffed(tmp_path_factory.mktemp("office") / "workspace")


@pytest.fixture(params=["sqlite", "postgresql"])
def staff(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Staff]:
    """An office of the test's own, on both engines."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    made = staffed(tmp_path / "workspace", database=database)
    yield made
    made.office.workspace.engine.dispose()
