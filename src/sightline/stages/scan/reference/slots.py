"""The raw pieces of a frame by slot number, and the branch that a format chose for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sightline.stages.formats.program import DissectLine

Slots: TypeAlias = dict[int, list[bytes]]
"""Texts by slot. Most have one; a path into a JSON array may give several. Empty slots are absent."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A split frame, and the constants of the pattern or case that matched.

    `open`: the slots of texts that run to the end of the frame. `unclosed`: of texts whose quote is not closed. `line`:
    the pattern of a dissect format.
    """

    slots: Slots
    constants: Mapping[str, str]
    open: frozenset[int] = frozenset()
    unclosed: frozenset[int] = frozenset()
    line: DissectLine | None = None
