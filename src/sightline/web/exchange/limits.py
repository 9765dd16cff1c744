"""Limits for one force or client: requests a minute, attempts with wrong tokens, bytes of a body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an exchange."""

    per_minute: int = 120
    failed_per_minute: int = 10
    largest_bytes: int = 16 << 20
