"""Read a Project VIC file: the digests of known files, as national databases distribute them.

VICS data models 1.1 to 2.0: OData JSON whose context names `ProjectVic/DataModels/...#Media` (a set: media in `value`)
or `#Cases` (media in each case's `Media`). The models are published under agreement only; the shape is that of files as
forensic tools read and write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sightline.model import IndicatorKind, RowCode
from sightline.stages.lists.model import ListPlace, RowBatch
from sightline.stages.lists.readers.document import Document, Json
from sightline.stages.lists.readers.items import (
    ItemRows,
    UnreadableItem,
    UsualItems,
    read_text,
    require_fields,
    shorten_value,
)
from sightline.stages.lists.readers.usual_forms import UsualForms

_CONTEXTS = ("@odata.context", "odata.metadata")
_MODEL = re.compile(r"ProjectVic/DataModels/[^#]*#(Media|Cases)$", re.IGNORECASE)
_DIGESTS = {"MD5": 32, "SHA1": 40, "SHA256": 64}
_FLAGGED = (1, 2, 3)


def recognises(keys: dict[str, Json]) -> bool:
    """Return whether the document's OData context names a data model of Project VIC."""
    return any(isinstance(keys.get(key), str) and _MODEL.search(str(keys[key])) for key in _CONTEXTS)


def read(document: Document, usual: UsualForms | None = None) -> Iterator[RowBatch]:
    """Yield a row for each digest of a medium of category 1, 2 or 3, in file order."""
    rows, model = ItemRows(), ""
    names = tuple(_DIGESTS)
    take = None if usual is None else UsualItems(rows, usual.vic_media, lambda part: f"/{names[part]}")
    for key in document.read_members():
        if key in _CONTEXTS:
            match = _MODEL.search(str(document.read_value()))
            model = match[1].lower() if match else ""
        elif key == "value":
            if not model:
                document.fail("no OData context above it names a data model of Project VIC")
            for _ in document.read_elements(take if model == "media" else None):
                yield from _read_media(document, rows) if model == "media" else _read_case(document, rows, take)
        else:
            document.read_value()
    yield from rows.take_whole_batches()
    yield rows.take()


def _read_case(document: Document, rows: ItemRows, take: UsualItems | None) -> Iterator[RowBatch]:
    for key in document.read_members():
        if key == "Media":
            for _ in document.read_elements(take):
                yield from _read_media(document, rows)
        else:
            document.read_value()


def _read_media(document: Document, rows: ItemRows) -> Iterator[RowBatch]:
    item = document.read_item()
    try:
        if item.fault is not None:
            raise UnreadableItem(*item.fault)
        _add_medium(item.place, require_fields(item.value, "a medium"), rows)
    except UnreadableItem as error:
        rows.reject(item.place, error.code, str(error))
    yield from rows.take_whole_batches()


def _add_medium(place: ListPlace, item: dict[str, Json], rows: ItemRows) -> None:
    """Add a row for each digest, all of which are read before the first is added."""
    category = _read_category(item.get("Category"))
    if category == 0:
        return
    if category not in _FLAGGED:
        reason = f"category {category}: only 1, 2 and 3 are read as flagged"
        raise UnreadableItem(RowCode.UNKNOWN_OPINION, reason)
    digests = {name: value for name in _DIGESTS if (value := read_text(item, name))}
    for name, value in digests.items():
        if len(value) != _DIGESTS[name]:
            raise UnreadableItem(RowCode.BAD_VALUE, f"{name} has {_DIGESTS[name]} hexadecimal digits")
    if not digests:
        raise UnreadableItem(RowCode.BAD_VALUE, "neither MD5 nor SHA1 nor SHA256")
    for name, value in digests.items():
        rows.add(place.locate_part(name), IndicatorKind.FILE_DIGEST, value, category=f"Project VIC {category}")


def _read_category(value: Json) -> int:
    """The category; 0, which is not pertinent, also where the medium has none yet."""
    if value is None:
        return 0
    result = str(value)
    if isinstance(value, (int, str)) and result.isascii() and result.isdecimal() and len(result) < 4:
        return int(result)
    raise UnreadableItem(RowCode.UNKNOWN_OPINION, f"its category is {shorten_value(result)}, not a number")
