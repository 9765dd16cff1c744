"""Encode and strictly decode canonical JSON (ADR 1), in which each value has exactly one text."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import NoReturn

LARGEST = (1 << 63) - 1
"""The largest whole number. The smallest is one below its negative."""

HASH = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
VERB = re.compile(r"[a-z]+(-[a-z]+)*:[a-z]+(-[a-z]+)*")
THING = re.compile(r"[a-z]+(-[a-z]+)*:[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
ACTOR = re.compile(r"[0-9A-Za-z]{1,64}")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


class WrongEncoding(ValueError):
    """A text that is not the canonical encoding of an entry, row or note. The message says why."""


def encode(value: object) -> bytes:
    """Return the canonical JSON of a value. Raises WrongEncoding for a text that is not Unicode."""
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:
        raise WrongEncoding("a text holds half a surrogate pair: it cannot be written as UTF-8") from None


def decode(data: bytes) -> object:
    """Decode canonical JSON. Raises WrongEncoding for any other text."""
    try:
        value: object = json.loads(
            data.decode(), parse_int=_parse_integer, parse_float=_refuse_number, parse_constant=_refuse_number
        )
        again = encode(value)
    except WrongEncoding:
        raise
    except (ValueError, RecursionError) as error:
        raise WrongEncoding(f"no JSON: {error}") from None
    if again != data:
        raise WrongEncoding("JSON, but not canonical: keys sorted and once, no space, no needless escape")
    return value


def read_object(data: bytes, keys: frozenset[str]) -> dict[str, object]:
    """Decode canonical JSON of an object with exactly these keys."""
    value = decode(data)
    if not isinstance(value, dict):
        raise WrongEncoding("no JSON object")
    if value.keys() != keys:
        extra, missing = sorted(value.keys() - keys), sorted(keys - value.keys())
        raise WrongEncoding(f"keys are {'unknown: ' + ', '.join(extra) if extra else 'missing: ' + ', '.join(missing)}")
    return value


def format_time(at: datetime) -> str:
    """Return a time as the ledger writes it: UTC, six digits, Z."""
    if at.utcoffset() != timedelta(0):
        raise WrongEncoding(f"{at} is not in UTC")
    return at.isoformat(timespec="microseconds")[:26] + "Z"


def parse_time(text: object) -> datetime:
    """Parse a time that the ledger wrote."""
    if not isinstance(text, str) or not TIME.fullmatch(text):
        raise WrongEncoding("at is no UTC time as YYYY-MM-DDTHH:MM:SS.ffffffZ")
    try:
        return datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
    except ValueError as error:
        raise WrongEncoding(f"at is no time: {error}") from None


def parse_whole_number(name: str, value: object) -> int:
    """Return a whole number from 0 on. An error shows `name`."""
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise WrongEncoding(f"{name} is no whole number from 0 on")
    return value


def require_match(name: str, value: object, pattern: re.Pattern[str]) -> str:
    """Return a text that matches the pattern. An error shows `name`."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise WrongEncoding(f"{name} is not of the form {pattern.pattern}")
    return value


def _parse_integer(digits: str) -> int:
    if len(digits) > len(str(LARGEST)) + 1 or not -LARGEST <= int(digits) <= LARGEST:
        raise WrongEncoding(f"a whole number is beyond {LARGEST}")
    return int(digits)


def _refuse_number(number: str) -> NoReturn:
    raise WrongEncoding(f"{number}: only whole numbers are allowed")
