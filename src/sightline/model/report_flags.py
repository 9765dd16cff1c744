"""Flags of a report of a tip: what its fields say of seriousness, as its sender's word (ADR 26)."""

from __future__ import annotations

ESCALATED = "escalated"
"""`escalateToHighPriority` has a text: the sender asks for urgency. The text itself is never kept."""
VICTIM = "victim"
"""The report has an element of a child victim. Nothing of it is kept."""
CHILD = frozenset({VICTIM, "trafficking", "travel", "molestation", "enticement", "sextortion", "sadistic"})
"""Flags of a child that is named, approached or abused."""
PRODUCTION = frozenset({"live-stream", "self-produced", "solicitation"})
"""Flags of pictures that were made, or asked for, at the time."""
DOUBT = frozenset({"generated", "drawn", "meme", "spam"})
"""Flags of what may show no child, or was not meant so."""
