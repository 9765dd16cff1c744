"""Read a CASE/UCO graph (JSON-LD) of another tool: each network connection with its source address and its time.

CASE 1.x, UCO 1.x: `NetworkConnectionFacet` with `src`, `dst` (objects whose facets have `addressValue`), `sourcePort`,
`destinationPort`, `startTime`, `endTime`. Names are compared without their prefix, and a value may be a text, a list,
an object with `@value`, or a reference with `@id`. Objects of other types are counted by type, and not read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sightline.model import TipCode
from sightline.stages.tabular.table_rows import RowPlace, Unreadable
from sightline.stages.tips import cell_values
from sightline.stages.tips.cybertip_json import read_document
from sightline.stages.tips.model import Item, TipEvent, TipNote, TipOptions, TipReject
from sightline.stages.tips.tip_times import parse_instant

CONNECTION = "NetworkConnectionFacet"
_READ = frozenset(
    "NetworkConnection HTTPConnection TCPConnection ObservableObject Observable Bundle IPAddress IPv4Address"
    " IPv6Address IPAddressFacet IPv4AddressFacet IPv6AddressFacet DigitalAddressFacet dateTime integer string".split()
) | {CONNECTION}
"""The types that are read, or that say nothing by themselves."""
_LOCAL = re.compile(r"[A-Za-z][A-Za-z0-9]{0,60}", re.ASCII)
_NAMED = 10
"""How many types that are not read are named; others are counted."""


@dataclass(eq=False, slots=True)
class CaseNode:
    """An object or a text of the document: its members by local name, and where it stands."""

    name: str
    begins: int
    parent: CaseNode | None
    ends: int = 0
    text: str | None = None
    members: dict[str, list[CaseNode]] = field(default_factory=dict)
    is_repeated: bool = False

    def list_texts(self, name: str) -> list[str]:
        """Return the texts of a member, those in `@value` or `@id` included."""
        result = []
        for node in self.members.get(name, ()):
            inner = [each.text for key in ("@value", "@id") for each in node.members.get(key, ())]
            result += [text for text in (node.text, *inner) if text is not None]
        return result


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the connections of a graph, then a break if the document is incomplete."""
    return read_document(content, member, CaseGraph(member, options))


class CaseGraph:
    """Takes a document's objects in order. Returns the connections at the end."""

    def __init__(self, member: str | None, options: TipOptions) -> None:
        self._member, self._options = member, options
        self._open: CaseNode | None = None
        self._objects: list[CaseNode] = []
        self._by_id: dict[str, list[CaseNode]] = {}
        self._known: dict[str, frozenset[str]] = {}
        self._facets: dict[str, frozenset[str]] = {}

    def start_element(self, name: str, byte_offset: int) -> None:
        """Handle the start of an object or a text."""
        self._open = CaseNode(derive_local_name(name), byte_offset, self._open)

    def says(self, text: str) -> None:
        """Handle a text."""
        if self._open is not None:
            self._open.text = text

    def note_repeat(self) -> None:
        """Handle a key of the innermost open object that stands there twice."""
        if self._open is not None:
            self._open.is_repeated = True

    def end_element(self, end: int) -> None:
        """Handle the end of the innermost open object or text."""
        node = self._open
        if node is None:
            return
        node.ends, self._open = end, node.parent
        if node.parent is not None:
            node.parent.members.setdefault(node.name, []).append(node)
        if node.text is None:
            self._objects.append(node)
            if len(node.members) > 1 and (ids := node.list_texts("@id")):
                self._by_id.setdefault(ids[0], []).append(node)

    def find_partial(self) -> int | None:
        """Return None: what an object that was cut off begins with is part of the break."""
        return None

    def list_items(self) -> Iterator[Item]:
        """Yield the connections in the order in which they begin, then what was not read."""
        unread: Counter[str] = Counter()
        for node in sorted(self._objects, key=lambda one: one.begins):
            types = {derive_local_name(text) for text in node.list_texts("@type")}
            if CONNECTION in types:
                yield self._read_item(node)
            unread.update(types - _READ)
        if unread:
            yield TipNote(f"not read: {_describe(unread)}")

    def _read_item(self, node: CaseNode) -> Item:
        place = RowPlace(self._member, None, None, node.begins, node.ends - node.begins)
        try:
            return self._read_event(node, place)
        except Unreadable as error:
            return TipReject(error.code, place)

    def _read_event(self, node: CaseNode, place: RowPlace) -> TipEvent:
        """Read a connection. Raises Unreadable."""
        if node.is_repeated:
            raise Unreadable(TipCode.REPEATED_FIELD)
        time = _get_only(node.list_texts("startTime") or node.list_texts("endTime"))
        source = self._address(node, "src")
        if time is None or source is None:
            raise Unreadable(TipCode.MISSING_FIELD)
        destination = self._address(node, "dst")
        source_ip, source_port = cell_values.parse_endpoint(source, _get_only(node.list_texts("sourcePort")))
        other = (
            (None, None)
            if destination is None
            else cell_values.parse_endpoint(destination, _get_only(node.list_texts("destinationPort")))
        )
        return TipEvent(
            place=place,
            time=parse_instant(cell_values.strip_text(time), None, self._options.read),
            source_ip=source_ip,
            source_port=source_port,
            destination_ip=other[0],
            destination_port=other[1],
        )

    def _address(self, node: CaseNode, name: str) -> str | None:
        """Return the address at an end of a connection. Raises Unreadable where it has several."""
        result = {address for case_node in node.members.get(name, ()) for address in self._list_stated(case_node)}
        result |= {address for text in node.list_texts(name) for address in self._list_addresses(text)}
        return _get_only(sorted(result))

    def _list_addresses(self, identifier: str) -> frozenset[str]:
        """Return the addresses that the objects with an id state. Each id is looked up once: it may be hostile."""
        if identifier not in self._known:
            self._known[identifier] = frozenset(
                address for node in self._by_id.get(identifier, ()) for address in self._list_stated(node)
            )
        return self._known[identifier]

    def _list_stated(self, node: CaseNode) -> Iterator[str]:
        """Yield the addresses that an object and its facets state."""
        yield from node.list_texts("addressValue")
        for facet in node.members.get("hasFacet", ()):
            yield from facet.list_texts("addressValue")
            for text in facet.list_texts("@id"):
                yield from self._list_values(text)

    def _list_values(self, identifier: str) -> frozenset[str]:
        """Return the addresses that the facets with an id state."""
        if identifier not in self._facets:
            self._facets[identifier] = frozenset(
                address for node in self._by_id.get(identifier, ()) for address in node.list_texts("addressValue")
            )
        return self._facets[identifier]


def derive_local_name(text: str) -> str:
    """Return a name without its prefix: `uco-observable:src` and `https://ontology.../src` are `src`."""
    return re.split(r"[:/#]", text)[-1] if not text.startswith("@") else text


def _get_only(texts: list[str]) -> str | None:
    """Return the one text, or None for none. Raises Unreadable where several contradict each other."""
    distinct = list(dict.fromkeys(texts))
    if len(distinct) > 1:
        raise Unreadable(TipCode.REPEATED_FIELD)
    return distinct[0] if distinct else None


def _describe(unread: Counter[str]) -> str:
    """Return counts by type, the most frequent first. A name that is none of a type is not repeated."""
    named: Counter[str] = Counter()
    for name, count in unread.items():
        named[name if _LOCAL.fullmatch(name) else "of no type"] += count
    most = sorted(named.items(), key=lambda one: (-one[1], one[0]))
    parts = [f"{count:,} {name}" for name, count in most[:_NAMED]]
    rest = sum(count for _, count in most[_NAMED:])
    return ", ".join([*parts, *([f"{rest:,} of other types"] if rest else [])])
