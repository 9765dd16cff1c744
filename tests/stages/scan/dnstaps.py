"""Frame streams and Dnstap messages, put together for tests and for the sample after the specification."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import ip_address

CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
ACCEPT, START, STOP, READY, FINISH = range(1, 6)
AUTH_QUERY, AUTH_RESPONSE, RESOLVER_QUERY, RESOLVER_RESPONSE, CLIENT_QUERY, CLIENT_RESPONSE = range(1, 7)
FORWARDER_QUERY, FORWARDER_RESPONSE, STUB_QUERY, STUB_RESPONSE, TOOL_QUERY, TOOL_RESPONSE = range(7, 13)
A, CNAME, AAAA = 1, 5, 28


def data(payload: bytes) -> bytes:
    """A data frame."""
    return struct.pack(">I", len(payload)) + payload


def control(kind: int, *content_types: bytes) -> bytes:
    """A control frame."""
    fields = b"".join(struct.pack(">II", 1, len(text)) + text for text in content_types)
    return struct.pack(">III", 0, 4 + len(fields), kind) + fields


def varint(number: int) -> bytes:
    """A number of protobuf."""
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(high) if high else bytes([low])


def number_field(field: int, number: int) -> bytes:
    """A protobuf field of a number."""
    return varint(field << 3) + varint(number)


def text(field: int, value: bytes) -> bytes:
    """A protobuf field of bytes."""
    return varint(field << 3 | 2) + varint(len(value)) + value


def fixed(field: int, number: int) -> bytes:
    """A protobuf field of 32 bits."""
    return varint(field << 3 | 5) + struct.pack("<I", number)


def dnstap(message: bytes) -> bytes:
    """A Dnstap frame's payload around a message."""
    return text(1, b"ns.example") + text(14, message) + number_field(15, 1)


def message_payload(
    kind: int, wire: bytes, *, client: str = "192.0.2.7", at: int = 1_790_000_000, nanoseconds: int = 5
) -> bytes:
    """The payload of one question or answer, by its number."""
    address = ip_address(client).packed
    is_answer = kind % 2 == 0
    return dnstap(
        number_field(1, kind)
        + number_field(2, 1 if len(address) == 4 else 2)
        + number_field(3, 1)
        + text(4, address)
        + number_field(6, 5353)
        + number_field(12 if is_answer else 8, at)
        + fixed(13 if is_answer else 9, nanoseconds)
        + text(14 if is_answer else 10, wire)
    )


def name(*labels: bytes) -> bytes:
    """A name on the wire."""
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def labels_of(host: str) -> bytes:
    """The name on the wire of a host."""
    return name(*(label.encode() for label in host.split(".")))


def record(owner: bytes, kind: int, value: bytes, class_: int = 1) -> bytes:
    """One record of an answer."""
    return owner + struct.pack(">HHIH", kind, class_, 60, len(value)) + value


def dns(
    question: bytes, kind: int = A, answers: Sequence[bytes] = (), *, flags: int = 0x0100, questions: int = 1
) -> bytes:
    """A DNS message."""
    head = struct.pack(">HHHHHH", 7, flags, questions, len(answers), 0, 0)
    return head + question + struct.pack(">HH", kind, 1) + b"".join(answers)


def stream(*payloads: bytes, content_type: bytes = CONTENT_TYPE) -> bytes:
    """A whole frame stream of one direction."""
    return control(START, content_type) + b"".join(map(data, payloads)) + control(STOP)


def specification() -> bytes:
    """The sample after the specification: both directions of a talk, and what no server of Debian's writes."""
    plain, answered = labels_of("news.example"), b"\xc0\x0c"
    flagged = dns(labels_of("www.flagged.example"))
    chain = dns(
        labels_of("www.flagged.example"),
        answers=[
            record(answered, CNAME, labels_of("cdn.flagged.example")),
            record(b"\xc0\x31", A, ip_address("203.0.113.66").packed),
            record(b"\xc0\x31", AAAA, ip_address("2001:db8:5::66").packed),
        ],
        flags=0x8180,
    )
    payloads = [
        message_payload(STUB_QUERY, flagged),
        message_payload(TOOL_QUERY, dns(plain, AAAA), client="2001:db8:c::7"),
        message_payload(CLIENT_RESPONSE, chain),
        message_payload(RESOLVER_QUERY, dns(plain)),
        message_payload(CLIENT_QUERY, dns(name(b"dot.in", b"space here", b"\xff", b"example"), 65280)),
        message_payload(CLIENT_QUERY, dns(name())),
        message_payload(13, dns(labels_of("zone.example"), 6, flags=0x2800)),
        message_payload(CLIENT_QUERY, dns(plain, flags=0x2400)),
        message_payload(CLIENT_QUERY, b"GET / HTTP/1.1\r\n\r\n"),
        message_payload(CLIENT_QUERY, dns(b"\xc0\x0c")),
        message_payload(99, flagged),
        b"no protobuf",
        message_payload(CLIENT_QUERY, flagged, nanoseconds=1_000_000_000),
    ]
    talk = control(READY, CONTENT_TYPE) + control(ACCEPT, CONTENT_TYPE)
    other = control(START, b"protobuf:other") + data(b"\x08\x01") + control(9) + control(STOP)
    return talk + stream(*payloads) + control(FINISH) + other
