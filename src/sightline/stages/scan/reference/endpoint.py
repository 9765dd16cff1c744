"""Parse addresses and ports in fields (ADR 3: endpoint, ip, port)."""

from __future__ import annotations

import re

from sightline.model import RejectCode
from sightline.stages.canonical import parse_address, parse_host
from sightline.stages.scan.reference.record import Address

PORT = re.compile(rb"[0-9]{1,5}")


def read_endpoint(
    text: bytes, port_separator: bytes, port_last: bool, names: bool
) -> tuple[Address | None, int | None] | RejectCode:
    """Return address and port, both None for an allowed name."""
    if not port_last and (whole := _parse_bracketed_or_bare(text)) is not None:
        return whole, None
    before, separator, digits = _split_port(text, port_separator, port_last)
    ip = _parse_bracketed_or_bare(before) if separator else None
    if ip is None:
        is_name = names and (_is_name(text) or (bool(separator) and _is_name(before)))
        return (None, None) if is_name else RejectCode.BAD_ADDRESS
    port = read_port(digits)
    return RejectCode.BAD_PORT if port is None else (ip, port or None)


def _split_port(text: bytes, port_separator: bytes, port_last: bool) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the port, and the port; no separator where none can be."""
    bracket = text.rfind(b"]:")
    if text.startswith(b"[") and bracket > 0 and not port_last:
        return text[: bracket + 1], b":", text[bracket + 2 :]
    before, separator, digits = text.rpartition(port_separator)
    is_bare_ipv6 = port_separator == b":" and b":" in before and not port_last
    return (text, b"", b"") if is_bare_ipv6 else (before, separator, digits)


def read_ip(text: bytes, names: bool) -> Address | RejectCode | None:
    """Return an address, from brackets or bare, or None for an allowed name."""
    ip = _parse_bracketed_or_bare(text)
    if ip is not None:
        return ip
    return None if names and _is_name(text) else RejectCode.BAD_ADDRESS


def read_port(text: bytes) -> int | None:
    """Return a port (0 is allowed), or None."""
    return int(text) if PORT.fullmatch(text) and int(text) <= 65535 else None


def _parse_bracketed_or_bare(text: bytes) -> Address | None:
    in_brackets = text.startswith(b"[") and text.endswith(b"]")
    return parse_address(text[1:-1] if in_brackets else text)


def _is_name(text: bytes) -> bool:
    """Return whether a text is a host and no address in any spelling."""
    host_name = parse_host(text)
    return host_name is not None and host_name.address is None
