"""A new pair of keys in two files: FILE for its owner alone, FILE.pub for everybody."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli import prompts
from sightline.errors import NotAllowed, OutputExists, UsageError, name_output_on_error

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

OPEN_KEY = (
    "without a passphrase, anyone who gets the file is the officer: keep it where only the machine that needs it is\n"
)


def add_no_passphrase(group: argparse._ArgumentGroup | argparse.ArgumentParser) -> None:
    """The option that leaves a new key unlocked."""
    group.add_argument("--no-passphrase", action="store_true", help="leave a new key unlocked: only for automation")


def choose_passphrase(path: Path, arguments: argparse.Namespace) -> str | None:
    """The passphrase of a new key: of a file, asked twice on a terminal, or none where that was asked for."""
    if arguments.no_passphrase:
        if arguments.passphrase_file is not None:
            raise UsageError("--no-passphrase and --passphrase-file exclude each other", hint="choose one")
        sys.stderr.write(OPEN_KEY)
        return None
    file = arguments.passphrase_file or os.environ.get("SIGHTLINE_PASSPHRASE_FILE")
    if file is not None:
        return prompts.read_passphrase(Path(file))
    if not prompts.is_terminal():
        raise NotAllowed(
            "a new key needs a passphrase, and there is no terminal to ask for it",
            hint="--passphrase-file FILE; or, for automation, --no-passphrase",
        )
    return prompts.ask_new_passphrase(str(path))


def make_key(path: Path, arguments: argparse.Namespace) -> Ed25519PrivateKey:
    """A new key, after its two files were written. Raises OutputExists where one is there."""
    from sightline.workspace import keys  # noqa: PLC0415

    public = derive_public_key_path(path)
    for key_path in (path, public):
        if key_path.exists():
            raise OutputExists(f"{key_path} exists already, and a key is never replaced", hint="choose another file")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is not a folder", hint="make it first: mkdir -m 700 DIR")
    passphrase = choose_passphrase(path, arguments)
    key = keys.make_signing_key()
    keys.write_private(path, key, passphrase)
    with name_output_on_error(public):
        public.write_text(keys.format_public_key(key.public_key(), path.stem), encoding="utf-8")
    return key


def derive_public_key_path(path: Path) -> Path:
    """Return the path of the public half of a key file."""
    return path.with_name(f"{path.name}.pub")
