"""DuckDB: lines through its CSV reader in parallel, a host and what it is under each sought by hash join.

Counting lines (`row_number() OVER ()`) would leave it one thread for all of it, so it does not.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

LINES = (
    "read_csv('{path}', columns = {{'line': 'VARCHAR'}}, delim = '\\x01', quote = '', escape = '', "
    "header = false, auto_detect = false)"
)
QUERY = """
COPY (
    WITH
    visits AS (
        SELECT line, split_part(split_part(
            CASE WHEN contains(line, '://') THEN split_part(line, '://', 2) ELSE split_part(line, ' CONNECT ', 2) END,
            '/', 1), ':', 1) AS host
        FROM {lines}
    ),
    under_1 AS (SELECT *, substr(host, instr(host, '.') + 1) AS parent FROM visits),
    under_2 AS (SELECT *, substr(parent, instr(parent, '.') + 1) AS grandparent FROM under_1),
    under_3 AS (SELECT *, substr(grandparent, instr(grandparent, '.') + 1) AS last FROM under_2),
    hits AS (
        SELECT *, string_split_regex(line, ' +') AS fields FROM under_3
        WHERE host IN (FROM flagged) OR parent IN (FROM flagged)
            OR grandparent IN (FROM flagged) OR last IN (FROM flagged)
    )
    SELECT
        line AS raw,
        host,
        CASE WHEN host IN (FROM flagged) THEN host WHEN parent IN (FROM flagged) THEN parent
            WHEN grandparent IN (FROM flagged) THEN grandparent ELSE last END AS indicator,
        to_timestamp(fields[1]::DOUBLE) AS timestamp,
        fields[3] AS source_ip,
        split_part(fields[4], '/', 2)::USMALLINT AS status,
        fields[5]::UBIGINT AS bytes,
        fields[6] AS method,
        fields[7] AS url
    FROM hits
) TO '{out}' (FORMAT parquet)
"""


def find(log: Path, names: Path, out: Path) -> None:
    """Write the hits to `out`."""
    with duckdb.connect() as connection:
        connection.sql(f"CREATE TABLE flagged AS SELECT line AS name FROM {LINES.format(path=names)}")
        connection.sql(QUERY.format(lines=LINES.format(path=log), out=out))
