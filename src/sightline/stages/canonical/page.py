"""Find the page that a record names, from its target, host field, scheme and destination port (ADR 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sightline.stages.canonical.host import Host, parse_host, parse_host_and_port, parse_query_name
from sightline.stages.canonical.host import parse_authority as read_authority
from sightline.stages.canonical.path import clean_target, split_path_and_query

DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}
_ABSOLUTE = re.compile(rb"(https?|ftp|wss?):[/\\]{2}", re.IGNORECASE)
_ANY_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{0,31}://(?![/\\])")
"""Such as `tunnel://`, which a proxy writes before the authority of a CONNECT."""
_AUTHORITY = re.compile(rb"[/\\]*([^/\\?#]*)")
_HOST_AND_PORT = re.compile(rb"[^/]+:[0-9]+")


@dataclass(frozen=True, slots=True)
class CanonicalPage:
    """The destination of a visit, in canonical form. None if the record does not have it in a usable form."""

    scheme: str | None
    host: Host | None
    port: int | None
    port_is_explicit: bool
    port_is_default: bool
    path: str | None
    query: str | None

    @property
    def url(self) -> str | None:
        """Return the url as a hit row shows it (ADR 2)."""
        if self.path is None:
            return None
        start = ""
        if self.host:
            is_shown = self.port_is_explicit and self.port != DEFAULT_PORTS.get(self.scheme or "")
            start = (
                (f"{self.scheme}:" if self.scheme else "")
                + "//"
                + _format_host_and_port(self.host, self.port, is_shown)
            )
        return start + self.path_and_query

    @property
    def path_and_query(self) -> str:
        """Return `/path` or `/path?query`; empty without a path."""
        return (self.path or "") + (f"?{self.query}" if self.query else "")

    def choose_key(self, *, with_port: bool) -> str | None:
        """Return the canonical value of a url that matches the page: with its port, or as one without a port.

        None where it has no such value: no host, no path, port unknown, or not the default port.
        """
        has_value = self.port is not None if with_port else self.port_is_default
        if self.host is None or self.path is None or not has_value:
            return None
        return _format_host_and_port(self.host, self.port, with_port) + self.path_and_query


def build_page(
    *,
    method: bytes | None = None,
    target: bytes | None = None,
    authority: bytes | None = None,
    host_is_name: bool = False,
    is_dns: bool = False,
    scheme: bytes | None = None,
    destination_port: int | None = None,
) -> CanonicalPage:
    """Return the page of a record's parts, as the record has them. `is_dns`: the host field is a query name."""
    known = (scheme or b"").decode("latin-1").lower()
    known = known if known in DEFAULT_PORTS else ""
    target = clean_target(target or b"")
    result: tuple[Host, int | None] | None = None
    path: tuple[str | None, str | None] = (None, None)
    if absolute := split_scheme(target):
        if parts := split_authority(absolute[1]):
            known, result, destination_port = absolute[0], parts[:2], None
            path = (None, None) if method == b"CONNECT" else split_path_and_query(parts[2])
    elif scheme_of_any := _ANY_SCHEME.match(target):
        if parts := split_authority(target[scheme_of_any.end() :]):
            result, destination_port = parts[:2], None
    elif (method == b"CONNECT" and target != b"*") or _HOST_AND_PORT.fullmatch(target):
        result = parse_host_and_port(_strip_slashes(target) if method == b"CONNECT" else target)
    elif target.startswith(b"/"):
        path = split_path_and_query(target)
    if result is None:
        result = _read_host_field(authority, host_is_name, is_dns)
    named, port = result or (None, None)
    default = DEFAULT_PORTS.get(known)
    known_port = next((number for number in (port, destination_port, default) if number is not None), None)
    is_default = known_port is None or known_port == default or (not known and known_port in {80, 443})
    return CanonicalPage(known or None, named, known_port, port is not None, is_default, *path)


def _strip_slashes(target: bytes) -> bytes:
    """The authority of a CONNECT without the two slashes before it and the slash behind it."""
    return target.removeprefix(b"//").removesuffix(b"/")


def split_scheme(target: bytes) -> tuple[str, bytes] | None:
    """Return the scheme of a cleaned absolute target, and the text after its colon and two slashes."""
    scheme = _ABSOLUTE.match(target)
    return (scheme[1].decode("ascii").lower(), target[scheme.end() :]) if scheme else None


def split_authority(text: bytes) -> tuple[Host, int | None, bytes] | None:
    """Return host, port and the rest of the text after `scheme://`. More slashes and userinfo are dropped."""
    parts = _AUTHORITY.match(text)
    result = parse_host_and_port(parts[1].rpartition(b"@")[2]) if parts else None
    return (*result, text[parts.end() :]) if parts and result else None


def _read_host_field(raw: bytes | None, is_name: bool, is_dns: bool) -> tuple[Host, int | None] | None:
    if raw is None:
        return None
    if not is_name and not is_dns:
        return read_authority(raw)
    host_name = parse_query_name(raw) if is_dns else parse_host(raw)
    return (host_name, None) if host_name else None


def _format_host_and_port(named: Host, port: int | None, is_shown: bool) -> str:
    return f"{named.bracketed}:{port}" if is_shown else named.bracketed
