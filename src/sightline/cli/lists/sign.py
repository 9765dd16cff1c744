"""`sightline lists sign`: FILE.minisig beside a list, after every row was read."""

from __future__ import annotations

import argparse
import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.lists.files import reading, write_small
from sightline.cli.lists.rows import Rejects, add_digest_key, surveyed
from sightline.cli.verbs import Parsers, command
from sightline.engines.outputs import check_one
from sightline.errors import Refused, UsageError
from sightline.private_files import require_private_file

if TYPE_CHECKING:
    from sightline.stages.lists.signature import SecretKey

EXAMPLES = """\
  sightline lists sign flagged.csv --key keys/CELL-7.key --valid-until 2027-03-31 --use leads
      writes flagged.csv.minisig; the stock `minisign` verifies it too
  sightline lists sign flagged.csv --key A.key --valid-until 2027-03-31 --transcribed-by "Unit 3" --original letter.pdf
      says that a unit typed it from what the agency gave, wherever the list is named
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = command(verbs, "sign", "sign a flag list: writes FILE.minisig beside it", EXAMPLES)
    here.add_argument("file", type=Path, metavar="FILE", help="the list")
    here.add_argument("--key", required=True, type=Path, metavar="KEY", help="your CODE.key")
    here.add_argument(
        "--valid-until", required=True, metavar="DATE", help="the last day (2027-03-31) or the instant of its end"
    )
    here.add_argument("--version", metavar="N", help="which version of the list this is")
    here.add_argument("--category", metavar="C", help="the category of rows that name none")
    here.add_argument(
        "--use",
        choices=("leads", "statistics"),
        default="statistics",
        help="what hits may be used for (default: statistics)",
    )
    here.add_argument(
        "--transcribed-by", metavar="NAME", help="who transcribed it, where the agency did not sign it itself"
    )
    here.add_argument(
        "--original", type=Path, metavar="FILE", help="the agency's original, whose SHA-256 is signed too"
    )
    here.add_argument(
        "--allow-rejects", action="store_true", help="sign although rows cannot be read; they match nothing"
    )
    add_digest_key(here)
    here.add_argument("--overwrite", action="store_true", help="replace FILE.minisig")


def run(arguments: argparse.Namespace) -> int:
    """Write FILE.minisig, after every row was read."""
    from sightline.stages.lists import signature, trust  # noqa: PLC0415
    from sightline.stages.lists.digest_key import read_digest_key  # noqa: PLC0415

    now = datetime.now(UTC)
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
        key = signature.read_secret_key(trust.small_text(path), path.stem)
        require_private_file(path)
        return key
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
