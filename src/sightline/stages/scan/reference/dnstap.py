"""Parse dnstap: one protobuf message in each frame of a frame stream (ADR 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from sightline.model import RejectCode
from sightline.stages.formats.program import Dnstap
from sightline.stages.scan.reference import dns
from sightline.stages.scan.reference.objects import choose_branch
from sightline.stages.scan.reference.record import CommentFrame, Header
from sightline.stages.scan.reference.slots import Branch, Slots

CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
MESSAGE = 1
TYPES = (
    *("AUTH_QUERY", "AUTH_RESPONSE", "RESOLVER_QUERY", "RESOLVER_RESPONSE", "CLIENT_QUERY", "CLIENT_RESPONSE"),
    *("FORWARDER_QUERY", "FORWARDER_RESPONSE", "STUB_QUERY", "STUB_RESPONSE", "TOOL_QUERY", "TOOL_RESPONSE"),
    *("UPDATE_QUERY", "UPDATE_RESPONSE"),
)
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""The wire types."""
NUMBERS = {
    VARINT: {1: "type", 6: "query_port", 7: "response_port", 8: "query_s", 12: "response_s"},
    FIXED32: {9: "query_ns", 13: "response_ns"},
}
"""The number fields of a message. One with another wire type is unknown."""
TEXTS = {4: "query_address", 5: "response_address", 10: "query", 14: "response"}
ADDRESS_BYTES = (0, 4, 16)
SECOND_NS = 1_000_000_000


class NotDnstap(ValueError):
    """Bytes that are no protobuf message. This error never leaves the module."""


@dataclass(slots=True)
class DnstapMessage:
    """The fields of a message by name, the last of each."""

    numbers: dict[str, int] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)


def split(
    dnstap: Dnstap, header: Header | None, absent: Sequence[str], frame: bytes
) -> Branch | CommentFrame | RejectCode:
    """Return the parts of a message, and the branch of its type. Of a comment nothing more is read."""
    if header is None:
        return RejectCode.NO_HEADER
    if header.names not in ((), (CONTENT_TYPE,)):
        return RejectCode.WRONG_HEADER
    try:
        message = _parse_message(frame)
    except NotDnstap:
        return RejectCode.NOT_DNSTAP
    kind = message.numbers["type"]
    name = TYPES[kind - 1] if 1 <= kind <= len(TYPES) else str(kind)
    slots: Slots = {dnstap.map["type"]: [name.encode()]} if "type" in dnstap.map else {}
    branch = choose_branch(dnstap, absent, slots)
    if not isinstance(branch, Branch):
        return branch
    fields = _read_fields(message)
    if isinstance(fields, RejectCode):
        return fields
    slots.update({dnstap.map[part]: texts for part, texts in fields.items() if part in dnstap.map and texts})
    return branch


def _read_fields(message: DnstapMessage) -> dict[str, list[bytes]] | RejectCode:
    """The texts of every part but the type."""
    fields: dict[str, list[bytes]] = {}
    for side in ("query", "response"):
        address = message.texts.get(f"{side}_address", b"")
        if len(address) not in ADDRESS_BYTES:
            return RejectCode.BAD_ADDRESS
        fields[f"{side}_address"] = [str(ip_address(address)).encode()] if address else []
        port = message.numbers.get(f"{side}_port")
        fields[f"{side}_port"] = [] if port is None else [b"%d" % port]
        fields[f"{side}_time"] = _format_dnstap_time(message.numbers, side)
    key = "response" if "response" in message.texts else "query"
    try:
        dns_content = (
            dns.read(message.texts[key], with_answers=key == "response") if key in message.texts else dns.DnsContent()
        )
    except dns.NotDns:
        return RejectCode.NOT_DNS
    fields["qname"] = [] if dns_content.name is None else [dns_content.name]
    fields["qtype"] = [] if dns_content.type is None else [dns_content.type]
    return fields | {"answers": list(dns_content.answers)}


def _format_dnstap_time(numbers: Mapping[str, int], side: str) -> list[bytes]:
    """Seconds since 1970, with their nine digits of a fraction where they have one."""
    if f"{side}_s" not in numbers:
        return []
    seconds, nanoseconds = b"%d" % numbers[f"{side}_s"], numbers.get(f"{side}_ns")
    if nanoseconds is None:
        return [seconds]
    if nanoseconds >= SECOND_NS:
        return [b"%s.%dns" % (seconds, nanoseconds)]  # no time: a fraction of a second or more
    return [b"%s.%09d" % (seconds, nanoseconds)]


def _parse_message(frame: bytes) -> DnstapMessage:
    """The message in a Dnstap frame. Raises NotDnstap."""
    message, is_message = DnstapMessage(), False
    for number, wire, value in _parse_fields(frame):
        if (number, wire) == (15, VARINT):
            is_message = value == MESSAGE
        elif number == 14 and isinstance(value, bytes):
            _store_fields(_parse_fields(value), message)
    if not is_message or "type" not in message.numbers:
        raise NotDnstap
    return message


def _store_fields(fields: Iterator[tuple[int, int, int | bytes]], message: DnstapMessage) -> None:
    for number, wire, value in fields:
        if isinstance(value, bytes):
            if wire == BYTES and number in TEXTS:
                message.texts[TEXTS[number]] = value
        elif number in NUMBERS.get(wire, {}):
            message.numbers[NUMBERS[wire][number]] = value


def _parse_fields(message: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Number, wire type and value of each field of a protobuf message. Raises NotDnstap."""
    at = 0
    while at < len(message):
        key, at = _parse_number(message, at)
        number, wire = key >> 3, key & 7
        if number == 0 or wire not in (VARINT, FIXED64, BYTES, FIXED32):
            raise NotDnstap
        if wire == VARINT:
            value, at = _parse_number(message, at)
            yield number, wire, value
            continue
        length, at = _parse_number(message, at) if wire == BYTES else (8 if wire == FIXED64 else 4, at)
        if at + length > len(message):
            raise NotDnstap
        text, at = message[at : at + length], at + length
        yield number, wire, int.from_bytes(text, "little") if wire == FIXED32 else text


def _parse_number(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, of at most 64, and where it ends. Raises NotDnstap."""
    number = 0
    for place, byte in enumerate(message[at : at + 10]):
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if number >= 1 << 64:
                raise NotDnstap
            return number, at + place + 1
    raise NotDnstap
