"""Choose the segment store of an address: a folder of the workspace, or an S3 bucket."""

from __future__ import annotations

from pathlib import Path

from sightline.errors import UsageError
from sightline.storage.bucket_address import parse_bucket_address
from sightline.storage.folder import FolderStore
from sightline.storage.segments import SegmentStore


def build_segment_store(where: str | Path, *, scratch: Path | None = None) -> SegmentStore:
    """Return the store of a folder or `s3://` URL (see `bucket_address`). It opens and creates nothing yet.

    `scratch` has a bucket's files while they are written or read (default: the system's temporary folder). Raises
    UsageError for an unknown kind of URL, or one with credentials.
    """
    text = str(where)
    if text.startswith("s3://"):
        from sightline.storage.bucket import S3Store  # noqa: PLC0415  - it loads obstore, which few need

        return S3Store(parse_bucket_address(text), scratch)
    if "://" in text:
        scheme = text.partition("://")[0]
        raise UsageError(f"segments cannot be stored at {scheme}://", hint="give a folder, or s3://BUCKET/PREFIX")
    return FolderStore(Path(where))
