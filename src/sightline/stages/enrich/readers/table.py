"""Read tables (CSV): ranges of addresses with columns of the kind, including statements of networks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime

import polars as pl

from sightline.errors import Refused, UsageError
from sightline.model import DatasetCode, DatasetKind
from sightline.stages.enrich.address_ranges import parse_spans
from sightline.stages.enrich.field_mapping import ROW_MAPPERS, MappedRow
from sightline.stages.enrich.model import COLUMNS, DAY_US
from sightline.stages.enrich.reader import DatasetReading, FilePreview, Rejects, SourceFile

FORMAT = "table"
KINDS = frozenset(ROW_MAPPERS)
WHOLE = ("cidr", "range", "network", "prefix", "address", "ip", "ip_range", "value", "start_end")
FIRST = ("first", "start", "start_ip", "ip_range_start", "range_start", "from_ip", "ip_from")
LAST = ("last", "end", "end_ip", "ip_range_end", "range_end", "to_ip", "ip_to")
FROM, UNTIL = ("from", "valid_from", "since"), ("until", "valid_until", "to")
OUR_NAMES = frozenset({*WHOLE, *FIRST, *LAST})
ASSIGNMENT = ("assignment", "lease", "static")
_NO_FACTS = OUR_NAMES | {*FROM, *UNTIL, *ASSIGNMENT}
_STATED, _TIMES = "told ", "row times"
STEP = 50_000
_SURROGATE = re.compile("[\udc80-\udcff]")
HEADERLESS = {
    3: (*("first", "last"), "country_code"),
    4: (*("first", "last"), "autonomous_system_number", "autonomous_system_organization"),
    10: ("first", "last", "country_code", "state1", "state2", "city", "postcode", "latitude", "longitude", "timezone"),
}
"""The columns of ip-location-db's files, which have no header."""
_EPOCH = date(1970, 1, 1).toordinal()


def reads(seen: FilePreview) -> bool:
    """Return whether the first line is a header that names addresses, or a row of ip-location-db's."""
    first = seen.head.decode("utf-8-sig", "replace").lstrip("\r\n").split("\n")[0]
    if "," not in first:
        return False
    names = _split_names(first)
    return bool(OUR_NAMES & set(names)) or (
        len(names) in HEADERLESS and _is_address(names[0]) and _is_address(names[1])
    )


def read(source: SourceFile) -> DatasetReading:
    """Return the ranges of a table with each row's columns of the kind."""
    rejects = Rejects()
    table = _read_table(source, rejects)
    if not table.height:
        raise UsageError(f"{source.path.name} contains no row", hint="a header, then a range a line")
    _require_signed(source, table)
    mapped = _read_row_content(source, table, rejects)
    rows = pl.concat([table, mapped], how="horizontal").filter("is_told")
    if not rows.height:
        raise UsageError(
            f"{source.path.name}: no row tells of kind {source.kind}",
            hint=f"it has {', '.join(table.columns)}; {source.kind} has {', '.join(ROW_MAPPERS[source.kind][1])}",
        )
    ranges = _read_ranges(rows.select(table.columns), rejects)
    facts = rows.select(pl.col(name).alias(name.removeprefix(_STATED)) for name in mapped.columns if name != "is_told")
    return DatasetReading(
        pl.concat([ranges, facts], how="horizontal").filter("is_good").drop("is_good"), FORMAT, rejects
    )


def _read_row_content(source: SourceFile, table: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """Return what each row tells, and whether it tells anything: each distinct row is read once."""
    if source.agency is not None:
        return table.select(pl.lit(source.agency).alias(f"{_STATED}agency"), pl.lit(value=True).alias("is_told"))
    map_row, columns = ROW_MAPPERS[source.kind]
    facts = [name for name in table.columns if name not in _NO_FACTS]
    distinct = table.select(facts or pl.lit(None).alias("none")).group_by(pl.all(), maintain_order=True).len(_TIMES)
    rows: list[MappedRow] = []
    for row in distinct.iter_rows(named=True):
        mine = Rejects()
        cells = map_row(row, mine)
        for code, number in mine.items():
            rejects[code] += number * row[_TIMES]
        rows.append((*(cells or (None,) * len(columns)), cells is not None))
        if len(rows) % STEP == 0:
            source.report_part_done(len(rows), distinct.height, len(rows))
    schema = {f"{_STATED}{name}": COLUMNS[source.kind][name] for name in columns} | {"is_told": pl.Boolean()}
    known_rows = distinct.hstack(pl.DataFrame(rows, schema=schema, orient="row", strict=False))
    told_rows = table.with_columns(pl.lit(None).alias("none")).join(
        known_rows, on=facts or ["none"], how="left", nulls_equal=True, maintain_order="left"
    )
    if source.kind is DatasetKind.NAT:
        told_rows = told_rows.with_columns(*_read_assignment(table))
    rejects[DatasetCode.MISSING_FIELD] += int((~told_rows["is_told"]).sum())
    return told_rows.select(list(schema))


def _read_assignment(table: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """Names of leases as they stand, and that a row which has one tells something: each row has its own."""
    named = pl.coalesce(pl.lit(None, pl.String), *(name for name in ASSIGNMENT if name in table.columns))
    return named.alias(f"{_STATED}assignment"), (pl.col("is_told") | named.is_not_null()).alias("is_told")


def _read_table(source: SourceFile, rejects: Rejects) -> pl.DataFrame:
    """The rows as texts, null where a cell is empty."""
    text = source.path.read_bytes().decode("utf-8-sig", "surrogateescape").replace("\0", "\ufffd")
    rows = _read_rows(text, rejects)
    header, first = next(rows, ([], []))
    chunks, chunk = [], [first]
    schema = dict.fromkeys(header, pl.String)
    if len(schema) != len(header):
        raise UsageError(
            f"{source.path.name}: two columns have one name: {', '.join(header)}", hint="give them different names"
        )
    for _, row in rows:
        chunk.append(row)
        if len(chunk) == STEP:
            chunks.append(pl.DataFrame(chunk, schema=schema, orient="row"))
            chunk = []
    chunks.append(pl.DataFrame(chunk if first else [], schema=schema, orient="row"))
    cells = pl.col(pl.String).str.strip_chars()
    return pl.concat(chunks).with_columns(pl.when(cells != "").then(cells).name.keep())


def _read_rows(text: str, rejects: Rejects) -> Iterator[tuple[list[str], list[str]]]:
    """Header and cells of each row that has as many as the header."""
    is_utf8 = _SURROGATE.search(text) is None
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] = []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            rejects[DatasetCode.BAD_SYNTAX] += 1
            continue
        if not cells or (len(cells) == 1 and not cells[0].strip()) or cells[0].lstrip().startswith("#"):
            continue
        if not header:
            header, is_row = _read_header(cells)
            if not is_row:
                continue
        if len(cells) != len(header):
            rejects[DatasetCode.COLUMN_COUNT] += 1
        elif not is_utf8 and any(_SURROGATE.search(cell) for cell in cells):
            rejects[DatasetCode.NOT_UTF8] += 1
        else:
            yield header, cells


def _read_header(cells: list[str]) -> tuple[list[str], bool]:
    """The names of the columns, and whether the first line is a row already."""
    if _is_address(cells[0]) and len(cells) in HEADERLESS:
        return list(HEADERLESS[len(cells)]), True
    return [_normalise_name(cell) for cell in cells], False


def _split_names(line: str) -> list[str]:
    return [_normalise_name(cell) for cell in next(csv.reader([line.strip()]), [])]


def _normalise_name(cell: str) -> str:
    return (
        re.sub(r"[^a-z0-9]+", "_", cell.strip().lower().replace(":", "_")).strip("_") if not _is_address(cell) else cell
    )


def _is_address(cell: str) -> bool:
    return (
        re.fullmatch(r"\s*(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]{5,39}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)\s*", cell)
        is not None
    )


def _require_signed(source: SourceFile, table: pl.DataFrame) -> None:
    if source.kind is DatasetKind.AGENT and "agency" in table.columns and source.agency is None:
        raise Refused(
            f"{source.path.name} tells of an agency's own addresses, and no enrolled issuer signed it",
            hint="sightline lists sign FILE --key KEY; the signature lies beside it as FILE.minisig",
        )


def _find_column(rows: pl.DataFrame, names: tuple[str, ...]) -> pl.Series | None:
    name = next((name for name in names if name in rows.columns), None)
    return None if name is None else rows[name]


def _read_ranges(rows: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """`first, last, from_us, until_us, is_good` of each row."""
    first = _find_column(rows, FIRST)
    edges = _find_column(rows, WHOLE) if first is None else first
    if edges is None:
        raise UsageError(
            f"no column names addresses: {', '.join(rows.columns)}", hint="call it cidr, address, or first and last"
        )
    result = parse_spans(edges, _find_column(rows, LAST) if first is not None else None, rejects)
    since = _parse_times(_find_column(rows, FROM), result.height, rejects)
    until = _parse_times(_find_column(rows, UNTIL), result.height, rejects, is_end=True)
    table = result.with_columns(since[0].alias("from_us"), until[0].alias("until_us"))
    is_empty = (table["until_us"] <= table["from_us"]).fill_null(value=False)
    rejects[DatasetCode.EMPTY_WINDOW] += int(is_empty.sum())
    is_good = table["first"].is_not_null() & ~is_empty & since[1] & until[1]
    return table.with_columns(is_good.alias("is_good"))


def _parse_times(
    texts: pl.Series | None, height: int, rejects: Rejects, *, is_end: bool = False
) -> tuple[pl.Series, pl.Series]:
    """Instants of texts, and whether each is one or nothing: a row whose time cannot be read says nothing."""
    if texts is None:
        return pl.Series([None] * height, dtype=pl.Int64), pl.Series([True] * height, dtype=pl.Boolean)
    distinct = texts.drop_nulls().unique()
    instants = {text: _parse_instant(text, is_end=is_end) for text in distinct.to_list()}
    at = texts.replace_strict(distinct, pl.Series(list(instants.values()), dtype=pl.Int64), default=None)
    is_good = texts.is_null() | at.is_not_null()
    rejects[DatasetCode.BAD_TIME] += int((~is_good).sum())
    return at, is_good


def _parse_instant(text: str, *, is_end: bool) -> int | None:
    """Microseconds of an RFC 3339 instant, or of a day in UTC: its begin, or as an end that of the next.

    Null for what is neither, a time without its zone among it.
    """
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return (date.fromisoformat(text).toordinal() - _EPOCH + is_end) * DAY_US
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else round(at.timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        return None
