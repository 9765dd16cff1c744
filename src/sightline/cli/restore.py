"""`sightline restore`: a workspace from a backup, in a new place."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.officer_options import KEY, add_key
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_text
from sightline.errors import NotAllowed, UsageError
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sightline.workspace.backup_manifest import Manifest

DESCRIPTION = """\
Make a workspace from a backup, in a new folder, or in a new database and a new prefix of a bucket, as the original had
it. Every digest is checked before anything is written. Changes after the backup are not in it. The ledger records that
it continues from there.
"""

EXAMPLES = """\
  sightline restore cyber-ps-2026-06-08.tar.age --check --identity safe.age
      # reads it, and says whether every byte is as it was made
  sightline restore cyber-ps-2026-06-08.tar.age --identity safe.age --out /srv/cyber-ps --key /media/token/rao
  sightline restore cyber-ps-2025-11-30.tar --out /srv/cyber-ps --key /media/token/rao
      # one that is not encrypted: an older version made it, or --unencrypted
  sightline restore cyber-ps-2026-06-08.tar.age --identity safe.age --out /srv/cyber-ps \\
      --database postgresql://unit@db.example/record --segments 's3://evidence/unit?endpoint=https://s3.example'
"""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(
        commands, "restore", "make a workspace from a backup, or check the backup", EXAMPLES, DESCRIPTION
    )
    here.add_argument("file", type=Path, metavar="FILE", help="a file that sightline backup wrote")
    group = here.add_mutually_exclusive_group(required=True)
    group.add_argument("--out", type=Path, metavar="DIR", help="the new folder of the workspace")
    group.add_argument("--check", action="store_true", help="only check that the backup is unaltered")
    here.add_argument(
        "--identity", action="append", default=[], type=Path, metavar="FILE", help="the age identity that opens it"
    )
    here.add_argument("--digest", metavar="SHA256", help="the digest of the backup, as it was printed and noted then")
    here.add_argument("--database", metavar="URL", help="an empty PostgreSQL database (default: SQLite in the folder)")
    here.add_argument("--segments", metavar="URL", help="an empty prefix, s3://BUCKET/PREFIX (default: in the folder)")
    add_json(here)
    here.add_argument("--quiet", action="store_true", help="no progress bar")
    add_key(here.add_argument_group("who restores"), f"your private key (default: {KEY}, else your login)")


def run(arguments: argparse.Namespace) -> int:
    """Check the backup, and make the workspace."""
    from sightline.casework.oversight.backups import check_backup, restore_backup  # noqa: PLC0415
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.services.referrals.force_keys import read_age_identities  # noqa: PLC0415
    from sightline.workspace.encryption import is_encrypted  # noqa: PLC0415
    from sightline.workspace.restore import RestoreTarget  # noqa: PLC0415

    if arguments.check and (arguments.database or arguments.segments):
        raise UsageError("--check writes nothing", hint="leave out --database and --segments, or name --out DIR")
    identities = [age_identity for path in arguments.identity for age_identity in read_age_identities(path)]
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="files") as watch:
        manifest = check_backup(arguments.file, watch, arguments.digest, identities)
    if not is_encrypted(arguments.file):
        sys.stderr.write(
            f"{escape_text(str(arguments.file))} is NOT ENCRYPTED: anyone who has it has the key that signs the ledger;"
            " encrypt it (age -r age1...), and destroy this one\n"
        )
    if not arguments.check:
        place = RestoreTarget(arguments.out, arguments.database, arguments.segments)
        private = _open_private_key(arguments, manifest)
        with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="files") as watch:
            restore_backup(arguments.file, manifest, place, private, get_current_time, watch, identities)
    _print_manifest(arguments, manifest)
    return 0


def _open_private_key(arguments: argparse.Namespace, manifest: Manifest) -> Ed25519PrivateKey:
    """The key that was named, or that a login to that workspace holds. Raises NotAllowed."""
    from sightline.casework.people.login import find_login, make_runtime_folder  # noqa: PLC0415
    from sightline.cli.officer_options import find_key_path, get_current_time, open_key  # noqa: PLC0415

    if (path := find_key_path(arguments)) is not None:
        return open_key(path, arguments)
    login = find_login(make_runtime_folder(os.environ), manifest.workspace_id, get_current_time())
    if login is None:
        raise NotAllowed(
            "the officer who restores was not named",
            hint=f"--key FILE ({KEY}): an administrator's or custodian's of that time",
        )
    return login.private


def _print_manifest(arguments: argparse.Namespace, manifest: Manifest) -> None:
    made_at = f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
    if arguments.json:
        facts = {"backup": manifest.digest, "workspace": manifest.workspace_id, "made_at": manifest.made_at.isoformat()}
        more = {"entries": manifest.size, "files": len(manifest.members), "incomplete": list(manifest.incomplete)}
        print(json.dumps(facts | more | {"out": arguments.out and str(arguments.out)}, ensure_ascii=False))
        return
    print(
        f"{manifest.digest}  of {made_at}: {count_noun(len(manifest.members), 'file')},"
        f" {count_noun(manifest.size, 'entry', 'entries')}; all as made"
    )
    for name in manifest.incomplete:
        sys.stderr.write(f"was not as it was registered when the backup was made: {escape_text(name)}\n")
    if not arguments.check:
        sys.stderr.write(
            f"restored to {escape_text(str(arguments.out))}; what came after {made_at} is not in it\n"
            "  sightline verify; then tell the witnesses, and take a checkpoint: sightline ledger export-checkpoint\n"
        )
