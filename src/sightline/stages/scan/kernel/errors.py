"""Convert the kernel's errors to Sightline's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import (
    DamagedInput,
    Interrupted,
    OutputUnwritable,
    ProgramFault,
    SightlineError,
    UsageError,
)

if TYPE_CHECKING:
    pass

NO_OUTPUTS: Mapping[str, Path | None] = {}


@contextmanager
def map_kernel_errors(outputs: Mapping[str, Path | None] = NO_OUTPUTS, *, name: str = "") -> Iterator[None]:
    """Convert the kernel's errors to Sightline's. `outputs` are the files that it writes, `name` the current list."""
    from sightline import _kernel  # noqa: PLC0415

    try:
        yield
    except _kernel.KernelError as error:
        kind, what, *output = error.args
        if kind == "output":
            raise _build_unwritable(what, outputs, *output) from None
        raise _build_error(kind, name + what) from None
    except BaseException as panic:
        # PanicException is no Exception, and its text may contain bytes of a record: only the place is reported.
        if type(panic).__name__ != "PanicException":
            raise
        raise ProgramFault(_kernel.last_fault()) from None


def _build_unwritable(
    what: str, outputs: Mapping[str, Path | None], output: str, number: int | None
) -> OutputUnwritable:
    number = _parse_system_error(what) if number is None else number
    error = OSError(what) if number is None else OSError(number, os.strerror(number))
    return OutputUnwritable(outputs.get(output), error)


def _parse_system_error(what: str) -> int | None:
    """Return the number of the system's error that a text of the Parquet library ends with, or None."""
    number = what.rpartition("(os error ")[2].partition(")")[0]
    return int(number) if number.isdecimal() else None


def _build_error(kind: str, what: str) -> SightlineError:
    if kind == "interrupted":
        return Interrupted("interrupted; no output was left")
    if kind == "list":
        return DamagedInput(f"a compiled list cannot be used: {what}", hint="compile it again: sightline lists compile")
    if kind == "segment":
        return DamagedInput(what, hint="it is not as it was sealed: restore it from a backup")
    if kind == "stdin":
        hint = "save the log to a file first: every hit has its SHA-256, which is known only at its end"
        return UsageError("standard input holds more hits than can wait in memory", hint=hint)
    if kind == "fault":
        return ProgramFault(what)
    return DamagedInput(what, hint="nothing was written")
