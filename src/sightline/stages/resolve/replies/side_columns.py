"""Read the columns beside the facts of a row: what each states about the line, and whether it confirms the row.

See `docs/reference/replies.md`.

Every column of a table is understood, or doubts its rows. A column that no field of the layout takes has a *kind*, by
its heading. A value of a kind such as `number` or `mac` must look like one. A value of any other column must be one of
the words that confirm an assignment (`[confirming]` in words.toml). All checks run over distinct values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from sightline.stages.resolve.replies import address_spaces
from sightline.stages.resolve.replies.address_types import find_shared_pools, is_exclusive, is_one_to_one, is_static
from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.column_names import split_words as words_of
from sightline.stages.resolve.replies.confirming_values import find_doubted
from sightline.stages.resolve.replies.operator_marks import find_operators, is_operator
from sightline.stages.resolve.replies.protocols import parse_protocol
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.value_words import BLANKS, normalise_words
from sightline.stages.resolve.replies.wireless_lan import PORT_OF_WIRELESS_LAN, SSID_BEHIND_MAC

MARK_COLUMNS: dict[str, pl.DataType] = {
    "protocol": pl.String(),
    "is_exclusive": pl.Boolean(),
    "is_static": pl.Boolean(),
    "is_operator": pl.Boolean(),
    "space": pl.String(),
}
"""Columns of ASSIGNED that marks fill."""


def read_marks(frame: pl.DataFrame, marks: Sequence[SideColumn]) -> pl.DataFrame:
    """Return what the columns under `marks` state about each row of a frame of text (`row`, `c0`, `c1`, ...).

    Columns: `row`, `doubted_by`, MARK_COLUMNS, `is_one_to_one`, and `act` of an event; null if no column states it.
    """
    texts = {mark: frame[f"c{mark.at}"] for mark in marks}
    doubts = [
        pl.when(mask).then(pl.lit(mark.heading.strip().lstrip("\ufeff") or f"column {mark.at + 1}"))
        for mark, column in sorted(texts.items(), key=lambda one: one[0].kind == "space")
        if (mask := find_doubted(column, mark)) is not None
    ]
    doubts += [
        pl.when(mask).then(pl.lit(heading))
        for kind in ("protocol", "event", "zone")
        if (contradiction := _find_contradiction(texts, kind)) is not None
        for heading, mask in [contradiction]
    ]
    doubts += [
        pl.when(mask).then(pl.lit(mark.heading.strip().lstrip("\ufeff")))
        for mark, column in texts.items()
        if (mask := _find_other_services(column, mark)) is not None
    ]
    statements = {
        "protocol": _combine_marks(texts, {"protocol"}, _parse_protocol_cell, pl.String()),
        "is_exclusive": _combine_marks(texts, {"allocation"}, is_exclusive, pl.Boolean(), find_shared_pools(texts)),
        "is_static": _combine_marks(texts, {"allocation"}, is_static, pl.Boolean()),
        "is_operator": _combine_marks(texts, {"customer", "token"}, is_operator, pl.Boolean(), find_operators(texts)),
        "space": address_spaces.read_spaces({mark.heading: column for mark, column in texts.items()}),
        "is_one_to_one": _combine_marks(texts, {"allocation"}, is_one_to_one, pl.Boolean()),
        "act": _combine_marks(texts, {"event"}, _parse_act, pl.String()),
    }
    types = {**MARK_COLUMNS, "is_one_to_one": pl.Boolean(), "act": pl.String()}
    rows = frame.select("row") if marks else frame.select("row").clear()
    return rows.with_columns(
        (pl.coalesce(*doubts) if doubts else pl.lit(None, pl.String)).alias("doubted_by"),
        *(
            (pl.lit(None, types[name]) if expression is None else expression).alias(name)
            for name, expression in statements.items()
        ),
    )


_WIRELESS_LAN = r"(?:(?:un)?trusted )?(?:wlan|wi-?fi|non-?3gpp)(?: access)?"
"""A telephone in a wireless network of somebody else (3GPP TS 23.402; type 3 of TS 29.061): its address may be that
network's.
"""
_OF_ROAMING = ({"roaming", "country"}, {"visited", "country"}, {"serving", "country"})
_AT_HOME = frozenset({"india", "ind", "in", "bharat", "home", "no", "not roaming"})
_OTHER_SERVICES = {
    ("apn", "dnn", "bearer"): r"^(?:ims|mms|xcap|sos|hos|emergency|supl|wap\.(?:mms|supl)|epdg|wlan)(?:[._-].*)?$",
    ("service", "application", "app", "traffic"): (
        r"^(?:sms|mms|volte|vowifi|wi-?fi calling|voip|voice|ims|iptv|dns|ntp|icmp|telephony|circuit switched"
        r"|management|mgmt|oam|tr-?0?69)$"
    ),
    ("rat", "technology"): rf"^(?:volte|vowifi|vonr|vilte|ims|3|{_WIRELESS_LAN})$",
    ("access", "network", "connection"): (
        rf"^(?:vowifi|epdg|{_WIRELESS_LAN}|wi-?fi hotspot|hotspot|roam(?:ing)? out|outbound roam(?:er|ing)"
        r"|international roam(?:er|ing))$"
    ),
    ("qci", "5qi"): "^[125]$|^6[569]$",
    ("realm",): r"(?:^|[^a-z])(?:guest|visitor|hotspot|roam|roaming|partner|test|wi-?fi)(?:$|[^a-z])",
    ("plmn", "mcc"): r"^(?:[1-35-9][0-9]{2}|4[1-9][0-9]|40[0-37-9])(?:[^0-9].*|[0-9]{2,3})?$",
    ("called", "party"): r"^[+0]?[0-9 -]{8,15}$",
    ("ssid", "essid", "wlan", "bssid"): r"[^\s-]",
    ("calledstationid",): SSID_BEHIND_MAC,
    ("nasporttype",): PORT_OF_WIRELESS_LAN,
}
"""Of words of a heading, the values of bearers and services that carry no web page (3GPP TS 23.203, table 6.1.7).

A session that has a called number is a call. The last three are of a user in a wireless LAN (RFC 3580): a hotspot has
many users, and its line is none of theirs.
"""


def _find_other_services(texts: pl.Series, mark: SideColumn) -> pl.Series | None:
    """Return where a bearer or service is one that carries no page of the web; None of a column that does not say."""
    heading = {*words_of(mark.heading), reduce_heading(mark.heading)}
    if any(heading >= names for names in _OF_ROAMING):
        return _find_abroad(texts)
    patterns = [pattern for names, pattern in _OTHER_SERVICES.items() if not heading.isdisjoint(names)]
    if not patterns:
        return None
    bare = texts.str.strip_chars(BLANKS).str.to_lowercase()
    is_said = ~bare.is_in(list(load_shared_words().confirming["nothing"]))
    values = (bare.str.contains("|".join(patterns)) & is_said).fill_null(value=False)
    return values if values.any() else None


def _find_abroad(texts: pl.Series) -> pl.Series | None:
    """Return where a country is another than India: the clock of a record made there may be that of the country."""
    bare = texts.str.strip_chars(BLANKS).str.to_lowercase()
    values = ~bare.is_in([*_AT_HOME, *load_shared_words().confirming["nothing"]])
    return values if values.any() else None


def _find_contradiction(texts: Mapping[SideColumn, pl.Series], kind: str) -> tuple[str, pl.Series] | None:
    """The second of two columns of one kind, and where it says another thing than the first; None of one column."""
    columns = [(mark, column) for mark, column in texts.items() if mark.kind == kind]
    if len(columns) < 2:
        return None
    nothing = list(load_shared_words().confirming["nothing"])
    bare = [column.str.strip_chars(BLANKS).str.to_lowercase() for _, column in columns[:2]]
    is_said = ~bare[0].is_in(nothing) & ~bare[1].is_in(nothing)
    if kind == "protocol":
        bare = [
            column.replace_strict({value: parse_protocol(value) or value for value in column.unique()})
            for column in bare
        ]
    differs = (bare[0] != bare[1]) & is_said
    return columns[1][0].heading.strip(), differs.fill_null(value=False)


def _combine_marks(
    texts: Mapping[SideColumn, pl.Series],
    kinds: set[str],
    says: Callable[[str, SideColumn], object],
    kind: pl.DataType,
    marks: Sequence[pl.Series] = (),
) -> pl.Expr | None:
    """What the columns of some kinds say, by `says` of each distinct value, and what was `marks` in others.

    False wins over True. None: no column.
    """
    marks = list(marks)
    for mark, column in texts.items():
        if mark.kind not in kinds:
            continue
        distinct = column.unique()
        facts = [says(text.strip(BLANKS), mark) for text in distinct]
        if all(fact is None for fact in facts):
            continue
        marks.append(column.replace_strict(distinct, pl.Series(facts, dtype=kind), return_dtype=kind))
    if not marks:
        return None
    if kind == pl.Boolean() and len(marks) > 1:
        return pl.max_horizontal(*marks) if says is is_operator else pl.min_horizontal(*marks)
    return pl.coalesce(*marks)


def _parse_protocol_cell(text: str, _: SideColumn) -> str | None:
    return parse_protocol(text)


def _parse_act(text: str, _: SideColumn) -> str | None:
    """Return `start`, `interim` or `stop` of an event; None of a whole record."""
    act_words, words = normalise_words(text), load_shared_words().confirming
    return next((name for name in ("start", "interim", "stop") if act_words in words[name]), None)
