"""Read a STIX 2.1 or 2.0 bundle: the values that its indicators' patterns flag.

STIX 2.1 (OASIS standard, 10 June 2021), sections 3.2, 4.7 and 8; STIX 2.0, part 2, section 2.5. Objects that
are no indicators (reports, identities, observed data, relationships) are context and give no rows; nor does an
indicator that its creator revoked.
"""

from __future__ import annotations

from collections.abc import Iterator

from sightline.model import RowCode
from sightline.stages.lists.model import ListPlace, RowBatch
from sightline.stages.lists.readers.document import Document, Item, Json
from sightline.stages.lists.readers.items import (
    ItemRows,
    UnreadableItem,
    UsualItems,
    read_flag,
    read_text,
    read_texts,
    require_fields,
    shorten_value,
)
from sightline.stages.lists.readers.stix_pattern import parse_indicators
from sightline.stages.lists.readers.usual_forms import StixObjects, UsualForms


def recognises(keys: dict[str, Json]) -> bool:
    """Return whether the document states that it is a bundle, or has `objects`."""
    return keys.get("type") == "bundle" or "objects" in keys


def read(document: Document, usual: UsualForms | None = None) -> Iterator[RowBatch]:
    """Yield a row for each value that an indicator's pattern flags, in file order."""
    objects = None if usual is None else usual.StixObjects()
    rows, seen = ItemRows(), _SeenObjects(objects)
    take = None if objects is None else UsualItems(rows, objects.take, lambda part: "/pattern" if part else "")
    kind: Json = None
    for key in document.read_members():
        if key == "objects":
            for _ in document.read_elements(take):
                _take_item(document.read_item(), rows, seen)
                yield from rows.take_whole_batches()
        elif key == "type":
            kind = document.read_value()
        else:
            document.read_value()
    if kind != "bundle":
        document.fail("its type is not `bundle`, so that this is no STIX bundle")
    yield from rows.take_whole_batches()
    yield rows.take()


class _SeenObjects:
    """The identifiers of indicators so far: with a second version it is unclear which of them applies."""

    def __init__(self, objects: StixObjects | None) -> None:
        self._ids: set[str] = set()
        self._objects = objects

    def add(self, identifier: str) -> None:
        """Raise Unreadable if it was there before."""
        if not self._is_new(identifier):
            reason = f"another version of {shorten_value(identifier)} is above already: keep the newest only"
            raise UnreadableItem(RowCode.BAD_SYNTAX, reason)

    def _is_new(self, identifier: str) -> bool:
        if self._objects is not None:
            return self._objects.add(identifier)
        before = len(self._ids)
        self._ids.add(identifier)
        return len(self._ids) > before


def _take_item(item: Item, rows: ItemRows, seen: _SeenObjects) -> None:
    try:
        if item.fault is not None:
            raise UnreadableItem(*item.fault)
        result = require_fields(item.value, "an object of the bundle")
        kind = read_text(result, "type")
        if not kind:
            raise UnreadableItem(RowCode.BAD_SYNTAX, "an object without a type")
        if kind == "indicator":
            seen.add(read_text(result, "id"))
            if not read_flag(result, "revoked"):
                _add_indicator(item.place, result, rows)
    except UnreadableItem as error:
        rows.reject(item.place, error.code, str(error))


def _add_indicator(place: ListPlace, item: dict[str, Json], rows: ItemRows) -> None:
    """Add the indicator's rows, or raise Unreadable: a pattern is read as a whole or not at all."""
    version, pattern_type = read_text(item, "spec_version"), read_text(item, "pattern_type")
    # STIX 2.0 states its version at the bundle, and its indicators have no pattern_type.
    if version not in {"2.1", "2.0", ""}:
        reason = f"spec_version is {shorten_value(version)}: only STIX 2.1 and 2.0 are read"
        raise UnreadableItem(RowCode.BAD_SYNTAX, reason)
    if pattern_type != "stix" and (version == "2.1" or pattern_type):
        raise UnreadableItem(
            RowCode.UNKNOWN_KIND, f"pattern_type is {shorten_value(read_text(item, 'pattern_type'))}, not 'stix'"
        )
    if "benign" in read_texts(item, "indicator_types" if version == "2.1" else "labels"):
        # Vocabulary of section 10.7 (2.0: section 6.7): not suspicious in itself. This is neither flagged nor cleared.
        raise UnreadableItem(RowCode.UNKNOWN_OPINION, "its indicator_types say benign")
    for kind, value in parse_indicators(read_text(item, "pattern")):
        rows.add(
            place.locate_part("pattern"),
            kind,
            value,
            category=", ".join(read_texts(item, "labels")),
            valid_from=read_text(item, "valid_from"),
            valid_until=read_text(item, "valid_until"),
            listed_on=read_text(item, "created"),
            reference=_read_reference(item),
        )


def _read_reference(item: dict[str, Json]) -> str:
    """The first external reference: its name, number and words; what it refers to is kept with the bundle."""
    references = item.get("external_references")
    if not isinstance(references, list) or not references:
        return ""
    first = require_fields(references[0], "an external reference")
    return " ".join(
        text_part for name in ("source_name", "external_id", "description") if (text_part := read_text(first, name))
    )
