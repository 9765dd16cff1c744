"""Open an attachment of a note about a case. The journal records it first."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.casework.cases.case_notes import find_file
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.case_files.attach import NONCE_BYTES
from sightline.storage.rows import CaseFile


def open_file(officer_session: OfficerSession, case_id: str, file_id: str) -> tuple[CaseFile, bytes]:
    """Return an attachment and its bytes. Raises UsageError, NotAllowed, and DamagedInput if it was altered."""
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
