"""Keep data in a run: write no core dump, and leave no half-written file when the run is stopped."""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

MAPPINGS_IN_CORES = Path("/proc/self/coredump_filter")


def harden_process() -> None:
    """No core dump of this process, whose memory holds lines that match nothing.

    The limit does not hold where the system pipes cores to a program (core(5)): there the filter leaves memory out.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        MAPPINGS_IN_CORES.write_text("0")


def hold_standard_files() -> bool:
    """Return whether standard output is there.

    Where one of the three was closed, its number is taken, so that no file of ours gets what is meant for a screen.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  - for as long as the process runs
    return sys.stdout is not None


def stop_as_interrupted() -> None:
    """SIGTERM, and SIGHUP of a terminal that went away, stop a run as Ctrl-C does: nothing partial is left."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # `nohup` ignores SIGHUP, and that stands.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
