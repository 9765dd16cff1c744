"""The files of notices, replies and resolvings in the segment store, as the record registers them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sightline.record.generations import GenerationFile
from sightline.record.store.rows import Notice, Reply, Resolving
from sightline.record.store.shelf import Shelves


@dataclass(frozen=True, slots=True)
class Registered:
    """A file, and what it belongs to, in words."""

    whose: str
    file: GenerationFile


def files_of(row: Reply | Resolving) -> dict[str, GenerationFile]:
    """The files that a reply or a resolving registers, by their bare name without its ending."""
    told = [
        GenerationFile(str(one["file"]), str(one["sha256"]), int(one["size_bytes"]))
        for one in json.loads(row.files_json)
    ]
    return {one.file.rpartition("/")[2].partition(".")[0]: one for one in told}


def registered(shelves: Shelves) -> Iterator[Registered]:
    """Yield all files of notices, replies and resolvings."""
    for notice in shelves[Notice].each():
        yield Registered(f"notice {notice.number}", GenerationFile(notice.file, notice.sha256, notice.size_bytes))
    for reply in shelves[Reply].each():
        for one in files_of(reply).values():
            yield Registered(f"reply {reply.reply_id}", one)
    for made in shelves[Resolving].each():
        for one in files_of(made).values():
            yield Registered(f"resolving {made.number}", one)
