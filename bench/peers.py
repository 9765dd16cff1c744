"""The peers' side of the work: SHA-256 of the log, host suffixes against the list, hits as Parquet.

`python -m bench.peers NAME LOG NAMES OUT`; prints the count of hits. Each uses all cores, in the fastest idiom found for it.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from pathlib import Path


def hash_beside(log: Path) -> threading.Thread:
    """Hash the log while the peer works: none of them does it itself."""

    def work() -> None:
        with log.open("rb") as stream:
            hashlib.file_digest(stream, "sha256")

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def clickhouse(log: Path, names: Path, out: Path) -> int:
    """ClickHouse in this process (chdb): suffixes of the host looked up in a set."""
    import chdb  # noqa: PLC0415

    flagged = f"(SELECT n FROM file('{names}', 'LineAsString', 'n String'))"
    host = "domain(substring(line, greatest(position(line,'://')+3, position(line,' CONNECT ')+9), 100))"
    suffixes = "arrayMap(i -> arrayStringConcat(arraySlice(p, i), '.'), range(1, length(p)))"
    chdb.query(f"""INSERT INTO FUNCTION file('{out}','Parquet')
        WITH {host} AS h, splitByChar('.', h) AS p, splitByWhitespace(line) AS f
        SELECT _row_number + 1 AS line_number, line AS raw, h AS host, arrayFirst(s -> s IN {flagged}, {suffixes}) AS indicator,
            fromUnixTimestamp64Micro(toInt64(toFloat64(f[1]) * 1000000)) AS timestamp, f[3] AS source_ip, f[6] AS method, f[7] AS url
        FROM file('{log}', 'LineAsString', 'line String')
        WHERE h IN {flagged} OR arrayExists(i -> arrayStringConcat(arraySlice(p, i), '.') IN {flagged}, range(2, length(p)))
        SETTINGS engine_file_truncate_on_insert=1""")
    return int(str(chdb.query(f"SELECT count() FROM file('{out}', 'Parquet')")))


def duckdb(log: Path, names: Path, out: Path) -> int:
    """DuckDB: host and its parents, each semi-joined with the list."""
    import duckdb as engine  # noqa: PLC0415

    def lines(path: Path, column: str) -> str:
        return (
            f"read_csv('{path}', columns={{'{column}':'VARCHAR'}}, delim='\\x01', quote='', escape='', header=false,"
            " auto_detect=false)"
        )

    def parent(name: str) -> str:
        return f"substr({name}, instr({name},'.')+1)"

    url = "CASE WHEN contains(line,'://') THEN split_part(line,'://',2) ELSE split_part(line,' CONNECT ',2) END"
    host = f"split_part(split_part({url}, '/', 1), ':', 1)"
    connection = engine.connect()
    connection.sql(f"CREATE TABLE flagged AS SELECT n FROM {lines(names, 'n')}")
    connection.sql(f"""COPY (SELECT line_number, line AS raw, h AS host,
        CASE WHEN h IN (FROM flagged) THEN h WHEN a IN (FROM flagged) THEN a WHEN b IN (FROM flagged) THEN b ELSE c END AS indicator,
        to_timestamp(CAST(split_part(line,' ',1) AS DOUBLE)) AS timestamp, f[3] AS source_ip, f[6] AS method, f[7] AS url
        FROM (SELECT *, string_split_regex(line,' +') f FROM (SELECT *, {parent("b")} c FROM (SELECT *, {parent("a")} b
        FROM (SELECT *, {parent("h")} a FROM (SELECT line, row_number() OVER () AS line_number, {host} h FROM {lines(log, "line")}))))
        WHERE h IN (FROM flagged) OR a IN (FROM flagged) OR b IN (FROM flagged) OR c IN (FROM flagged))) TO '{out}' (FORMAT parquet)""")
    found = connection.sql(f"SELECT count(*) FROM read_parquet('{out}')").fetchall()
    return int(found[0][0])


def polars(log: Path, names: Path, out: Path) -> int:
    """Polars, streaming: host and its parents, each looked up in the list."""
    import polars as pl  # noqa: PLC0415

    def lines(path: Path, column: str) -> pl.LazyFrame:
        return pl.scan_csv(path, has_header=False, new_columns=[column], separator="\x01", quote_char=None)

    def cut(text: pl.Expr, by: str, part: int) -> pl.Expr:
        return text.str.splitn(by, 2).struct.field(f"field_{part}")

    line = pl.col("line")
    url = pl.when(line.str.contains("://", literal=True)).then(cut(line, "://", 1)).otherwise(cut(line, " CONNECT ", 1))
    flagged = lines(names, "n").collect()["n"].implode()
    hosts = lines(log, "line").with_row_index("line_number", 1).with_columns(h=cut(cut(url, "/", 0), ":", 0))
    with_parents = hosts.with_columns(a=cut(pl.col("h"), ".", 1))
    with_parents = with_parents.with_columns(b=cut(pl.col("a"), ".", 1)).with_columns(c=cut(pl.col("b"), ".", 1))
    hits = with_parents.filter(pl.any_horizontal(pl.col("h", "a", "b", "c").is_in(flagged)))
    hits.select("line_number", raw="line", host="h").sink_parquet(out)
    return int(pl.scan_parquet(out).select(pl.len()).collect().item())


def ripgrep(log: Path, names: Path, out: Path) -> int:
    """ripgrep: any line that holds a flagged name anywhere; it has no notion of a host, so it may find more."""
    done = subprocess.run(["rg", "-a", "-n", "-F", "-f", str(names), str(log)], capture_output=True, check=False)
    out.write_bytes(done.stdout)
    return done.stdout.count(b"\n")


PEERS = {"ClickHouse": clickhouse, "DuckDB": duckdb, "Polars": polars, "ripgrep": ripgrep}

if __name__ == "__main__":
    name, log, names, out = sys.argv[1], *map(Path, sys.argv[2:])
    hashing = hash_beside(log)
    print(PEERS[name](log, names, out))
    hashing.join()
