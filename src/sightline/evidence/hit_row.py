"""Read back one row of a hit file as a hit, or report why it is invalid."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

from sightline.model import HIT_COLUMNS, DnsAction, Hit, HitRowCode, IndicatorKind, Opinion, RecordKind
from sightline.stages.canonical import parse_address

Cell: TypeAlias = str | int | bool | bytes | None
Check: TypeAlias = Callable[[Cell], object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_MAX_INTEGER = (1 << 63) - 1


class UnreadableRow(Exception):
    """A row that `match` cannot have written. `reason` names the column, never a value."""

    def __init__(self, code: HitRowCode, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def parse_hit(row: Mapping[str, Cell]) -> Hit:
    """Return the hit of a row that has all columns. Raises UnreadableRow."""
    values: dict[str, Any] = {}
    for column, (check, may_be_null) in _CHECKS.items():
        cell = row[column]
        try:
            values[column] = None if cell is None and may_be_null else check(cell)
        except ValueError as error:
            raise UnreadableRow(HitRowCode.BAD_VALUE, f"{column}: {error}") from None
    values["timestamp_us"] = values.pop("timestamp")
    values["raw"] = _decode_raw(row["raw"], row["encoding"])
    hit = Hit(**values)
    if hit.indicator_id != _compute_indicator_id(hit.list_id, hit.indicator_kind, hit.indicator):
        raise UnreadableRow(HitRowCode.WRONG_ID, "indicator_id is not that of its list, kind and value: it was altered")
    return hit


@lru_cache(4096)
def _compute_indicator_id(list_id: str, kind: str, value: str) -> str:
    """Return what ADR 1 says an indicator's identity is."""
    return hashlib.sha256(f"{list_id}\n{kind}\n{value}".encode()).hexdigest()[:32]


def _decode_raw(raw: Cell, encoding: Cell) -> bytes:
    """The frame's bytes, which decide the encoding: base64 only of what is not UTF-8."""
    if isinstance(raw, str):
        try:
            frame = base64.b64decode(raw, validate=True) if encoding == "base64" else raw.encode()
        except (binascii.Error, ValueError):
            raise UnreadableRow(HitRowCode.BAD_VALUE, "raw: not in its encoding") from None
    elif isinstance(raw, bytes):
        frame = raw
    else:
        raise UnreadableRow(HitRowCode.BAD_VALUE, "raw: no frame")
    if encoding != ("utf-8" if _is_utf8(frame) else "base64"):
        raise UnreadableRow(HitRowCode.BAD_VALUE, "encoding: not that of raw")
    return frame


def _is_utf8(frame: bytes) -> bool:
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_text(cell: Cell) -> str:
    if not isinstance(cell, str):
        raise ValueError("no text")
    if not cell.isascii():
        # A lone surrogate, which JSON can encode, is not readable text for other programs.
        cell.encode()
    return cell


def _make_integer_check(low: int, high: int) -> Check:
    def check(cell: Cell) -> int:
        if isinstance(cell, bool) or not isinstance(cell, int) or not low <= cell <= high:
            raise ValueError(f"no number from {low} to {high}")
        return cell

    return check


def _make_enum_check(values: type[StrEnum]) -> Check:
    known = {member.value: member for member in values}

    def check(cell: Cell) -> StrEnum:
        if not isinstance(cell, str) or cell not in known:
            raise ValueError(f"not one of {', '.join(known)}")
        return known[cell]

    return check


def _make_digest_check(digits: int) -> Check:
    pattern = re.compile(rf"[0-9a-f]{{{digits}}}")

    def check(cell: Cell) -> str:
        if not isinstance(cell, str) or not pattern.fullmatch(cell):
            raise ValueError(f"not {digits} hexadecimal digits")
        return cell

    return check


@lru_cache(65536)
def _is_address(text: str) -> bool:
    ip = parse_address(text)
    return ip is not None and str(ip) == text


def _check_address(cell: Cell) -> str:
    if not isinstance(cell, str) or not _is_address(cell):
        raise ValueError("no address in its canonical form")
    return cell


def _parse_instant(cell: Cell) -> int:
    if not isinstance(cell, str) or not _INSTANT.fullmatch(cell):
        raise ValueError("no instant like 2026-07-31T12:34:56.000000Z")
    return (datetime.fromisoformat(cell) - EPOCH) // timedelta(microseconds=1)


def _check_boolean(cell: Cell) -> bool:
    if not isinstance(cell, bool):
        raise ValueError("neither true nor false")
    return cell


_PORT = _make_integer_check(0, 65535)
_NUMBER = _make_integer_check(-_MAX_INTEGER - 1, _MAX_INTEGER)
_NEVER_NULL: dict[str, Check] = {
    "timestamp": _parse_instant,
    "timestamp_original": _check_text,
    "uncertainty_s": _make_integer_check(0, _MAX_INTEGER),
    "record_kind": _make_enum_check(RecordKind),
    "indicator_id": _make_digest_check(32),
    "indicator_kind": _make_enum_check(IndicatorKind),
    "indicator": _check_text,
    "list_id": _make_digest_check(64),
    "opinion": _make_enum_check(Opinion),
    "vouched": _check_boolean,
    "exhibit_sha256": _make_digest_check(64),
    "byte_offset": _make_integer_check(0, _MAX_INTEGER),
    "line_number": _make_integer_check(1, _MAX_INTEGER),
}
_NULLABLE: dict[str, Check] = {
    "source_ip": _check_address,
    "source_port": _PORT,
    "destination_ip": _check_address,
    "destination_port": _PORT,
    "status": _NUMBER,
    "bytes": _NUMBER,
    "dns_action": _make_enum_check(DnsAction),
}
_CHECKS: dict[str, tuple[Check, bool]] = {
    column: (_NEVER_NULL.get(column) or _NULLABLE.get(column, _check_text), column not in _NEVER_NULL)
    for column in HIT_COLUMNS
    if column not in {"raw", "encoding"}
}
