"""Write the files of replies, each in the layout and with the header of its ISP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from sightline.exercise.replies.habits import IST, Habit
from sightline.exercise.replies.spoiled_rows import MARKS

Columns = dict[str, pl.Expr]
NOTHING = "No records found"


def write_rows(rows: pl.DataFrame, habit: Habit, path: Path) -> None:
    """Write rows, which have texts of addresses and local times, in an ISP's layout."""
    if habit.layout == "radius-detail":
        letters = " IST" if habit.zone == IST else ""
        path.write_text(_format_radius_detail(rows, letters), encoding="utf-8")
        return
    columns = HEADERS[habit.layout, habit.variant]()
    for name in MARKS:
        if rows[name].null_count() < rows.height:
            _add_mark(columns, name, habit)
    if habit.repeats:
        columns["Row ID"] = pl.col("said_id")
    # For a server elsewhere the headings do not call its times Indian.
    is_india = habit.zone == IST and rows["zone"].null_count() == rows.height
    written_columns = {name if is_india else name.removeprefix("IST "): one for name, one in columns.items()}
    table = rows.select(expression.alias(name) for name, expression in written_columns.items())
    table.write_csv(path, null_value="-", quote_style="necessary")


def _add_mark(columns: Columns, name: str, habit: Habit) -> None:
    """Write a mark into the column that the layout has for it, or into one more."""
    allocation = "Static/Dynamic IP Address Allocation"
    heading = {
        "status": {"dhcp-leases": "Lease State"}.get(habit.layout, "Login Result"),
        "remark": "Remarks",
        "address_type": allocation if allocation in columns else "IP Type",
        "private_ip": "Private IP",
        "protocol": "Protocol",
        "contact": "Contact No.",
        "customer": "Customer Type",
        "duration": "Duration",
        "zone": "Time Zone",
    }[name]
    columns[heading] = pl.col(name)


def write_nothing(rows: pl.DataFrame, path: Path) -> None:
    """Write a statement that no records were found for these rows of the notice."""
    columns = {"Row ID": pl.col("row_id"), "IP Address": pl.col("ip"), "Port": pl.col("port")}
    table = rows.select(expression.alias(name) for name, expression in columns.items())
    table.with_columns(pl.lit(NOTHING).alias("Remarks")).write_csv(path, null_value="-")


def _format_date(edge: str, layout: str = "%d/%m/%Y") -> pl.Expr:
    return pl.col(edge).dt.strftime(layout)


def _format_time(edge: str) -> pl.Expr:
    return pl.col(edge).dt.strftime("%H:%M:%S")


def _format_iso(edge: str) -> pl.Expr:
    return pl.col(edge).dt.strftime("%Y-%m-%d %H:%M:%S")


def _select_number(kind: str) -> pl.Expr:
    return pl.when(pl.col("number_kind") == kind).then("said_number")


def _select_line() -> pl.Expr:
    return pl.when(pl.col("number_kind") != "user-id").then("said_number")


def _build_ipdr() -> Columns:
    nobody = pl.lit(None, pl.String)
    return {
        "Name of person/organization": nobody,
        "Address": nobody,
        "Contact No.": nobody,
        "Landline/MSISDN/MDN/Leased circuit ID for Internet Access": _select_line(),
        "User ID for Internet Access based on authentication": _select_number("user-id"),
        "IP address assigned": pl.col("said_ip"),
        "Static/Dynamic IP Address Allocation": pl.when(pl.col("number_kind") == "circuit")
        .then(pl.lit("Static"))
        .otherwise(pl.lit("Dynamic")),
        "Source port of the public IP Address in case of NATING": nobody,
        "IST Start Time of IP address allocation (hh:mm:ss)": _format_time("start"),
        "IST End Time of IP address allocation (hh:mm:ss)": _format_time("end"),
        "Start Date of IP address allocation (dd/mm/yyyy)": _format_date("start"),
        "End Date of IP address allocation (dd/mm/yyyy)": _format_date("end"),
    }


def _build_ipdr_vendor() -> Columns:
    return {
        "UserID": pl.col("said_number"),
        "Public IP": pl.col("said_ip"),
        "Start Time": _format_iso("start"),
        "End Time": _format_iso("end"),
    }


def _build_ipdr_destinations() -> Columns:
    nobody = pl.lit(None, pl.String)
    return {
        "Landline/MSISDN/MDN/Leased Circuit ID for Internet Access": pl.col("said_number"),
        "User Id for Internet Access based on authentication": nobody,
        "Source IP Address": pl.col("inside_ip"),
        "Source Port": 1024 + pl.col("port_from") * 7919 % 64_000,
        "Translated IP Address": pl.col("said_ip"),
        "Translated Port": pl.col("port_from"),
        "Destination IP Address": pl.col("destination_ip"),
        "Destination Port": pl.col("destination_port"),
        "Static/Dynamic IP Address Allocation": pl.lit("Dynamic"),
        "IST Start Time of Public IP address allocation (hh:mm:ss)": _format_time("start"),
        "IST End Time of Public IP address allocation (hh:mm:ss)": _format_time("end"),
        "Start Date of Public IP Address allocation (dd/mm/yyyy)": _format_date("start"),
        "End Date of Public IP Address allocation (dd/mm/yyyy)": _format_date("end"),
    }


def _build_blocks_vendor() -> Columns:
    return {
        "MSISDN": pl.col("said_number"),
        "Private IP": pl.col("inside_ip"),
        "NAT IP": pl.col("said_ip"),
        "NAT Port From": pl.col("port_from"),
        "NAT Port To": pl.col("port_to"),
        "Start Time": _format_iso("start"),
        "End Time": _format_iso("end"),
    }


def _build_blocks() -> Columns:
    return {
        "MSISDN": pl.col("said_number"),
        "Source IP Address": pl.col("inside_ip"),
        "Translated IP Address": pl.col("said_ip"),
        "NAT Port Range": pl.format("{}-{}", "port_from", "port_to"),
        "Start Date & Time": pl.col("start").dt.strftime("%d/%m/%Y %H:%M:%S"),
        "End Date & Time": pl.col("end").dt.strftime("%d/%m/%Y %H:%M:%S"),
    }


def _build_radius_csv() -> Columns:
    return {
        "acctsessionid": _build_session(),
        "username": pl.col("said_number"),
        "nasipaddress": pl.lit("203.0.113.60"),
        "acctstarttime": _format_iso("start"),
        "acctupdatetime": _format_iso("seen"),
        "acctstoptime": _format_iso("end"),
        "framedipaddress": pl.col("said_ip"),
    }


def _build_dhcp() -> Columns:
    return {
        "IP Address": pl.col("said_ip"),
        "Circuit ID": pl.col("said_number"),
        "Lease Start": _format_iso("start"),
        "Lease End": _format_iso("end"),
    }


HEADERS: dict[tuple[str, str], Callable[[], Columns]] = {
    ("ipdr-2013", "circular"): _build_ipdr,
    ("ipdr-2013", "vendor"): _build_ipdr_vendor,
    ("ipdr-2021", "circular"): _build_ipdr_destinations,
    ("nat-blocks", "vendor"): _build_blocks_vendor,
    ("nat-blocks", "circular"): _build_blocks,
    ("radius-csv", ""): _build_radius_csv,
    ("dhcp-leases", ""): _build_dhcp,
}
"""The columns of each layout, as an ISP names and fills them."""


def _build_session() -> pl.Expr:
    """An identifier of an accounting session: of one address, line and time."""
    return pl.format("{}-{}", pl.col("written") % 0xFFFF_FFFF, pl.col("start").dt.epoch("s"))


def _format_radius_detail(rows: pl.DataFrame, letters: str) -> str:
    """The blocks of a detail file in order of time: a start, the last sign of life, and a stop unless it is lost."""
    middle = pl.col("start") + (pl.col("end") - pl.col("start")) * 0.9
    events = {
        "Start": pl.col("start"),
        "Interim-Update": pl.coalesce("seen", middle).dt.truncate("1s"),
        "Stop": pl.col("end"),
    }
    noted = rows.with_row_index("at").with_columns(_build_session().alias("session"))
    blocks = pl.concat(
        [
            noted.filter(expression.is_not_null()).select(
                "at",
                pl.lit(place).alias("place"),
                _format_block(name, expression, letters).alias("text"),
                expression.alias("time"),
            )
            for place, (name, expression) in enumerate(events.items())
        ]
    )
    return "".join(blocks.sort("time", "at", "place")["text"])


def _format_block(name: str, at: pl.Expr, letters: str) -> pl.Expr:
    is_v6 = pl.col("said_ip").str.contains(":", literal=True)
    framed = pl.when(is_v6).then(pl.lit("Framed-IPv6-Address")).otherwise(pl.lit("Framed-IP-Address"))
    return pl.concat_str(
        at.dt.strftime('%a %b %e %H:%M:%S %Y\n\tUser-Name = "'),
        pl.col("said_number"),
        pl.lit(f'"\n\tAcct-Status-Type = {name}\n\t'),
        pl.when(pl.col("status") == "Login rejected")
        .then(pl.lit('Reply-Message = "Login rejected"\n\t'))
        .otherwise(pl.lit("")),
        pl.lit('Acct-Session-Id = "'),
        pl.col("session"),
        pl.lit('"\n\tEvent-Timestamp = "'),
        at.dt.strftime(f'%b %e %Y %H:%M:%S{letters}"\n\t'),
        framed,
        pl.lit(" = "),
        pl.col("said_ip"),
        pl.lit("\n\tNAS-IP-Address = 203.0.113.60\n\n"),
    )
