"""Wait for what another process or thread does: the only clock of the tests.

No test passes or fails by how long something took. `HUNG_S` is far more than any wait takes: it ends a test that hangs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

HUNG_S = 120.0
"""After this, what a test waits for does not come. Also for `timeout=` and `join()`, which are safety nets as well."""
_PAUSE_S = 0.02


def wait_until(is_so: Callable[[], object], what: str = "what the test waits for") -> None:
    """Return once `is_so()` holds. Raises TimeoutError, which names what did not come, in a test that hangs."""
    end = time.monotonic() + HUNG_S
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {HUNG_S:g} s in vain: {what}")
        time.sleep(_PAUSE_S)


def delay(seconds: float) -> None:
    """Be slow, as a server or an outage that a test plays. No test may need this to be long enough."""
    time.sleep(seconds)
