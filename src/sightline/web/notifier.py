"""The thread that tells officers of news by mail or webhook, while the server runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sightline.errors import SightlineError, describe_fault
from sightline.ledger.verbs import JournalVerb
from sightline.services.notifications.rounds import deliver_notifications
from sightline.services.notifications.settings import NotificationSettings
from sightline.workspace.workspace import Workspace

CHECK_S = 30.0
"""How often it looks whether something is due."""


def notify_until(
    workspace: Workspace, settings: NotificationSettings, clock: Callable[[], datetime], over: threading.Event
) -> None:
    """Send what is due, until `over` is set. What fails is tried again by the rules of `rounds`."""
    while not over.wait(CHECK_S):
        try:
            deliver_notifications(workspace, settings, clock())
        except SightlineError:
            # The next look tries again. If the database stays unreachable, every page reports it.
            continue
        except Exception as error:  # noqa: BLE001  - a fault must not end the thread
            with suppress(SightlineError):
                workspace.count(JournalVerb.FAULT_MET, clock(), why=describe_fault(error))
