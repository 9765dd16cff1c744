"""How the ISPs write their answers: each house has its own headings, dates, zones and kinds of file."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from bench.field_world.answers import Written

IST = timezone(timedelta(hours=5, minutes=30))
Cell = Callable[[Written], str]


@dataclass(slots=True)
class Shape:
    """A file of an answer: its name and bytes, and what an officer declares of it."""

    name: str
    content: bytes
    declared: list[str] = field(default_factory=list)
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A house's way to write. What it has no column for is not said by its rows."""

    name: str
    write: Callable[[list[Written], Style], Shape]
    has_protocol: bool = False
    has_destination: bool = False
    has_ports: bool = False
    has_row_id: bool = False
    has_exclusive: bool = False
    has_operator: bool = False
    has_remark: bool = False
    has_status: bool = False
    has_event: bool = False
    has_planned: bool = False
    has_inside: bool = False


@dataclass(slots=True)
class Style:
    """What a clerk's faults change in a whole file: `twelve` drops AM and PM; `milliseconds` in a column of seconds;
    `swapped` writes month before day; `cut` ends the file in the middle; `shift` writes times of another zone."""

    twelve: bool = False
    milliseconds: bool = False
    swapped: bool = False
    cut: bool = False
    number_heading: str | None = None
    with_ids: bool = True


OWN_LAYOUT = """name = "{name}-export"
title = "Export of one licensee"
sources = ["its letter of 1 July 2026"]
reply = "records"
extends = "ipdr-2013"
required = [["ip"], ["start", "start_date"]]
ignored = [{ignored}]
[columns]
{columns}
"""
"""A layout of the unit's own, as docs/replies.md shows it."""


def at(seconds: float | None, form: str, zone: timezone = IST) -> str:
    """Write an instant in a form of strftime; nothing for none."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, zone).strftime(form)


def _form(form: str, style: Style) -> str:
    if style.swapped:
        form = form.replace("%d/%m", "%m/%d").replace("%d-%m", "%m-%d")
    if style.twelve:
        form = form.replace(" %p", "").replace("%H", "%I")
    return form


def _table(columns: list[tuple[str, Cell]], rows: list[Written]) -> list[list[str]]:
    return [[heading for heading, _ in columns], *([cell(row) for _, cell in columns] for row in rows)]


def _delimited(table: list[list[str]], delimiter: str, above: str = "", below: str = "") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(table)
    return above + out.getvalue() + below


def _workbook(table: list[list[str]], above: list[str]) -> bytes:
    out = io.BytesIO()
    book: Any = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": datetime(2026, 7, 1, tzinfo=UTC).replace(tzinfo=None)})
    sheet = book.add_worksheet("Reply")
    for place, text in enumerate(above):
        sheet.write_string(place, 0, text)
    for place, cells in enumerate(table, len(above)):
        for column, cell in enumerate(cells):
            if cell:
                sheet.write_string(place, column, cell)
    book.close()
    return out.getvalue()


def _cut(content: bytes, style: Style) -> bytes:
    return content[: int(len(content) * 0.7)] if style.cut else content


def _low(row: Written) -> str:
    return "" if row.ports is None else str(row.ports[0])


def _high(row: Written) -> str:
    return "" if row.ports is None else str(row.ports[1])


def _id(style: Style) -> list[tuple[str, Cell]]:
    return [("Reference ID", lambda row: row.row_id or "")] if style.with_ids else []


def ipdr_xlsx(rows: list[Written], style: Style) -> Shape:
    """Fibre: a workbook with date and time apart, months by name, a status and remarks."""
    day = _form("%d-%b-%Y", style)
    clock = _form("%H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        ("Sl No", lambda row: str(rows.index(row) + 1)),
        (style.number_heading or "User ID", lambda row: row.number),
        ("IP Address", lambda row: row.ip),
        ("Login Date", lambda row: at(row.start, day)),
        ("Login Time (IST)", lambda row: at(row.start, clock)),
        ("Logout Date", lambda row: at(row.end, day)),
        ("Logout Time (IST)", lambda row: at(row.end, clock)),
        ("Status", lambda row: row.status),
        ("Remarks", lambda row: row.remark),
    ]
    above = ["MALABAR FIBRENET LTD", "Details as sought by the Cyber Police Station", ""]
    content = _workbook(_table(columns, rows), above)
    return Shape(
        "malabar-reply.xlsx",
        content,
        ["--timezone", "Asia/Kolkata"],
        OWN_LAYOUT.format(
            name="malabar", ignored='"Sl No"', columns='start_date = ["Login Date"]\nend_date = ["Logout Date"]'
        ),
    )


def radius_detail(rows: list[Written], style: Style) -> Shape:
    """DSL: FreeRADIUS's detail file, start and stop of each session, interim where the clerk's export has them."""
    blocks: list[str] = []
    for place, row in enumerate(rows):
        kinds = [("Start", row.start)] if row.event != "stop-only" else []
        if row.event == "interim" and row.start is not None:
            kinds = [("Interim-Update", row.start)]
        elif row.end is not None:
            kinds.append(("Stop", row.end))
        for kind, instant in kinds:
            if instant is None:
                continue
            head = datetime.fromtimestamp(instant, IST).strftime("%a %b %e %H:%M:%S %Y")
            lines = [f'User-Name = "{row.number}"', f"Acct-Status-Type = {kind}"]
            lines += [f'Acct-Session-Id = "{row.session or "0"}{place:04d}"', "NAS-IP-Address = 192.0.2.254"]
            lines += [("Framed-IPv6-Prefix" if ":" in row.ip else "Framed-IP-Address") + f" = {row.ip}"]
            if kind == "Stop" and row.start is not None:
                took = int(instant - row.start) * (1000 if style.milliseconds else 1)
                lines.append(f"Acct-Session-Time = {took}")
            lines.append(f"Timestamp = {int(instant)}")
            blocks.append(head + "\n" + "".join(f"\t{line}\n" for line in lines) + "\n")
    return Shape("kaveri-detail.txt", _cut("".join(blocks).encode(), style), ["--timezone", "Asia/Kolkata"])


def dhcp_table(rows: list[Written], style: Style) -> Shape:
    """Cable: leases in UTF-16 with tabs, times in UTC, and the state of the lease."""
    columns: list[tuple[str, Cell]] = [
        ("IP Address", lambda row: row.ip),
        ("MAC Address", _mac),
        (style.number_heading or "Circuit ID", lambda row: row.number),
        ("Lease Start (UTC)", lambda row: at(row.start, "%Y-%m-%d %H:%M:%S", UTC)),
        ("Lease End (UTC)", lambda row: at(row.end, "%Y-%m-%d %H:%M:%S", UTC)),
        ("Lease State", lambda row: row.status or "Active"),
    ]
    text = _delimited(_table(columns, rows), "\t")
    return Shape("godavari-leases.txt", _cut(text.encode("utf-16"), style), ["--timezone", "UTC"])


def _mac(row: Written) -> str:
    number = sum(row.number.encode()) * 7919 % (1 << 24)
    return f"02:00:5e:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def block_semicolons(rows: list[Written], style: Style) -> Shape:
    """CGNAT: blocks of ports with semicolons, and the event that each row is of."""
    form = _form("%d/%m/%Y %H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        *_id(style),
        ("Public IP", lambda row: row.ip),
        ("Start Port", _low),
        ("End Port", _high),
        ("Private IP", lambda row: row.inside or ""),
        (style.number_heading or "Username", lambda row: row.number),
        ("Allocation Time", lambda row: at(row.start, form)),
        ("Release Time", lambda row: at(row.end, form)),
        ("Event Type", lambda row: row.event or "Allocate"),
        ("Remarks", lambda row: row.remark),
    ]
    text = _delimited(_table(columns, rows), ";")
    return Shape("narmada-nat.csv", _cut(text.encode("utf-8-sig"), style), ["--timezone", "Asia/Kolkata", "--date-order", "dmy"])  # fmt: skip  # noqa: E501


PROTOCOL_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", None: ""}


def connection_bars(rows: list[Written], style: Style) -> Shape:
    """Mobile CGNAT: a row each connection with its destination, milliseconds since 1970."""
    columns: list[tuple[str, Cell]] = [
        (style.number_heading or "MSISDN", lambda row: row.number),
        ("Private IP", lambda row: row.inside or ""),
        ("NAT IP", lambda row: row.ip),
        ("NAT Port", _low),
        ("Destination IP", lambda row: row.destination[0] if row.destination else ""),
        ("Destination Port", lambda row: str(row.destination[1]) if row.destination else ""),
        ("Protocol", lambda row: PROTOCOL_NUMBERS[row.protocol]),
        ("Start Time", lambda row: "" if row.start is None else str(int(row.start * 1000))),
        ("End Time", lambda row: "" if row.end is None else str(int(row.end * 1000))),
        ("Cell ID", lambda row: "404-20-" + row.number[-4:]),
    ]
    text = _delimited(_table(columns, rows), "|")
    return Shape("chenab-ipdr.txt.gz", gzip.compress(_cut(text.encode(), style), mtime=0), ["--timezone", "UTC"])


def ipdr_12h(rows: list[Written], style: Style) -> Shape:
    """Mobile: commas, a clock of twelve hours, ranges of ports, handset and cell."""
    form = _form("%d/%m/%Y %I:%M:%S %p", style)
    columns: list[tuple[str, Cell]] = [
        (style.number_heading or "MSISDN", lambda row: row.number[2:]),
        ("IMSI", lambda row: row.line.imsi if row.line else ""),
        ("IMEI", lambda row: row.line.imei if row.line else ""),
        ("Public IP", lambda row: row.ip),
        ("Port From", _low),
        ("Port To", _high),
        ("Session Start", lambda row: at(row.start, form)),
        ("Session End", lambda row: at(row.end, form)),
        ("Status", lambda row: row.status),
    ]
    text = _delimited(_table(columns, rows), ",", below=f"\r\nTotal records: {len(rows)}\r\n")
    return Shape("satpura-ipdr.csv", _cut(text.encode(), style), ["--timezone", "Asia/Kolkata", "--date-order", "dmy"])


def static_xlsx(rows: list[Written], style: Style) -> Shape:
    """Leased lines: who has the address, of what kind the customer is, since when."""
    form = _form("%d-%m-%Y %H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        *_id(style),
        (style.number_heading or "Circuit ID", lambda row: row.number),
        ("IP Address", lambda row: row.ip),
        ("Customer Type", lambda row: "Reseller" if row.is_operator else "Enterprise"),
        ("Assignment", lambda row: "Static" if row.is_static else ""),
        ("Start Time", lambda row: at(row.start, form)),
        ("End Time", lambda row: at(row.end, form)),
        ("Status", lambda row: row.status or "Active"),
    ]
    declared = ["--timezone", "Asia/Kolkata", "--date-order", "dmy"]
    own = OWN_LAYOUT.format(name="vindhya", ignored='"Customer Type", "Assignment"', columns="")
    return Shape("vindhya.xlsx", _workbook(_table(columns, rows), ["VINDHYA LEASED LINES"]), declared, own)


def map_csv(rows: list[Written], style: Style) -> Shape:
    """MAP-E: the range of the port set that holds the port, for good."""
    columns: list[tuple[str, Cell]] = [
        ("Public IP", lambda row: row.ip),
        ("Port From", _low),
        ("Port To", _high),
        (style.number_heading or "User ID", lambda row: row.number),
        ("Start Time", lambda row: at(row.start, "%Y-%m-%dT%H:%M:%S+05:30")),
        ("End Time", lambda row: at(row.end, "%Y-%m-%dT%H:%M:%S+05:30")),
        ("Assignment", lambda row: "Static" if row.is_static else ""),
        ("Remarks", lambda row: row.remark),
    ]
    text = _delimited(_table(columns, rows), ",")
    return Shape("sahyadri-map.csv", _cut(text.encode(), style), ["--timezone", "Asia/Kolkata"])


def two_steps(rows: list[Written], style: Style) -> Shape:
    """A NAT log that names addresses inside, and an access log that names the lines, in one ZIP."""
    form = _form("%Y-%m-%d %H:%M:%S", style)
    nat: list[tuple[str, Cell]] = [
        ("Public IP", lambda row: row.ip),
        ("Start Port", _low),
        ("End Port", _high),
        ("Private IP", lambda row: row.inside or ""),
        ("Start Time", lambda row: at(row.start, form)),
        ("End Time", lambda row: at(row.end, form)),
    ]
    access: list[tuple[str, Cell]] = [
        ("User ID", lambda row: row.number),
        ("Private IP", lambda row: row.inside or ""),
        ("Login Time", lambda row: at(None if row.start is None else row.start - 40, form)),
        ("Logout Time", lambda row: at(None if row.end is None else row.end + 30, form)),
    ]
    files = {"nat.csv": _delimited(_table(nat, rows), ","), "access.csv": _delimited(_table(access, rows), ",")}
    return Shape("nilgiri.zip", _zip(files, style), ["--timezone", "Asia/Kolkata"])


def ipdr_type(rows: list[Written], style: Style) -> Shape:
    """DSL with a column that says what kind of address it is."""
    form = _form("%d/%m/%Y %H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        *_id(style),
        (style.number_heading or "User ID", lambda row: row.number),
        ("IP Address", lambda row: row.ip),
        ("IP Type", lambda row: row.type_word),
        ("Start Time", lambda row: at(row.start, form)),
        ("End Time", lambda row: at(row.end, form)),
        ("Remarks", lambda row: row.remark),
    ]
    text = _delimited(_table(columns, rows), ",", above="PAMBA ONLINE,,,,,,\r\nReply to notice,,,,,,\r\n")
    return Shape("pamba.csv", _cut(text.encode(), style), ["--timezone", "Asia/Kolkata", "--date-order", "dmy"])


def _zip(files: dict[str, str], style: Style) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 7, 1, 0, 0, 0)), _cut(text.encode(), style))
    return out.getvalue()


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("ipdr-xlsx", ipdr_xlsx, has_status=True, has_remark=True),
        Layout("radius-detail", radius_detail, has_event=True),
        Layout("dhcp-table", dhcp_table, has_status=True, has_planned=True),
        Layout("block-semicolons", block_semicolons, has_ports=True, has_row_id=True, has_inside=True, has_event=True,
               has_remark=True),
        Layout("connection-bars", connection_bars, has_ports=True, has_protocol=True, has_destination=True,
               has_inside=True),
        Layout("ipdr-12h", ipdr_12h, has_ports=True, has_status=True),
        Layout("static-xlsx", static_xlsx, has_row_id=True, has_operator=True, has_status=True),
        Layout("map-csv", map_csv, has_ports=True, has_remark=True),
        Layout("two-steps", two_steps, has_ports=True, has_inside=True),
        Layout("ipdr-type", ipdr_type, has_row_id=True, has_exclusive=True, has_remark=True),
    )
}  # fmt: skip


def as_said(layout: Layout, row: Written, with_ids: bool) -> Written:
    """Take from a row what its layout has no column for."""
    if not layout.has_protocol:
        row.protocol = None
    if not layout.has_destination:
        row.destination = None
    if not layout.has_ports:
        row.ports = None
    if not layout.has_row_id or not with_ids:
        row.row_id = None
    if not layout.has_exclusive:
        row.exclusive = None
    if not layout.has_operator:
        row.is_operator = False
    return row
