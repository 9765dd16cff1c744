"""Progress of long work: one protocol for everything that reports it, and for what shows it (terminal, web app)."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A receiver of progress. Long work calls it from time to time; it may raise an error to stop the work."""

    def __call__(self, done: int, total: int | None, found_count: int = 0, step: str = "", /) -> None:
        """Take how much is done of how much (bytes, rows or steps), and what was found so far.

        `total` is None if it is unknown, as for standard input. `step` names the current step of work that has several.
        """
        ...


def ignore_progress(_done: int, _total: int | None, _found: int = 0, _step: str = "", /) -> None:
    """Report nothing."""
