"""Count the work of a call, so that no test needs a clock to tell that work grows no faster than the text.

CPython looks for signals at each call and each turn of a loop of Python code, and once in 4,096 steps of a regular
expression. A signal that is always pending counts these looks: the same number on every run and on every machine.
"""

from __future__ import annotations

import _thread
import re
import signal
from collections.abc import Callable, Sequence
from itertools import repeat

# `_compiler` is private: it alone knows the shortcuts that counting leaves out.
from re import _compiler  # type: ignore[attr-defined]
from types import FrameType, ModuleType
from typing import Any

import pytest

TOO_MUCH = 20_000
"""Looks after which a call is ended: about 80 million steps of a regular expression."""
STEADY = 24
"""Looks that a call may have whatever the length of its text is."""


class TooMuchWork(BaseException):
    """A call was ended because it went beyond its limit. Nothing that the call catches is this."""


def count_work(call: Callable[[], object], most: int = TOO_MUCH) -> int:
    """Return how often the interpreter looked for signals during the call. Raises TooMuchWork beyond `most`."""
    looks, is_over = 0, False
    # `interrupt_main` alone makes a signal pending without handling it at once.
    pending_again = map(_thread.interrupt_main, repeat(signal.SIGUSR1))

    def look(_signal: int, _frame: FrameType | None) -> None:
        nonlocal looks
        if is_over:
            return
        looks += 1
        if looks > most:
            raise TooMuchWork
        _ = None in pending_again

    before = signal.signal(signal.SIGUSR1, look)
    try:
        signal.raise_signal(signal.SIGUSR1)
        call()
    finally:
        is_over = True
        # The signal that is still pending is handled at this call, before its handler is given back.
        signal.getsignal(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, before)
    return looks


def grows_too_fast(
    call: Callable[[str], object], text_of: Callable[[int], str], short: int, most: int = TOO_MUCH
) -> bool:
    """Whether four times the text is more than about nine times the work; the square of a length is 16 times.

    The shorter text is `text_of(short)`. A call that goes beyond `most` with it is too fast already. Most calls take so
    little work with the longer text that it would be allowed whatever the shorter one takes, which is then left out.
    """
    try:
        count_work(lambda: call(text_of(4 * short)), min(STEADY, most))
    except TooMuchWork:
        pass
    else:
        return False
    try:
        few = count_work(lambda: call(text_of(short)), most)
        count_work(lambda: call(text_of(4 * short)), 9 * few + STEADY)
    except TooMuchWork:
        return True
    return False


def counting(pattern: re.Pattern[Any]) -> re.Pattern[Any]:
    """Return the same pattern without the engine's shortcuts, so that each letter that it looks at is a step."""
    with pytest.MonkeyPatch.context() as patch:
        # A repeated letter is one step else, however long it is; a literal beginning is searched for apart.
        patch.setattr(_compiler, "_simple", lambda _: False)
        patch.setattr(_compiler, "_compile_info", lambda *_: None)
        compiled: re.Pattern[Any] = _compiler.compile(pattern.pattern, pattern.flags)
        return compiled


def count_patterns(patch: pytest.MonkeyPatch, modules: Sequence[ModuleType]) -> None:
    """Replace the patterns of modules by ones of which each step is counted."""
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, re.Pattern):
                patch.setattr(module, name, counting(value))
