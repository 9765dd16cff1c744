"""Read hit files of `match` (JSON lines, CSV, Parquet) row by row in bounded memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from sightline.errors import DamagedInput, UsageError
from sightline.evidence.hit_row import Cell, UnreadableRow, parse_hit
from sightline.model import HIT_COLUMNS, Hit, HitRowCode
from sightline.stages.scan.hit_rows import CSV_HEADER, INTEGER_COLUMNS, format_timestamp

Form = Literal["jsonl", "csv", "parquet"]

ROW_BYTES = 32 << 20
"""The maximum length of a row: a frame has at most 1 MiB, and JSON writes a byte as at most six."""
PARQUET_ROWS = 8192
_HINT = "give what `sightline match --out` wrote: JSON lines, CSV or Parquet"
_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\Z)')
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read: its number, from 1 (excluding a CSV's header), and why; never its bytes."""

    number: int
    code: HitRowCode
    reason: str


@dataclass(frozen=True, slots=True)
class HitFile:
    """A hit file that can be read repeatedly. `path` is None for standard input."""

    name: str
    stream: BinaryIO
    path: Path | None
    form: Form
    size_bytes: int

    def read_rows(self, on_progress: Callable[[int], None]) -> Iterator[Hit | BadRow]:
        """Yield each row in file order. `on_progress` is a callback that receives the number of bytes read so far.

        Raises DamagedInput if the first row shows that this is no hit file.
        """
        self.stream.seek(0)
        return {"jsonl": _read_jsonl, "csv": _read_csv, "parquet": _read_parquet}[self.form](self, on_progress)


def open_hit_file(name: str, stream: BinaryIO, path: Path | None) -> HitFile:
    """Open a hit file, detecting its format by its beginning. Raises DamagedInput, or UsageError for piped Parquet."""
    head = stream.read(len(CSV_HEADER))
    size_bytes = stream.seek(0, 2)
    if head[:4] == b"PAR1":
        if path is None:
            what = "Parquet cannot be read from standard input: its table of contents is at its end"
            raise UsageError(what, hint="name the file")
        return HitFile(name, stream, path, "parquet", size_bytes)
    if head == CSV_HEADER:
        return HitFile(name, stream, path, "csv", size_bytes)
    if head[:1] in {b"{", b""}:
        # `match` writes nothing if there is no hit.
        return HitFile(name, stream, path, "jsonl", size_bytes)
    raise _refuse_file(name, "it is neither JSON lines, nor CSV with the columns of a hit, nor Parquet")


def _refuse_file(name: str, why: str) -> DamagedInput:
    return DamagedInput(f"{name} is not a file of hits: {why}", hint=_HINT)


def _read(number: int, row: Mapping[str, Cell]) -> Hit | BadRow:
    try:
        return parse_hit(row)
    except UnreadableRow as error:
        return BadRow(number, error.code, error.reason)


def _read_jsonl(file: HitFile, on_progress: Callable[[int], None]) -> Iterator[Hit | BadRow]:
    done = 0
    for number, line in enumerate(_read_lines(file.stream), 1):
        done += len(line)
        if number % 1024 == 0:
            on_progress(done)
        try:
            yield _read(number, _parse_json_row(line))
        except UnreadableRow as error:
            if number == 1:
                raise _refuse_file(file.name, error.reason) from None
            yield BadRow(number, error.code, error.reason)


def _read_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines with their ends. Of a line longer than any row, only the beginning is yielded."""
    while line := stream.readline(ROW_BYTES):
        rest = line
        while len(rest) == ROW_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(ROW_BYTES)
        yield line


def _parse_json_row(line: bytes) -> dict[str, Cell]:
    try:
        row = json.loads(line.decode())
    except (ValueError, RecursionError):
        if not line.endswith(b"\n"):
            raise UnreadableRow(HitRowCode.HALF_ROW, "the row breaks off: the file is not whole") from None
        raise UnreadableRow(HitRowCode.NOT_JSON, "no JSON") from None
    if not isinstance(row, dict) or tuple(row) != HIT_COLUMNS:
        raise UnreadableRow(HitRowCode.WRONG_COLUMNS, "its columns are not those of a hit (docs/schema/hit.json)")
    return row


def _read_csv(file: HitFile, on_progress: Callable[[int], None]) -> Iterator[Hit | BadRow]:
    done = file.stream.seek(len(CSV_HEADER))
    for number, text in enumerate(_read_csv_rows(file.stream), 1):
        done += len(text)
        if number % 1024 == 0:
            on_progress(done)
        try:
            yield _read(number, _parse_csv_row(text))
        except UnreadableRow as error:
            yield BadRow(number, error.code, error.reason)


def _read_csv_rows(stream: BinaryIO) -> Iterator[bytes]:
    """Yield CSV rows with their line ends. Lines are joined while a quote is open (RFC 4180)."""
    parts: list[bytes] = []
    size_bytes = quotes = 0
    for line in _read_lines(stream):
        parts.append(line)
        size_bytes += len(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0 or size_bytes > ROW_BYTES:
            yield b"".join(parts)
            parts.clear()
            size_bytes = quotes = 0
    if parts:
        yield b"".join(parts)


def _parse_csv_row(row: bytes) -> dict[str, Cell]:
    if not row.endswith(b"\n") or row.count(b'"') % 2:
        raise UnreadableRow(HitRowCode.HALF_ROW, "the row breaks off: the file is not whole, or a quote is open")
    try:
        text = row[:-1].decode()
    except UnicodeDecodeError:
        raise UnreadableRow(HitRowCode.BAD_VALUE, "not UTF-8") from None
    cells: list[str | None] = []
    at = 0
    while match := _FIELD.match(text, at):
        quoted, plain, end = match.groups()
        cells.append((plain or None) if quoted is None else quoted.replace('""', '"'))
        at = match.end()
        if not end:
            break
    if match is None or len(cells) != len(HIT_COLUMNS):
        raise UnreadableRow(HitRowCode.WRONG_COLUMNS, f"not the {len(HIT_COLUMNS)} fields of a hit")
    return {column: _parse_cell(column, cell) for column, cell in zip(HIT_COLUMNS, cells, strict=True)}


def _parse_cell(column: str, cell: str | None) -> Cell:
    """Return the value of a CSV cell in its column's type, or its text if it has no such value."""
    if column in INTEGER_COLUMNS and cell is not None and _INTEGER.fullmatch(cell):
        return int(cell)
    if column == "vouched" and cell in {"true", "false"}:
        return cell == "true"
    return cell


def _read_parquet(file: HitFile, on_progress: Callable[[int], None]) -> Iterator[Hit | BadRow]:
    import polars  # noqa: PLC0415  - it takes 400 ms to load, and most files of hits are not Parquet

    try:
        table = polars.scan_parquet(file.path or file.stream)
        schema = table.collect_schema()
        _require_types(file.name, {name: str(kind) for name, kind in schema.items()})
        height = int(table.select(polars.len()).collect().item())
        for start in range(0, height, PARQUET_ROWS):
            on_progress(file.size_bytes * start // height)
            batch = table.slice(start, PARQUET_ROWS).with_columns(polars.col("timestamp").dt.epoch("us")).collect()
            for number, row in enumerate(batch.iter_rows(named=True), start + 1):
                yield _read(number, row | {"timestamp": format_timestamp(row["timestamp"])})
    except (polars.exceptions.PolarsError, OSError):
        raise DamagedInput(f"{file.name}: it is incomplete, or not readable as Parquet", hint=_HINT) from None


def _require_types(name: str, types_by_column: Mapping[str, str]) -> None:
    """Raise DamagedInput if the columns or types are not those of ADR 2 for Parquet."""
    wanted = {column: "Int64" if column in INTEGER_COLUMNS else "String" for column in HIT_COLUMNS}
    wanted |= {"timestamp": "Datetime(time_unit='us', time_zone='UTC')", "vouched": "Boolean", "raw": "Binary"}
    if list(types_by_column) != list(wanted):
        raise _refuse_file(name, "its columns are not those of a hit (docs/schema/hit.json)")
    for column, kind in wanted.items():
        if types_by_column[column] != kind:
            raise _refuse_file(name, f"its column {column} is {types_by_column[column]}, not {kind}")
