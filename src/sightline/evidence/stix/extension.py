"""Our STIX extension definition and the hit columns under it, for which STIX has no property."""

from __future__ import annotations

from sightline.evidence.origin import ListOrigin
from sightline.evidence.stix.observable import Property
from sightline.evidence.survey import StatedIndicator
from sightline.evidence.visit import list_record_columns
from sightline.model import Hit

EXTENSION_ID = "extension-definition--3e860df2-3afd-415f-a195-8df7c99d1637"
SIGHTLINE_ID = "identity--54202940-ba34-4078-b0e2-4833d2cc9796"
PUBLISHED = "2026-11-24T00:00:00.000Z"
"""The time of version 1.0.0 of the extension, used for objects without a date of their own."""

_KIND: dict[str, Property] = {"extension_type": "property-extension"}


def build_definition() -> list[dict[str, Property]]:
    """Return the extension's definition, and Sightline as its author."""
    dated: dict[str, Property] = {"spec_version": "2.1", "created": PUBLISHED, "modified": PUBLISHED}
    author = {"type": "identity", "id": SIGHTLINE_ID, "name": "Sightline", "identity_class": "system"}
    extension: dict[str, Property] = {
        "type": "extension-definition",
        "id": EXTENSION_ID,
        "created_by_ref": SIGHTLINE_ID,
        "name": "Sightline hit",
        "description": "Columns of a hit of Sightline: what a list states (on an indicator), what a record says and"
        " where its line stands (on observed data), how the two met (on a sighting).",
        "schema": "docs/schema/stix_extension.json of Sightline",
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }
    return [author | dated, extension | dated]


def build_record_extension(hit: Hit) -> dict[str, Property]:
    """Return every column of the record that is not null.

    Together with the two functions below they restore the row.
    """
    return _KIND | list_record_columns(hit)


def build_sighting_extension(hit: Hit) -> dict[str, Property]:
    """Return the list's facts about the indicator at the time of the visit."""
    return _KIND | {"opinion": hit.opinion.value, "vouched": hit.vouched}


def build_indicator_extension(
    stated: StatedIndicator, origin: ListOrigin, issuer_ref: str | None
) -> dict[str, Property]:
    """Return the indicator's statement, its list, and the list's source."""
    properties: dict[str, Property | None] = {
        "indicator_id": stated.indicator_id,
        "indicator_kind": stated.kind.value,
        "indicator": stated.value,
        "category": stated.category,
        "opinion": stated.opinion.value,
        "list_id": stated.list_id,
        "issuer": stated.issuer,
        "issuer_ref": issuer_ref,
        "origin": origin.origin,
        "transcribed_by": origin.transcribed_by,
        "original_sha256": origin.original_sha256,
    }
    return _KIND | {name: value for name, value in properties.items() if value is not None}
