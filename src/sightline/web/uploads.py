"""Uploaded files: their bytes, and clear errors for the officer who uploaded a bad one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import UploadFile

from sightline.casework.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.ledger.verbs import JournalVerb


def upload(file: UploadFile, most: int) -> bytes:
    """Return the bytes of an uploaded file. Raises UsageError if there are more than `most`."""
    content = file.file.read(most + 1)
    if len(content) > most:
        raise UsageError(f"{file.filename} is larger than {most:,} bytes")
    return content


@contextmanager
def report_bad_upload(officer_session: OfficerSession, thing: str) -> Iterator[None]:
    """Map damage in an uploaded file to an error for its officer, with a journal entry. Stored data is intact."""
    try:
        with officer_session.keeping_refusals(JournalVerb.REFUSED_FILE, thing, (DamagedInput,)):
            yield
    except DamagedInput as why:
        error = UsageError(str(why), hint=why.hint, details=why.details)
        error.kept_as = why.kept_as
        raise error from None
