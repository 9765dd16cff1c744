"""The request of a watch: inputs, how their lines are read, and how large a part may become."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from sightline.errors import UsageError
from sightline.services.live.brokers.url import BrokerUrl, is_broker_url, parse_broker_url
from sightline.services.live.disk_space import LIMITS, DiskLimits
from sightline.services.live.dnstap_url import DnstapUrl, is_dnstap_url, parse_dnstap_url
from sightline.services.live.piece import format_path
from sightline.services.live.rebuild_budget import DAY_BYTES
from sightline.services.scan.request import ScanRequest

PART_BYTES = 16 << 20
LEAST_PART_BYTES = 1 << 12
MOST_PART_BYTES = 1 << 28
PAUSE_S = 0.2
"""Seconds between two looks at inputs in which there was nothing new."""
STANDARD_INPUT = Path("-")
FeedInput: TypeAlias = Path | BrokerUrl | DnstapUrl
"""A growing log, a spool folder, standard input, a stream of a broker, or a socket for dnstap."""


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """One watch: inputs of one source under one authority. `scan` says how lines are read; its `logs` are not used.

    `retain`: the folder for the parts themselves, where the authority says that the whole is retained. `broker_login`:
    the file that says how to sign in to brokers. `leads_day_bytes`: bytes that rebuilds may write in a day, beside
    those that parts earn.
    """

    inputs: tuple[FeedInput, ...]
    scan: ScanRequest
    part_bytes: int = PART_BYTES
    pause_s: float = PAUSE_S
    makes_leads: bool = True
    retain: Path | None = None
    limits: DiskLimits = LIMITS
    broker_login: Path | None = None
    leads_day_bytes: int = DAY_BYTES

    def list_rescan_options(self) -> list[str]:
        """Return the options with which `sightline scan` reads lines as this watch does, with its lists."""
        scan = self.scan
        values = (
            *(("--list", str(make_absolute(path))) for path in scan.lists),
            ("--format", scan.format),
            ("--timezone", scan.timezone),
            ("--date-order", scan.date_order),
            ("--digest-key", None if scan.digest_key is None else str(make_absolute(scan.digest_key))),
        )
        return [text for name, value in values if value and value != "auto" for text in (name, value)]

    def check(self) -> None:
        """Raise UsageError for inputs or limits that cannot be meant."""
        if not LEAST_PART_BYTES <= self.part_bytes <= MOST_PART_BYTES:
            raise UsageError(f"--part-size {self.part_bytes}: from 4K to 256M", hint="leave it out for 16M")
        if not 0.01 <= self.pause_s <= 60:
            raise UsageError(f"--pause {self.pause_s}: from 0.01 to 60 seconds", hint="leave it out for 0.2")
        if self.inputs.count(STANDARD_INPUT) > 1:
            raise UsageError("standard input is given twice", hint="give - once")
        if len(set(map(name_input, self.inputs))) < len(self.inputs):
            raise UsageError("an input is given twice", hint="give each file, folder or stream once")
        for path in self.inputs:
            if not isinstance(path, Path):
                continue
            if path != STANDARD_INPUT and not path.exists() and not path.parent.is_dir():
                raise UsageError(
                    f"{path}: there is no such folder", hint="a file may still come; its folder must exist"
                )


def parse_input(text: str) -> FeedInput:
    """Return an input as it was given. Raises UsageError for a wrong URL."""
    if is_dnstap_url(text):
        return parse_dnstap_url(text)
    return parse_broker_url(text) if is_broker_url(text) else Path(text)


def make_absolute(path: Path) -> Path:
    """Return the path of an input from the root. Links stay, because rotation may make them."""
    return Path.cwd() / path


def name_input(given: FeedInput) -> str:
    """Return the name of an input in the workspace, which its feed is known by."""
    if not isinstance(given, Path):
        return format_path(str(given))
    return "/dev/stdin" if given == STANDARD_INPUT else format_path(make_absolute(given))
