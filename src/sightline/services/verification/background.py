"""Verifications in the background: one at a time, and the last results remembered."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import SightlineError, UsageError, describe_fault
from sightline.model.progress import Progress
from sightline.services.verification.report import VerificationReport

REMEMBERED = 50


@dataclass(slots=True)
class RunningVerification:
    """A verification: its officer, thing, progress and result. `failed`: why there is no result."""

    officer_id: str
    thing: str
    begun: datetime
    done_bytes: int = 0
    all_bytes: int | None = None
    findings: int = 0
    report: VerificationReport | None = None
    failed: str | None = None
    ended: datetime | None = None


class Verifications:
    """The verifications of one server. A restart forgets them; the journal has the results."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, RunningVerification] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, officer_session: OfficerSession, thing: str, work: Callable[[Progress], VerificationReport]) -> str:
        """Begin one in its own thread, and return its id. Raises UsageError while another runs."""
        verification = RunningVerification(officer_session.officer.officer_id, thing, officer_session.clock())
        with self._lock:
            if any(each.ended is None for each in self._known.values()):
                raise UsageError("a verification is running already", hint="wait until it has ended, then start again")
            key = secrets.token_urlsafe(12)
            self._known[key] = verification
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        threading.Thread(target=_run, args=(officer_session, verification, work), daemon=True, name="verify").start()
        return key

    def find(self, key: str, officer_id: str) -> RunningVerification | None:
        """Return the verification with that id, for the officer who began it."""
        verification = self._known.get(key)
        return verification if verification is not None and verification.officer_id == officer_id else None


def _run(
    officer_session: OfficerSession, verification: RunningVerification, work: Callable[[Progress], VerificationReport]
) -> None:
    def progress(done: int, whole: int | None, findings: int = 0, _step: str = "", /) -> None:
        verification.done_bytes, verification.all_bytes, verification.findings = done, whole, findings

    try:
        verification.report = work(progress)
    except SightlineError as error:
        verification.failed = str(error)
    except Exception as error:  # noqa: BLE001  - the edge of the thread: its officer reads of the fault on the page
        verification.failed = f"a fault in this program: {describe_fault(error)}"
    finally:
        verification.ended = officer_session.clock()


VERIFICATIONS = Verifications()
"""The verifications of this process."""
