"""DNS questions of every sort that a query log has to survive, as packets."""

import struct
from dataclasses import dataclass

from .addresses import client_of
from .logs import FLAGGED, is_flagged

TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65, "ANY": 255}
TYPES["TYPE65280"] = 65280
_RD, _AD, _CD = 0x0100, 0x0020, 0x0010
_OPT, _DO = 41, 0x8000


@dataclass(frozen=True)
class Question:
    """One packet with one question, sent from `client`."""

    labels: tuple[bytes, ...]
    type: str
    client: str
    tcp: bool = False
    flags: int = _RD
    edns: bool = False
    dnssec_ok: bool = False
    chaos: bool = False

    @property
    def name(self) -> str:
        """The name in lower case, for labels without odd bytes."""
        return b".".join(self.labels).decode("latin-1").lower()

    @property
    def visits(self) -> bool:
        """Whether the name is flagged.example or below it; an odd byte makes a name no host (ADR 3, `name`)."""
        plain = all(0x21 <= byte < 0x7F and byte not in b'\\"#%' for byte in b"".join(self.labels))
        return plain and is_flagged(self.name)

    def packet(self, number: int) -> bytes:
        """The wire form (RFC 1035 4.1), with an OPT record (RFC 6891) if asked for."""
        head = struct.pack(">HHHHHH", number, self.flags, 1, 0, 0, int(self.edns))
        name = b"".join(bytes([len(label)]) + label for label in self.labels) + b"\0"
        asked = struct.pack(">HH", TYPES[self.type], 3 if self.chaos else 1)
        opt = b"\0" + struct.pack(">HHIH", _OPT, 1232, _DO if self.dnssec_ok else 0, 0) if self.edns else b""
        return head + name + asked + opt


def labels_of(name: str) -> tuple[bytes, ...]:
    """The labels of a name that has none but plain characters."""
    return tuple(label.encode("ascii") for label in name.split(".")) if name else ()


_PLAIN = (
    (FLAGGED, "A"),
    (FLAGGED, "AAAA"),
    (FLAGGED, "HTTPS"),
    (f"www.{FLAGGED}", "A"),
    ("Cdn.FLAGGED.eXample", "A"),
    (f"_dmarc.{FLAGGED}", "TXT"),
    (FLAGGED, "MX"),
    (FLAGGED, "ANY"),
    ("news.example", "A"),
    ("news.example", "AAAA"),
    ("NeWs.ExAmPlE", "A"),
    ("notflagged.example", "A"),
    ("flagged.example.test", "A"),
    ("a.b.c.d.e.f.g.news.example", "TXT"),
    ("_sip._tcp.news.example", "SRV"),
    ("xn--bcher-kva.example", "A"),
    ("80.113.0.203.in-addr.arpa", "PTR"),
    ("0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "PTR"),
    ("missing.example", "A"),
    ("missing.test", "AAAA"),
    ("news.example", "TYPE65280"),
    ("", "NS"),
    ("example", "SOA"),
    (".".join(["x" * 63, "y" * 63, "z" * 63, "w" * 44, "news.example"]), "A"),
)
_ODD_LABELS = (
    (b"space here", b"news", b"example"),
    (b"dot.in", b"news", b"example"),
    (b'quote"back\\slash', b"news", b"example"),
    (b"\xe0\xa4\xa8", b"news", b"example"),
    (b"\x00\x01\xff", b"news", b"example"),
    (b"semi;paren(at@dollar$", b"news", b"example"),
    (b"x #53 (flagged", b"example"),
    (b"hash#slash/colon:", b"news", b"example"),
)


def plain(start: int = 0) -> list[Question]:
    """Questions for ordinary names, each third one over IPv6."""
    return [
        Question(labels_of(name), type_, client_of(start + n, v6=n % 3 == 1)) for n, (name, type_) in enumerate(_PLAIN)
    ]


def flagged_otherwise(start: int = 50) -> list[Question]:
    """Questions for flagged.example over TCP, with EDNS, DNSSEC OK, CD and without recursion."""
    name = labels_of(FLAGGED)
    return [
        Question(name, "A", client_of(start), tcp=True),
        Question(name, "A", client_of(start + 1), edns=True),
        Question(name, "AAAA", client_of(start + 2), edns=True, dnssec_ok=True, flags=_RD | _CD),
        Question(name, "A", client_of(start + 3), flags=_RD | _AD),
        Question(name, "A", client_of(start + 4), flags=0),
        Question(name, "A", client_of(start + 5, v6=True), tcp=True, edns=True),
    ]


def odd(start: int = 80) -> list[Question]:
    """Questions whose labels hold bytes that a log has to escape; none is a visit."""
    return [Question(labels, "A", client_of(start + n)) for n, labels in enumerate(_ODD_LABELS)]


def every() -> list[Question]:
    """All of the above."""
    return plain() + flagged_otherwise() + odd()
