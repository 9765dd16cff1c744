"""Read a list of digests of names: one MD5 or SHA-256 in hex on each line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sightline.model import IndicatorKind, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers.lines import LineBatch

_DIGEST = re.compile(r"[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{32})?")


def recognises(first_line: str) -> bool:
    """Return whether the line is a digest and nothing else."""
    return _DIGEST.fullmatch(first_line.strip(" \t")) is not None


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield one row for each digest. Any other line is a reject."""
    for first, lines, rejects in batches:
        rows: list[Row] = []
        bad: list[RowReject] = []
        for number, line in enumerate(lines, first):
            text = line.strip(" \t")
            if _DIGEST.fullmatch(text):
                rows.append((number, IndicatorKind.DIGEST, text, "", "", "", "", "", ""))
            elif text and text[0] != "#":
                bad.append(RowReject(number, RowCode.BAD_SYNTAX, "not an MD5 (32 hex digits) or SHA-256 (64)"))
        yield RowBatch(rows, sorted(rejects + bad, key=lambda reject: reject.line))
