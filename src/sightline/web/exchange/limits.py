"""Limits for one force or client: requests a minute, attempts with wrong tokens, bytes of a body, pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExchangeLimits:
    """The limits of an exchange.

    `most_pseudonyms`: distinct ones that a force may ever submit in a month of one kind; more would be guesses.
    `submissions`: how often it may submit them in a month.
    """

    per_minute: int = 120
    failed_per_minute: int = 10
    largest_bytes: int = 16 << 20
    most_pseudonyms: int = 400_000
    submissions: int = 10
