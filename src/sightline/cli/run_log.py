"""The log of one run: what the command did and how long it took, on standard error or in a file.

A log holds commands, names of options, kinds of errors, digests, counts and durations. It holds no text that a user or
a record wrote: no path, no message, no reason. Each line is masked besides, so that an address cannot pass.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import re
import resource
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from sightline import __version__
from sightline.cli.argument_parser import find_deepest_parser
from sightline.cli.terminal_text import escape_text
from sightline.errors import ProgramFault, UsageError

LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR) sightline[ .]")
OWNER_ONLY = 0o600
LOG = logging.getLogger("sightline.cli")


class LogFormatter(logging.Formatter):
    """One line a record: instant in UTC, level, module, event with its facts; addresses masked."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. The text of an exception is never part of it."""
        from sightline.stages.report.address_masks import mask_text  # noqa: PLC0415

        text = mask_text(escape_text(record.getMessage()))
        return f"{self.formatTime(record)} {record.levelname} {record.name} {text}"


class LogHandler(logging.StreamHandler[TextIO]):
    """A handler that reports once that its file cannot be written, and lets the command go on."""

    is_lost = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802  - as logging calls it
        """Say that lines are missing from now on."""
        if not self.is_lost:
            self.is_lost = True
            error = sys.exc_info()[1]
            what = error.strerror if isinstance(error, OSError) else None
            if sys.__stderr__ is not None:
                sys.__stderr__.write(f"sightline: the log cannot be written any more: {what or 'unknown cause'}\n")


@contextmanager
def run_log(
    arguments: argparse.Namespace, top: argparse.ArgumentParser, words: Sequence[str]
) -> Iterator[Callable[[int], object]]:
    """Log the run of a command on standard error, in a file, or both. Call what this yields with the exit code."""
    path: Path | None = getattr(arguments, "log_file", None)
    with ExitStack() as stack:
        if path is not None:
            stream = _open_log(path)
            stack.callback(_close, stream)
            stack.enter_context(_attach_handler(stream))
        if getattr(arguments, "verbose", False):
            stack.enter_context(_attach_handler(sys.stderr))
        try:
            yield _log_start(find_deepest_parser(top, words), words)
        except BaseException as error:
            # Every end is logged, Ctrl+C and exits too.
            LOG.error("command failed: error=%s%s", type(error).__name__, _format_places(error))
            raise


@contextmanager
def _attach_handler(stream: TextIO) -> Iterator[None]:
    """Send the records of this program to a stream, and to nobody else."""
    handler, top = LogHandler(stream), logging.getLogger("sightline")
    handler.setFormatter(LogFormatter())
    before = top.level, top.propagate
    top.setLevel(logging.DEBUG)
    top.propagate = False
    top.addHandler(handler)
    try:
        yield
    finally:
        top.removeHandler(handler)
        top.setLevel(before[0])
        top.propagate = before[1]


def _log_start(command: argparse.ArgumentParser, words: Sequence[str]) -> Callable[[int], object]:
    began = time.monotonic()
    typed = [word.partition("=")[0] for word in words if word.startswith("-")]
    LOG.info(
        'command started: command="%s" options=%s version=%s python=%s system=%s-%s processors=%d',
        command.prog,
        ",".join(fromkey for fromkey in dict.fromkeys(typed) if fromkey in command._option_string_actions) or "none",
        __version__,
        platform.python_version(),
        platform.system(),
        platform.machine(),
        os.cpu_count() or 0,
    )

    def end(code: int) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        LOG.info("command ended: exit_code=%d seconds=%.3f peak_mib=%d", code, time.monotonic() - began, peak)

    return end


def _format_places(error: BaseException) -> str:
    """Return where in the code a bug was raised; empty for an error that the program foresees."""
    from sightline.cli.fault_report import list_places  # noqa: PLC0415
    from sightline.errors import SightlineError  # noqa: PLC0415

    is_bug = not isinstance(error, SightlineError | OSError | KeyboardInterrupt) or isinstance(error, ProgramFault)
    return f" at={','.join(list_places(error))}" if is_bug else ""


def _open_log(path: Path) -> TextIO:
    """Open a log to append to, for its owner only. Raises UsageError for a file that is not a log of Sightline."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
    except OSError as error:
        raise UsageError(
            f"--log-file {path}: it cannot be written: {error.strerror}",
            hint="name a file in a folder that exists and that you may write to",
        ) from None
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    head = os.pread(descriptor, 100, 0) if is_file else b""
    if head and not LINE.match(head):
        os.close(descriptor)
        raise UsageError(
            f"--log-file {path}: the file is there and is not a log of Sightline; nothing was written to it",
            hint="name a new file, or a log that Sightline wrote: new lines go to its end",
        )
    return os.fdopen(descriptor, "w", buffering=1, encoding="utf-8")


def _close(stream: TextIO) -> None:
    """Close a log. What could not be written was reported when it was tried."""
    with suppress(OSError):
        stream.close()
