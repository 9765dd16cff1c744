"""Rows of reference material: issuers, their flag lists, and data sets."""

from __future__ import annotations

from typing import Annotated

from sightline.model import DatasetKind, ListUse
from sightline.storage.rows.column_metadata import KEY, RowReference
from sightline.storage.rows.row_class import define_row


@define_row(frozen=True, slots=True)
class IssuerKey:
    """A trusted key of an issuer of flag lists, enrolled by two officers."""

    key_id: Annotated[str, KEY]
    issuer: str
    public_key: bytes
    approval_id: Annotated[str, RowReference("approvals")]
    enrolled_at_us: int
    revoked_at_us: int | None = None
    revoked_why: str | None = None


@define_row(frozen=True, slots=True)
class FlagListRow:
    """A list that a scan used, as it was first signed; `ListSignature` has each of its signatures.

    `file` is its name in the segment store, `sha256` the digest of its bytes there.

    A compiled list has another `sha256` than its id, which is the digest of its source.
    """

    list_id: Annotated[str, KEY]
    issuer: str
    version: str | None
    category: str | None
    use: ListUse
    valid_until_us: int
    key_id: Annotated[str, RowReference("issuer_keys")]
    transcribed_by: str | None
    original_sha256: str | None
    indicators: int
    rejects: int
    file: str
    sha256: str
    size_bytes: int
    registered_at_us: int


@define_row(frozen=True, slots=True)
class ListSignature:
    """A signature of a list that a scan used. A list that was re-signed, or signed by two issuers, has several.

    `signature_id` is the SHA-256 of `minisig`, the text of the signature file. `series` is None if it was registered
    before signatures named one.
    """

    signature_id: Annotated[str, KEY]
    list_id: Annotated[str, RowReference("lists")]
    issuer: str
    series: str | None
    version: str | None
    category: str | None
    use: ListUse
    valid_until_us: int
    key_id: Annotated[str, RowReference("issuer_keys")]
    transcribed_by: str | None
    original_sha256: str | None
    minisig: str
    registered_at_us: int


@define_row(frozen=True, slots=True)
class Dataset:
    """A data set of addresses (ADR 16), identified by the SHA-256 of the imported files; `file` is its Parquet's name.

    `speaks_for_days`: how long after its date it is valid; `notes_json`: the importer's further notes.
    """

    dataset_id: Annotated[str, KEY]
    name: str
    kind: DatasetKind
    dated_us: int
    licence: str | None
    source_format: str
    rows: int
    rejects_json: str
    speaks_for_days: int
    notes_json: str
    file: str
    sha256: str
    size_bytes: int
    imported_at_us: int
    imported_by: Annotated[str, RowReference("officers")]


@define_row(frozen=True, slots=True)
class DatasetWithdrawal:
    """The withdrawal of a data set: it stays as proof, and no rebuild uses it."""

    dataset_id: Annotated[str, KEY, RowReference("datasets")]
    why: str
    withdrawn_at_us: int
    withdrawn_by: Annotated[str, RowReference("officers")]
