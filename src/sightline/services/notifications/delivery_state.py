"""The state of delivery: for each channel, the last news that each officer got, and failures. One private file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from sightline.errors import name_output_on_error
from sightline.services.notifications.failures import DeliveryFailure, FailureKind

NAME = ".notifications.json"


class DeliveryChannel(StrEnum):
    """A way out of the web app."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(slots=True)
class ChannelState:
    """State of a channel. All instants are microseconds in UTC.

    `told_us`: the newest news that each officer was told of, or of which telling was given up. `tries`: failed
    attempts since. `next_us`: no attempt before it. `given_up`: messages that were given up.
    """

    told_us: dict[str, int] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    next_us: int = 0
    sent: int = 0
    sent_us: int | None = None
    given_up: int = 0
    failed_us: int | None = None
    failures: dict[str, DeliveryFailure] = field(default_factory=dict)

    @property
    def is_failing(self) -> bool:
        """Return whether the last attempt failed, for an officer at least."""
        return bool(self.failures)


def read_state(folder: Path) -> dict[DeliveryChannel, ChannelState]:
    """Return the state of all channels; an empty one if the file is not there or not whole."""
    result = {channel: ChannelState() for channel in DeliveryChannel}
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        given = json.loads((folder / NAME).read_text(encoding="utf-8"))
        result = {channel: _read_channel(given.get(channel.value, {})) for channel in DeliveryChannel}
    return result


def write_state(folder: Path, states: Mapping[DeliveryChannel, ChannelState]) -> None:
    """Replace the file of the state. Raises OutputUnwritable."""
    path, partial = folder / NAME, folder / f"{NAME}.partial"
    with name_output_on_error(path):
        number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as stream:
            json.dump({channel.value: _build_facts(state) for channel, state in states.items()}, stream)
        partial.replace(path)


def _read_channel(given: Mapping[str, Any]) -> ChannelState:
    facts = dict(given)
    failures = {
        one: DeliveryFailure(FailureKind(kind), code) for one, (kind, code) in facts.pop("failures", {}).items()
    }
    return ChannelState(**facts, failures=failures)


def _build_facts(state: ChannelState) -> dict[str, Any]:
    return {
        "told_us": state.told_us,
        "tries": state.tries,
        "next_us": state.next_us,
        "sent": state.sent,
        "sent_us": state.sent_us,
        "given_up": state.given_up,
        "failed_us": state.failed_us,
        "failures": {one: [failure.kind.value, failure.code] for one, failure in state.failures.items()},
    }
