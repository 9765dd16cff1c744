"""Read the set of known files of INTERPOL's ICSE database, a CSV with semicolons.

No specification is public. The columns are those that users of an open forensic program described
(https://github.com/sepinf-inc/IPED/issues/1136): `MD5;SHA1;...;Victim identified;...;Baseline`, with one empty cell
more in each row than in the header. A row outside the baseline (what experts of several countries agreed on) lists
nothing, and neither do perceptual hashes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from sightline.model import IndicatorKind, RowCode
from sightline.stages.lists.model import Row, RowBatch, RowReject
from sightline.stages.lists.readers.lines import LineBatch

_NEEDED = frozenset({"md5", "sha1", "victim identified", "baseline"})
_DIGESTS = {"md5": 32, "sha1": 40}
_IN_BASELINE = {"yes": True, "no": False}


def recognises(first_line: str) -> bool:
    """Return whether a line is the header of the set."""
    return set(_split_columns(first_line)) >= _NEEDED


def read(batches: Iterable[LineBatch]) -> Iterator[RowBatch]:
    """Yield a row for each digest of a file in the baseline, in file order."""
    names: list[str] = []
    for first, lines, rejects in batches:
        rows: list[Row] = []
        bad: list[RowReject] = []
        for number, line in enumerate(lines, first):
            if not names:
                names = _split_columns(line)
            elif line.strip():
                result = _read_rows(number, line, names)
                if isinstance(result, RowReject):
                    bad.append(result)
                else:
                    rows.extend(result)
        yield RowBatch(rows, sorted([*rejects, *bad], key=lambda reject: reject.line))


def _read_rows(number: int, line: str, names: list[str]) -> list[Row] | RowReject:
    try:
        values = next(csv.reader((line,), delimiter=";", strict=True), [])
    except csv.Error:
        return RowReject(number, RowCode.BAD_SYNTAX, "a quoted field does not end on its line; a row is one line")
    if len(values) == len(names) + 1 and not values[-1].strip():
        values.pop()
    if len(values) != len(names):
        return RowReject(number, RowCode.COLUMN_COUNT, f"{len(values)} columns, where the header names {len(names)}")
    row = {name: value.strip() for name, value in zip(names, values, strict=True)}
    is_listed = _IN_BASELINE.get(row["baseline"].lower())
    if is_listed is None:
        return RowReject(number, RowCode.UNKNOWN_OPINION, "Baseline is neither Yes nor No")
    digests = [(name, row[name]) for name in _DIGESTS if row[name]]
    if any(not re.fullmatch(f"[0-9A-Fa-f]{{{_DIGESTS[name]}}}", value) for name, value in digests) or not digests:
        return RowReject(number, RowCode.BAD_VALUE, "MD5 has 32 hexadecimal digits, SHA1 has 40; one of them is needed")
    listed = [value for _, value in digests if is_listed]
    return [(number, IndicatorKind.FILE_DIGEST, value, "ICSE baseline", "", "", "", "", "") for value in listed]


def _split_columns(line: str) -> list[str]:
    return [name.strip(' "').lower() for name in line.strip().split(";")]
