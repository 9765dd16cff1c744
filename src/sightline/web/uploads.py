"""Files that come with a form: their bytes, and what they are not, told to whoever brought them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import UploadFile

from sightline.errors import DamagedInput, UsageError


def upload(file: UploadFile, most: int) -> bytes:
    """The bytes of an uploaded file. Raises UsageError for more than these."""
    content = file.file.read(most + 1)
    if len(content) > most:
        raise UsageError(f"{file.filename} is larger than {most:,} bytes")
    return content


@contextmanager
def as_it_came() -> Iterator[None]:
    """Tell whoever uploaded a file that it is not what it should be: nothing of the unit's own is damaged."""
    try:
        yield
    except DamagedInput as why:
        raise UsageError(str(why), hint=why.hint) from None
