"""Reader of tables (CSV): ranges of addresses with columns of the kind, statements of networks among them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime

import polars as pl

from sightline.errors import Refused, UsageError
from sightline.records import DatasetCode, DatasetKind
from sightline.stages.enrich.model import COLUMNS, DAY_US
from sightline.stages.enrich.reading import Glimpse, Reading, Rejects, Source
from sightline.stages.enrich.spans import spans
from sightline.stages.enrich.told import TELLERS, Told

FORMAT = "table"
KINDS = frozenset(TELLERS)
WHOLE = ("cidr", "range", "network", "prefix", "address", "ip", "ip_range", "value", "start_end")
FIRST = ("first", "start", "start_ip", "ip_range_start", "range_start", "from_ip", "ip_from")
LAST = ("last", "end", "end_ip", "ip_range_end", "range_end", "to_ip", "ip_to")
FROM, UNTIL = ("from", "valid_from", "since"), ("until", "valid_until", "to")
OUR_NAMES = frozenset({*WHOLE, *FIRST, *LAST})
HEADERLESS = {
    3: (*("first", "last"), "country_code"),
    4: (*("first", "last"), "autonomous_system_number", "autonomous_system_organization"),
    10: ("first", "last", "country_code", "state1", "state2", "city", "postcode", "latitude", "longitude", "timezone"),
}
"""The columns of ip-location-db's files, which have no header."""
_EPOCH = date(1970, 1, 1).toordinal()


def reads(seen: Glimpse) -> bool:
    """Whether its first line is a header that names addresses, or a row of ip-location-db's."""
    first = seen.head.decode("utf-8-sig", "replace").lstrip("\r\n").split("\n")[0]
    if "," not in first:
        return False
    names = _names(first)
    return bool(OUR_NAMES & set(names)) or (
        len(names) in HEADERLESS and _is_address(names[0]) and _is_address(names[1])
    )


def read(source: Source) -> Reading:
    """The ranges of a table with what each row tells of the kind."""
    rejects = Rejects()
    rows = list(_rows(source, rejects))
    if not rows:
        raise UsageError(f"{source.path.name} holds no row", hint="a header, then a range a line")
    _require_signed(source, rows[0])
    tell, columns = TELLERS[source.kind]
    kept: list[Mapping[str, str]] = []
    told: list[Told] = []
    for done, row in enumerate(rows):
        if done % 50_000 == 0:
            source.watch(done, len(rows), len(kept))
        said = ("",) if source.agency is not None else tell(row, rejects)
        if said is None:
            rejects[DatasetCode.MISSING_FIELD] += 1
        else:
            kept.append(row)
            told.append(said)
    if not kept:
        raise UsageError(
            f"{source.path.name}: no row tells of kind {source.kind}",
            hint=f"its columns are {', '.join(rows[0])}; kind {source.kind} has {', '.join(columns)}",
        )
    ranges = _ranges(kept, rejects)
    schema = {name: COLUMNS[source.kind][name] for name in columns}
    facts = pl.DataFrame(told, schema=schema, orient="row", strict=False)
    if source.agency is not None:
        facts = pl.DataFrame({"agency": [source.agency] * len(kept)})
    whole = pl.concat([ranges, facts], how="horizontal").filter("is_good").drop("is_good")
    return Reading(whole, FORMAT, rejects)


def _rows(source: Source, rejects: Rejects) -> Iterator[dict[str, str]]:
    content = source.path.read_bytes()
    text = content.decode("utf-8-sig", "surrogateescape")
    reader = csv.reader(io.StringIO(text.replace("\0", "\ufffd"), newline=""))
    header: list[str] | None = None
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
        if header is None:
            header, is_row = _header(cells)
            if not is_row:
                continue
        if len(cells) != len(header):
            rejects[DatasetCode.COLUMN_COUNT] += 1
        elif any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
            rejects[DatasetCode.NOT_UTF8] += 1
        else:
            yield {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def _header(cells: list[str]) -> tuple[list[str], bool]:
    """The names of the columns, and whether the first line is a row already."""
    if _is_address(cells[0]) and len(cells) in HEADERLESS:
        return list(HEADERLESS[len(cells)]), True
    return [_name(cell) for cell in cells], False


def _names(line: str) -> list[str]:
    return [_name(cell) for cell in next(csv.reader([line.strip()]), [])]


def _name(cell: str) -> str:
    return (
        re.sub(r"[^a-z0-9]+", "_", cell.strip().lower().replace(":", "_")).strip("_") if not _is_address(cell) else cell
    )


def _is_address(cell: str) -> bool:
    return (
        re.fullmatch(r"\s*(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]{5,39}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)\s*", cell)
        is not None
    )


def _require_signed(source: Source, row: Mapping[str, str]) -> None:
    if source.kind is DatasetKind.AGENT and "agency" in row and source.agency is None:
        raise Refused(
            f"{source.path.name} tells of an agency's own addresses, and no enrolled issuer signed it",
            hint="sightline lists sign FILE --key KEY; the signature lies beside it as FILE.minisig",
        )


def _column(rows: list[Mapping[str, str]], names: tuple[str, ...]) -> pl.Series | None:
    name = next((one for one in names if one in rows[0]), None)
    return None if name is None else pl.Series([row[name] or None for row in rows], dtype=pl.String)


def _ranges(rows: list[Mapping[str, str]], rejects: Rejects) -> pl.DataFrame:
    """`first, last, from_us, until_us, is_good` of each row."""
    first = _column(rows, FIRST)
    edges = _column(rows, WHOLE) if first is None else first
    if edges is None:
        raise UsageError(
            f"no column names addresses: {', '.join(rows[0])}", hint="call it cidr, address, or first and last"
        )
    found = spans(edges, _column(rows, LAST) if first is not None else None, rejects)
    since = _times(_column(rows, FROM), found.height, rejects)
    until = _times(_column(rows, UNTIL), found.height, rejects, is_end=True)
    table = found.with_columns(since[0].alias("from_us"), until[0].alias("until_us"))
    is_empty = (table["until_us"] <= table["from_us"]).fill_null(value=False)
    rejects[DatasetCode.EMPTY_WINDOW] += int(is_empty.sum())
    is_good = table["first"].is_not_null() & ~is_empty & since[1] & until[1]
    return table.with_columns(is_good.alias("is_good"))


def _times(
    texts: pl.Series | None, height: int, rejects: Rejects, *, is_end: bool = False
) -> tuple[pl.Series, pl.Series]:
    """Instants of texts, and whether each is one or nothing: a row whose time cannot be read says nothing."""
    if texts is None:
        return pl.Series([None] * height, dtype=pl.Int64), pl.Series([True] * height, dtype=pl.Boolean)
    distinct = {text: _instant(text, is_end=is_end) for text in texts.drop_nulls().unique()}
    at = [None if text is None else distinct[text] for text in texts.to_list()]
    is_good = pl.Series(
        [text is None or found is not None for text, found in zip(texts, at, strict=True)], dtype=pl.Boolean
    )
    rejects[DatasetCode.BAD_TIME] += int((~is_good).sum())
    return pl.Series(at, dtype=pl.Int64), is_good


def _instant(text: str, *, is_end: bool) -> int | None:
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
