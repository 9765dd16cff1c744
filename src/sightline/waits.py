"""What the program waits for, said to whoever sits before it; nothing is said until a screen asks for it."""

from __future__ import annotations

from collections.abc import Callable

_tellers: list[Callable[[str], object]] = []


def tell_waits_to(tell: Callable[[str], object]) -> None:
    """Say from now on what is waited for; only the last who asked is told."""
    _tellers[:] = [tell]


def tell_wait(what: str, longest_s: float) -> None:
    """Say what is waited for, and for how long at most."""
    for tell in _tellers:
        tell(f"{what}; gives up after {longest_s:g} s")
