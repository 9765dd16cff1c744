"""Load JSON documents for readers: whole files up to a size limit, in strict JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sightline.errors import DamagedInput

MOST_BYTES = 256 << 20


def is_json(head: bytes) -> bool:
    """Return whether a file begins like a JSON object or array."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def parse_document(path: Path, content: bytes | None = None) -> object:
    """Return the value of a file. Raises DamagedInput."""
    if content is None and path.stat().st_size > MOST_BYTES:
        raise DamagedInput(f"{path.name}: a JSON file of over {MOST_BYTES >> 20} MiB", hint="split it")
    try:
        result: object = json.loads((path.read_bytes() if content is None else content).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DamagedInput(f"{path.name}: no JSON: {what}", hint="get it again from where it came from") from None
    return result


def list_objects(value: object) -> list[Mapping[str, object]]:
    """Return the objects of an array, or nothing for any other value."""
    return [mapping for mapping in value if isinstance(mapping, Mapping)] if isinstance(value, list) else []


def has_key(head: bytes, *names: str) -> bool:
    """Return whether the beginning of a file has one of these keys."""
    return any(f'"{name}"'.encode() in head for name in names)
