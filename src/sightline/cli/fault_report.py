"""The report of a bug in Sightline: what happened and where, for its maintainers, with no data of a case in it."""

from __future__ import annotations

import platform
import sys

from sightline import __version__
from sightline.errors import ProgramFault, describe_fault

MOST_PLACES = 8


def report_fault(fault: BaseException, command: str | None) -> int:
    """Print the report on standard error and return the exit code, 70.

    A message of an unexpected error may quote evidence, so only its type and its places in the code are printed.
    """
    what = str(fault) if isinstance(fault, ProgramFault) else describe_fault(fault)
    lines = [
        f"sightline: fault in this program: {what}",
        "  This is a bug in Sightline. It does not mean that the evidence is damaged. The command did not finish.",
        "  Send this report to the maintainers (SECURITY.md says how). It holds no data of yours:",
        f"    sightline {__version__}, kernel {_build()}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}",
        f"    command: {command or 'none'}",
        *(f"    at {place}" for place in list_places(fault)),
    ]
    sys.stderr.write("\n".join(lines) + "\n")
    return ProgramFault.exit_code


def _build() -> str:
    from sightline.stages.scan import kernel  # noqa: PLC0415

    return kernel.compute_kernel_digest()[:16] or "not built"


def list_places(fault: BaseException) -> list[str]:
    """Return where in the code an error was raised, innermost first, as module and line."""
    result: list[str] = []
    trace = fault.__traceback__
    while trace:
        result.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return result[: -MOST_PLACES - 1 : -1]
