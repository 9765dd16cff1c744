"""Canonicalise a host in any spelling: WHATWG host parsing for special schemes, and further rules of ADR 5."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from sightline.stages.canonical.address import (
    Address,
    ends_in_number,
    parse_address,
    parse_ipv6,
    parse_whatwg_ipv4,
)

_LONGEST_TEXT = 1024
_LONGEST_NAME = 253
_LONGEST_LABEL = 63
_FORBIDDEN = frozenset(map(chr, range(0x21))) | frozenset("#%/:<>?@[\\]^|\x7f")
"""WHATWG's forbidden domain code points."""
_PORT = re.compile(rb"0*([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Host:
    """A canonical host: its text (IPv6 without brackets), and its address if it is one."""

    text: str
    address: Address | None = None

    @property
    def bracketed(self) -> str:
        """Return the text as it is written before a port: IPv6 in brackets."""
        return f"[{self.text}]" if ":" in self.text else self.text


def parse_host(raw: bytes) -> Host | None:
    """Give the host that `raw` spells, IPv6 with or without brackets, no port; None where it spells none."""
    if raw.startswith(b"["):
        return _build_host(parse_ipv6(raw[1:-1].decode("latin-1"))) if raw.endswith(b"]") else None
    if b":" in raw:
        return _build_host(parse_ipv6(raw.decode("latin-1")))
    if len(raw) > 3 * _LONGEST_TEXT:
        return None
    decoded = unquote_to_bytes(raw)
    try:
        name = _to_ascii(decoded.decode("utf-8")) if len(decoded) <= _LONGEST_TEXT else None
    except UnicodeDecodeError:
        return None
    if name is None:
        return None
    if ends_in_number(name):
        return _build_host(parse_whatwg_ipv4(name))
    return _build_name(name)


def parse_query_name(raw: bytes) -> Host | None:
    """Give the name that a DNS query asks for; None where no host can have it.

    It is no host of a URL: a name of digits is no address, and an escape such as `%2E` is no letter.
    """
    try:
        name = _to_ascii(raw.decode("utf-8")) if len(raw) <= _LONGEST_TEXT else None
    except UnicodeDecodeError:
        return None
    return None if name is None else _build_name(name)


def parse_answer(raw: bytes) -> Host | None:
    """Give what a DNS answer names: an address as answers have it, or a name."""
    return _build_host(parse_address(raw)) or parse_query_name(raw)


def _build_name(name: str) -> Host | None:
    name = name.removesuffix(".")
    if len(name) > _LONGEST_NAME or not all(0 < len(label) <= _LONGEST_LABEL for label in name.split(".")):
        return None
    return Host(name)


def parse_authority(raw: bytes) -> tuple[Host, int | None] | None:
    """Give host and port of `host[:port]`, userinfo dropped, bare IPv6 allowed; None where either is none."""
    raw = raw.rpartition(b"@")[2]
    if raw.count(b":") > 1 and not raw.startswith(b"["):
        host_name = parse_host(raw)
        return (host_name, None) if host_name else None
    return parse_host_and_port(raw)


def parse_host_and_port(raw: bytes) -> tuple[Host, int | None] | None:
    """Give host and port of what follows the userinfo by WHATWG: `parse_authority` without userinfo and bare IPv6."""
    if raw.startswith(b"["):
        name, bracket, rest = raw.partition(b"]")
        before, _, digits = rest.partition(b":")
        name += bracket + before
    else:
        name, _, digits = raw.partition(b":")
    port = parse_port_number(digits)
    host_name = parse_host(name)
    if host_name is None or (digits and port is None):
        return None
    return host_name, port


def parse_port_number(digits: bytes) -> int | None:
    """Give the port that one or more digits spell; None where they spell none."""
    port = _PORT.fullmatch(digits)
    return int(port[1]) if port and int(port[1]) <= 0xFFFF else None


def _build_host(address: Address | None) -> Host | None:
    return Host(str(address), address) if address else None


def _to_ascii(domain: str) -> str | None:
    """Give the ASCII form in lower case, or None where the domain is invalid; labels may be empty or long.

    An ASCII domain is lower-cased and no label of it decoded, as WHATWG has it since 2026 (whatwg/url#914): names in
    use fail the checks.
    """
    if domain.isascii():
        ascii_form: str | None = domain.lower()
    else:
        from sightline.stages.canonical import uts46  # noqa: PLC0415  - its tables take longer to load than a scan

        ascii_form = uts46.to_ascii(domain)
    return ascii_form if ascii_form is not None and not _FORBIDDEN.intersection(ascii_form) else None
