"""Uploaded files: their bytes, and clear errors for the officer who uploaded a bad one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import UploadFile

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.ledger.verbs import JournalVerb

LONGEST_NAME = 150
"""Maximum bytes of a file name that are kept, beside its ending."""


def read_upload(file: UploadFile, most: int) -> bytes:
    """Return the bytes of an uploaded file. Raises UsageError if there are more than `most`."""
    content = file.file.read(most + 1)
    if len(content) > most:
        raise UsageError(f"{file.filename} is larger than {most:,} bytes")
    return content


@contextmanager
def report_bad_upload(officer_session: OfficerSession, thing: str) -> Iterator[None]:
    """Map damage in an uploaded file to an error for its officer, with a journal entry. Stored data is intact."""
    try:
        with officer_session.record_refusals(JournalVerb.REFUSED_FILE, thing, (DamagedInput,)):
            yield
    except DamagedInput as why:
        error = UsageError(str(why), hint=why.hint, details=why.details)
        error.kept_as = why.kept_as
        raise error from None


@contextmanager
def name_in_errors(path: Path) -> Iterator[None]:
    """Name an uploaded file in errors by its name alone: its folder is one of the server, for a moment."""
    try:
        yield
    except (UsageError, DamagedInput) as why:
        if str(path) not in str(why):
            raise
        raise type(why)(str(why).replace(str(path), path.name), hint=why.hint, details=why.details) from None


def write_upload(folder: Path, upload: UploadFile) -> Path:
    """Write an uploaded file under the last part of its name, and return the path."""
    folder.mkdir()
    bare = (upload.filename or "").replace("\\", "/").rpartition("/")[2].replace("\0", "")
    suffix = Path(bare).suffix[:20]
    stem = bare.removesuffix(suffix).encode(errors="ignore")[:LONGEST_NAME].decode(errors="ignore")
    path = folder / (f"{stem}{suffix}" if stem.strip(". ") else "reply")
    with path.open("wb") as out:
        while piece := upload.file.read(1 << 20):
            out.write(piece)
    return path
