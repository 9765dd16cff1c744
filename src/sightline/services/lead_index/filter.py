"""The filter of a page of leads (`lead_filter`), to and from the query string of its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from ipaddress import ip_network
from urllib.parse import parse_qsl, urlencode

from sightline.errors import UsageError
from sightline.model import Ceiling
from sightline.stages.canonical.address import parse_address
from sightline.stages.enrich import india
from sightline.stages.enrich.countries import COUNTRIES
from sightline.stages.enrich.session_columns import LINES
from sightline.stages.leads.triage import LEVELS
from sightline.stages.report import words
from sightline.stages.report.place_table import PlaceKind

LONGEST = 300
"""How long a value may be, in characters."""
MOST = 1_000
"""How many values a filter may have."""
RELAYS = ("yes", "no", "unknown")
KINDS = tuple(kind.value for kind in PlaceKind if kind is not PlaceKind.STATE)
NOT_KNOWN = "-"
"""What stands for leads of which it is not known: their network, circle, country or line."""
BESIDE = ("status", "assignee")
"""What the columns of a generation do not say: the office's own rows do."""

Texts = tuple[str, ...]


def require_name(value: str, field: str) -> str:
    """A name as it is. Raises UsageError for none, and for one that no name could be."""
    bare = value.strip()
    if not bare or len(bare) > LONGEST or not bare.isprintable():
        raise UsageError(f"{field}={bare[:40]!r}: no name", hint=f"give one of 1 to {LONGEST} characters")
    return bare


def _make_choice_check(known: Iterable[str]) -> Callable[[str, str], str]:
    choices = tuple(known)

    def check_value(value: str, field: str) -> str:
        bare = value.strip().lower()
        if bare not in choices:
            raise UsageError(f"{field}={value[:40]}: not one of the possible values", hint=", ".join(choices))
        return bare

    return check_value


def _parse_place(value: str, field: str) -> str:
    """A kind of place that is no state, or today's code of a state; those of other countries as they are."""
    bare = value.strip()
    if bare.lower() in KINDS:
        return bare.lower()
    if re.fullmatch(r"(?!IN-)[A-Z]{2}-[A-Z0-9]{1,3}", bare.upper()):
        return bare.upper()
    if (known := india.find_state_code(bare)) is None:
        raise UsageError(f"{field}={bare[:40]}: no state", hint=f"a code as IN-KL, a name, or {', '.join(KINDS)}")
    return known


def _parse_district(value: str, field: str) -> str:
    """`IN-KL/Ernakulam`: districts of two states may have one name."""
    state, slash, name = require_name(value, field).partition("/")
    if not slash or not name.strip():
        raise UsageError(f"{field}={value[:40]}: no district", hint="as IN-KL/Ernakulam")
    return f"{_parse_place(state, field)}/{name.strip()}"


def _parse_country(value: str, field: str) -> str:
    bare = value.strip().upper()
    if bare != NOT_KNOWN and bare not in COUNTRIES:
        raise UsageError(f"{field}={value[:40]}: no country", hint="an ISO 3166-1 code, as NP")
    return bare


def _parse_circle(value: str, field: str) -> str:
    if value.strip() == NOT_KNOWN:
        return NOT_KNOWN
    if (known := india.find_telecom_circle(value)) is None:
        raise UsageError(f"{field}={value[:40]}: no telecom circle", hint=", ".join(india.list_circles()))
    return known


def _parse_asn(value: str, field: str) -> str:
    bare = value.strip().upper().removeprefix("AS")
    if bare == NOT_KNOWN:
        return bare
    if not re.fullmatch(r"[0-9]{1,10}", bare) or int(bare) >= 1 << 32:
        raise UsageError(f"{field}={value[:40]}: no number of an autonomous system", hint="as 64500 or AS64500")
    return str(int(bare))


def _parse_hour(value: str, field: str) -> str:
    """`1T09`: ISO day of the week, hour of the day, both in India."""
    bare = value.strip().upper()
    if not re.fullmatch(r"[1-7]T([01][0-9]|2[0-3])", bare):
        raise UsageError(f"{field}={value[:40]}: no hour of the week", hint="1T09 is Monday at nine, 7T23 Sunday at 23")
    return bare


def parse_day(value: str, field: str) -> str:
    """A day in ISO 8601. Raises UsageError."""
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        raise UsageError(f"{field}={value[:40]}: no day", hint="as 2026-03-01") from None


def _parse_prefix(value: str, field: str) -> str:
    """An address, or a prefix without bits behind its length, as text; IPv4 and IPv6."""
    bare = value.strip()
    try:
        if "/" in bare:
            network = ip_network(bare, strict=False)
            return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
    except ValueError:
        pass
    if "/" in bare or (address := parse_address(bare)) is None:
        raise UsageError(f"{field}={bare[:60]}: no address or prefix", hint="as 203.0.113.7 or 2001:db8::/32")
    return str(address)


CHECKS: Mapping[str, Callable[[str, str], str]] = {
    "place": _parse_place,
    "district": _parse_district,
    "circle": _parse_circle,
    "country": _parse_country,
    "isp": require_name,
    "asn": _parse_asn,
    "line": _make_choice_check((*LINES, NOT_KNOWN)),
    "ceiling": _make_choice_check(ceiling.value for ceiling in Ceiling),
    "priority": _make_choice_check(words.BANDS),
    "reason": _make_choice_check((*LEVELS, NOT_KNOWN)),
    "relay": _make_choice_check((*RELAYS, NOT_KNOWN)),
    "issuer": require_name,
    "source": require_name,
    "indicator": require_name,
    "address": _parse_prefix,
    "day": parse_day,
    "hour": _parse_hour,
    "since": parse_day,
    "until": parse_day,
    "keep_until": parse_day,
    "status": require_name,
    "assignee": require_name,
}
"""How a value of each field is read and checked; the order of fields in a query string."""
ONCE = ("since", "until", "keep_until")
"""Fields that have one value at the most."""


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Leads of which every field that is given holds; of several values of a field any may.

    Values are made canonical and are checked: UsageError says what is wrong with one, and how it is written. Days are
    India's. `since` and `until`: some visit may lie between these days, both included; `day` and `hour` are those of
    the first visit; `keep_until`: records need to be kept until a day before this one. `issuer` is that of a list.
    """

    place: Texts = ()
    district: Texts = ()
    circle: Texts = ()
    country: Texts = ()
    isp: Texts = ()
    asn: Texts = ()
    line: Texts = ()
    ceiling: Texts = ()
    priority: Texts = ()
    reason: Texts = ()
    relay: Texts = ()
    issuer: Texts = ()
    source: Texts = ()
    indicator: Texts = ()
    address: Texts = ()
    day: Texts = ()
    hour: Texts = ()
    since: Texts = ()
    until: Texts = ()
    keep_until: Texts = ()
    status: Texts = ()
    assignee: Texts = ()

    def __post_init__(self) -> None:
        for name, check in CHECKS.items():
            checked_values = {check(value, name) for value in getattr(self, name)}
            if name in ONCE and len(checked_values) > 1:
                raise UsageError(f"{name} is given {len(checked_values)} times", hint="once is enough")
            object.__setattr__(self, name, tuple(sorted(checked_values)))
        if sum(len(getattr(self, name)) for name in CHECKS) > MOST:
            raise UsageError(f"more than {MOST:,} values", hint="filter by fewer values")
        if self.since and self.until and self.since > self.until:
            raise UsageError(f"since={self.since[0]} lies after until={self.until[0]}", hint="give the earlier first")

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> LeadFilter:
        """Make a filter of names and values; drop empty values. Raises UsageError for a name that is no field."""
        by_name: dict[str, list[str]] = {}
        for name, value in pairs:
            if name not in CHECKS:
                raise UsageError(f"{name[:40]} is not a filter", hint=", ".join(CHECKS))
            if value.strip():
                by_name.setdefault(name, []).append(value)
        return cls(**{name: tuple(values) for name, values in by_name.items()})

    @classmethod
    def parse(cls, query: str) -> LeadFilter:
        """Parse the filter in a query string; what a page adds of its own (`sort`, `after`) is taken out before."""
        return cls.from_pairs(parse_qsl(query.removeprefix("?"), keep_blank_values=True))

    @property
    def query(self) -> str:
        """The query string: alike for alike filters; empty for all leads."""
        return urlencode([(name, value) for name in CHECKS for value in getattr(self, name)])


assert tuple(CHECKS) == tuple(field.name for field in fields(LeadFilter)), "each field has its check, in one order"
