"""Write a note about a case, its attachments sealed and registered in the same transaction, and open one again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.casework.cases.case_notes import check_note_text, find_file, record_note
from sightline.casework.input_checks import name_thing, require_visible, require_words
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.case_files.file_types import require_allowed
from sightline.storage.rows import CaseFile, CaseNote
from sightline.storage.ulid import make_id
from sightline.workspace.staged_write import open_staged_write

MOST_FILES = 5
"""Maximum number of attachments of a note."""
KEY_BYTES, NONCE_BYTES = 32, 12


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to attach: its name without folders, and its bytes."""

    name: str
    content: bytes


def write_note(officer_session: OfficerSession, case_id: str, text: str, files: Sequence[NewFile] = ()) -> CaseNote:
    """Write a note about a case with its attachments. Raises UsageError and NotAllowed; then nothing is stored."""
    about, body = name_thing("case", case_id), check_note_text(text, "the note")
    officer_session.require(Action.CASE_NOTE, about)
    with officer_session.record_refusals(JournalVerb.REFUSED_FILE, about, (UsageError,)):
        _require_allowed(files)
    officer_id = officer_session.officer.officer_id
    if not files:
        with officer_session.change(Action.CASE_NOTE, about) as change:
            return record_note(change, case_id, body, (), officer_id)
    with open_staged_write(officer_session.workspace, officer_session.signer, officer_session.clock) as staged:
        prefix = staged.intent.intent_id
        sealed = [
            _seal_file(staged.folder, prefix, at, make_id(officer_session.clock()), new_file)
            for at, new_file in enumerate(files)
        ]
        staged.publish()
        with officer_session.change(Action.CASE_NOTE, about) as change:
            staged.settle(change.tables, "the attachments were stored too slowly; send the note again")
            return record_note(change, case_id, body, sealed, officer_id)


def open_file(officer_session: OfficerSession, case_id: str, file_id: str) -> tuple[CaseFile, bytes]:
    """Return an attachment and its bytes; the journal records it first.

    Raises UsageError, NotAllowed, and DamagedInput if the file was altered.
    """
    workspace = officer_session.workspace
    with workspace.read() as tables:
        case_file = find_file(tables, case_id, file_id)
    officer_session.look(Action.CASE_FILE_OPEN, f"case-file:{case_file.file_id}", JournalVerb.VIEW_CASE_FILE)
    if case_file.key is None:
        raise UsageError(f"{case_file.name} was deleted", hint="the ledger has its digest")
    with workspace.segments.open_local(case_file.file) as path:
        sealed = path.read_bytes()
    try:
        plain = AESGCM(case_file.key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], case_file.file_id.encode())
    except (InvalidTag, ValueError):
        raise DamagedInput(f"{case_file.name} was altered", hint="sightline verify names what is wrong") from None
    return case_file, plain


def _require_allowed(files: Sequence[NewFile]) -> None:
    if len(files) > MOST_FILES:
        raise UsageError(f"{len(files)} files are attached", hint=f"attach at most {MOST_FILES} files to a note")
    for new_file in files:
        require_visible(require_words(new_file.name, "the name of the file"), "the name of the file")
        require_allowed(new_file.name, new_file.content)


def _seal_file(folder: Path, prefix: str, at: int, file_id: str, new_file: NewFile) -> CaseFile:
    """Write the sealed form of a file to the folder. Its id is authenticated with it."""
    key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, new_file.content, file_id.encode())
    name = f"attachment-{at}.sealed"
    (folder / name).write_bytes(sealed)
    return CaseFile(
        file_id,
        "",
        prefix,
        new_file.name.strip(),
        hashlib.sha256(new_file.content).hexdigest(),
        len(new_file.content),
        f"{prefix}/{name}",
        hashlib.sha256(sealed).hexdigest(),
        len(sealed),
        key,
    )
