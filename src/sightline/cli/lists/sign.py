"""`sightline lists sign`: FILE.minisig beside a list, after every row was read."""

from __future__ import annotations

import argparse
import hashlib
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.lists.files import reading, write_small
from sightline.cli.lists.rows import Rejects, surveyed
from sightline.engines.outputs import check_one
from sightline.errors import Refused, UsageError

if TYPE_CHECKING:
    from sightline.stages.lists.signature import SecretKey


def run(arguments: argparse.Namespace, now: datetime) -> int:
    """Write FILE.minisig, after every row was read."""
    from sightline.stages.lists import signature, trust  # noqa: PLC0415
    from sightline.stages.lists.digest_key import read_digest_key  # noqa: PLC0415

    out = trust.signature_path(arguments.file)
    key = _secret_key(arguments.key)
    comment = _comment(arguments, key.issuer, now)
    check_one(out, (arguments.file, arguments.key), overwrite=arguments.overwrite)
    digest_key = read_digest_key(arguments.digest_key)
    rejects = Rejects(sys.stderr.write)
    found = surveyed(arguments.file, rejects, digest_key)
    rejects.finish()
    if not found.row_count:
        raise Refused(f"{arguments.file}: holds no row that can be read, so there is nothing to sign")
    if found.reject_count and not arguments.allow_rejects:
        raise Refused(
            f"{arguments.file}: {found.reject_count:,} of {found.row_count + found.reject_count:,} rows cannot be read",
            hint="mend them, or sign the rest with --allow-rejects: those rows match nothing",
        )
    write_small(out, signature.sign(found.prehash, key, comment), mode=0o644, overwrite=arguments.overwrite)
    origin = trust.claimed(trust.small_text(out), str(out)).origin
    print(f"{out}  {found.row_count:,} rows {origin} (key {key.key_id})")
    print(f"list id {found.list_id}")
    return 0


def _secret_key(path: Path) -> SecretKey:
    from sightline.stages.lists import signature, trust  # noqa: PLC0415

    try:
        return signature.read_secret_key(trust.small_text(path), path.stem)
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such key", hint="sightline lists keygen makes one") from None
    except ValueError as why:
        what = why if isinstance(why, signature.KeyFileError) else "not a minisign secret key"
        raise UsageError(f"{path}: {what}", hint="--key takes your CODE.key") from None


def _comment(arguments: argparse.Namespace, issuer: str, now: datetime) -> str:
    """The trusted comment. Raises UsageError where an option cannot stand in it."""
    from sightline.stages.lists.comment import Comment, CommentError  # noqa: PLC0415

    if (arguments.transcribed_by is None) != (arguments.original is None):
        raise UsageError(
            "--transcribed-by and --original go together",
            hint="a list that an agency did not sign itself names who transcribed it, and what from",
        )
    original = None
    if arguments.original is not None:
        with reading(arguments.original), arguments.original.open("rb") as stream:
            original = hashlib.file_digest(stream, "sha256").hexdigest()
    try:
        comment = Comment(
            issuer,
            arguments.version,
            arguments.valid_until,
            arguments.category,
            arguments.use,
            arguments.transcribed_by,
            original,
        )
    except CommentError as why:
        raise UsageError(f"the signature cannot say this: {why}") from None
    if comment.valid_until_us <= now.timestamp() * 1_000_000:
        raise UsageError(f"--valid-until {arguments.valid_until} is over already", hint="name a day to come")
    return comment.text()
