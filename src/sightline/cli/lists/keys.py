"""`sightline lists create-key`: an issuer's keys, in minisign's format."""

from __future__ import annotations

import argparse
from pathlib import Path

from sightline.cli.lists.file_output import write_small
from sightline.cli.subcommands import Parsers, add_command
from sightline.errors import OutputExists, UsageError, name_output_on_error

EXAMPLES = """\
  sightline lists create-key --issuer CELL-7 --out keys
      # keys/CELL-7.key (keep it secret: it has no password) and keys/CELL-7.pub (give it to those who shall trust you)
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "create-key", "make an issuer's keys, in minisign's format", EXAMPLES)
    here.add_argument("--issuer", required=True, metavar="CODE", help="the issuer's code: letters, digits, . _ -")
    here.add_argument("--out", required=True, type=Path, metavar="DIR", help="where CODE.key and CODE.pub go")


def run(arguments: argparse.Namespace) -> int:
    """Write CODE.key and CODE.pub; neither is ever replaced."""
    from sightline.stages.lists import signature  # noqa: PLC0415

    try:
        key = signature.create_key(arguments.issuer)
    except signature.KeyFileError as error:
        raise UsageError(str(error)) from None
    secret, public = (arguments.out / f"{key.issuer}.{end}" for end in ("key", "pub"))
    for path in (secret, public):
        if path.exists():
            raise OutputExists(f"{path} exists already, and a key is never replaced", hint="choose another --out")
    with name_output_on_error(arguments.out):
        arguments.out.mkdir(mode=0o700, exist_ok=True)
    write_small(secret, key.to_text(), mode=0o600, overwrite=False)
    write_small(public, key.derive_public().to_text(), mode=0o644, overwrite=False)
    print(f"{secret}  secret, without a password: keep it where only you can read it")
    print(f"{public}  key {key.key_id}: give it to those who shall trust {key.issuer}, by a way that nobody can alter")
    return 0
