"""Ask a person on a terminal, or read the answer from a file."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError
from sightline.private_files import read_private_file

LIMIT_BYTES = 1 << 12
TRIES = 3


def is_terminal() -> bool:
    """Return whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """Return what a person types, without the spaces around it. The question goes to standard error."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def ask_consent(question: str) -> bool:
    """Return whether a person says yes; anything else is no."""
    return ask(f"{question} [y/N] ").lower() in {"y", "yes"}


def ask_passphrase(name: str) -> str:
    """The passphrase that opens a key; it is not shown."""
    return getpass.getpass(f"passphrase of {escape_text(name)}: ", stream=sys.stderr)


def ask_new_passphrase(name: str) -> str:
    """A new passphrase, asked twice and not shown. Raises UsageError where no two agree, or all are too short."""
    from sightline.workspace.keys import require_passphrase  # noqa: PLC0415

    for _ in range(TRIES):
        first = getpass.getpass(f"new passphrase of {escape_text(name)}: ", stream=sys.stderr)
        try:
            require_passphrase(first)
        except UsageError as weak:
            sys.stderr.write(f"{weak}\n")
            continue
        if first == getpass.getpass("the same once more: ", stream=sys.stderr):
            return first
        sys.stderr.write("they differ\n")
    raise UsageError("no passphrase was given", hint="run it again; nothing was written")


def read_passphrase(path: Path) -> str:
    """The passphrase in a file: its first line. Raises NotAllowed where others may read the file."""
    hint = "give a file that holds the passphrase, and nothing else"
    try:
        raw = read_private_file(path, LIMIT_BYTES)
        text = raw.decode()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint=hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: no text", hint=hint) from None
    words = text.removesuffix("\n").removesuffix("\r")
    if not words or "\n" in words or len(raw) > LIMIT_BYTES:
        raise UsageError(f"{path}: not one line", hint=hint)
    return words
