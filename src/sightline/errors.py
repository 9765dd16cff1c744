"""The errors that wrong use or a wrong environment raises. Bad input is a value, not an error.

SightlineError                exit code
+-- UsageError                2   the command or call itself is wrong
|   +-- OutputExists          2   an output is there already
+-- Refused                   3   the rules forbid it
|   +-- UntrustedList         3   unsigned, altered, expired, unknown issuer
|   +-- UnknownFormat         3   no format reads this, or several do
|   +-- TimeUndeclared        3   no zone, year or date order, in the record or declared
+-- DamagedInput              4   input or store that cannot be read as what it is
+-- Interrupted             130   the user stopped it
"""

from __future__ import annotations

from collections.abc import Sequence


class SightlineError(Exception):
    """What went wrong, where, and what to do next; `exit_code` is what the command line ends with.

    `details` are lines for each of the things that went wrong together.
    """

    exit_code = 1

    def __init__(self, what: str, *, hint: str | None = None, details: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.hint = hint
        self.details = tuple(details)


class UsageError(SightlineError):
    """The command or call itself is wrong."""

    exit_code = 2


class OutputExists(UsageError):
    """An output file is there already and `overwrite` was not asked for."""


class Refused(SightlineError):
    """The rules forbid it."""

    exit_code = 3


class UntrustedList(Refused):
    """A list that is unsigned, altered, expired, or whose issuer's key is not trusted."""


class UnknownFormat(Refused):
    """No format reads this input, or several do equally well.

    `unread` are masked shapes of what the nearest format cannot read, for a terminal only.
    """

    def __init__(
        self, what: str, *, hint: str | None = None, details: Sequence[str] = (), unread: Sequence[str] = ()
    ) -> None:
        super().__init__(what, hint=hint, details=details)
        self.unread = tuple(unread)


class TimeUndeclared(Refused):
    """Times lack a zone, a year or a date order, and none was declared."""


class DamagedInput(SightlineError):
    """Input, or a store, that cannot be read as what it is."""

    exit_code = 4


class Interrupted(SightlineError):
    """The user stopped it; nothing partial was left."""

    exit_code = 130
