"""`sightline backup`: the whole workspace in one file, while others go on working."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sightline.cli.desk import add_desk
from sightline.cli.verbs import Parsers, add_json, command

DESCRIPTION = """\
Write everything that a workspace holds into one tar file, as it is at one instant, while scans and changes go on: every
table, every segment and list, exported checkpoints, and the key that signs checkpoints. The file is not encrypted and
must be kept as the workspace is kept. The ledger tells of it by its digest.
"""

EXAMPLES = """\
  sightline backup --out /media/vault/cyber-ps-2026-06-08.tar
  sightline restore /media/vault/cyber-ps-2026-06-08.tar --check
      reads it back, and says whether every byte is as it was made
"""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = command(
        commands, "backup", "write the whole workspace into one file, while it is in use", EXAMPLES, DESCRIPTION
    )
    here.add_argument("--out", required=True, type=Path, metavar="FILE.tar", help="the file to write, mode 0600")
    here.add_argument("--overwrite", action="store_true", help="replace a file that is there already")
    here.add_argument(
        "--incomplete",
        action="store_true",
        help="although registered files are missing or altered; the backup names them",
    )
    add_json(here)
    here.add_argument("--quiet", action="store_true", help="no progress bar")
    add_desk(here)


def run(arguments: argparse.Namespace) -> int:
    """Write the backup, and say its digest."""
    from sightline.casework.backups import back_up  # noqa: PLC0415
    from sightline.cli import progress, shown  # noqa: PLC0415
    from sightline.cli.desk import desk_of  # noqa: PLC0415

    desk = desk_of(arguments)
    with progress.bar(enabled=not (arguments.quiet or arguments.json), found="files") as watch:
        made = back_up(desk, arguments.out, watch, overwrite=arguments.overwrite, incomplete=arguments.incomplete)
    manifest = made.manifest
    if arguments.json:
        said = {"out": str(made.out), "backup": manifest.digest, "size_bytes": made.size_bytes}
        more = {"entries": manifest.size, "files": len(manifest.members), "incomplete": list(manifest.incomplete)}
        print(json.dumps(said | more, ensure_ascii=False))
        return 0
    print(f"{manifest.digest}  {shown(str(made.out))}")
    sys.stderr.write(f"{len(manifest.members):,} files, {made.size_bytes:,} bytes, {manifest.size:,} entries\n")
    for name in manifest.incomplete:
        sys.stderr.write(f"not as it was registered: {shown(name)}\n")
    sys.stderr.write(
        "it holds all that the workspace holds, keys too: keep it as the workspace is kept, and elsewhere\n"
    )
    return 0
