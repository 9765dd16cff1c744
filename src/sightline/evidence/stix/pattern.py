"""Build STIX patterns that match what an indicator matches (STIX 2.1, section 9; matching: ADR 5)."""

from __future__ import annotations

import re
from ipaddress import ip_network

from sightline.model import IndicatorKind

STIX = "stix"
NO_STIX = "sightline-digest"
"""The pattern language for digests of names and pages, which STIX cannot express; pattern-type-ov is open."""

_HASHES = {32: "MD5", 40: "'SHA-1'", 64: "'SHA-256'"}
_HASH_NAMES = {32: "MD5", 40: "SHA-1", 64: "SHA-256"}


def hash_name(digest: str) -> str:
    """Return the STIX name of the algorithm whose digests have this length."""
    return _HASH_NAMES[len(digest)]


def build_pattern(kind: IndicatorKind, value: str) -> tuple[str, str]:
    """Return the pattern and its language: STIX, except for digests of names."""
    if kind == IndicatorKind.DIGEST:
        return f"{'md5' if len(value) == 32 else 'sha256'}:{value}", NO_STIX
    return f"[{_build_comparison(kind, value)}]", STIX


def _build_comparison(kind: IndicatorKind, value: str) -> str:
    if kind == IndicatorKind.HOST:
        return f"domain-name:value = {_quote_text(value)}"
    if kind == IndicatorKind.DOMAIN:
        below = _quote_text(rf"\.{re.escape(value)}$")
        return f"domain-name:value = {_quote_text(value)} OR domain-name:value MATCHES {below}"
    if kind in {IndicatorKind.ONION, IndicatorKind.I2P}:
        # The service, its subdomains, and gateways: NAME.onion.TLD.
        within = _quote_text(rf"(^|\.){re.escape(value)}(\.|$)")
        return f"domain-name:value MATCHES {within}"
    if kind == IndicatorKind.URL:
        return f"url:value IN ({', '.join(_quote_text(url) for url in _list_urls(value))})"
    if kind == IndicatorKind.URL_PREFIX:
        starts = "|".join(re.escape(url) for url in _list_urls(value))
        end = "" if value.endswith("/") else "([/?]|$)"
        return f"url:value MATCHES {_quote_text(f'^({starts}){end}')}"
    if kind == IndicatorKind.FILE_DIGEST:
        return f"file:hashes.{_HASHES[len(value)]} = {_quote_text(value)}"
    if kind == IndicatorKind.CIDR:
        return f"ipv{ip_network(value).version}-addr:value ISSUBSET {_quote_text(value)}"
    return _build_address(value)


def _build_address(value: str) -> str:
    """An address, or a connection to a port of it."""
    host, port = split_port(value)
    if port is None:
        return f"ipv{6 if ':' in host else 4}-addr:value = {_quote_text(host)}"
    return f"network-traffic:dst_ref.value = {_quote_text(host)} AND network-traffic:dst_port = {port}"


def split_port(value: str) -> tuple[str, int | None]:
    """Return the address and port in the canonical value of an ip (ADR 5)."""
    if value.startswith("["):
        host, _, port = value[1:].partition("]:")
        return host, int(port)
    host, colon, port = value.partition(":")
    return (host, int(port)) if colon and value.count(":") == 1 else (value, None)


def _list_urls(value: str) -> tuple[str, ...]:
    """A page of a list names no scheme: its url by http and by https, a scheme's own port left out as in a record."""
    host, slash, rest = value.partition("/")
    urls = []
    for scheme, port in (("http", ":80"), ("https", ":443")):
        authority = host.removesuffix(port) if not host.endswith("]") else host
        urls.append(f"{scheme}://{authority}{slash}{rest}")
    return tuple(urls)


def _quote_text(value: str) -> str:
    """A string literal: backslashes and quotes are escaped."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
