"""What a document gives: rows with their places, rejects with theirs."""

from __future__ import annotations

import io
import json
from typing import Any

from sightline.model import RowCode
from sightline.stages.lists.readers import read_batches


def read(content: bytes | str | dict[str, Any] | list[Any]) -> tuple[list[tuple[str, ...]], list[tuple[str, RowCode]]]:
    """Rows as (pointer, kind, value, ...) without trailing absent texts, and rejects as (pointer, code)."""
    if not isinstance(content, (bytes, str)):
        content = json.dumps(content)
    raw = content if isinstance(content, bytes) else content.encode()
    rows: list[tuple[str, ...]] = []
    rejects: list[tuple[str, RowCode]] = []
    for batch in read_batches(io.BytesIO(raw)):
        assert batch.places is not None
        for number, *texts in batch.rows:
            found = [batch.places[number].pointer, *texts]
            while not found[-1]:
                found.pop()
            rows.append(tuple(found))
        rejects += [(reject.pointer, reject.code) for reject in batch.list_all_rejects([])]
    return rows, rejects
