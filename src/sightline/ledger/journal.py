"""Journal rows and the seal over them (ADR 12): what officers viewed, and what was refused or failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sightline.ledger import tree
from sightline.ledger.canonical import (
    ACTOR,
    HASH,
    THING,
    VERB,
    WrongEncoding,
    encode,
    format_time,
    parse_time,
    parse_whole_number,
    read_object,
    require_match,
)

KEYS = frozenset(("seq", "at", "actor", "verb", "thing", "text"))


class WrongRow(WrongEncoding):
    """Bytes or values that are no journal row. The message says why."""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A journal row. `text` is the commitment to its text (`entry.compute_commitment`), or None without one.

    It raises WrongRow for values that have no encoding.
    """

    seq: int
    at: datetime
    actor: str
    verb: str
    thing: str
    text: str | None = None

    def __post_init__(self) -> None:
        try:
            parse_whole_number("seq", self.seq)
            format_time(self.at)
            require_match("actor", self.actor, ACTOR)
            require_match("verb", self.verb, VERB)
            require_match("thing", self.thing, THING)
            if self.text is not None:
                require_match("text", self.text, HASH)
        except WrongEncoding as error:
            raise WrongRow(str(error)) from None

    @classmethod
    def read(cls, data: bytes) -> JournalRow:
        """Parse the canonical encoding of a row. Raises WrongRow for anything else."""
        try:
            value = read_object(data, KEYS)
            return cls(
                seq=parse_whole_number("seq", value["seq"]),
                at=parse_time(value["at"]),
                actor=cast(str, value["actor"]),
                verb=cast(str, value["verb"]),
                thing=cast(str, value["thing"]),
                text=cast(str | None, value["text"]),
            )
        except WrongEncoding as error:
            raise WrongRow(str(error)) from None

    def encode(self) -> bytes:
        """Return the canonical JSON of the row, the data of its leaf in the seal's tree."""
        return encode(
            {
                "seq": self.seq,
                "at": format_time(self.at),
                "actor": self.actor,
                "verb": self.verb,
                "thing": self.thing,
                "text": self.text,
            }
        )


def seal_rows(rows: Iterable[JournalRow]) -> dict[str, str | int]:
    """Return the facts of the entry `journal:sealed` over these rows: `first`, `last` and `root`.

    Raises WrongRow for no rows, or for rows with a gap between them.
    """
    seqs: list[int] = []
    root = tree.compute_root(tree.hash_leaf(_note_previous(row, seqs).encode()) for row in rows)
    if not seqs:
        raise WrongRow("there are no rows to seal")
    return {"first": seqs[0], "last": seqs[-1], "root": root.hex()}


def _note_previous(row: JournalRow, seqs: list[int]) -> JournalRow:
    """The row, after its seq was noted behind those before."""
    if seqs and row.seq != seqs[-1] + 1:
        raise WrongRow(f"row {row.seq} does not follow row {seqs[-1]}")
    seqs.append(row.seq)
    return row
