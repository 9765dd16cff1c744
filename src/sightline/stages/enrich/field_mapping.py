"""Map a record or row of any provider to the columns of a kind, whatever the provider's field names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sightline.model import DatasetCode, DatasetKind
from sightline.stages.enrich import india
from sightline.stages.enrich.countries import COUNTRIES
from sightline.stages.enrich.model import SHARING
from sightline.stages.enrich.reader import Rejects

Fields: TypeAlias = Mapping[str, object]
MappedRow: TypeAlias = tuple[object, ...]
LINES = {
    "fixed": "fixed",
    "mobile": "mobile",
    "business": "business",
    "hosting": "hosting",
    "cellular": "mobile",
    "wireless": "mobile",
    "cable/dsl": "fixed",
    "dialup": "fixed",
    "satellite": "fixed",
    "broadband": "fixed",
    "residential": "fixed",
    "corporate": "business",
    "education": "business",
    "college": "business",
    "school": "business",
    "library": "business",
    "government": "business",
    "military": "business",
    "content_delivery_network": "hosting",
    "search_engine_spider": "hosting",
    "datacenter": "hosting",
}
"""Providers' names for kinds of line: MaxMind's connection and user types, IPinfo's types, and ours."""
NO_LINE = frozenset({"isp", "traveler", "cafe", "router", "consumer_privacy_network", "unknown", "inactive"})
"""Providers' values that do not determine the kind of line."""
RELAYS = (
    ("tor", ("tor", "is_tor", "is_tor_exit_node")),
    ("vpn", ("vpn", "is_vpn", "is_anonymous_vpn")),
    ("proxy", ("proxy", "is_proxy", "is_public_proxy", "is_residential_proxy", "res_proxy")),
    ("private", ("private", "relay", "is_relay", "is_private_relay")),
    ("cdn", ("cdn", "is_cdn")),
    ("hosting", ("hosting", "is_hosting", "is_hosting_provider")),
    # MaxMind marks some addresses as anonymous without a kind.
    ("proxy", ("is_anonymous",)),
)
YES = frozenset({"true", "yes", "1", "y"})
NO = frozenset({"false", "no", "0", "n", ""})


def read_text(fields: Fields, *names: str) -> str | None:
    """Return the first of these fields that is a non-empty text or a number."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def read_number(fields: Fields, *names: str, rejects: Rejects) -> float | None:
    """Return the first of these fields as a number."""
    for name in names:
        value = fields.get(name)
        if value is None or value == "":
            continue
        try:
            number = float(value) if isinstance(value, str | int | float) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
        rejects[DatasetCode.BAD_NUMBER] += 1
    return None


def read_count(fields: Fields, *names: str, most: int, rejects: Rejects, least: int = 1) -> int | None:
    """Return the first of these fields as a whole number, from `least` to `most`."""
    number = read_number(fields, *names, rejects=rejects)
    if number is None:
        return None
    if number != int(number) or not least <= number <= most:
        rejects[DatasetCode.BAD_NUMBER] += 1
        return None
    return int(number)


def read_flag(fields: Fields, *names: str) -> bool | None:
    """Return whether the first of these fields with a yes or no is a yes."""
    for name in names:
        value = fields.get(name)
        word = str(value).strip().lower() if isinstance(value, str | bool | int) else ""
        if word in YES:
            return True
        if word in NO and word:
            return False
    return None


def read_map(fields: Fields, name: str) -> Fields:
    """Return a map within a record, or an empty one."""
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def _read_english_name(fields: Fields) -> str | None:
    return read_text(read_map(fields, "names"), "en") or read_text(fields, "name")


def map_city(fields: Fields, rejects: Rejects) -> MappedRow | None:
    """Return country, state, circle, district, latitude, longitude, radius."""
    country = _read_country(fields, rejects)
    levels = fields.get("subdivisions")
    subdivisions = [level for level in levels if isinstance(level, Mapping)] if isinstance(levels, list) else []
    state = _read_state(fields, subdivisions, country, rejects)
    latitude, longitude = _read_point(fields, rejects)
    place = read_map(fields, "location")
    radius = read_number(place, "accuracy_radius", rejects=rejects) or read_number(
        fields, "radius_km", "radius", "accuracy_radius", rejects=rejects
    )
    district = read_text(fields, "district", "state2") or (
        _read_english_name(subdivisions[1]) if len(subdivisions) > 1 else None
    )
    district = district or read_text(fields, "city") or _read_english_name(read_map(fields, "city"))
    district = _without_remark(district) if district else None
    place_facts = (country, state, _read_circle(fields, rejects), district or None, latitude, longitude, radius)
    return place_facts if any(place_fact is not None for place_fact in place_facts) else None


def _without_remark(text: str) -> str:
    """Return a name without what stands in brackets at its end."""
    name, bracket, remark = text.removesuffix(")").rpartition("(")
    return name.rstrip() if text.endswith(")") and bracket and ")" not in remark else text


def _read_country(fields: Fields, rejects: Rejects) -> str | None:
    code = read_text(fields, "country_code", "country_iso") or read_text(
        read_map(fields, "country"), "iso_code", "code"
    )
    if code is None and isinstance(fields.get("country"), str):
        code = read_text(fields, "country")
        code = "IN" if code and code.lower() == "india" else code
    if code is None:
        return None
    if code.upper() in COUNTRIES:
        return code.upper()
    rejects[DatasetCode.UNKNOWN_CODE] += 1
    return None


def _read_state(fields: Fields, levels: list[Fields], country: str | None, rejects: Rejects) -> str | None:
    """Today's ISO 3166-2 code. Of India by any code or name; of other countries only what is a code already."""
    first = levels[0] if levels else {}
    code = read_text(first, "iso_code") or read_text(fields, "state_code", "region_code", "subdivision_code")
    name = _read_english_name(first) or read_text(fields, "state", "state1", "region", "region_name", "subdivision")
    if country == "IN":
        given = [text for text in (code, name) if text]
        text = next((state for given_text in given if (state := india.find_state_code(given_text))), None)
        if given and text is None:
            rejects[DatasetCode.UNKNOWN_CODE if code else DatasetCode.UNKNOWN_STATE] += 1
        return text
    if code is None and name and re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}", name):
        code = name
    if country is None or code is None:
        return None
    bare = code.upper().removeprefix(f"{country}-")
    if re.fullmatch(r"[A-Z0-9]{1,3}", bare):
        return f"{country}-{bare}"
    rejects[DatasetCode.UNKNOWN_CODE] += 1
    return None


def _read_circle(fields: Fields, rejects: Rejects) -> str | None:
    name = read_text(fields, "circle", "telecom_circle", "lsa")
    if name is None:
        return None
    text = india.find_telecom_circle(name)
    if text is None:
        rejects[DatasetCode.UNKNOWN_CODE] += 1
    return text


def _read_point(fields: Fields, rejects: Rejects) -> tuple[float | None, float | None]:
    whole = read_text(fields, "loc")
    if whole and whole.count(",") == 1:
        fields = dict(zip(("latitude", "longitude"), whole.split(","), strict=True))
    place = read_map(fields, "location") or fields
    latitude = read_number(place, "latitude", "lat", rejects=rejects)
    longitude = read_number(place, "longitude", "lng", "lon", rejects=rejects)
    if latitude is None or longitude is None:
        return None, None
    if abs(latitude) > 90 or abs(longitude) > 180:
        rejects[DatasetCode.BAD_POINT] += 1
        return None, None
    return latitude, longitude


def map_network(fields: Fields, rejects: Rejects) -> MappedRow | None:
    """Return the autonomous system's number, the provider, kind of line, circle."""
    system = read_map(fields, "asn") or fields
    whose = read_text(system, "asn", "autonomous_system_number", "as_number") or read_text(
        fields, "autonomous_system_number"
    )
    asn = (
        read_count({"asn": whose.upper().removeprefix("AS")}, "asn", most=(1 << 32) - 1, rejects=rejects)
        if whose
        else None
    )
    isp = read_text(fields, "isp", "as_name", "name", "autonomous_system_organization", "organization", "org", "as_org")
    isp = isp or read_text(system, "name", "autonomous_system_organization")
    network_facts = (asn, isp, _read_line(fields, system, rejects), _read_circle(fields, rejects))
    return network_facts if any(network_fact is not None for network_fact in network_facts) else None


def _read_line(fields: Fields, system: Fields, rejects: Rejects) -> str | None:
    names = ("line", "connection_type", "user_type", "as_type", "type", "asn_type")
    word = read_text(fields, *names) or read_text(read_map(fields, "traits"), *names) or read_text(system, "type")
    if word is None:
        is_mobile = read_text(fields, "mobile_country_code", "mobile_network_code", "carrier") or read_text(
            read_map(fields, "carrier"), "name"
        )
        return "mobile" if is_mobile else None
    if word.lower() in LINES:
        return LINES[word.lower()]
    if word.lower() not in NO_LINE:
        rejects[DatasetCode.BAD_VALUE] += 1
    return None


def map_relay(fields: Fields, rejects: Rejects) -> MappedRow | None:
    """Return the kind of relay."""
    flags = read_map(fields, "privacy") or fields
    word = (read_text(fields, "relay", "kind", "type") or "").lower()
    if word in {kind for kind, _ in RELAYS}:
        return (word,)
    text = next((kind for kind, names in RELAYS if any(read_flag(flags, name) for name in names)), None)
    if text:
        return (text,)
    if word and word not in YES | NO:
        rejects[DatasetCode.BAD_VALUE] += 1
    return None


def map_agent(fields: Fields, rejects: Rejects) -> MappedRow | None:  # noqa: ARG001  - of one form with the others
    """Return the crawler's owner."""
    name = read_text(fields, "crawler", "bot", "name")
    return (name,) if name else None


def map_nat(fields: Fields, rejects: Rejects) -> MappedRow | None:
    """Return how addresses are shared (SHARING of the model). Each row's own assignment is read separately.

    A row with a flag that is neither yes nor no counts as a shared address: it overrides wider rows, and promises
    nothing.
    """
    unread = Rejects()
    is_shared, is_reused, is_operator = (_flag_or_reject(fields, names, unread) for names in NAT_FLAGS)
    if unread:
        rejects.update(unread)
        is_shared = True
    subscribers = read_count(fields, "subscribers", "n", most=1 << 24, rejects=rejects)
    ports = read_count(fields, "ports", "block_size", "ports_per_block", most=1 << 16, rejects=rejects)
    base = read_count(
        fields, "block_base", "first_port", "blocks_begin_at", least=0, most=(1 << 16) - 1, rejects=rejects
    )
    length = read_count(_without_slash(fields), *DELEGATED, most=128, rejects=rejects)
    nat_facts = (is_shared, subscribers, ports, base, is_reused, length, is_operator, None)
    return nat_facts if any(nat_fact is not None for nat_fact in nat_facts) else None


def _flag_or_reject(fields: Fields, names: tuple[str, ...], rejects: Rejects) -> bool | None:
    """Whether the first of these fields says yes; null where it is empty; null, and counted, for another word."""
    value = read_flag(fields, *names)
    if value is None and read_text(fields, *names) is not None:
        rejects[DatasetCode.BAD_VALUE] += 1
    return value


def _without_slash(fields: Fields) -> Fields:
    """The same with `/56` as `56`."""
    return {name: (read_text(fields, name) or "").removeprefix("/") for name in DELEGATED}


NAT_FLAGS = (("shared",), ("reuses_ports", "ports_reused", "port_overloading"), ("operator", "is_operator"))
DELEGATED = ("delegated_length", "delegated", "delegated_prefix_length")


ROW_MAPPERS: Mapping[DatasetKind, tuple[Callable[[Fields, Rejects], MappedRow | None], tuple[str, ...]]] = {
    DatasetKind.CITY: (map_city, ("country", "state", "circle", "district", "latitude", "longitude", "radius_km")),
    DatasetKind.NETWORK: (map_network, ("asn", "isp", "line", "circle")),
    DatasetKind.RELAY: (map_relay, ("relay",)),
    DatasetKind.AGENT: (map_agent, ("crawler",)),
    DatasetKind.NAT: (map_nat, (*SHARING, "assignment")),
}
"""The function that maps a row of each kind, and its columns."""
