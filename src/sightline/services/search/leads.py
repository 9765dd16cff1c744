"""Search leads by address or id, and indicators by value or id, in the files of the current generation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from sightline.message_text import count_noun
from sightline.model import FLAGGABLE, IndicatorKind, ListId
from sightline.model.short_ids import format_lead_number, is_short_for, parse_id_prefix
from sightline.services.artifacts.lead_files import Leads
from sightline.services.artifacts.short_ids import has_short_id
from sightline.services.search.entities import HEX, LEAST_ID
from sightline.services.search.result import ResultKind, SearchMatch
from sightline.stages.canonical import Address, normalise_indicator_value, parse_address
from sightline.stages.lists.model import compute_indicator_id
from sightline.stages.report.printable import mask_lines
from sightline.storage.rows import FlagListRow
from sightline.storage.table import Tables

LEAD_COLUMNS = ("lead_id", "source_ip", "ceiling", "priority", "state", "circle", "visits", "first_us")
MAPPED = 0xFFFF << 32
"""Prefix of IPv4 addresses in IPv6 form (RFC 4291, 2.5.5.2)."""
LOW = (1 << 64) - 1
_WITH_PORT = re.compile(r"\[(?P<six>[0-9A-Fa-f:.]+)\]:[0-9]{1,5}|(?P<four>[0-9]{1,3}(?:\.[0-9]{1,3}){3}):[0-9]{1,5}")
_WHOLE_NETWORK = re.compile(r"(?P<ip>[0-9.]+(?=/32)|[0-9A-Fa-f:.]+(?=/128))/(?:32|128)")
"""A network of one address, as lists write it."""


def search_leads(lead_files: Leads, text: str, most: int) -> Iterator[SearchMatch]:
    """Yield leads of an address, including joined ones, of a number, or those whose id, now or earlier, begins so."""
    ip, prefix = parse_searched_address(text), parse_id_prefix(text)
    if prefix is not None:
        is_it = pl.col("lead_id").str.starts_with(prefix)
        beside = _find_ids(lead_files, "aliases", "lead_id", pl.col("old_id").str.starts_with(prefix), most)
    elif ip is not None:
        is_it = _is_of(ip)
        beside = _find_ids(lead_files, "sessions", "lead_id", is_it, most)
    elif len(text) >= LEAST_ID and set(text.casefold()) <= HEX:
        is_it = _is_short("lead_id", text.casefold())
        beside = _find_ids(lead_files, "sessions", "lead_id", _is_short("session_id", text.casefold()), most)
        beside += _find_ids(lead_files, "aliases", "lead_id", _is_short("old_id", text.casefold()), most)
    else:
        return
    condition = is_it | pl.col("lead_id").is_in(beside) if beside else is_it
    rows = (
        lead_files.open_frame().filter(condition).select(LEAD_COLUMNS).collect().sort("first_us", "lead_id").head(most)
    )
    for row in rows.iter_rows(named=True):
        place = row["state"] or (f"{row['circle']} circle" if row["circle"] else "undetermined")
        detail = f"{row['priority']}, {row['ceiling']}, {place}; {count_noun(row['visits'], 'visit')}"
        yield SearchMatch(
            ResultKind.LEAD,
            row["lead_id"],
            f"{format_lead_number(row['lead_id'])} from {mask_lines(row['source_ip'])}",
            detail,
            (("band", row["priority"]), ("ceiling", row["ceiling"]), _choose_place(row), ("visits", row["visits"])),
        )


def _choose_place(row: Mapping[str, Any]) -> tuple[str, str | int]:
    if row["state"]:
        return "code", row["state"]
    return ("circle", row["circle"]) if row["circle"] else ("state", "undetermined")


def parse_searched_address(text: str) -> Address | None:
    """Return the address that a text spells: defanged, in brackets, or with a port, or as a network of one address."""
    plain = refang_value(text).strip()
    if met := _WITH_PORT.fullmatch(plain):
        plain = met["six"] or met["four"]
    elif met := _WHOLE_NETWORK.fullmatch(plain):
        plain = met["ip"]
    return parse_address(plain.strip("[]"))


def _is_of(ip: Address) -> pl.Expr:
    """Return whether a row has this address. Compares two integer columns, so that no text is read."""
    number = int(ip) | (MAPPED if ip.version == 4 else 0)
    return (pl.col("hi") == number >> 64) & (pl.col("lo") == number & LOW)


def _is_short(name: str, text: str) -> pl.Expr:
    """Return whether the text is the id, or its beginning or end."""
    return pl.col(name) == text if len(text) == 32 else has_short_id(pl.col(name), text)


def _find_ids(lead_files: Leads, name: str, column: str, condition: pl.Expr, most: int) -> list[str]:
    """Return one column of the rows that match an expression, with a maximum for each file."""
    parts = [pl.scan_parquet(path).filter(condition).select(column).head(most) for path in lead_files.files[name]]
    return sorted({value for part in pl.collect_all(parts) for value in part[column]})


def search_indicators(tables: Tables, lead_files: Leads, text: str, most: int) -> Iterator[SearchMatch]:
    """Yield matched indicators by flagged value or beginning of id, showing id and kind alone."""
    known = {one: (key, kind) for key, (one, kind) in lead_files.indicators.items()}
    ids = [lead_id for lead_id in _find_ids_of_value(tables, text) if lead_id in known]
    bare = text.casefold()
    if len(bare) >= LEAST_ID and set(bare) <= HEX:
        ids += sorted(lead_id for lead_id in known if is_short_for(bare, lead_id))
    few = list(dict.fromkeys(ids))[:most]
    met = _count_leads_met(lead_files, [known[lead_id][0] for lead_id in few])
    for lead_id in few:
        key, kind = known[lead_id]
        leads_met = met.get(key, 0)
        detail, facts = f"met by {count_noun(leads_met, 'lead')}", (("indicator_kind", kind), ("leads", leads_met))
        yield SearchMatch(ResultKind.INDICATOR, lead_id, f"{lead_id[:12]} ({kind})", detail, facts)


def _find_ids_of_value(tables: Tables, text: str) -> list[str]:
    """Return the ids of a value and of everything above it, for every possible kind, in each list."""
    lists = [ListId(flag_list_row.list_id) for flag_list_row in tables[FlagListRow].select()]
    result: list[str] = []
    for kind, readings in _list_readings(refang_value(text)):
        try:
            value = normalise_indicator_value(kind, readings)
        except ValueError:
            continue
        result += [compute_indicator_id(list_id, kind, value) for list_id in lists]
    return list(dict.fromkeys(result))


def _list_readings(text: str) -> Iterator[tuple[IndicatorKind, str]]:
    """Yield what a text may flag: itself as every kind; its host, the domains above that, and the pages above it."""
    yield from ((kind, text) for kind in FLAGGABLE)
    bare = text.partition("://")[2] or text
    host, *parts = bare.partition("?")[0].split("/")
    names = host.split(".")
    yield IndicatorKind.HOST, host
    yield from ((IndicatorKind.DOMAIN, ".".join(names[at:])) for at in range(len(names) - 1))
    yield from ((IndicatorKind.URL_PREFIX, "/".join([host, *parts[:at]])) for at in range(len(parts), 0, -1))


def refang_value(text: str) -> str:
    """Return the original of a value that was made harmless to show: `hxxps://board[.]example`."""
    plain = text.replace("[.]", ".").replace("(.)", ".").replace("[:]", ":")
    return re.sub(r"^hxxp(s?)(?=:)", r"http\1", plain, flags=re.IGNORECASE)


def _count_leads_met(lead_files: Leads, keys: list[int]) -> dict[int, int]:
    """Return the number of leads for each indicator key."""
    if not keys or not lead_files.files["leads"]:
        return {}
    columns = [pl.col("indicators").list.contains(pl.lit(key, pl.UInt64)).sum().alias(str(key)) for key in keys]
    counted_ = pl.concat([pl.scan_parquet(path).select(columns) for path in lead_files.files["leads"]]).sum().collect()
    return {int(name): int(counted_[name][0]) for name in counted_.columns}
