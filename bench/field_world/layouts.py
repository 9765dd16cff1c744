"""How the ISPs write their answers: each house has its own headings, dates, zones and kinds of file."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from hashlib import sha256
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from bench.field_world.answers import AnswerRow

IST = timezone(timedelta(hours=5, minutes=30))
Cell = Callable[[AnswerRow], str]


@dataclass(slots=True)
class Shape:
    """A file of an answer: its name and bytes, and what an officer declares of it."""

    name: str
    content: bytes
    declared: list[str] = field(default_factory=list)
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A house's way to write. What it has no column for is not said by its rows.

    `says`: what it has columns for, a letter each: `p` ports, `P` protocol, `d` destination, `i` the notice's row id,
    `n` address inside, `e` event, `s` status, `R` remarks, `x` kind of address, `o` kind of customer, `l` leases,
    `k` rows that can be struck out, `q` the port inside.
    `words`: of a status those that confirm a row, and those that deny it.
    """

    name: str
    write: Callable[[list[AnswerRow], Style], Shape]
    says: str
    words: tuple[tuple[str, ...], tuple[str, ...]] | None
    file_faults: tuple[str, ...]

    def has(self, letter: str) -> bool:
        """Whether it has a column for that."""
        return letter in self.says


@dataclass(slots=True)
class Style:
    """What a clerk's faults change in a whole file.

    `note` stands below all rows; `minutes` leaves out seconds; `twelve` drops AM and PM; `milliseconds` in a column of
    seconds; `swapped` writes the month before the day; `cut` ends the file in the middle.
    """

    twelve: bool = False
    milliseconds: bool = False
    swapped: bool = False
    cut: bool = False
    number_heading: str | None = None
    note: str = ""
    minutes: bool = False
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
"""A layout of the unit's own, as docs/reference/replies.md shows it."""


def at(seconds: float | None, form: str, zone: tzinfo = IST) -> str:
    """Write an instant in a form of strftime; nothing for none."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, zone).strftime(form)


def _form(form: str, style: Style) -> str:
    if style.swapped:
        form = form.replace("%d/%m", "%m/%d").replace("%d-%m", "%m-%d")
    if style.minutes:
        form = form.replace(":%S", "")
    if style.twelve:
        form = form.replace(" %p", "").replace("%H", "%I")
    return form


def _table(columns: list[tuple[str, Cell]], rows: list[AnswerRow]) -> list[list[str]]:
    return [[heading for heading, _ in columns], *([cell(row) for _, cell in columns] for row in rows)]


def _delimited(table: list[list[str]], delimiter: str, style: Style, above: str = "", below: str = "") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(table)
    return above + out.getvalue() + below + (f"\r\n{style.note}\r\n" if style.note else "")


def _workbook(table: list[list[str]], above: list[str], rows: list[AnswerRow], style: Style) -> bytes:
    out = io.BytesIO()
    book: Any = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": datetime(2026, 7, 1, tzinfo=UTC).replace(tzinfo=None)})
    sheet, struck = book.add_worksheet("Reply"), book.add_format({"font_strikeout": True})
    for place, text in enumerate(above):
        sheet.write_string(place, 0, text)
    for place, cells in enumerate(table, len(above)):
        is_struck = place > len(above) and rows[place - len(above) - 1].is_struck
        for column, cell in enumerate(cells):
            if cell:
                sheet.write_string(place, column, cell, *([struck] if is_struck else []))
    if style.note:
        sheet.write_string(len(above) + len(table) + 1, 0, style.note)
    book.close()
    return out.getvalue()


def _cut(content: bytes, style: Style) -> bytes:
    return content[: int(len(content) * 0.7)] if style.cut else content


def _low(row: AnswerRow) -> str:
    return "" if row.ports is None else str(row.ports[0])


def _high(row: AnswerRow) -> str:
    return "" if row.ports is None else str(row.ports[1])


def _id(style: Style) -> list[tuple[str, Cell]]:
    return [("Reference ID", lambda row: row.row_id or "")] if style.with_ids else []


def ipdr_xlsx(rows: list[AnswerRow], style: Style) -> Shape:
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
    content = _workbook(_table(columns, rows), above, rows, style)
    return Shape(
        "malabar-reply.xlsx",
        content,
        ["--timezone", "Asia/Kolkata"],
        OWN_LAYOUT.format(
            name="malabar", ignored='"Sl No"', columns='start_date = ["Login Date"]\nend_date = ["Logout Date"]'
        ),
    )


def radius_detail(rows: list[AnswerRow], style: Style) -> Shape:
    """DSL: FreeRADIUS's detail file, start and stop of each session, interim where the clerk's export has them."""
    blocks: list[str] = []
    for place, row in enumerate(rows):
        kinds = [("Start", row.start)] if row.event != "stop-only" else []
        if row.event == "interim" and row.start is not None:
            kinds = [("Interim-Update", row.start)]
        elif row.end is not None:
            kinds.append(("Stop", row.end))
        if row.moved is not None:
            kinds.insert(1, ("Interim-Update", row.moved[1]))
        for kind, instant in kinds:
            if instant is None:
                continue
            ip = row.moved[0] if row.moved is not None and kind != "Start" else row.ip
            head = datetime.fromtimestamp(instant, IST).strftime("%a %b %e %H:%M:%S %Y")
            lines = [f'User-Name = "{row.number}"', f"Acct-Status-Type = {kind}"]
            lines += [f'Acct-Session-Id = "{row.session or "0"}{place:04d}"', "NAS-IP-Address = 192.0.2.254"]
            lines.append(f"Framed-IP-Address = {ip}")
            if kind == "Stop" and row.start is not None:
                took = int(instant - row.start) * (1000 if style.milliseconds else 1)
                lines.append(f"Acct-Session-Time = {took}")
            lines.append(f"Timestamp = {int(instant)}")
            blocks.append(head + "\n" + "".join(f"\t{line}\n" for line in lines) + "\n")
    return Shape("kaveri-detail.txt", _cut("".join(blocks).encode(), style), ["--timezone", "Asia/Kolkata"])


def dhcp_table(rows: list[AnswerRow], style: Style) -> Shape:
    """Cable: leases in UTF-16 with tabs, times in UTC, and the state of the lease."""
    columns: list[tuple[str, Cell]] = [
        ("IP Address", lambda row: row.ip),
        ("MAC Address", _mac),
        (style.number_heading or "Circuit ID", lambda row: row.number),
        ("Lease Start (UTC)", lambda row: at(row.start, "%Y-%m-%d %H:%M:%S", UTC)),
        ("Lease End (UTC)", lambda row: at(row.end, "%Y-%m-%d %H:%M:%S", UTC)),
        ("Lease State", lambda row: row.status or "Active"),
    ]
    text = _delimited(_table(columns, rows), "\t", style)
    return Shape("godavari-leases.txt", _cut(text.encode("utf-16"), style), ["--timezone", "UTC"])


def _mac(row: AnswerRow) -> str:
    """Return the address of a line's device, which no other line has."""
    digest = sha256(row.number.encode()).digest()
    return "02:00:5e:" + digest[:3].hex(":")


def block_semicolons(rows: list[AnswerRow], style: Style) -> Shape:
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
    text = _delimited(_table(columns, rows), ";", style)
    declared = ["--timezone", "Asia/Kolkata", "--date-order", "dmy"]
    return Shape("narmada-nat.csv", _cut(text.encode("utf-8-sig"), style), declared)


PROTOCOL_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "gre": "47", "sctp": "132", None: ""}


def connection_bars(rows: list[AnswerRow], style: Style) -> Shape:
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
    text = _delimited(_table(columns, rows), "|", style)
    return Shape("chenab-ipdr.txt.gz", gzip.compress(_cut(text.encode(), style), mtime=0), ["--timezone", "UTC"])


def ipdr_12h(rows: list[AnswerRow], style: Style) -> Shape:
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
    text = _delimited(_table(columns, rows), ",", style, below=f"\r\nTotal records: {len(rows)}\r\n")
    return Shape("satpura-ipdr.csv", _cut(text.encode(), style), ["--timezone", "Asia/Kolkata", "--date-order", "dmy"])


def static_xlsx(rows: list[AnswerRow], style: Style) -> Shape:
    """Leased lines: who has the address, of what kind the customer is, since when."""
    form = _form("%d-%m-%Y %H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        *_id(style),
        (style.number_heading or "Circuit ID", lambda row: row.number),
        ("IP Address", lambda row: row.ip),
        ("Customer Type", lambda row: "Reseller" if row.is_operator else "Enterprise"),
        ("IP Type", lambda _: "Static public"),
        ("Start Time", lambda row: at(row.start, form)),
        ("End Time", lambda row: at(row.end, form) or "Till date"),
        ("Status", lambda row: row.status or "Active"),
    ]
    declared = ["--timezone", "Asia/Kolkata", "--date-order", "dmy"]
    return Shape("vindhya.xlsx", _workbook(_table(columns, rows), ["VINDHYA LEASED LINES"], rows, style), declared)


def map_csv(rows: list[AnswerRow], style: Style) -> Shape:
    """MAP-E: the range of the port set that holds the port, for good."""
    columns: list[tuple[str, Cell]] = [
        ("Public IP", lambda row: row.ip),
        ("Port From", _low),
        ("Port To", _high),
        (style.number_heading or "User ID", lambda row: row.number),
        ("Start Time", lambda row: at(row.start, "%Y-%m-%dT%H:%M:%S+05:30")),
        ("End Time", lambda row: at(row.end, "%Y-%m-%dT%H:%M:%S+05:30") or "Permanent"),
        ("IP Type", lambda _: "Static"),
        ("Remarks", lambda row: row.remark),
    ]
    text = _delimited(_table(columns, rows), ",", style)
    return Shape("sahyadri-map.csv", _cut(text.encode(), style), ["--timezone", "Asia/Kolkata"])


def two_steps(rows: list[AnswerRow], style: Style) -> Shape:
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
    files = {
        "nat.csv": _delimited(_table(nat, rows), ",", style),
        "access.csv": _delimited(_table(access, rows), ",", style),
    }
    return Shape("nilgiri.zip", _zip(files, style), ["--timezone", "Asia/Kolkata"])


def ipdr_type(rows: list[AnswerRow], style: Style) -> Shape:
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
    text = _delimited(_table(columns, rows), ",", style, above="PAMBA ONLINE,,,,,,\r\nReply to notice,,,,,,\r\n")
    return Shape("pamba.csv", _cut(text.encode(), style), ["--timezone", "Asia/Kolkata", "--date-order", "dmy"])


def syslog_steps(rows: list[AnswerRow], style: Style) -> Shape:
    """A router's log of blocks that names addresses inside, and the access log of the lines, in one ZIP."""
    lines = []
    for row in rows:
        for word, instant in (("ALLOC", row.start), ("RELEASE", row.end)):
            if instant is None or row.ports is None:
                continue
            stamp = datetime.fromtimestamp(instant, IST)
            verb = "allocates" if word == "ALLOC" else "releases"
            lines.append((instant, (
                f"{stamp.strftime('%b')} {stamp.day:2d} {stamp.strftime('%H:%M:%S')} cgn1 RT_NAT:"
                f" RT_SRC_NAT_PBA_{word}: Subscriber {row.inside} used/maximum [1/8] blocks, {verb} port block"
                f" [{row.ports[0]}-{row.ports[1]}]"
                f" from {row.ip} in source pool p1 lsys_id: 0"
            )))  # fmt: skip
    access: list[tuple[str, Cell]] = [
        ("User ID", lambda row: row.number),
        ("Private IP", lambda row: row.inside or ""),
        ("Start Time", lambda row: at(None if row.start is None else row.start - 40, "%Y-%m-%d %H:%M:%S")),
        ("End Time", lambda row: at(None if row.end is None else row.end + 30, "%Y-%m-%d %H:%M:%S")),
    ]
    log = "".join(f"{line}\n" for _, line in sorted(lines))
    files = {"cgn.log": log, "access.csv": _delimited(_table(access, rows), ",", style)}
    return Shape("nilgiri-log.zip", _zip(files, style), ["--timezone", "Asia/Kolkata", "--year", "2026"])


def dhcpd_leases(rows: list[AnswerRow], style: Style) -> Shape:
    """The lease file of ISC's server: times in UTC, the line in the relay agent's option."""
    blocks = []
    for row in rows:
        state = (row.status or "active").lower()
        lines = [f"starts {at(row.start, '%w %Y/%m/%d %H:%M:%S', UTC)};"]
        if row.end is not None:
            lines.append(f"ends {at(row.end, '%w %Y/%m/%d %H:%M:%S', UTC)};")
        lines += [f"binding state {state};", "next binding state free;", f"hardware ethernet {_mac(row)};"]
        lines.append(f'option agent.circuit-id "{row.number}";')
        blocks.append(f"lease {row.ip} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n")
    return Shape("dhcpd.leases", _cut("".join(blocks).encode(), style), ["--timezone", "UTC"])


def radius_csv(rows: list[AnswerRow], style: Style) -> Shape:
    """Accounting as a table, with the duration beside the times."""
    factor = 1000 if style.milliseconds else 1
    form = _form("%Y-%m-%d %H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        (style.number_heading or "User-Name", lambda row: row.number),
        ("Acct-Session-Id", lambda row: f"{row.session or 'A'}{rows.index(row):04d}"),
        ("Framed-IP-Address", lambda row: row.ip),
        ("Acct-Start-Time", lambda row: at(row.start, form)),
        ("Acct-Stop-Time", lambda row: at(row.end, form)),
        ("Acct-Session-Time", lambda row: str(int(row.end - row.start) * factor) if row.end and row.start else ""),
        ("Acct-Terminate-Cause", lambda row: row.status or "User-Request"),
    ]
    text = _delimited(_table(columns, rows), ",", style)
    return Shape("kaveri-acct.csv", _cut(text.encode(), style), ["--timezone", "Asia/Kolkata"])


def durations(rows: list[AnswerRow], style: Style) -> Shape:
    """A start and a duration in seconds in the place of an end."""
    factor = 1000 if style.milliseconds else 1
    form = _form("%d.%m.%Y %H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        *_id(style),
        (style.number_heading or "Username", lambda row: row.number),
        ("IP Address", lambda row: row.ip),
        ("Start Time", lambda row: at(row.start, form)),
        ("Duration (sec)", lambda row: str(int(row.end - row.start) * factor) if row.end and row.start else ""),
        ("Session Status", lambda row: row.status),
    ]
    text = _delimited(_table(columns, rows), ",", style)
    declared = ["--timezone", "Asia/Kolkata", "--date-order", "dmy"]
    return Shape("malabar-sessions.csv", _cut(text.encode(), style), declared)


def connection_xlsx(rows: list[AnswerRow], style: Style) -> Shape:
    """Mobile CGNAT as a workbook: words for protocols, the zone in every cell, the kind of each record."""
    form = _form("%Y-%m-%d %H:%M:%S +05:30", style)
    columns: list[tuple[str, Cell]] = [
        *_id(style),
        (style.number_heading or "MSISDN", lambda row: row.number),
        (
            "Private Port",
            lambda row: str(row.inside_port or 1_024 + row.question.port * 7 % 60_000 if row.question.port else 0),
        ),
        ("Translated IP", lambda row: row.ip),
        ("Translated Port", _low),
        ("Destination IP", lambda row: row.destination[0] if row.destination else ""),
        ("Destination Port", lambda row: str(row.destination[1]) if row.destination else ""),
        ("Protocol", lambda row: (row.protocol or "").upper()),
        ("Start Time", lambda row: at(row.start, form)),
        ("End Time", lambda row: at(row.end, form)),
        ("Event Type", lambda row: row.event or "Create"),
    ]
    return Shape("chenab.xlsx", _workbook(_table(columns, rows), [], rows, style), ["--timezone", "Asia/Kolkata"])


def blocks_xlsx(rows: list[AnswerRow], style: Style) -> Shape:
    """Mobile blocks as a workbook with one column for the range, and remarks."""
    form = _form("%d-%b-%Y %H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        (style.number_heading or "Mobile Number", lambda row: row.number),
        ("Public IP", lambda row: row.ip),
        ("Port Range", lambda row: "" if row.ports is None else f"{row.ports[0]}-{row.ports[1]}"),
        ("Start Time (IST)", lambda row: at(row.start, form)),
        ("End Time (IST)", lambda row: at(row.end, form)),
        ("Remarks", lambda row: row.remark),
    ]
    return Shape(
        "satpura.xlsx",
        _workbook(_table(columns, rows), ["SATPURA MOBILE"], rows, style),
        ["--timezone", "Asia/Kolkata"],
    )


def two_windows(rows: list[AnswerRow], style: Style) -> Shape:
    """The window of the clerk's query beside the times of the session."""
    form = _form("%d/%m/%Y %H:%M:%S", style)
    columns: list[tuple[str, Cell]] = [
        *_id(style),
        ("From Date", lambda row: at(float(int(row.question.start)), form)),
        ("To Date", lambda row: at(float(int(row.question.end)), form)),
        (style.number_heading or "User ID", lambda row: row.number),
        ("IP Address", lambda row: row.ip),
        ("IP Type", lambda row: row.type_word),
        ("Login Time", lambda row: at(row.start, form)),
        ("Logout Time", lambda row: at(row.end, form)),
    ]
    text = _delimited(_table(columns, rows), ",", style)
    declared = ["--timezone", "Asia/Kolkata", "--date-order", "dmy"]
    own = OWN_LAYOUT.format(
        name="pamba", ignored='"From Date", "To Date"', columns='start = ["Login Time"]\nend = ["Logout Time"]'
    )
    return Shape("pamba-query.csv", _cut(text.encode(), style), declared, own)


def zone_each(rows: list[AnswerRow], style: Style) -> Shape:
    """A column that says the zone of each row: some of a server in UTC, some of one in India."""
    form = _form("%Y-%m-%d %H:%M:%S", style)
    zones = [UTC if sum(row.ip.encode()) % 3 == 0 else IST for row in rows]
    zone_of = {id(row): zone for row, zone in zip(rows, zones, strict=True)}
    columns: list[tuple[str, Cell]] = [
        (style.number_heading or "User-Name", lambda row: row.number),
        ("IP Address", lambda row: row.ip),
        ("Start Time", lambda row: at(row.start, form, zone_of[id(row)])),
        ("End Time", lambda row: at(row.end, form, zone_of[id(row)])),
        ("Time Zone", lambda row: "UTC" if zone_of[id(row)] is UTC else "IST"),
    ]
    text = _delimited(_table(columns, rows), ",", style)
    return Shape("kaveri-zones.csv", _cut(text.encode(), style), ["--timezone", "Asia/Kolkata"])


def _zip(files: dict[str, str], style: Style) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 7, 1, 0, 0, 0)), _cut(text.encode(), style))
    return out.getvalue()


LOGIN_BAD = ("Login rejected", "Access-Reject", "Auth failed", "Failed", "Denied", "Blocked", "Void", "N", "Attempted")
LEASE_BAD = ("Offered", "Declined", "Abandoned", "Backup", "NAK", "Reserved")
LOGIN = (("Success", "Closed", "Completed"), LOGIN_BAD)
LEASE = (("Active",), LEASE_BAD)
CAUSE = (
    ("User-Request", "Session-Timeout", "Lost-Carrier"),
    ("Login-Rejected", "Auth-Failure", "Not started", "Refused"),
)
CUSTOMER = (("Active",), ("Surrendered", "Not provisioned", "Proposed", "Feasibility"))

LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("ipdr-xlsx", ipdr_xlsx, "sRk", LOGIN, ("twelve-hours", "contact-heading", "note-below")),
        Layout("durations", durations, "is", LOGIN, ("twelve-hours", "milliseconds", "cut-file")),
        Layout("radius-detail", radius_detail, "e", None, ("milliseconds", "cut-file")),
        Layout("radius-csv", radius_csv, "s", CAUSE, ("twelve-hours", "milliseconds", "cut-file")),
        Layout("dhcp-table", dhcp_table, "sl", LEASE, ("cut-file", "contact-heading")),
        Layout("dhcpd-leases", dhcpd_leases, "sl", LEASE, ("cut-file",)),
        Layout(
            "block-semicolons",
            block_semicolons,
            "pinevR",
            None,
            ("twelve-hours", "swapped-file", "cut-file", "note-below", "minutes"),
        ),
        Layout("connection-bars", connection_bars, "pPdn", None, ("cut-file",)),
        Layout("connection-xlsx", connection_xlsx, "pPdievkq", None, ("twelve-hours",)),
        Layout("ipdr-12h", ipdr_12h, "ps", LOGIN, ("twelve-hours", "swapped-file", "cut-file")),
        Layout("blocks-xlsx", blocks_xlsx, "pRk", None, ("twelve-hours", "note-below")),
        Layout("static-xlsx", static_xlsx, "iosk", CUSTOMER, ("swapped-file", "contact-heading", "note-below")),
        Layout("two-windows", two_windows, "ix", None, ("twelve-hours", "swapped-file", "cut-file")),
        Layout("zone-each", zone_each, "", None, ("twelve-hours", "cut-file")),
        Layout("map-csv", map_csv, "pR", None, ("cut-file",)),
        Layout("two-steps", two_steps, "pn", None, ("twelve-hours", "cut-file")),
        Layout("syslog-steps", syslog_steps, "pn", None, ("cut-file",)),
        Layout(
            "ipdr-type",
            ipdr_type,
            "ixR",
            None,
            ("twelve-hours", "swapped-file", "cut-file", "contact-heading", "note-below", "minutes"),
        ),
    )
}
"""All layouts; each with the faults of whole files that it can have, beside those that any can have."""


def as_said(layout: Layout, row: AnswerRow, with_ids: bool) -> AnswerRow:
    """Take from a row what its layout has no column for."""
    row.protocol = row.protocol if layout.has("P") else None
    row.destination = row.destination if layout.has("d") else None
    row.ports = row.ports if layout.has("p") else None
    row.row_id = row.row_id if layout.has("i") and with_ids else None
    row.exclusive = row.exclusive if layout.has("x") else None
    row.is_operator = row.is_operator and layout.has("o")
    row.slack = 0.001 if layout.name == "connection-bars" else 1.0
    return row
