"""Check the workspace's key file: unaltered, readable by its user alone, and the ledger's own."""

from __future__ import annotations

import base64
import re

from sightline.errors import SightlineError
from sightline.services.verification.report import VerificationReport, VerifiedPart
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Tables
from sightline.workspace.workspace import LOG_KEY, Workspace

FORM = re.compile(rb"-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END OPENSSH PRIVATE KEY-----\n")
COLUMNS = (64, 70, 76)
"""Line lengths of such a file, as ssh-keygen and this program write them."""


def verify_log_key(workspace: Workspace, tables: Tables, report: VerificationReport) -> None:
    """Check `log.key` against the key that the ledger began with."""
    row = next(iter(tables[WorkspaceRow].select()), None)
    try:
        public = workspace.log_signer().public
        raw = (workspace.folder / LOG_KEY).read_bytes()
    except (SightlineError, OSError) as error:
        report.add_finding(VerifiedPart.CHECKPOINT, LOG_KEY, str(error))
        return
    if row is None or public != row.log_key:
        report.add_finding(VerifiedPart.CHECKPOINT, LOG_KEY, "is not the key of this ledger")
    elif not _is_plain(raw):
        report.add_finding(
            VerifiedPart.CHECKPOINT, LOG_KEY, "its file was altered, though the key in it is the ledger's"
        )


def _is_plain(raw: bytes) -> bool:
    """Return whether the file is written in one of the ways in which such a key is: no other byte in it."""
    match = FORM.fullmatch(raw)
    if match is None:
        return False
    try:
        plain = base64.b64decode(match[1].replace(b"\n", b""), validate=True)
    except ValueError:
        return False
    text = base64.b64encode(plain)
    forms = (b"".join(text[at : at + width] + b"\n" for at in range(0, len(text), width)) for width in COLUMNS)
    return match[1] in set(forms)
