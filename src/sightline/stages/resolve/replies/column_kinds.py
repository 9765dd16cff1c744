"""The kinds of columns that are no facts of a layout: each confirms a row, doubts it, or says nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.reply_layouts import ReplyLayout
from sightline.stages.resolve.replies.shared_words import load_shared_words


@dataclass(frozen=True, slots=True)
class SideColumn:
    """A column that is no fact of a layout: its place, its heading, its kind, and further words that confirm."""

    at: int
    heading: str
    kind: str
    confirming: frozenset[str] = frozenset()


def find_column_kind(layout: ReplyLayout, heading: str) -> str:
    """Return the kind of a column that is no fact, by its heading.

    As words.toml and the layout declare, or by its words.

    `ignored`: a layout declares that it has no meaning; `other`: no declaration exists.
    """
    name = reduce_heading(heading)
    if not name:
        return "number" if heading.strip() in {"#", "\u2116"} else "other"
    if kind := layout.kinds.get(name) or load_shared_words().kinds.get(name):
        return kind
    field = layout.fields.get(name)
    if field is not None:
        return _KINDS_OF_FIELDS.get(field, "status")
    if name in layout.ignored:
        return "ignored"
    result = {*split_words(heading)}
    if result & _AMOUNTS and result <= _AMOUNTS | _OF_AMOUNTS:
        return "number"
    if kind := _choose_equipment_kind(result):
        return kind
    if result & _TIMES:
        return "other"
    if result & _CAUSES and result & _OF_SIGNALLING:
        return "status"
    return next((kind for kind, some in _BY_WORDS if result & some), "other")


_NODES = frozenset("sgsn ggsn mme pgw sgw upf smf amf msc".split())
_CELLS = frozenset("cell cgi ecgi ncgi tower bts enodeb gnodeb sector".split())
_DEVICES = frozenset("olt onu ont pon dslam msan splitter cpe modem".split())
_OF_EQUIPMENT = frozenset(
    "first last start end serving home visited global id identity identifier no number code name type make model vendor"
    " serial sn port slot card frame shelf mac or and".split()
)
_OF_PLACES = frozenset({"address", "location", "lat", "long", "latitude", "longitude"})


def _choose_equipment_kind(kinds: set[str]) -> str | None:
    """The kind of a column about parts of a network, by the words of its heading; None where it has any other word.

    The address of a core node is never a line's. An address of a line's own device may be: it is no such column.
    """
    if kinds & _NODES and kinds <= _NODES | {"ip", "ipv4", "address", "addr", "id", "name", "node"}:
        return "address" if kinds & {"ip", "ipv4", "address", "addr"} else "token"
    if kinds & _CELLS and kinds <= _CELLS | _OF_EQUIPMENT | _OF_PLACES | {"site"}:
        return "place" if kinds & (_OF_PLACES | {"name", "site"}) else "id"
    if kinds & _DEVICES and kinds <= _DEVICES | _OF_EQUIPMENT:
        return "mac" if "mac" in kinds else "token"
    return None


def find_attribute_kind(name: str) -> str | None:
    """Return the kind of a RADIUS attribute that reports a request's result, or None for any other."""
    kind = load_shared_words().kinds.get(reduce_heading(name))
    if kind in {"status", "cause", "packet"}:
        return kind
    attribute_kinds = {
        "message",
        "result",
        "reject",
        "failure",
        "error",
        "remark",
        "remarks",
        "comment",
        "comments",
        "note",
    }
    return "status" if attribute_kinds & {*split_words(name)} else None


_AMOUNTS = frozenset("bytes byte octets packets pkts volume traffic usage data kb mb gb kib mib gib".split())
"""A heading with one of these, and else only words of `_OF_AMOUNTS`, has amounts below: they say nothing of a line."""
_OF_AMOUNTS = frozenset(
    "total sum of in out up down uplink downlink upload download uploaded downloaded sent received transferred used"
    " consumed link count input output rx tx ul dl and".split()
)
_TIMES = frozenset({"date", "time", "timestamp", "at", "on", "since", "until", "till", "from"})
_CAUSES = frozenset({"cause", "causes", "reason"})
_OF_SIGNALLING = frozenset(
    """
    esm emm sm mm gmm 5gsm 5gmm nas gtp s1ap ngap diameter sip isup q850 ikev2 eap 802
    reject rejection rejected deny denial denied refusal fail failure failed error drop block blocked
    """.split()
)
"""Words of a heading by which its causes are not those of the end of a session (RFC 2866): of an act that failed, or of
a protocol with numbers of its own, of which most say that nothing was set up (3GPP TS 24.301, TS 29.274).
"""
_BY_WORDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("direction", frozenset({"direction"})),
    ("cause", frozenset({"cause", "reason"})),
    (
        "status",
        frozenset(
            """
            status state remark remarks comment comments note notes result results response outcome observation
            observations confidence disposition verified verification finding findings verdict message
            """.split()
        ),
    ),
    ("event", frozenset({"event", "action", "activity"})),
)
"""The kind of a column whose heading is in no list, by a word in it."""
_KINDS_OF_FIELDS = {
    "msisdn": "phone",
    "line": "phone",
    "imsi": "id",
    "imei": "id",
    "circuit": "token",
    "user_id": "token",
    "account": "token",
    "number": "token",
    "station": "mac",
    "session": "id",
    "nas": "token",
    "psid": "number",
    "psid_offset": "number",
    "psid_length": "number",
}
"""The look of a field's values where the column is not used: a second one, or a customer's telephone number."""
