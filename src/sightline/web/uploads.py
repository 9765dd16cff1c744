"""Files that come with a form: their bytes, and what they are not, told to whoever brought them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import UploadFile

from sightline.casework.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.ledger.verbs import Seen


def upload(file: UploadFile, most: int) -> bytes:
    """The bytes of an uploaded file. Raises UsageError for more than these."""
    content = file.file.read(most + 1)
    if len(content) > most:
        raise UsageError(f"{file.filename} is larger than {most:,} bytes")
    return content


@contextmanager
def as_it_came(officer_session: OfficerSession, thing: str) -> Iterator[None]:
    """Tell the journal, and whoever uploaded a file, that it is not as it should be: nothing of the unit is damaged."""
    try:
        with officer_session.keeping_refusals(Seen.REFUSED_FILE, thing, (DamagedInput,)):
            yield
    except DamagedInput as why:
        told = UsageError(str(why), hint=why.hint, details=why.details)
        told.kept_as = why.kept_as
        raise told from None
