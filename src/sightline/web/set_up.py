"""The set-up of a workspace in the browser: a code from the administrator's terminal, and the first officer's own key.

These pages are all that is served until the workspace is made. Nobody sees or does anything without the code. It works
once, in one browser, and for half an hour.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from sightline.casework.people.code_keys import group_letters, strip_code
from sightline.casework.people.set_up import SetUpResult

CODE_BYTES = 10
"""80 bits: 16 letters of base32. Nobody guesses one in `MOST_WRONG` tries."""
LASTS_S = 30 * 60.0
"""How long the code waits, and how long the browser that gave it has to fill in the form."""
MOST_WRONG = 50
"""Wrong codes in all that end a set-up: somebody is trying."""


class SetUpState(Enum):
    """The state of a set-up: the code waits, a browser gave it, the workspace was made, or it ended without one."""

    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SetUpSession:
    """The browser that gave the code: its cookie, and the token of its form."""

    token: str = field(repr=False)
    form_token: str = field(repr=False)


class SetUp:
    """One set-up of a workspace in `folder`. `tell` prints a line for the administrator at the terminal."""

    def __init__(
        self,
        folder: Path,
        tell: Callable[[str], object],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder, self.code = folder, _make_code()
        self.result: SetUpResult | None = None
        self.tell, self._monotonic = tell, monotonic
        self._until, self._wrong, self._is_shown = monotonic() + LASTS_S, 0, False
        self._state = SetUpState.WAITING
        self._session: SetUpSession | None = None
        self._lock = threading.Lock()

    @property
    def state(self) -> SetUpState:
        """Return where the set-up is now."""
        if self._state in {SetUpState.WAITING, SetUpState.OPEN} and self._monotonic() >= self._until:
            self._state = SetUpState.OVER
        return self._state

    def is_over(self) -> bool:
        """Return whether its server can stop: the last page was sent, or there will be none."""
        return self._is_shown or self.state is SetUpState.OVER

    def end(self) -> None:
        """Note that the page with the result was sent."""
        self._is_shown = True

    def open(self, code: str, place: str) -> SetUpSession | None:
        """Return the session of a browser that gave the code, or None: wrong, used, or its time is over."""
        is_right = hmac.compare_digest(strip_code(code).encode(), strip_code(self.code).encode())
        with self._lock:
            if self.state is SetUpState.WAITING and is_right:
                self._state, self._until = SetUpState.OPEN, self._monotonic() + LASTS_S
                self._session = SetUpSession(secrets.token_urlsafe(32), secrets.token_urlsafe(24))
                self.tell(f"the set-up code was used, from {place}")
                return self._session
            self._wrong += 1
            self.tell(f"a set-up code that is wrong or was used came from {place} ({self._wrong} of {MOST_WRONG})")
            if self._wrong >= MOST_WRONG and self._state is SetUpState.WAITING:
                self._state = SetUpState.OVER
        return None

    def find(self, token: str | None) -> SetUpSession | None:
        """Return the open session of a cookie, or None."""
        session = self._session
        if session is None or self.state is not SetUpState.OPEN:
            return None
        return session if hmac.compare_digest((token or "").encode(), session.token.encode()) else None

    def make_once(self, session: SetUpSession, make: Callable[[], SetUpResult]) -> SetUpResult | None:
        """Return what `make` makes, once: None if the workspace is made already. Raises what `make` raises."""
        with self._lock:
            if self._state is not SetUpState.OPEN or session is not self._session:
                return None
            self.result = make()
            self._state, self._session = SetUpState.DONE, None
        return self.result


def _make_code() -> str:
    return group_letters(base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower())
