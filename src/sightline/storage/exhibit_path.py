"""The path of an exhibit from its text: of a file, or of an object of an S3 store."""

from __future__ import annotations

from pathlib import Path

from sightline.model.remote_path import is_remote


def exhibit_path(text: str) -> Path:
    """Return the path of a file or folder, or of an object or prefix of a store. Raises UsageError for a wrong URL."""
    if not is_remote(text):
        return Path(text)
    from sightline.storage.object_path import object_path  # noqa: PLC0415  - it loads obstore, which few need

    return object_path(text)
