"""Convert rows of a table to events, for sheets, delimited files and captures of peer-to-peer networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sightline.errors import UnknownFormat
from sightline.model import TipCode
from sightline.stages.tabular.serial_days import is_whole_minute, parse_serial
from sightline.stages.tabular.table_rows import EMPTY, Cell, TableRow, Unreadable
from sightline.stages.tips import cell_values, table_columns
from sightline.stages.tips.model import Item, TipComment, TipEvent, TipOptions, TipReject, TipTime
from sightline.stages.tips.table_columns import TableColumns
from sightline.stages.tips.tip_times import convert_serial_instant, parse_epoch_instant, parse_instant

HEADING_ROWS = 20
"""The headings are within this many rows. Rows above them are titles."""

_NAMES = frozenset({"event", "report", "fir", "esp", "service", "account"})
DIGESTS = ("md5", "sha1", "sha256", "infohash", "ed2k", "digest")


def find_event_columns(rows: Iterable[TableRow], options: TipOptions) -> TableColumns | None:
    """Return the columns, from the declared numbers or the first row with an address and a time among its headings."""
    if tip_columns := table_columns.build_numbered_columns(options.columns):
        return tip_columns
    for at, row in enumerate(rows):
        if at >= HEADING_ROWS:
            break
        if row.fault is None and (tip_columns := table_columns.find_columns(row.texts, options.columns)):
            return tip_columns
    return None


def build_no_columns_error(options: TipOptions, what: str) -> UnknownFormat:
    """Return the error for a table in which no row has an address and a time among its headings."""
    if options.columns:
        wanted = ", ".join(repr(name) for name in options.columns.values())
        return UnknownFormat(f"{what}: no row within the first {HEADING_ROWS} has all of the headings {wanted}")
    return UnknownFormat(
        f"{what}: no row within the first {HEADING_ROWS} has headings that are known for an address and a time",
        hint="declare them: --columns address=HEADING,time=HEADING (or address=#1,time=#2 where there are none)",
    )


def is_peer_to_peer(tip_columns: TableColumns, options: TipOptions) -> bool:
    """Return whether the rows are captures of a peer-to-peer network. Raises UnknownFormat if it must be declared."""
    if tip_columns.is_peer_to_peer and options.kind == "sheet":
        raise UnknownFormat(
            "asked for as sheet, but its headings are those of a peer-to-peer capture",
            hint="a kind cannot lift a ceiling: leave --kind out",
        )
    if options.kind == "auto" and not tip_columns.is_peer_to_peer and not tip_columns.is_referral:
        raise UnknownFormat(
            "a referral or a capture of a peer-to-peer network: its headings fit both",
            hint="say which: --kind sheet, or --kind p2p",
        )
    return tip_columns.is_peer_to_peer or options.kind == "p2p"


class RowReader:
    """Reads the rows of a table in order. Titles, headings (repeated ones too) and blank rows are comments."""

    def __init__(self, tip_columns: TableColumns, options: TipOptions) -> None:
        self._found, self._options = tip_columns, options
        self._peer_to_peer = is_peer_to_peer(tip_columns, options)
        self._headings: list[str] | None = None

    @property
    def is_below_headings(self) -> bool:
        """Return whether the rows that follow state connections."""
        return self._headings is not None or not self._found.has_headings

    def read_item(self, row: TableRow) -> Item:
        """Return the item of the next row."""
        tip_columns, headings = self._found, self._headings
        if row.is_blank:
            return TipComment(row.place)
        if tip_columns.has_headings and headings is None and row.fault is None:
            if table_columns.find_columns(row.texts, self._options.columns) is not None:
                self._headings = row.texts
            return TipComment(row.place)
        if headings is not None and row.texts == headings:
            return TipComment(row.place)
        return _read_item(row, tip_columns, self._options, peer_to_peer=self._peer_to_peer)


def read_items(rows: Iterable[TableRow], tip_columns: TableColumns, options: TipOptions) -> Iterator[Item]:
    """Yield an item for each row."""
    reader = RowReader(tip_columns, options)
    yield from map(reader.read_item, rows)


def _read_item(row: TableRow, tip_columns: TableColumns, options: TipOptions, *, peer_to_peer: bool) -> Item:
    try:
        if row.fault is not None:
            raise Unreadable(row.fault)
        return _read_event(row, tip_columns, options, peer_to_peer=peer_to_peer)
    except Unreadable as error:
        return TipReject(error.code, row.place)


def _read_event(row: TableRow, tip_columns: TableColumns, options: TipOptions, *, peer_to_peer: bool) -> TipEvent:
    """Read a row. Raises Unreadable."""
    if tip_columns.width is not None and any(cell.text.strip() for cell in row.cells[tip_columns.width :]):
        raise Unreadable(TipCode.COLUMN_COUNT)
    if tip_columns.width is not None and not row.is_sparse and len(row.cells) < tip_columns.width:
        raise Unreadable(TipCode.COLUMN_COUNT)
    cells = {field: row.cells[at] if at < len(row.cells) else EMPTY for field, at in tip_columns.places.items()}
    texts = {field: read_cell_text(field, cell) for field, cell in cells.items()}
    address = texts["address"]
    if address is None:
        raise Unreadable(TipCode.MISSING_FIELD)
    source_ip, source_port = cell_values.parse_endpoint(address, texts.get("port"))
    destination_ip, destination_port = None, None
    if target := texts.get("destination"):
        destination_ip, destination_port = cell_values.parse_endpoint(target, texts.get("destination_port"))
    proxy, received = texts.get("proxy"), texts.get("bytes")
    accounts = [read_cell_text("account", row.cells[at]) for at in tip_columns.accounts if at < len(row.cells)]
    return TipEvent(
        place=row.place,
        time=_read_time(cells, texts, tip_columns.zone, options),
        source_ip=source_ip,
        source_port=source_port,
        destination_ip=destination_ip,
        destination_port=destination_port,
        event=texts.get("event"),
        report_id=texts.get("report"),
        fir=texts.get("fir"),
        esp=texts.get("esp"),
        service=texts.get("service"),
        accounts=tuple(dict.fromkeys(account for account in accounts if account)),
        digests=_parse_digests(texts),
        is_possible_proxy=proxy is not None and cell_values.parse_yes(proxy),
        is_peer_to_peer=peer_to_peer,
        received_bytes=None if received is None else cell_values.parse_count(received),
        account=next((account for account in accounts if account), None),
    )


def _parse_digests(texts: dict[str, str | None]) -> tuple[tuple[str, str], ...]:
    """The digests by kind, in order. Raises Unreadable."""
    tip_columns: dict[str, str] = {}
    for kind in DIGESTS:
        if text := texts.get(kind):
            name, value = cell_values.parse_digest(kind, text)
            if tip_columns.setdefault(name, value) != value:
                raise Unreadable(TipCode.REPEATED_FIELD)
    return tuple(sorted(tip_columns.items()))


def read_cell_text(field: str, cell: Cell) -> str | None:
    """Return the stated text of a cell that is what was written. Raises Unreadable."""
    if cell.fault is not None:
        raise Unreadable(cell.fault)
    text = cell_values.clean_text(cell.text)
    if field in _NAMES and text is not None and cell_values.is_mangled_name(text, is_number=cell.is_number):
        raise Unreadable(TipCode.MANGLED_NUMBER)
    if text is None or not cell.is_number:
        return text
    if field in {"address", "destination"}:
        raise Unreadable(TipCode.MANGLED_ADDRESS)
    if field in {*DIGESTS, "zone"} or (cell.is_date and field not in {"time", "date"}):
        raise Unreadable(TipCode.MANGLED_NUMBER)
    return text


def _read_time(
    cells: dict[str, Cell], texts: dict[str, str | None], declared_zone: str | None, options: TipOptions
) -> TipTime:
    """The time of a row. Raises Unreadable."""
    if epoch := texts.get("epoch"):
        return parse_epoch_instant(epoch)
    zone = texts.get("zone") or declared_zone
    date, time = texts.get("date"), texts.get("time")
    if time is None or ("date" in texts and date is None):
        raise Unreadable(TipCode.MISSING_FIELD)
    numbers = [cells[field] for field in ("date", "time") if field in texts and cells[field].is_number]
    if not numbers:
        return parse_instant(time if date is None else f"{date} {time}", zone, options.read)
    if len(numbers) < 1 + ("date" in texts) or not all(cell.is_date for cell in numbers):
        raise Unreadable(TipCode.MANGLED_TIME)
    return _read_serial_time(numbers, zone, options)


def _read_serial_time(numbers: list[Cell], zone: str | None, options: TipOptions) -> TipTime:
    """The time of a date cell, or of a date cell and a cell of the time of day. Raises Unreadable."""
    days = parse_serial([cell.text for cell in numbers])
    if is_whole_minute(days) and not numbers[-1].shows_seconds:
        raise Unreadable(TipCode.INCOMPLETE_TIME)
    original = " ".join(cell.text for cell in numbers)
    return convert_serial_instant(days, original, from_1904=numbers[0].from_1904, zone=zone, options=options.read)
