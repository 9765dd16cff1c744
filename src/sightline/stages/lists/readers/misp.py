"""Read MISP events: the attributes that are meant for detection.

MISP core format (draft-dulaunoy-misp-core-format): an event, or the `response` of a search with several. An attribute
without `to_ids` is context, a deleted one is revoked, and a proposal is not yet accepted: they give no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from sightline.model import IndicatorKind, RowCode
from sightline.stages.canonical import parse_address
from sightline.stages.lists.list_dates import parse_list_date
from sightline.stages.lists.model import ListPlace, RowBatch
from sightline.stages.lists.readers.document import Document, Json
from sightline.stages.lists.readers.items import (
    ItemRows,
    UnreadableItem,
    UsualItems,
    find_name_kind,
    read_flag,
    read_text,
    require_fields,
    shorten_value,
)
from sightline.stages.lists.readers.usual_forms import UsualForms

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = {"domain": IndicatorKind.DOMAIN, "hostname": IndicatorKind.HOST, "onion-address": IndicatorKind.ONION}
_USUAL = {"domain": IndicatorKind.DOMAIN, "hostname": IndicatorKind.HOST, "url": IndicatorKind.URL}
"""Types whose value is flagged as it is, unless it is a hidden service."""
_DIGESTS = {"md5": 32, "sha1": 40, "sha256": 64}
_Take = dict[str, UsualItems]
"""What takes many elements at once of an event's array of that name."""


class CsvRows(NamedTuple):
    """The rows of MISP's CSV export that are indicators, and the kind, value and listed_on of those."""

    listed: list[bool]
    kinds: Iterable[IndicatorKind]
    values: Iterable[str]
    listed_on: Iterable[str]


def recognises(keys: dict[str, Json]) -> bool:
    """Return whether the document is an event, or the response of a search."""
    return "Event" in keys or "response" in keys


def read(document: Document, usual: UsualForms | None = None) -> Iterator[RowBatch]:
    """Yield a row for each attribute that is meant for detection, in file order."""
    rows = ItemRows()
    take: _Take = {}
    if usual is not None:
        take["Attribute"] = UsualItems(rows, usual.misp_attributes)
        take["Object"] = UsualItems(rows, usual.misp_objects, lambda part: f"/Attribute/{part}")
    if document.look_ahead() == "[":
        for _ in document.read_elements():
            yield from _read_holder(document, rows, take)
    else:
        yield from _read_holder(document, rows, take)
    yield from rows.take_whole_batches()
    yield rows.take()


def _read_holder(document: Document, rows: ItemRows, take: _Take) -> Iterator[RowBatch]:
    """The events below `Event` or `response`."""
    is_empty = True
    for key in document.read_members():
        if key == "Event":
            yield from _read_event(document, rows, take)
            is_empty = False
        elif key == "response" and document.look_ahead() == "[":
            for _ in document.read_elements():
                yield from _read_holder(document, rows, take)
            is_empty = False
        else:
            document.read_value()
    if is_empty:
        document.fail("this object holds no Event")


def _read_event(document: Document, rows: ItemRows, take: _Take) -> Iterator[RowBatch]:
    for key in document.read_members():
        if key in {"Attribute", "Object"}:
            for _ in document.read_elements(take.get(key)):
                item = document.read_item()
                add = _read_attribute if key == "Attribute" else _read_object
                if item.fault is None:
                    add(item.place, item.value, rows)
                else:
                    rows.reject(item.place, *item.fault)
                yield from rows.take_whole_batches()
        else:
            document.read_value()


def parse_csv_row(row: Mapping[str, str]) -> tuple[str, str, str, str] | None:
    """Return kind, value, category and listed_on of a row of MISP's CSV export; None for context.

    Raises Unreadable for a type that no record shows.
    """
    if not read_flag({"to_ids": row["to_ids"].strip()}, "to_ids"):
        return None
    kind, flagged = _derive_indicator(row["type"].strip(), row["value"].strip())
    return kind, flagged, "", _format_stamp({"timestamp": row.get("date", "").strip() or None})


def parse_csv_rows(columns: Mapping[str, Sequence[str]]) -> CsvRows | None:
    """Return what `parse_csv_row` returns of many rows, as columns; None if one of them is not of the usual form."""
    names = "\n".join(columns["value"]).lower()
    is_usual = set(columns["to_ids"]) <= {"0", "1"} and set(columns["type"]) <= _USUAL.keys()
    if not is_usual or ".onion" in names or ".i2p" in names:
        return None
    listed = [to_ids == "1" for to_ids in columns["to_ids"]]
    dates = columns.get("date") or [""] * len(listed)
    try:
        stamps = {date: _format_stamp({"timestamp": date.strip() or None}) for date in set(dates)}
    except UnreadableItem:
        return None
    return CsvRows(
        listed,
        map(_USUAL.__getitem__, compress(columns["type"], listed)),
        map(str.strip, compress(columns["value"], listed)),
        map(stamps.__getitem__, compress(dates, listed)),
    )


def _read_object(place: ListPlace, value: Json, rows: ItemRows) -> None:
    """The attributes of an object, each by itself: an object only says that they belong together."""
    try:
        result = require_fields(value, "an object")
        attributes = result.get("Attribute", [])
        if not isinstance(attributes, list):
            raise UnreadableItem(RowCode.BAD_SYNTAX, "its Attribute is not a list")
        if read_flag(result, "deleted"):
            return
    except UnreadableItem as error:
        rows.reject(place, error.code, str(error))
    else:
        for number, attribute in enumerate(attributes):
            _read_attribute(place.locate_part("Attribute", number), attribute, rows)


def _read_attribute(place: ListPlace, value: Json, rows: ItemRows) -> None:
    try:
        result = require_fields(value, "an attribute")
        to_ids = read_flag(result, "to_ids")
        if to_ids is None:
            raise UnreadableItem(
                RowCode.BAD_SYNTAX, "to_ids is missing, so that nothing says whether it is an indicator"
            )
        if not to_ids or read_flag(result, "deleted"):
            return
        kind, flagged = _derive_indicator(read_text(result, "type"), read_text(result, "value"))
        seen = read_text(result, "first_seen"), _compute_end(read_text(result, "last_seen"))
        rows.add(place, kind, flagged, valid_from=seen[0], valid_until=seen[1], listed_on=_format_stamp(result))
    except UnreadableItem as error:
        rows.reject(place, error.code, str(error))


def _derive_indicator(kind: str, value: str) -> tuple[str, str]:
    """Return what an attribute of that type flags.

    Of a pair, the part that names the thing: the digest and not the file name beside it, the domain and not the
    address to which it led, where other sites may live too.
    """
    if kind in _NAMES:
        return find_name_kind(value, _NAMES[kind]), value
    if kind == "domain|ip":
        return find_name_kind(value.partition("|")[0], IndicatorKind.DOMAIN), value.partition("|")[0]
    if kind == "url":
        return IndicatorKind.URL, value
    if kind == "ip-dst":
        is_network = "/" in value and not value.endswith("/128" if ":" in value else "/32")
        return (IndicatorKind.CIDR, value) if is_network else (IndicatorKind.IP, value.partition("/")[0])
    if kind == "ip-dst|port":
        return IndicatorKind.IP, _with_port(value)
    name, _, digest = ("filename|md5" if kind == "malware-sample" else kind).rpartition("|")
    if digest in _DIGESTS and name in {"", "filename"}:
        return IndicatorKind.FILE_DIGEST, _check_digest(digest, value.rpartition("|")[2])
    raise UnreadableItem(RowCode.UNKNOWN_KIND, f"no visit record and no manifest shows the type {shorten_value(kind)}")


def _with_port(value: str) -> str:
    host, _, port = value.rpartition("|")
    return f"[{host}]:{port}" if ":" in host and parse_address(host) is not None else f"{host}:{port}"


def _check_digest(algorithm: str, value: str) -> str:
    if len(value) != _DIGESTS[algorithm]:
        raise UnreadableItem(RowCode.BAD_VALUE, f"{algorithm} has {_DIGESTS[algorithm]} hexadecimal digits")
    return value


def _compute_end(last_seen: str) -> str:
    """The end of a window that still holds the instant at which it was last seen."""
    try:
        return (_EPOCH + timedelta(microseconds=parse_list_date(last_seen) + 1)).isoformat() if last_seen else ""
    except (ValueError, OverflowError):
        return last_seen


def _format_stamp(item: dict[str, Json]) -> str:
    """Return when the attribute was created or last changed: at the latest then it was listed. `0` is not known."""
    stamp = item.get("timestamp")
    seconds = str(stamp) if isinstance(stamp, (str, int)) and not isinstance(stamp, bool) else ""
    if not seconds and stamp is not None:
        raise UnreadableItem(RowCode.BAD_DATE, "timestamp is not a number of seconds")
    if seconds in {"", "0"}:
        return ""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11):
        raise UnreadableItem(RowCode.BAD_DATE, f"timestamp is {shorten_value(seconds)}, not seconds since 1970")
    day, second = divmod(int(seconds), 86_400)
    return f"{_format_date(day)}T{_format_time_of_day(second)}+00:00"


@lru_cache(maxsize=10_000)
def _format_date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).date().isoformat()


@lru_cache(maxsize=86_400)
def _format_time_of_day(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
