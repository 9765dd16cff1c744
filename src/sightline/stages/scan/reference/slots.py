"""The raw pieces of a frame by slot number, and the branch that a format chose for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Slots: TypeAlias = dict[int, list[bytes]]
"""Texts by slot. Most have one; a path into a JSON array may give several. Empty slots are absent."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A split frame, and the constants of the pattern or case that matched."""

    slots: Slots
    constants: Mapping[str, str]
