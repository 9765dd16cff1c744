"""The errors that wrong use or a wrong environment raises. Bad input is a value, not an error.

SightlineError                exit code
+-- UsageError                2   the command or call itself is wrong
|   +-- OutputExists          2   an output exists already
|   +-- Conflict              2   another officer changed it first
+-- Refused                   3   the rules forbid it
|   +-- UntrustedList         3   unsigned, altered, expired, unknown issuer
|   +-- UnknownFormat         3   no format reads this, or several do
|   +-- TimeUndeclared        3   no zone, year or date order, in the record or declared
|   +-- NotAllowed            3   the officer's role, or the law as recorded, does not allow it
|       +-- NotThere          3   another force's: said as of what is not there at all
+-- DamagedInput              4   input or store that cannot be read as what it is
+-- StoreUnreachable          4   a database or an object store that does not answer
+-- OutputUnwritable          4   an output cannot be written: a full disk, a folder that may not be written to
+-- ProgramFault             70   a bug in Sightline: never said of evidence
+-- Interrupted             130   the user stopped it
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sightline.message_text import escape_unprintable, format_message_text


class SightlineError(Exception):
    """An error with what happened, where, and what to do next. `exit_code` is that of the command line.

    All texts are safe to show, whatever name of a file or of an archive's member is in them: `message_text`.
    `details`: a line for each thing that went wrong together. `is_kept`: a workspace's journal already has the
    error, in its row `kept_as`.
    """

    exit_code = 1
    is_kept = False
    kept_as: int | None = None

    def __init__(self, what: str, *, hint: str | None = None, details: Sequence[str] = ()) -> None:
        super().__init__(format_message_text(what))
        self.hint = None if hint is None else format_message_text(hint)
        self.details = tuple(map(format_message_text, details))


class UsageError(SightlineError):
    """The command or call itself is wrong."""

    exit_code = 2


class OutputExists(UsageError):
    """An output file exists already, and `overwrite` was not requested."""


class Conflict(UsageError):
    """Another officer changed a thing after the version that this change is based on. Nothing was overwritten.

    `yours`: what was to be written. `theirs`: the current content. `version`: the version to base the next change
    on.
    """

    def __init__(self, what: str, *, yours: str, theirs: str, version: int) -> None:
        hint = "look at both, then do it again on the current version"
        super().__init__(what, hint=hint)
        # An officer must see the whole of both texts to merge them.
        self.details = tuple(map(escape_unprintable, (f"current: {theirs}", f"yours:   {yours}")))
        self.yours, self.theirs, self.version = yours, theirs, version


class Refused(SightlineError):
    """The rules forbid it."""

    exit_code = 3


class UntrustedList(Refused):
    """A list that is unsigned, altered, expired, or whose issuer's key is not trusted."""


class UnknownFormat(Refused):
    """No format reads this input, or several do equally well.

    `unread`: masked shapes of what the nearest format cannot read, for a terminal only.
    """

    def __init__(
        self, what: str, *, hint: str | None = None, details: Sequence[str] = (), unread: Sequence[str] = ()
    ) -> None:
        super().__init__(what, hint=hint, details=details)
        self.unread = tuple(unread)


class AmbiguousFormat(UnknownFormat):
    """Formats read this input as visits by different people or to different sites."""


class TimeUndeclared(Refused):
    """Times lack a zone, a year or a date order, and none was declared."""


class NotAllowed(Refused):
    """The officer's role, or the registered authority, does not allow it."""


class NotThere(NotAllowed):
    """The thing belongs to another force, or does not exist. The error never says which."""


class DamagedInput(SightlineError):
    """Input or stored data that cannot be read as what it is."""

    exit_code = 4


class StoreUnreachable(SightlineError):
    """A database or object store that does not answer. Trying again may help."""

    exit_code = 4


class OutputUnwritable(SightlineError):
    """An output that cannot be written: its path (None is standard output), and the system's message."""

    exit_code = 4

    def __init__(self, path: Path | None, error: OSError) -> None:
        self.path, self.why = path, error
        name, number = path or "standard output", error.errno or 0
        if number == errno.EPIPE:
            super().__init__(f"{name} was closed before all was written", hint="what was read of it is not whole")
            return
        left = f"nothing half written was left in {path.absolute().parent}" if path else "what is there is not whole"
        super().__init__(
            f"{name} cannot be written: {error.strerror or error}",
            hint=f"{left}; {UNWRITABLE.get(number, 'put that right')}, then run again",
        )


UNWRITABLE = {
    errno.ENOSPC: "make room, or write to another disk",
    errno.EDQUOT: "make room in your quota, or write to another disk",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f), or write to another disk",
    errno.EACCES: "get the right to write, or choose another folder",
    errno.EPERM: "get the right to write, or choose another folder",
    errno.EROFS: "choose another folder",
}
"""What to do about an output that cannot be written, by the system's error number."""


@contextmanager
def name_output_on_error(path: Path | None) -> Iterator[None]:
    """Map write errors of the system to OutputUnwritable, which names the output."""
    try:
        yield
    except OSError as error:
        raise OutputUnwritable(path, error) from None


@contextmanager
def undo_on_failure(undo: Callable[[], object]) -> Iterator[None]:
    """Run `undo` if the block fails, then raise its error again."""
    with ExitStack() as undone:
        undone.callback(undo)
        yield
        undone.pop_all()


class Interrupted(SightlineError):
    """The user stopped it. Nothing partial was left."""

    exit_code = 130


class ProgramFault(SightlineError):
    """A bug in Sightline, found where it arose: a kernel that panicked, or counts that do not add up.

    Exit code 70 is EX_SOFTWARE of sysexits.h. It says nothing about the evidence that was read.
    """

    exit_code = 70


def describe_fault(error: BaseException) -> str:
    """Return the kind of a bug in this program, and the module and line where it arose, without any value."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return type(error).__name__ + (f" at {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "")
