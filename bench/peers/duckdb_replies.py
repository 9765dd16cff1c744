"""DuckDB: a reply through its CSV reader, joined as intervals with the rows of a notice, and a verdict of each."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

QUERY = """
WITH
reply AS (
    SELECT "Public IP" AS ip, "Port From" AS first, "Port To" AS last, MSISDN AS number,
        epoch_us("Start Time") - 19800000000 AS start_us, epoch_us("End Time") - 19800000000 AS end_us
    FROM read_csv('{reply}', header = true, auto_detect = false, delim = ',', quote = '"', columns = {{
        'Public IP': 'VARCHAR', 'Port From': 'USMALLINT', 'Port To': 'USMALLINT',
        'Start Time': 'TIMESTAMP', 'End Time': 'TIMESTAMP', 'MSISDN': 'VARCHAR'
    }}, timestampformat = '%d/%m/%Y %H:%M:%S')
),
met AS (
    SELECT session_id, number, start_us + 1000000 <= from_us AND end_us >= until_us AS covers
    FROM reply JOIN '{asked}' AS asked ON reply.ip = asked.ip
        AND start_us <= until_us AND end_us + 1000000 >= from_us
        AND (asks = 'address' OR first IS NULL OR port BETWEEN first AND last)
),
folded AS (
    SELECT session_id, count(DISTINCT number) AS numbers, min(number) AS number, bool_or(covers) AS covers
    FROM met GROUP BY session_id
)
SELECT asked.session_id, '91' || number AS said, CASE
    WHEN numbers IS NULL THEN 'none' WHEN numbers > 1 THEN 'conflict'
    WHEN covers THEN 'subscriber' ELSE 'candidates' END AS verdict
FROM '{asked}' AS asked LEFT JOIN folded USING (session_id)
"""


def join(reply: Path, asked: Path) -> pl.DataFrame:
    """`session_id`, `verdict`, `said`: of each row of the notice (Parquet), as the reply has it."""
    with duckdb.connect() as connection:
        rows = connection.sql(QUERY.format(reply=reply, asked=asked)).fetchall()
    return pl.DataFrame(rows, ["session_id", "said", "verdict"], orient="row")
