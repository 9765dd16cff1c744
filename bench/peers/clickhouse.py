"""ClickHouse, embedded (chdb): lines in parallel, every suffix of a host sought in the set of names."""

from __future__ import annotations

from pathlib import Path

import chdb

QUERY = """
INSERT INTO FUNCTION file('{out}', 'Parquet')
WITH
    domain(substring(line, greatest(position(line, '://') + 3, position(line, ' CONNECT ') + 9), 100)) AS host,
    splitByChar('.', host) AS labels,
    splitByWhitespace(line) AS fields
SELECT
    _row_number + 1 AS line_number,
    line AS raw,
    host,
    arrayFirst(
        name -> name IN {names},
        arrayMap(i -> arrayStringConcat(arraySlice(labels, i), '.'), range(1, length(labels)))
    ) AS indicator,
    fromUnixTimestamp64Micro(toInt64(toFloat64(fields[1]) * 1000000)) AS timestamp,
    fields[3] AS source_ip,
    toUInt16(splitByChar('/', fields[4])[2]) AS status,
    toUInt64(fields[5]) AS bytes,
    fields[6] AS method,
    fields[7] AS url
FROM file('{log}', 'LineAsString', 'line String')
WHERE host IN {names}
    OR arrayExists(i -> arrayStringConcat(arraySlice(labels, i), '.') IN {names}, range(2, length(labels)))
SETTINGS engine_file_truncate_on_insert = 1
"""


def find(log: Path, names: Path, out: Path) -> None:
    """Write the hits to `out`."""
    listed = f"(SELECT name FROM file('{names}', 'LineAsString', 'name String'))"
    chdb.query(QUERY.format(log=log, out=out, names=listed))
