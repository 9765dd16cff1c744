"""Parse JSON objects as RFC 8259 has them, where Python would take more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TypeAlias

Value: TypeAlias = "dict[str, Value] | list[Value] | str | bool | None"
"""A JSON value whose numbers are their original text, or what the caller makes of it."""

MAX_DEPTH = 100
_STRINGS_AND_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.DOTALL)


def parse_object(body: bytes, read_number: Callable[[str], Value] = str) -> dict[str, Value] | None:
    """Return the object that is all of `body`, or None (RFC 8259, and at most 100 levels)."""
    if _measure_depth(body) > MAX_DEPTH:
        return None
    try:
        tree = json.loads(
            body.decode(),
            parse_int=read_number,
            parse_float=read_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_build_unique_object,
        )
    except ValueError:
        return None
    return tree if isinstance(tree, dict) else None


def _measure_depth(body: bytes) -> int:
    """Return how deep arrays and objects lie in one another."""
    depth = deepest = 0
    for match in _STRINGS_AND_BRACKETS.finditer(body):
        if match[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in b"]}":
            depth -= 1
    return deepest


def _refuse_constant(name: str) -> str:
    """Raise for `NaN` and its kin, which Python would take."""
    raise ValueError(name)


def _build_unique_object(members: list[tuple[str, Value]]) -> dict[str, Value]:
    """An object whose later keys win; raises ValueError for a lone surrogate, which Python would take."""
    for key, value in members:
        key.encode()
        _encode_texts(value)
    return dict(members)


def _encode_texts(value: Value) -> None:
    """Raise UnicodeEncodeError where a text of an array or value is none; objects inside were looked at already."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, list):
        for element in value:
            _encode_texts(element)
