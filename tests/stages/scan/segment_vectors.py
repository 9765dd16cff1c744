"""What ADR 11 says of a segment, from nothing but the rows: `tests/vectors/segments.json` is what this prints."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

HIT_ROWS = Path(__file__).parents[2] / "vectors" / "hit_rows.json"
ROW_KEY = bytes(range(32))
CHANGES: list[tuple[int, dict[str, Any]]] = [
    (0, {"source_ip": "2001:db8::2"}),
    (0, {"source_ip": "192.0.2.10"}),
    (0, {}),
    (1, {"timestamp_us": 1_709_209_800_000_001}),
    (5, {"source_ip": "192.0.2.9"}),
    (3, {"source_ip": "192.0.2.9"}),
    (6, {"source_ip": "192.0.2.9", "timestamp_us": 0}),
    (1, {}),
    (2, {"source_ip": "2001:db8::1:0"}),
    (2, {"source_ip": "255.255.255.255", "member": 'in"ner.log', "vouched": False}),
    (0, {"user": "the same address and time, later"}),
]
"""A row of `hit_rows.json`, and what is changed in it."""
CUTS = [[4, 1 << 30], [1, 1], [100, 2000], [100, 1]]


def text(data: bytes) -> tuple[str, str]:
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), "base64"


def canonical(hit: dict[str, Any]) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=hit["timestamp_us"])
    first = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    others = [value for name, value in hit.items() if name not in {"timestamp_us", "exhibit_sha256", "raw"}]
    cells = [first, *others, *text(base64.b64decode(hit["raw"]))]
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))


def place(hit: dict[str, Any]) -> tuple[int, int, int]:
    address = ip_address(hit["source_ip"]) if hit["source_ip"] else None
    return (address.version if address else 0, int(address or 0), hit["timestamp_us"])


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def split(count: int) -> int:
    """The largest power of two below it (RFC 6962, 2.1)."""
    return 1 << (count - 1).bit_length() - 1


def head(data: list[bytes]) -> bytes:
    if len(data) < 2:
        return sha256(b"\0", *data) if data else sha256()
    return sha256(b"\1", head(data[: split(len(data))]), head(data[split(len(data)) :]))


def path(index: int, data: list[bytes]) -> list[bytes]:
    if len(data) < 2:
        return []
    at = split(len(data))
    if index < at:
        return [*path(index, data[:at]), head(data[at:])]
    return [*path(index - at, data[at:]), head(data[:at])]


def cut(rows: list[str], most_rows: int, most_bytes: int) -> list[int]:
    """How many rows each segment has."""
    counts, held = [0], 0
    for row in rows:
        if counts[-1] == most_rows or held >= most_bytes:
            counts.append(0)
            held = 0
        counts[-1] += 1
        held += len(row.encode())
    return counts


def make_vectors() -> dict[str, Any]:
    """The whole of the vectors."""
    known = json.loads(HIT_ROWS.read_text("utf-8"))["rows"]
    hits = [{**known[row]["hit"], **change} for row, change in CHANGES]
    order = sorted(range(len(hits)), key=lambda number: (*place(hits[number]), number))
    salts = [sha256(ROW_KEY, index.to_bytes(8, "big"))[:16] for index in range(len(hits))]
    rows = [canonical(hits[number]) for number in order]
    data = [salt + row.encode() for salt, row in zip(salts, rows, strict=True)]
    came = [canonical(hit) for hit in hits]
    return {
        "row_key": ROW_KEY.hex(),
        "hits": hits,
        "order": order,
        "salts": [salt.hex() for salt in salts],
        "rows": rows,
        "root": head(data).hex(),
        "paths": [[node.hex() for node in path(index, data)] for index in range(len(data))],
        "roots_of_first": [head(data[:count]).hex() for count in range(len(data) + 1)],
        "cuts": [{"rows": rows, "text_bytes": size, "segments": cut(came, rows, size)} for rows, size in CUTS],
    }


if __name__ == "__main__":
    print(json.dumps(make_vectors(), ensure_ascii=False, indent=1))
