"""Write a compound file (MS-CFB) such as Outlook's, with streams and storages by their path."""

from __future__ import annotations

import struct
from collections.abc import Mapping

SECTOR, LEAST = 512, 4096
"""A stream shorter than LEAST would lie in a stream of streams, so each is filled up with zeros."""
END, FREE, FAT_SECTOR, NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """Return a file with these streams. The names of a storage and its stream are joined by `/`."""
    contents = {path: one.ljust(LEAST, b"\0") for path, one in streams.items()}
    storages = sorted({path.split("/")[0] for path in contents if "/" in path})
    names = sorted([*storages, *contents])
    fat: list[int] = []
    body, starts = b"", {}
    for path, one in contents.items():
        starts[path] = len(fat)
        count = -(-len(one) // SECTOR)
        fat += [*range(len(fat) + 1, len(fat) + count), END]
        body += one.ljust(count * SECTOR, b"\0")
    entries = [_entry("Root Entry", 5, child=_first(names, ""))]
    for name in names:
        following = _next(names, name)
        if name in contents:
            size = len(contents[name])
            entries.append(_entry(name.rpartition("/")[2], 2, right=following, start=starts[name], size=size))
        else:
            entries.append(_entry(name, 1, right=following, child=_first(names, name)))
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * SECTOR, b"\0")
    first_directory, count = len(fat), len(directory) // SECTOR
    fat += [*range(len(fat) + 1, len(fat) + count), END, FAT_SECTOR]
    assert len(fat) <= SECTOR // 4, "one sector holds the whole table"
    table = struct.pack(f"<{SECTOR // 4}I", *fat, *[FREE] * (SECTOR // 4 - len(fat)))
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        62,
        3,
        0xFFFE,
        9,
        6,
        0,
        1,
        first_directory,
        0,
        LEAST,
        END,
        0,
        END,
        0,
        len(fat) - 1,
    )
    return head.ljust(SECTOR, b"\xff") + body + directory + table


def _first(names: list[str], storage: str) -> int:
    inside = [at for at, name in enumerate(names, 1) if name.rpartition("/")[0] == storage]
    return inside[0] if inside else NONE


def _next(names: list[str], name: str) -> int:
    storage = name.rpartition("/")[0]
    after = [at for at, one in enumerate(names, 1) if one.rpartition("/")[0] == storage and one > name]
    return after[0] if after else NONE


def _entry(name: str, kind: int, child: int = NONE, right: int = NONE, start: int = 0, size: int = 0) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII36xIQ", text, len(text), kind, 1, NONE, right, child, start, size)
