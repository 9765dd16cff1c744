"""Interpret a CyberTipline report, element by element, with the same meaning for its XML and its JSON.

The shapes are those of NCMEC's Reporting API (`report`, `fileDetails`: `ipCaptureEvent` with `ipAddress`, `eventName`,
`dateTime`, `possibleProxy`, `port`) and of the reports that units download (`sourceCaptures` with `captureType`,
`value`, `dateTime`, `eventName`). Children come in any order, so events wait until the document ends: only then it is
known whose they are. Unknown elements are ignored unless they name an address: an element with an `ipAddress` is a
frame, whatever its name.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from sightline.model import Party, TipCode
from sightline.model.report_flags import VICTIM
from sightline.stages.canonical.address import parse_address
from sightline.stages.tabular.markup import Handler
from sightline.stages.tabular.table_rows import RowPlace, Unreadable
from sightline.stages.tips import cell_values, flags
from sightline.stages.tips.model import Item, TipComment, TipEvent, TipNote, TipOptions, TipReject
from sightline.stages.tips.tip_times import parse_instant

NAMES = (
    "ipcaptureevent",
    "sourcecapture",
    "reportedinformation",
    "personoruserreported",
    "reportedperson",
    "incidentsummary",
    "filedetails",
)
"""Normalised names, one of which every report has near its beginning."""

_PARTIES = {
    "personoruserreported": Party.REPORTED,
    "reportedperson": Party.REPORTED,
    "intendedrecipient": Party.RECIPIENT,
    "victim": Party.VICTIM,
    "childvictim": Party.VICTIM,
    "reporter": Party.REPORTER,
    "reportingesp": Party.REPORTER,
    "reportingperson": Party.REPORTER,
    "lawenforcement": Party.REPORTER,
    "reportedaccount": Party.REPORTED,
    "reporteduser": Party.REPORTED,
    "reporteeinformation": Party.REPORTED,
}
_PARTY_WORDS = (
    ("victim", Party.VICTIM),
    ("recipient", Party.RECIPIENT),
    ("reporter", Party.REPORTER),
    ("reportingperson", Party.REPORTER),
    ("complainant", Party.REPORTER),
    ("witness", Party.REPORTER),
    ("lawenforcement", Party.REPORTER),
    ("contactperson", Party.REPORTER),
)
"""Words in the names of elements, such as `victimAccount`: a sender's own name must not make a lead of a victim."""
_FILES = frozenset({"filedetails", "uploadedfile"})
_REPORTS = frozenset({"report", "cybertip", "cybertipreport", "cybertiplinereport"})
_ACCOUNTS = frozenset({"screenname", "espidentifier", "espuserid", "displayname", "email"})
_IDENTIFIERS = ("espuserid", "espidentifier", "screenname", "email")
"""Names that identify an account at its service, the strongest first. A display name identifies nobody."""
_DIGESTS = frozenset({"originalfilehash", "verificationhash", "originalbinaryhashoffile"})
_NAMED_DIGESTS = frozenset({"md5", "sha1", "sha256"})
_FIELDS = frozenset({"ipaddress", "eventname", "datetime", "possibleproxy", "port", "capturetype", "value", "hashtype"})
_CAPTURES = frozenset({"ipcaptureevent", "sourcecapture"})
_IP = re.compile(r"\bip(?:v[46])?\b|ipaddress", re.IGNORECASE)
_BY_DIGITS = {32: "md5", 40: "sha1", 64: "sha256"}


@lru_cache(maxsize=4096)
def normalise_tag(name: str) -> str:
    """Return a name without its namespace, plural, capitals and separators.

    `ns:ip_capture_Events` is `ipcaptureevent`.
    """
    bare = name.rpartition(":")[2].lower().replace("_", "").replace("-", "")
    return bare if bare in {"filedetails", "screenname"} else bare.removesuffix("s") if bare != "ipaddress" else bare


@lru_cache(maxsize=4096)
def find_party(name: str) -> Party | None:
    """Return whose element has a name, as `normalise_tag` returns it; None if it is no person's."""
    return _PARTIES.get(name) or next((party for word, party in _PARTY_WORDS if word in name), None)


class _PartyNames:
    """The names of elements that are a person's."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and find_party(name) is not None


_PERSONS = _PartyNames()


@dataclass(eq=False, slots=True)
class OpenElement:
    """An element that is open, or that contains a capture: its useful content, and its parent."""

    name: str
    byte_offset: int
    parent: OpenElement | None
    text: list[str] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    facts: dict[str, list[str]] = field(default_factory=dict)
    has_children: bool = False
    has_captures: bool = False
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Capture:
    """A frame, with its element."""

    element: OpenElement
    place: RowPlace


class CybertipReport(Handler):
    """Takes a document's elements in order. Returns the frames at the end."""

    def __init__(self, member: str | None, options: TipOptions) -> None:
        self._member, self._options = member, options
        self._open: OpenElement | None = None
        self._captures: list[Capture] = []
        self._addresses_elsewhere = 0
        self._digests_left_out = 0

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str] | None = None) -> None:
        """Handle the start of an element."""
        if self._open is not None:
            self._open.has_children = True
        self._open = OpenElement(normalise_tag(name), byte_offset, self._open)
        for key, value in (attributes or {}).items():
            if normalise_tag(key) in _FIELDS:
                self._open.fields.setdefault(normalise_tag(key), []).append(value)

    def says(self, text: str) -> None:
        """Handle text of the innermost open element."""
        if self._open is not None and text:
            self._open.text.append(text)

    def note_repeat(self) -> None:
        """Handle a child of the innermost open element that appears twice but may appear once."""
        if self._open is not None:
            self._open.is_repeated = True

    def end_element(self, end: int) -> None:
        """Handle the end of the innermost open element, before `end`."""
        element = self._open
        if element is None:
            return
        self._open = element.parent
        place = RowPlace(self._member, None, None, element.byte_offset, end - element.byte_offset)
        if element.has_children:
            self._end_whole(element, place)
        else:
            self._end_leaf(element, place)
        self._keep_flag(element)
        element.text.clear()

    def _keep_flag(self, element: OpenElement) -> None:
        """Keep the flag that an element states, for its whole report."""
        group = element.parent.name if element.parent else None
        text = element.fields["value"][-1] if "value" in element.fields else "".join(element.text)
        flag = flags.flag_of(element.name, group, text.strip())
        if element.has_children and find_party(element.name) is Party.VICTIM:
            flag = VICTIM
        if flag is not None:
            _add(_find_enclosing(element, _REPORTS) or _find_root(element), "flags", flag)

    def _end_whole(self, element: OpenElement, place: RowPlace) -> None:
        is_capture = element.name.endswith(tuple(_CAPTURES)) and (element.fields or not element.has_captures)
        if is_capture or "ipaddress" in element.fields:
            self._captures.append(Capture(element, place))
            if element.parent is not None:
                element.parent.has_captures = True
        elif element.has_captures and element.parent is not None:
            element.parent.has_captures = True
        elif any(parse_address(value.strip()) for value in element.fields.get("value", ())):
            self._addresses_elsewhere += 1
        if "value" in element.fields:
            self._states(element, element.fields["value"][-1])

    def _end_leaf(self, element: OpenElement, place: RowPlace) -> None:
        text = "".join(element.text)
        if element.name.endswith(tuple(_CAPTURES)) or "ipaddress" in element.fields:
            # A capture without children: its text or attributes contain an address, or nothing.
            if text.strip():
                element.fields.setdefault("ipaddress", []).append(text)
            self._captures.append(Capture(element, place))
        elif element.name in _FIELDS and element.parent is not None:
            element.parent.fields.setdefault(element.name, []).append(text)
        elif parse_address(text.strip()) is not None:
            self._addresses_elsewhere += 1
        self._states(element, text)

    def _states(self, element: OpenElement, text: str) -> None:
        """Keep what is of use for events that lie in the same person, file or report."""
        name, bare = element.name, text.strip()
        if not bare:
            return
        if name in _ACCOUNTS:
            _add(_find_enclosing(element, _PERSONS), "accounts", bare)
            _add(_find_enclosing(element, _PERSONS), name, bare)
        elif name in _DIGESTS:
            _add(_find_enclosing(element, _FILES), "digests", f"{''.join(element.fields.get('hashtype', ()))}:{bare}")
        elif name in _NAMED_DIGESTS:
            _add(_find_enclosing(element, _FILES), "digests", f"{name}:{bare}")
        elif name == "espservice":
            _add(_find_enclosing(element, _PERSONS) or _find_root(element), "services", bare)
        elif name == "espname":
            _add(_find_enclosing(element, _REPORTS) or _find_root(element), "esps", bare)
        elif name == "reportid":
            inner = _find_enclosing(element, _FILES) if element.parent and element.parent.name in _FILES else None
            _add(inner or _find_enclosing(element, _REPORTS) or _find_root(element), "report_ids", bare)

    def find_partial(self) -> int | None:
        """Return where the outermost open capture begins, or None."""
        number, element = None, self._open
        while element is not None:
            if element.name.endswith(tuple(_CAPTURES)) and not element.has_captures:
                number = element.byte_offset
            element = element.parent
        return number

    def list_items(self) -> Iterator[Item]:
        """Return the frames in the order in which they begin, after the whole document was read."""
        for capture in sorted(self._captures, key=lambda one: one.place.byte_offset or 0):
            yield self._read_item(capture)
        if self._addresses_elsewhere:
            yield TipNote(
                f"{self._addresses_elsewhere:,} texts outside of captures look like addresses and are not read:"
                " look at the report itself"
            )
        if self._digests_left_out:
            yield TipNote(f"{self._digests_left_out:,} stated digests of files are none, and are left out")

    def _read_item(self, capture: Capture) -> Item:
        result = capture.element.fields
        kinds = [kind for kind in result.get("capturetype", []) if kind.strip()]
        if kinds and "ipaddress" not in result and not any(map(_IP.search, kinds)):
            self._addresses_elsewhere += any(
                parse_address(value.strip()) is not None for value in result.get("value", ())
            )
            return TipComment(capture.place)
        try:
            return self._read_event(capture)
        except Unreadable as error:
            return TipReject(error.code, capture.place)

    def _read_event(self, capture: Capture) -> TipEvent:
        """Read a capture. Raises Unreadable."""
        element = capture.element
        if element.is_repeated or any(len(field_name) > 1 for field_name in element.fields.values()):
            raise Unreadable(TipCode.REPEATED_FIELD)
        result = {name: cell_values.clean_text(one[0]) for name, one in element.fields.items()}
        is_typed = "capturetype" in result or element.name.endswith("sourcecapture")
        address_text = result.get("ipaddress") or (result.get("value") if is_typed else None)
        if not address_text or not result.get("datetime"):
            raise Unreadable(TipCode.MISSING_FIELD)
        source_ip, source_port = cell_values.parse_endpoint(address_text, result.get("port"))
        party = _find_enclosing(element, _PERSONS)
        file = _find_enclosing(element, _FILES)
        digests, left_out = _parse_digests(file.facts.get("digests", [])) if file else ((), 0)
        self._digests_left_out += left_out
        proxy = result.get("possibleproxy")
        return TipEvent(
            place=capture.place,
            time=parse_instant(str(result["datetime"]), None, self._options.read),
            source_ip=source_ip,
            source_port=source_port,
            event=result.get("eventname"),
            report_id=_get_only(_list_nearest_facts(element, "report_ids")),
            esp=" / ".join(_list_nearest_facts(element, "esps")) or None,
            service=" / ".join(_list_nearest_facts(element, "services")) or None,
            accounts=tuple(dict.fromkeys(map(cell_values.strip_text, party.facts.get("accounts", ()))))
            if party
            else (),
            digests=digests,
            party=find_party(party.name) if party else None,
            is_possible_proxy=proxy is not None and cell_values.parse_yes(proxy),
            is_peer_to_peer=_find_enclosing(element, ("peer2peerincident",)) is not None,
            account=_find_identifier(party) if party else None,
            flags=_list_flags(element),
        )


def _find_identifier(party: OpenElement) -> str | None:
    """The strongest name of a person's account. None where the report states several: which was used is unknown."""
    stated = next((party.facts[name] for name in _IDENTIFIERS if party.facts.get(name)), [])
    return cell_values.strip_text(stated[0]) if len(stated) == 1 else None


def _list_flags(element: OpenElement) -> tuple[str, ...]:
    """The flags of the report that a capture lies in."""
    result: set[str] = set()
    around: OpenElement | None = element
    while around is not None:
        result.update(around.facts.get("flags", ()))
        around = around.parent
    return tuple(sorted(result))


def _find_enclosing(element: OpenElement, names: Container[str]) -> OpenElement | None:
    """The nearest element of such a name that it lies in, or is."""
    result: OpenElement | None = element
    while result is not None and result.name not in names:
        result = result.parent
    return result


def _find_root(element: OpenElement) -> OpenElement:
    while element.parent is not None:
        element = element.parent
    return element


def _list_nearest_facts(element: OpenElement, fact: str) -> list[str]:
    """Such facts of the nearest element that states one."""
    result: OpenElement | None = element
    while result is not None:
        if facts := result.facts.get(fact):
            return list(dict.fromkeys(map(cell_values.strip_text, facts)))
        result = result.parent
    return []


def _get_only(facts: list[str]) -> str | None:
    """The fact, if there is one. Raises Unreadable where several contradict each other."""
    if len(facts) > 1:
        raise Unreadable(TipCode.REPEATED_FIELD)
    return facts[0] if facts else None


def _add(element: OpenElement | None, fact: str, text: str) -> None:
    if element is not None:
        texts = element.facts.setdefault(fact, [])
        if text not in texts:
            texts.append(text)


def _parse_digests(stated: list[str]) -> tuple[tuple[tuple[str, str], ...], int]:
    """The digests of a file by kind, and how many that are stated are none, or contradict another."""
    result: dict[str, str] = {}
    left_out = 0
    for digest in stated:
        kind, _, text = digest.partition(":")
        named = kind.lower().replace("-", "").strip()
        if named and named not in _NAMED_DIGESTS:
            continue
        try:
            name, value = cell_values.parse_digest(named or _BY_DIGITS.get(len(text), "md5"), text)
        except Unreadable:
            left_out += 1
        else:
            left_out += result.setdefault(name, value) != value
    return tuple(sorted(result.items())), left_out
