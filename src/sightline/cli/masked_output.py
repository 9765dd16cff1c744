"""Output of commands on a workspace: each address in it masked, unless the command opened it for a reason.

What a command writes at length, and masks itself lead by lead, passes as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

MASKED_COMMANDS = frozenset(
    "approve authorities cases cluster datasets doctor exhibits forces holds issuers leads ledger licensees notices "
    "officers operations outcomes purge referrals resolve search upgrade verify witnesses".split()
)
"""Commands that show what the workspace holds of people and their lines."""
BY_ITSELF = frozenset({("leads", "list"), ("leads", "show"), ("resolve", None)})
"""Command and verb that mask their JSON themselves."""


class MaskedStream:
    """A text stream that masks the addresses in all text written to it, unless `is_whole` is set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.is_whole = stream, False

    def write(self, text: str) -> int:
        """Write a text, masked; how many letters were given."""
        if not self.is_whole:
            from sightline.stages.report.address_masks import mask_text  # noqa: PLC0415  - a command that says nothing

            self._stream.write(mask_text(text))
        else:
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Write each line."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def mask_output(arguments: argparse.Namespace) -> Iterator[None]:
    """Mask standard output and standard error while a command runs that shows what the workspace holds."""
    if arguments.command not in MASKED_COMMANDS:
        yield
        return
    whole = sys.stdout, sys.stderr
    masked = [MaskedStream(text_io) for text_io in whole]
    is_json = getattr(arguments, "json", False)
    masked[0].is_whole = is_json and (arguments.command, getattr(arguments, "verb", None)) in BY_ITSELF
    sys.stdout, sys.stderr = (cast("TextIO", masked_stream) for masked_stream in masked)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = whole


def show_whole() -> None:
    """Let the command that runs show addresses: it opened them, and the journal has it."""
    for text_io in (sys.stdout, sys.stderr):
        if isinstance(text_io, MaskedStream):
            text_io.is_whole = True
