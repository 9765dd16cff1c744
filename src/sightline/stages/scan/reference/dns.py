"""Parse the question and answers of a DNS message (RFC 1035, 4.1), for frames of dnstap (ADR 3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

MAX_MESSAGE_BYTES = 65535
MAX_NAME_BYTES = 255
HEADER_BYTES = 12
INTERNET = 1
ADDRESSES = {1: 4, 28: 16}
"""The record types that contain an address, and its number of bytes."""
OTHER_NAMES = (5, 39)
"""CNAME and DNAME: the name that another one refers to."""
TYPES = {
    **{1: b"A", 2: b"NS", 5: b"CNAME", 6: b"SOA", 12: b"PTR", 13: b"HINFO", 15: b"MX", 16: b"TXT", 28: b"AAAA"},
    **{33: b"SRV", 35: b"NAPTR", 39: b"DNAME", 43: b"DS", 46: b"RRSIG", 47: b"NSEC", 48: b"DNSKEY", 50: b"NSEC3"},
    **{52: b"TLSA", 64: b"SVCB", 65: b"HTTPS", 99: b"SPF", 251: b"IXFR", 252: b"AXFR", 255: b"ANY", 256: b"URI"},
    257: b"CAA",
}


class NotDns(ValueError):
    """Bytes that are no DNS message. This error never leaves the package."""


@dataclass(frozen=True, slots=True)
class DnsContent:
    """The question of a message and the targets of its answers; empty for a message without a question."""

    name: bytes | None = None
    type: bytes | None = None
    answers: tuple[bytes, ...] = ()


def read(message: bytes, *, with_answers: bool) -> DnsContent:
    """Parse a message. Raises NotDns for an invalid one, or one with several questions."""
    if not HEADER_BYTES <= len(message) <= MAX_MESSAGE_BYTES:
        raise NotDns
    flags, questions, answers = struct.unpack_from(">HHH", message, 2)
    if flags >> 11 & 15 or not questions:
        return DnsContent()
    if questions > 1:
        raise NotDns
    name, at = _read_name(message, HEADER_BYTES)
    (kind, _), at = _read_numbers(message, at, ">HH"), at + 4
    result = _read_answers(message, at, answers if with_answers else 0)
    return DnsContent(name, TYPES.get(kind, b"TYPE%d" % kind), tuple(result))


def _read_answers(message: bytes, at: int, count: int) -> Iterator[bytes]:
    """The addresses of the answers, and the names that others stand for."""
    for _ in range(count):
        _, at = _read_name(message, at)
        kind, class_, _, length = _read_numbers(message, at, ">HHIH")
        start, at = at + 10, at + 10 + length
        if at > len(message):
            raise NotDns
        if class_ != INTERNET:
            continue
        if kind in ADDRESSES:
            if length != ADDRESSES[kind]:
                raise NotDns
            yield str(ip_address(message[start:at])).encode()
        elif kind in OTHER_NAMES:
            name, end = _read_name(message, start)
            if end != at:
                raise NotDns
            yield name


def _read_name(message: bytes, at: int) -> tuple[bytes, int]:
    """The name at `at` in presentation form, without its last dot, and where it ends.

    A pointer must lead before the run of labels that it ends, so that no name leads back into itself.
    """
    labels: list[bytes] = []
    run, end, octets = at, None, 1
    while (length := _read_numbers(message, at, ">B")[0]) != 0:
        if length >= 0xC0:
            (pointer,) = _read_numbers(message, at, ">H")
            end = end or at + 2
            at = pointer & 0x3FFF
            if not HEADER_BYTES <= at < run:
                raise NotDns
            run = at
            continue
        octets += 1 + length
        if length > 63 or octets > MAX_NAME_BYTES or at + 1 + length > len(message):
            raise NotDns
        labels.append(_format_label(message[at + 1 : at + 1 + length]))
        at += 1 + length
    return b".".join(labels) or b".", end or at + 1


def _format_label(label: bytes) -> bytes:
    """A label as master files write it: what is no visible ASCII as `\\DDD`."""
    return b"".join(
        b"\\" + bytes([byte]) if byte in b".\\" else bytes([byte]) if 0x21 <= byte <= 0x7E else b"\\%03d" % byte
        for byte in label
    )


def _read_numbers(message: bytes, at: int, layout: str) -> tuple[int, ...]:
    if at + struct.calcsize(layout) > len(message):
        raise NotDns
    return struct.unpack_from(layout, message, at)
