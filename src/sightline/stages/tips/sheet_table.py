"""Convert a plain delimited sheet to the rows of a segment by columns: the same rows as `build_visit_rows`, at once.

Rows that are not certain by their columns (odd dates, quotes, faults, headings) are read one by one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain

import polars as pl

from sightline.model import IndicatorKind, Opinion, RecordKind, TimeBasis
from sightline.stages.scan.hit_rows import build_hit_table
from sightline.stages.scan.segments import SEGMENT_COLUMNS
from sightline.stages.tabular.delimited import split_line
from sightline.stages.tabular.encoding import DecodedContent
from sightline.stages.tabular.table_rows import RowPlace
from sightline.stages.tips import delimited, visit_rows
from sightline.stages.tips.event_table import HEADING_ROWS, RowReader, is_peer_to_peer
from sightline.stages.tips.model import Item, TipComment, TipEvent, TipNote, TipOptions, TipReject
from sightline.stages.tips.sheet_columns import (
    READ,
    is_plain_name,
    map_cells,
    map_distinct,
    parse_accounts,
    read_columns,
)
from sightline.stages.tips.sheet_lines import SheetLines, split_cells, split_plain
from sightline.stages.tips.table_columns import TableColumns
from sightline.stages.tips.visit_rows import EVERY_ZONE_S, FIRST_CLIENT_PORT, UNNUMBERED, VisitOptions, VisitRows

DIGEST_KINDS = ("ed2k", "infohash", "md5", "sha1", "sha256")
"""In the order of canonical JSON."""
_ENCODED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ONE_NAME = pl.col("text").str.strip_prefix('["').str.strip_suffix('"]')
_IS_ONE_NAME = pl.col("text").str.starts_with('["') & pl.col("text").str.ends_with('"]') & is_plain_name(_ONE_NAME)
"""Whether accounts, as JSON, are one name that needs no escape."""


@dataclass(slots=True)
class SheetTable:
    """A part of a sheet: its rows, and the account of all its frames. `counts` has no rows, only what was left out."""

    rows: pl.DataFrame
    records: int
    comments: int
    rejects: list[TipReject]
    notes: list[TipNote]
    counts: VisitRows


def read_sheet(
    content: bytes, options: TipOptions, visit: VisitOptions, without: frozenset[str] = frozenset()
) -> Iterator[SheetTable] | None:
    """Return the parts of a delimited sheet in order, or None if it is not plain (`event_table.read_items`).

    Raises UnknownFormat, UsageError, as reading it row by row does.
    """
    sheet = split_plain(content)
    if sheet is None:
        return None
    columns, separator = delimited.find_columns(DecodedContent(content), options)
    return None if columns is None else _TipSheet(content, sheet, columns, separator, options, visit, without).read()


class _TipSheet:
    """One sheet under way."""

    def __init__(
        self,
        content: bytes,
        sheet: SheetLines,
        columns: TableColumns,
        separator: str,
        options: TipOptions,
        visit: VisitOptions,
        without: frozenset[str],
    ) -> None:
        self._content, self._sheet, self._found, self._separator = content, sheet, columns, separator
        self._options, self._visit, self._without = options, visit, without
        self._reader = RowReader(columns, options)

    def read(self) -> Iterator[SheetTable]:
        """Yield the rows in parts: down to the headings one by one, the others by columns where all is certain."""
        slices = self._sheet.list_slices(HEADING_ROWS)
        first = next(slices)
        above: list[Item] = []
        for row in first.iter_rows():
            if self._reader.is_below_headings:
                break
            above.append(self._read_item(row))
        yield self._make_part(None, above)
        width = self._found.width
        for table_slice in chain([first.slice(len(above))], slices):
            if table_slice.is_empty():
                continue
            width = width or int(table_slice["line"].head(1).str.count_matches(self._separator, literal=True).sum()) + 1
            cells = split_cells(table_slice, self._separator, width)
            certain = read_columns(cells, self._found, self._options).filter(READ)
            odd = table_slice.join(certain.select("at"), on="at", how="anti", maintain_order="left")
            yield self._make_part(certain, [self._read_item(row) for row in odd.iter_rows()])

    def _read_item(self, row: tuple[int, str, int, int]) -> Item:
        at, line, byte_offset, length = row
        return self._reader.read_item(
            split_line(line, RowPlace(None, None, at + 1, byte_offset, length), separator=self._separator)
        )

    def _make_part(self, certain: pl.DataFrame | None, beside: list[Item]) -> SheetTable:
        events = [event for event in beside if isinstance(event, TipEvent)]
        counts = visit_rows.build_visit_rows(events, self._visit, self._content, self._without)
        singles = pl.DataFrame(
            {name: [row[name] for row in counts.rows] for name in SEGMENT_COLUMNS}, schema=build_segment_schema()
        )
        counts.rows = []
        rows = singles if certain is None else self._build_rows(certain, counts)
        whole = pl.concat([rows, singles]).sort("byte_offset") if certain is not None and len(singles) else rows
        return SheetTable(
            whole,
            len(events) + (0 if certain is None else len(certain)),
            sum(isinstance(item, TipComment) for item in beside),
            [reject for reject in beside if isinstance(reject, TipReject)],
            [] if certain is not None else list(delimited.list_notes(self._found)),
            counts,
        )

    def _build_rows(self, fields: pl.DataFrame, counts: VisitRows) -> pl.DataFrame:
        """Return the rows of connections that are certain, with the columns of a segment, in the order of the sheet."""
        if self._without:
            fields = fields.filter(~pl.col("report").is_in(sorted(self._without)).fill_null(value=False))
        names = _SheetNames(fields)
        port = pl.col("source_port")
        is_low = port < FIRST_CLIENT_PORT
        is_zoneless = pl.col("basis") == TimeBasis.NONE.value
        counts.low_ports += int(fields.select(is_low.sum()).item() or 0)
        counts.zoneless += int(fields.select(is_zoneless.sum()).item() or 0)
        counts.long_events += names.long_events
        fields = fields.with_columns(names.build_columns())
        fields = fields.with_columns(self._build_statements(fields).alias("raw"))
        uncertainty = self._visit.uncertainty_s + pl.when(is_zoneless).then(EVERY_ZONE_S).otherwise(0)
        columns: dict[str, pl.Expr | pl.Series] = {
            "timestamp": (pl.col("recorded_us") - self._visit.clock_offset_us).cast(pl.Datetime("us", "UTC")),
            "uncertainty_s": uncertainty,
            "source_port": pl.when(is_low.not_() | is_low.is_null()).then(port),
            "method": pl.col("name").str.to_lowercase(),
            "record_kind": self._find_kind(),
            "indicator_id": self._derive_indicator_ids(fields),
            "indicator_kind": pl.lit(IndicatorKind.REPORT.value),
            "indicator": pl.col("report").fill_null(UNNUMBERED),
            "list_id": pl.lit(self._visit.exhibit_sha256),
            "issuer": pl.lit(self._visit.sender),
            "opinion": pl.lit(Opinion.FLAGGED.value),
            "vouched": pl.lit(value=True),
            "line_number": pl.col("at") + 1,
            "encoding": pl.lit("utf-8"),
        }
        same = ("timestamp_original", "source_ip", "destination_ip", "destination_port", "user", "byte_offset", "raw")
        columns |= {name: pl.col(name) for name in same}
        return fields.select(_cast_column(columns.get(name), name) for name in SEGMENT_COLUMNS)

    def _find_kind(self) -> pl.Expr:
        kind = pl.lit(RecordKind.TIP.value)
        if is_peer_to_peer(self._found, self._options):
            has_digest = pl.any_horizontal(pl.col(digest_kind).is_not_null() for digest_kind in DIGEST_KINDS)
            is_sent = (pl.col("bytes") > 0).fill_null(value=False) & has_digest
            kind = pl.when(is_sent).then(kind).otherwise(pl.lit(RecordKind.TIP_PEER.value))
        is_proxy = pl.col("proxy").fill_null(value=False)
        return pl.when(is_proxy).then(pl.lit(RecordKind.TIP_PROXY.value)).otherwise(kind)

    def _derive_indicator_ids(self, fields: pl.DataFrame) -> pl.Series:
        begins = f"{self._visit.exhibit_sha256}\n{IndicatorKind.REPORT.value}\n"
        indicators = fields["report"].fill_null(UNNUMBERED)
        made = map_distinct(
            indicators, lambda one: hashlib.sha256(f"{begins}{one}".encode()).hexdigest()[:32], pl.String
        )
        return made["value"]

    def _build_statements(self, fields: pl.DataFrame) -> pl.Series:
        """Return `raw` of each row: the fields on the list of ADR 26 as canonical JSON."""
        peer = pl.lit('"peer_to_peer":true,' if is_peer_to_peer(self._found, self._options) else "")
        kinds = [
            pl.when(pl.col(digest_kind).is_not_null())
            .then(pl.format('"{}":"{}",', pl.lit(digest_kind), digest_kind))
            .otherwise(pl.lit(""))
            for digest_kind in DIGEST_KINDS
        ]
        digests = pl.concat_str(kinds).str.strip_suffix(",")
        frames = pl.Series("frame", list(self._hash_frames(fields)), dtype=pl.String)
        parts = [
            _write_member("accounts", "accounts_json"),
            pl.when(digests != "")
            .then(pl.format('"digests":{}{}{},', pl.lit("{"), digests, pl.lit("}")))
            .otherwise(pl.lit("")),
            _write_member("esp", "esp_json"),
            _write_member("event", "name_json"),
            _write_member("fir", "fir_json"),
            pl.format('"frame_sha256":"{}",', "frame"),
            _write_member("length", "length"),
            peer,
            _write_member("port", "source_port"),
            pl.when(pl.col("proxy").fill_null(value=False))
            .then(pl.lit('"possible_proxy":true,'))
            .otherwise(pl.lit("")),
            _write_member("received_bytes", "bytes"),
            _write_member("report", "report_json"),
            pl.format('"row":{},', pl.col("at") + 1),
            _write_member("service", "service_json"),
            pl.format('"zone_from":"{}"', "basis"),
        ]
        text = pl.format("{}{}{}", pl.lit("{"), pl.concat_str(parts), pl.lit("}"))
        return fields.with_columns(frames).select(text.cast(pl.Binary).alias("raw")).to_series()

    def _hash_frames(self, fields: pl.DataFrame) -> Iterator[str]:
        content, sha256 = memoryview(self._content), hashlib.sha256
        for byte_offset, length in fields.select("byte_offset", "length").iter_rows():
            yield sha256(content[byte_offset : byte_offset + length]).hexdigest()


class _SheetNames:
    """The names in a sheet: as JSON, without those that are too long, and the account with its service."""

    def __init__(self, fields: pl.DataFrame) -> None:
        self._fields = fields
        self._events = self._map_distinct("event", visit_rows.choose_event_name)
        is_left_out = fields["event"].is_not_null() & self._events.is_null()
        self.long_events = int(is_left_out.sum())

    def _map_distinct(self, name: str, read: Callable[[str], str | None]) -> pl.Series:
        def read_text(text: str | None) -> str | None:
            return None if text is None else read(text)

        return map_distinct(self._fields[name], read_text, pl.String)["value"]

    def build_columns(self) -> list[pl.Series]:
        """Return `name`, the JSON of names, and `user`."""
        texts = [
            self._map_distinct(name, lambda text: _to_json(visit_rows.choose_short_name(text))).alias(f"{name}_json")
            for name in ("fir", "esp", "service")
        ]
        name_json = map_distinct(self._events, _to_json, pl.String)["value"]
        quoted = pl.format('"{}"', "text")
        report = map_cells(self._fields["report"], is_plain_name(), quoted, _to_json, pl.String)["value"]
        accounts = map_cells(self._fields["accounts"], _IS_ONE_NAME, pl.col("text"), _select_kept_accounts, pl.String)[
            "value"
        ]
        return [
            self._events.alias("name"),
            name_json.alias("name_json"),
            report.alias("report_json"),
            accounts.alias("accounts_json"),
            *texts,
            self._choose_user().alias("user"),
        ]

    def _choose_user(self) -> pl.Series:
        short = visit_rows.choose_short_name
        account = map_cells(
            self._fields["accounts"],
            _IS_ONE_NAME,
            _ONE_NAME,
            lambda text: short(next(iter(parse_accounts(text)), None)),
            pl.String,
        )["value"]
        esp, service = self._map_distinct("esp", short), self._map_distinct("service", short)
        frame = pl.DataFrame(
            [account.alias("account"), esp.alias("esp"), service.alias("service"), self._fields["report"]]
        )
        at = pl.coalesce("esp", "service")
        return frame.select(
            pl.when(at.is_not_null())
            .then(pl.format("{} at {}", "account", at))
            .otherwise(pl.format("{} in report {}", "account", "report"))
            .alias("user")
        ).to_series()


def _to_json(text: str | None) -> str | None:
    return None if text is None else _ENCODED(text)


def _select_kept_accounts(json_text: str) -> str | None:
    stated = parse_accounts(json_text)
    accounts = [account for account in stated if visit_rows.choose_short_name(account)]
    if len(accounts) == len(stated) == 1:
        return json_text
    return _ENCODED(accounts) if accounts else None


def _write_member(key: str, column: str) -> pl.Expr:
    """A member of the JSON object, or nothing."""
    name = pl.lit(f'"{key}":')
    return pl.when(pl.col(column).is_not_null()).then(pl.format("{}{},", name, column)).otherwise(pl.lit(""))


def _cast_column(column: pl.Expr | pl.Series | None, name: str) -> pl.Expr:
    made = pl.lit(column) if column is None or isinstance(column, pl.Series) else column
    return made.cast(build_segment_schema()[name]).alias(name)


@cache
def build_segment_schema() -> pl.Schema:
    """Return the columns of a segment with their types."""
    return build_hit_table([]).drop("exhibit_sha256").schema
