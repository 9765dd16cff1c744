"""A progress bar with rate and time left, on a terminal, for work that takes over two seconds."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sightline.model.progress import Progress

QUIET_S = 2.0
LOG_EVERY_S = 5.0
LOG = logging.getLogger(__name__)


@contextmanager
def show_bar(*, enabled: bool, noun: str = "hits") -> Iterator[Progress]:
    """Yield a progress bar on standard error if that is a terminal. `noun` names what is counted beside it."""
    if not (enabled and sys.stderr.isatty()):
        yield ProgressLog(noun)
        return
    drawing, log = ProgressBar(noun), ProgressLog(noun)

    def draw_and_log(done: int, total: int | None, found_count: int = 0, step: str = "", /) -> None:
        drawing(done, total, found_count, step)
        log(done, total, found_count, step)

    try:
        yield draw_and_log
    finally:
        drawing.stop()


class ProgressLog:
    """Progress in the log of the run, from time to time."""

    def __init__(self, noun: str) -> None:
        self._found, self._next = noun, 0.0 if LOG.isEnabledFor(logging.INFO) else float("inf")

    def __call__(self, done_bytes: int, all_bytes: int | None, found_count: int = 0, _step: str = "", /) -> None:
        """Log the amount done, at most every few seconds."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LOG_EVERY_S
            LOG.info("progress: done=%d of=%s %s=%d", done_bytes, all_bytes, self._found, found_count)


class ProgressBar:
    """The bar itself; the library is loaded when it is first drawn."""

    def __init__(self, noun: str) -> None:
        self._found = noun
        self._from = time.monotonic()
        self._stop: Callable[[], None] = lambda: None
        self._update: Callable[[int, int | None, int], object] | None = None

    def __call__(self, done_bytes: int, all_bytes: int | None, found_count: int = 0, _step: str = "", /) -> None:
        """Draw, once the work has taken two seconds."""
        if self._update is None:
            if time.monotonic() - self._from < QUIET_S:
                return
            self._start(all_bytes)
        if self._update is not None:
            self._update(done_bytes, all_bytes, found_count)

    def _start(self, all_bytes: int | None) -> None:
        from rich import progress  # noqa: PLC0415
        from rich.console import Console  # noqa: PLC0415

        columns = (
            progress.BarColumn(),
            progress.DownloadColumn(binary_units=True),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[hits]:,} " + self._found),
        )
        display = progress.Progress(*columns, console=Console(stderr=True), transient=True)
        display.start()
        task = display.add_task("scan", total=all_bytes, hits=0)
        self._stop = display.stop
        self._update = lambda done, whole, hits: display.update(task, completed=done, total=whole, hits=hits)

    def stop(self) -> None:
        """Take the bar away."""
        self._stop()


@contextmanager
def show_counter(*, enabled: bool) -> Iterator[Progress]:
    """Yield a progress bar that shows the current step, the count done and the total."""
    is_drawn = enabled and sys.stderr.isatty()
    drawing = CountingBar()

    def draw_and_log(done: int, total: int | None, found_count: int = 0, step: str = "", /) -> None:
        LOG.debug('progress: step="%s" done=%d of=%s', step, done, total)
        if is_drawn:
            drawing(done, total, found_count, step)

    try:
        yield draw_and_log
    finally:
        drawing.stop()


class CountingBar:
    """The bar of `show_counter`; the library is loaded when it is first drawn."""

    def __init__(self) -> None:
        self._from = time.monotonic()
        self.stop: Callable[[], None] = lambda: None
        self._update: Callable[[str, int, int | None], object] | None = None

    def __call__(self, done: int, total: int | None, _found: int = 0, step: str = "", /) -> None:
        """Draw, once the work has taken two seconds."""
        if self._update is None and time.monotonic() - self._from > QUIET_S:
            self._start(step)
        if self._update is not None:
            self._update(step, done, total)

    def _start(self, step: str) -> None:
        from rich import progress  # noqa: PLC0415
        from rich.console import Console  # noqa: PLC0415

        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
        )
        display = progress.Progress(*columns, console=Console(stderr=True), transient=True)
        display.start()
        task = display.add_task(step)
        self.stop = display.stop
        self._update = lambda step, done, total: display.update(task, description=step, completed=done, total=total)
