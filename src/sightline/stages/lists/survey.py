"""What a list file holds, counted in one reading and in bounded memory."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sightline.records import IndicatorKind, ListId, RowCode
from sightline.stages.lists.junk import JunkNames
from sightline.stages.lists.load import HashedStream
from sightline.stages.lists.model import Row, RowReject
from sightline.stages.lists.readers import detect
from sightline.stages.lists.readers.lines import line_batches
from sightline.stages.lists.rows import statement


class RowCheck(Protocol):
    """Says which rows of a batch are good: in plain Python below, or the kernel's, which is much faster."""

    def __call__(self, rows: list[Row]) -> tuple[dict[IndicatorKind, int], list[RowReject]]:
        """The number of good rows by kind, and the rejects by line."""
        ...


@dataclass(frozen=True, slots=True)
class Survey:
    """A list file's identity, and its rows by kind and by reject code. `file_kind` is its reader's name."""

    list_id: ListId
    prehash: bytes
    size_bytes: int
    file_kind: str
    rows: dict[IndicatorKind, int]
    rejects: dict[RowCode, int]

    @property
    def row_count(self) -> int:
        """How many rows could be read."""
        return sum(self.rows.values())

    @property
    def reject_count(self) -> int:
        """How many could not."""
        return sum(self.rejects.values())


def survey(
    path: Path,
    check: RowCheck,
    on_reject: Callable[[RowReject], None],
    watch: Callable[[int], None] = lambda _bytes: None,
) -> Survey:
    """Read the file once; each reject goes to `on_reject`, in line order, the bytes read so far to `watch`.

    Raises UsageError if the file is no list.
    """
    rows: Counter[IndicatorKind] = Counter()
    rejects: Counter[RowCode] = Counter()
    with path.open("rb") as stream:
        hashed = HashedStream(stream)
        reader, whole = detect(io.BufferedReader(hashed, 1 << 16), str(path))
        for batch, unread in reader.read(line_batches(whole)):
            counts, bad = check(batch)
            rows.update(counts)
            found = sorted([*unread, *bad], key=lambda reject: reject.line)
            rejects.update(reject.code for reject in found)
            for reject in found:
                on_reject(reject)
            watch(hashed.size_bytes)
        hashed.finish()
    in_order = {kind: rows[kind] for kind in IndicatorKind if rows[kind]}
    return Survey(
        hashed.list_id,
        hashed.prehash,
        hashed.size_bytes,
        reader.name,
        in_order,
        {code: rejects[code] for code in RowCode if rejects[code]},
    )


def plain_check(junk: JunkNames) -> RowCheck:
    """The check in plain Python: about 100,000 rows a second."""

    def check(rows: list[Row]) -> tuple[dict[IndicatorKind, int], list[RowReject]]:
        read = [statement(row, junk) for row in rows]
        rejects = [found for found in read if isinstance(found, RowReject)]
        return Counter(found[0] for found in read if not isinstance(found, RowReject)), rejects

    return check
