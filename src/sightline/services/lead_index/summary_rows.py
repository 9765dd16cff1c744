"""Leads in brief, as a table of them shows each: out of the columns in memory, no file is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import IPv6Address

from sightline.services.lead_index.lead_columns import LeadColumns
from sightline.stages.report.place_table import PlaceKind

EPOCH = date(1970, 1, 1)
KINDS = {kind.value: kind for kind in PlaceKind}


@dataclass(frozen=True, slots=True)
class Brief:
    """A lead in brief. What is not known is None.

    `place`: a kind of place, `state` among them, as maps and filters have it: a relay's place is no lead's place;
    `is_by_reply`: an ISP said where the line is. `candidates`: of how many lines it is one, where an address is shared.
    `reason`: the level of its strongest reason.
    """

    lead_id: str
    priority: str
    first_us: int
    place: PlaceKind
    is_by_reply: bool
    state: str | None
    district: str | None
    circle: str | None
    country: str | None
    isp: str | None
    source_ip: str
    ceiling: str
    candidates: int | None
    visits: int
    keep_until: date
    reason: str | None = None


TAKEN = (
    "id_rank priority first_us place is_by_reply district circle country isp address ceiling candidates visits"
    " keep_until reason"
).split()


def read_briefs(columns: LeadColumns, rows: Sequence[int]) -> tuple[Brief, ...]:
    """The leads of these rows, in this order."""
    return tuple(_build_brief(columns, *row) for row in columns.rows.select(TAKEN)[list(rows)].iter_rows())


def _build_brief(
    columns: LeadColumns,
    id_rank: int,
    priority: int,
    first_us: int,
    place: int,
    is_by_reply: bool,
    district: int,
    circle: int,
    country: int,
    isp: int,
    address: int,
    ceiling: int,
    candidates: int | None,
    visits: int,
    keep_until: int,
    reason: int,
) -> Brief:
    kind, state = parse_place_kind(columns.words["place"][place])
    named = columns.find_word("district", district)
    return Brief(
        f"{int(columns.ids[id_rank]):032x}",
        columns.words["priority"][priority],
        first_us,
        kind,
        is_by_reply,
        state,
        named and named.partition("/")[2],
        columns.find_word("circle", circle),
        columns.find_word("country", country),
        columns.find_word("isp", isp),
        format_address_text(columns, address),
        columns.words["ceiling"][ceiling],
        candidates,
        visits,
        convert_to_date(keep_until),
        columns.find_word("reason", reason),
    )


def parse_place_kind(place: str) -> tuple[PlaceKind, str | None]:
    """Return the kind of a word of `place`, and the code of the state if it is one."""
    return (KINDS[place], None) if place in KINDS else (PlaceKind.STATE, place)


def format_address_text(columns: LeadColumns, position: int) -> str:
    """An address as it is written."""
    whole = IPv6Address(int(columns.addresses[position]))
    return str(whole.ipv4_mapped or whole)


def convert_to_date(days: int) -> date:
    """Return the date that is `days` days after 1970-01-01."""
    return EPOCH + timedelta(days=days)
