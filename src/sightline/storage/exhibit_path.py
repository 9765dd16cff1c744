"""The path of an exhibit from its text: of a file, or of an object of an S3 store."""

from __future__ import annotations

import os
from pathlib import Path

from sightline.errors import UsageError
from sightline.model.remote_path import is_remote


def parse_exhibit_path(text: str) -> Path:
    """Return the path of a file or folder, or of an object or prefix of a store. Raises UsageError for a wrong URL."""
    if not is_remote(text):
        return Path(text)
    from sightline.storage.object_path import parse_object_path  # noqa: PLC0415  - it loads obstore, which few need

    return parse_object_path(text)


def find_registered_path(text: str) -> Path | None:
    """Return where a registered exhibit is, or None if it is not at hand.

    The workspace keeps no endpoint. So an object is looked for only if the environment names one: it must not be
    asked of a store that never had it. Raises StoreUnreachable.
    """
    if not is_remote(text):
        return path if (path := Path(text)).is_file() else None
    from sightline.storage.object_path import ENDPOINTS  # noqa: PLC0415  - it loads obstore, which few need

    if not any(os.environ.get(name) for name in ENDPOINTS):
        return None
    try:
        path = parse_exhibit_path(text)
        return path if path.is_file() else None
    except UsageError:
        return None
