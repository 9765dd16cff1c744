"""Rows of lawful holdings: cases, authorities, sources, exhibits with their custody, and holds."""

from __future__ import annotations

from typing import Annotated

from sightline.model import AuthorityKind, CustodyEvent, ListUse, SourceKind
from sightline.storage.rows.column_metadata import KEY, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class Case:
    """A registered matter.

    `number` is the number of the FIR or general diary; officers in charge have name and rank.
    """

    case_id: Annotated[str, KEY]
    number: str
    station: str
    sections: str
    investigating_officer: str
    station_officer: str
    superintendent: str
    begun_on: str
    opened_at_us: int
    opened_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class Authority:
    """The legal instrument under which records were obtained.

    `sources_json` and `categories_json` bound its scope: source ids, categories of lists; `null` is no bound.
    """

    authority_id: Annotated[str, KEY]
    case_id: Annotated[str, RowReference("cases")]
    kind: AuthorityKind
    number: str
    issued_by: str
    issued_on: str
    valid_from_us: int
    valid_until_us: int | None
    sources_json: str
    categories_json: str
    document_sha256: str
    document_name: str
    keep_until_us: int | None
    added_at_us: int
    added_by: Annotated[str, RowReference("officers")]
    ended_at_us: int | None = None
    ended_why: str | None = None


@define_row(frozen=True, slots=True)
class Source:
    """A source of records, with what is needed to read its times and addresses correctly.

    `device_json` holds the particulars that a certificate names (make, model, serial number...).
    `server_name`: a flagged server's own name or address, for a log that is taken whole. `timezone_basis`: what the
    declared zone rests on; without one, times whose zone the record does not state prove nothing.
    """

    source_id: Annotated[str, KEY]
    kind: SourceKind
    name: str
    use: ListUse
    timezone: str | None
    clock_offset_us: int
    clock_uncertainty_s: int
    clock_measured: str
    trusted_hops: int
    server_name: str | None
    device_json: str
    added_at_us: int
    added_by: Annotated[str, RowReference("officers")]
    timezone_basis: str | None = None


@define_row(frozen=True, slots=True)
class Declaration:
    """An officer's declaration about one exhibit or source. The newest one of a thing and kind applies.

    `thing` is `exhibit:SHA256` or `source:ID`; `kind` says what `said_json` holds (`casework/cases/declarations.py`).
    """

    declaration_id: Annotated[str, KEY]
    thing: str
    kind: str
    said_json: str
    why: str
    declared_at_us: int
    declared_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class Exhibit:
    """A file, identified by its SHA-256 wherever it is stored."""

    exhibit_id: Annotated[str, KEY]
    size_bytes: int
    registered_at_us: int
    purged_at_us: int | None = None


@define_row(frozen=True, slots=True)
class Holding:
    """An exhibit as held: its authority, its source, and its path when it was scanned."""

    holding_id: Annotated[str, KEY]
    exhibit_id: Annotated[str, RowReference("exhibits")]
    authority_id: Annotated[str, RowReference("authorities")]
    source_id: Annotated[str, RowReference("sources")]
    path: str
    since_us: int
    held_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class Custody:
    """One step of an exhibit's chain of custody: who, what, how, when, where, why."""

    custody_id: Annotated[str, KEY]
    exhibit_id: Annotated[str, RowReference("exhibits")]
    event: CustodyEvent
    at_us: int
    person: str
    how: str
    place: str
    why: str
    recorded_at_us: int
    recorded_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class Hold:
    """A legal hold. While it is in force, no purge touches the thing."""

    hold_id: Annotated[str, KEY]
    thing: str
    why: str
    set_at_us: int
    set_by: Annotated[str, RowReference("officers")]
    lifted_at_us: int | None = None
    lifted_why: str | None = None
