"""Tell the user what the program waits for. Silent until a screen asks for it."""

from __future__ import annotations

from collections.abc import Callable

_tellers: list[Callable[[str], object]] = []


def set_wait_reporter(tell: Callable[[str], object]) -> None:
    """Report waits to `tell` from now on. Only the last caller's is used."""
    _tellers[:] = [tell]


def report_wait(what: str, longest_s: float) -> None:
    """Report what the program waits for, and the maximum wait in seconds."""
    for tell in _tellers:
        tell(f"{what}; gives up after {longest_s:g} s")
