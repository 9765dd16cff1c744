"""Rows about the work on a case: notes, their sealed attachments, and deadlines that officers set."""

from __future__ import annotations

from typing import Annotated

from sightline.storage.rows.column_metadata import HASHED, KEY, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class CaseNote:
    """An officer's note about a case. It is never changed: a later note corrects it."""

    note_id: Annotated[str, KEY]
    case_id: Annotated[str, RowReference("cases")]
    text: str
    made_at_us: int
    made_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class CaseFile:
    """A file that is attached to a note, sealed under `key` in the segment store.

    `sha256` and `size_bytes`: of the file as it was attached; `file`, `file_sha256` and `file_bytes`: of its sealed
    form.
    """

    file_id: Annotated[str, KEY]
    note_id: Annotated[str, RowReference("case_notes")]
    intent_id: Annotated[str, RowReference("intents")]
    name: str
    sha256: str
    size_bytes: int
    file: str
    file_sha256: str
    file_bytes: int
    key: Annotated[bytes | None, HASHED]


@define_row(frozen=True, slots=True)
class CaseDeadline:
    """A day by which something in a case is due, as an officer set it. `due_on`: in India. `ended`: met or dropped."""

    deadline_id: Annotated[str, KEY]
    case_id: Annotated[str, RowReference("cases")]
    due_on: str
    what: str
    set_at_us: int
    set_by: Annotated[str, RowReference("officers")]
    ended_at_us: int | None = None
    ended_by: Annotated[str | None, RowReference("officers")] = None
    ended_why: str | None = None
