"""Read field rules from the `[fields]` table of a format file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sightline.model import DnsAction, RecordKind
from sightline.stages.formats.program import CHOICE_KEYS, Decode, FieldChoice, FieldMode, FieldRule, Zone
from sightline.stages.formats.time_layout import states_zone
from sightline.stages.formats.toml_table import TomlTable, suggest_word

READ_AS: dict[str, tuple[FieldMode, ...]] = {
    "timestamp": (FieldMode.TIME,),
    "source": (FieldMode.ENDPOINT,),
    "source_ip": (FieldMode.IP,),
    "source_port": (FieldMode.PORT,),
    "destination": (FieldMode.ENDPOINT,),
    "destination_ip": (FieldMode.IP,),
    "destination_port": (FieldMode.PORT,),
    "method": (FieldMode.TEXT,),
    "status": (FieldMode.INTEGER,),
    "bytes": (FieldMode.INTEGER,),
    "user_agent": (FieldMode.TEXT,),
    "referrer": (FieldMode.TEXT,),
    "user": (FieldMode.TEXT,),
    "dns_type": (FieldMode.TEXT, FieldMode.WORD),
    "dns_action": (FieldMode.WORD,),
    "scheme": (FieldMode.WORD,),
    "record_kind": (FieldMode.WORD,),
    "host": (FieldMode.AUTHORITY, FieldMode.NAME),
    "names": (FieldMode.NAMES,),
    "digests": (FieldMode.NAMES,),
    "url": (FieldMode.TARGET,),
    "request": (FieldMode.REQUEST,),
    "forwarded": (FieldMode.FORWARDED,),
}
"""Every field, and the ways to read it. The first is the default."""

REQUIRABLE = (
    *("timestamp", "source_ip", "source_port", "destination_ip", "destination_port", "host", "url"),
    *("method", "status", "bytes", "user_agent", "referrer", "user", "dns_type", "dns_action", "digests"),
)
VALUES: Mapping[str, tuple[str, ...]] = {
    "record_kind": tuple(RecordKind),
    "dns_action": tuple(DnsAction),
    "scheme": ("http", "https", "ftp", "ws", "wss"),
}
"""The values of constants and maps that are enums."""


def list_used_slots(fields: TomlTable) -> tuple[str, ...]:
    """Return the slot names that the rules use, in order, each once."""
    names = [
        name for key in fields.values for choice in _read_choices(fields, key) for name in choice.get_texts("from")
    ]
    return tuple(dict.fromkeys(names))


def load_rules(fields: TomlTable, slots: Mapping[str, int], known: tuple[str, ...] | None) -> tuple[FieldRule, ...]:
    """Return the rules in the order of the file.

    `known` are the names that the format takes (None: any column is valid).
    """
    if "timestamp" not in fields.values and "digests" not in fields.values:
        fields.fail("timestamp", "a format must say where the time is")
    fields.check_keys(READ_AS)
    return tuple(
        FieldRule(key, tuple(_read_choice(key, choice, slots, known) for choice in _read_choices(fields, key)))
        for key in fields.values
    )


def check_constants(table: TomlTable, key: str) -> dict[str, str]:
    """Return the constants at `key`, each with an allowed value of its field."""
    constants = table.get_mapping(key)
    for name, value in constants.items():
        if name not in ("record_kind", "dns_action", "dns_type", "scheme", "method"):
            table.fail(key, f"{name!r} cannot be set; allowed: record_kind, dns_action, dns_type, scheme, method")
        _check_value(table, f"{key}.{name}", name, value)
    return constants


def _check_value(table: TomlTable, key: str, name: str, value: str) -> None:
    if name in VALUES and value not in VALUES[name]:
        table.fail(key, f"{value!r} is not allowed; allowed: {', '.join(VALUES[name])}")


def _read_choices(fields: TomlTable, key: str) -> tuple[TomlTable, ...]:
    value = fields.values[key]
    if isinstance(value, str):
        return (fields.place_below(key, {"from": value}),)
    if isinstance(value, dict):
        return (fields.place_below(key, value),)
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        fields.fail(key, 'must be the name of a piece, a table { from = "..." }, or a list of such tables')
    return fields.get_tables(key)


def _read_choice(key: str, table: TomlTable, slots: Mapping[str, int], known: tuple[str, ...] | None) -> FieldChoice:
    ways = READ_AS[key]
    as_ = FieldMode(table.get_choice("as", [str(mode) for mode in ways], str(ways[0])))
    table.check_keys(("from", "join", "as", "decode", *CHOICE_KEYS.get(as_, ())))
    names = table.get_texts("from")
    for name in names:
        if known is not None and name not in known:
            table.fail("from", f"{name!r} is not taken{suggest_word(name, known)}; taken: {', '.join(known)}")
    if not names:
        table.fail("from", "a name is needed")
    return FieldChoice(
        slots=tuple(slots[name] for name in names),
        as_=as_,
        join=table.get_text("join", " " if as_ is FieldMode.TIME else ""),
        decode=Decode(table.get_choice("decode", tuple(Decode))) if "decode" in table.values else None,
        **_read_particulars(as_, key, table),  # type: ignore[arg-type]
    )


def _read_particulars(as_: FieldMode, key: str, table: TomlTable) -> dict[str, object]:
    """The keys of a choice that belong to one way of reading."""
    if as_ is FieldMode.TIME:
        layouts = _read_layouts(table)
        return {"layouts": layouts, "zone": _read_zone(table, layouts)}
    if as_ is FieldMode.ENDPOINT:
        separator = table.get_text("port_separator", ":")
        if not re.fullmatch(r"[^0-9A-Fa-f.\[\]%]", separator):
            table.fail("port_separator", f"{separator!r} must be one character that no address holds")
        return {"port_separator": separator, "port_last": table.get_flag("port_last"), "names": table.get_flag("names")}
    if as_ is FieldMode.IP:
        return {"names": table.get_flag("names")}
    if as_ is FieldMode.NAMES:
        return {"split": table.get_optional_text("split") or None}
    if as_ is FieldMode.WORD and "map" in table.values:
        words = table.get_mapping("map")
        for word, value in words.items():
            if word != word.lower():
                table.fail(f"map.{word}", "words are lower-cased before they are looked up; write it in lower case")
            _check_value(table, f"map.{word}", key, value)
        return {"map": words}
    return {}


def _read_layouts(table: TomlTable) -> tuple[str, ...]:
    layouts = table.get_texts("layouts")
    if not layouts:
        table.fail("layouts", "a time needs at least one layout")
    for layout in layouts:
        try:
            states_zone(layout)
        except ValueError as error:
            table.fail("layouts", f"{layout!r}: {error}")
    return layouts


ZONES = '"declared" (the scan says --timezone), or "utc" where the maker of the log says so'


def _read_zone(table: TomlTable, layouts: tuple[str, ...]) -> Zone:
    stated = all(states_zone(layout) for layout in layouts)
    if not stated and "zone" not in table.values:
        table.fail("zone", f"{layouts[0]!r} reads no zone, so say one: {ZONES}")
    zone = Zone(table.get_choice("zone", tuple(Zone), str(Zone.RECORD) if stated else ""))
    if zone is Zone.RECORD and not stated:
        table.fail("zone", f"a layout has no %z, %s or %Q; allowed then: {ZONES}")
    return zone
