"""Set up a workspace with its first officer, on the command line or on a page of the web app."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.casework.people import accounts
from sightline.casework.people.accounts import Enrolment
from sightline.casework.people.officers import NewOfficer, enrol_first_officer
from sightline.errors import undo_on_failure
from sightline.ledger.append import Signer
from sightline.model import Stamp
from sightline.workspace.keys import make_signing_key
from sightline.workspace.workspace import Change, Workspace, make_workspace


@dataclass(frozen=True, slots=True)
class FirstOfficer:
    """The first officer, and how the officer signs in to the web app."""

    person: NewOfficer
    sign_in_name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetUpResult:
    """A workspace that was made, its first officer with the account, and the id of the officer's key."""

    workspace: Workspace
    officer: NewOfficer
    enrolment: Enrolment
    key_id: str


def enrol_first(change: Change, person: NewOfficer, private: Ed25519PrivateKey) -> Change:
    """Enrol the first officer, and return the change as one of this officer."""
    officer = enrol_first_officer(change, person, private)
    return replace(change, signer=Signer(officer.officer_id, private))


def set_up_workspace(folder: Path, first: FirstOfficer, now: datetime, stamp: Stamp) -> SetUpResult:
    """Make a workspace in a new folder, with its first officer and the officer's account.

    What was written is removed if it fails. Raises UsageError, OutputExists and OutputUnwritable.
    """
    accounts.check_sign_in(first.sign_in_name, first.password)
    made: list[Enrolment] = []
    private = make_signing_key()

    def add_first_officer(change: Change) -> None:
        own = enrol_first(change, first.person, private)
        made.append(accounts.make_within(own, own.signer, first.sign_in_name, first.password))

    was_there, before = folder.is_dir(), _list_inside(folder)
    with undo_on_failure(lambda: _remove_new(folder, before, was_there=was_there)):
        workspace = make_workspace(folder, first.person.unit, now, add_first_officer, stamp=stamp)
    return SetUpResult(workspace, first.person, made[0], Signer("first", private).key_id)


def _list_inside(folder: Path) -> Sequence[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _remove_new(folder: Path, before: Sequence[Path], *, was_there: bool) -> None:
    """Remove what a set-up wrote into a folder, and nothing that was there."""
    for path in _list_inside(folder):
        if path in before:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if not was_there and folder.is_dir() and not _list_inside(folder):
        folder.rmdir()
