"""Canonicalise the value of an indicator of each kind, or explain why a text is invalid.

The contract is `docs/adr/0005-canonical.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, ip_network

from sightline.model import IndicatorKind
from sightline.stages.canonical.address import Address, parse_address, parse_ipv6
from sightline.stages.canonical.host import Host, parse_host, parse_port_number
from sightline.stages.canonical.onion import is_v3
from sightline.stages.canonical.page import DEFAULT_PORTS, split_authority, split_scheme
from sightline.stages.canonical.path import clean_target, split_path_and_query

_WILDCARD = "a wildcard is not a name: give the name alone, kind domain holds all below it"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._:-]*")
_ODD_LETTER = (
    "not a host name: it holds a letter that none has, such as a comma, a semicolon or a quote; is it a row of a table?"
)
_NOT_AN_ADDRESS = "not an address: 192.0.2.1, 2001:db8::1, 192.0.2.1:443 or [2001:db8::1]:443"
_NOT_A_NETWORK = "not a network: 192.0.2.0/24 or 2001:db8::/32"
_HOST_BITS = "the address has bits set beyond the network's length"


def normalise_indicator_value(kind: IndicatorKind, text: str) -> str:
    """Give the canonical value of a text, white space around it dropped.

    Raises ValueError with the reason in plain words.
    """
    text = text.strip(" \t\r\n")
    if not text:
        raise ValueError("nothing in it")
    if kind is IndicatorKind.REPORT:
        raise ValueError("no such kind")
    return _READERS[kind](text)


def _normalise_name(text: str) -> str:
    host_name = parse_host(_encode_text(text))
    if host_name is None:
        raise ValueError("not a host name")
    if host_name.address:
        raise ValueError("an address: use kind ip")
    _require_plain_name(host_name.text)
    return host_name.text


def _require_plain_name(name: str) -> None:
    """Refuse a name with a letter that no name of a site has: mostly a column of a table that was not split."""
    if not _PLAIN_NAME.fullmatch(name):
        raise ValueError(_WILDCARD if "*" in name else _ODD_LETTER)


def _normalise_url(text: str) -> str:
    start, path, query = _split_url(text)
    return start + path + (f"?{query}" if query else "")


def _normalise_url_prefix(text: str) -> str:
    start, path, query = _split_url(text)
    if query:
        raise ValueError("a url-prefix has no query")
    return start + path


def _split_url(text: str) -> tuple[str, str, str | None]:
    """Give `host[:port]`, path and query; a port that is the stated scheme's default is none."""
    raw = clean_target(_encode_text(text))
    scheme, rest = split_scheme(raw) or (None, _without_scheme(raw))
    result = split_authority(rest)
    if result is None:
        raise ValueError("no host and port can be read in it")
    named, port, rest = result
    _require_plain_name(named.text)
    is_kept = port is not None and port != DEFAULT_PORTS.get(scheme or "")
    return f"{named.bracketed}:{port}" if is_kept else named.bracketed, *split_path_and_query(rest)


def _without_scheme(raw: bytes) -> bytes:
    """Give what may stand for a url without its scheme: `host[:port]/path`, also after `//`."""
    start = re.split(rb"[/\\?#]", raw, maxsplit=1)[0]
    if start.endswith(b":") and raw[len(start) :].startswith(b"//"):
        raise ValueError("the scheme is not http, https, ftp, ws or wss")
    if b"@" in start:
        raise ValueError("a user without a scheme: it looks like a mail address")
    if raw.startswith(b"//") and not raw.startswith(b"///"):
        return raw[2:]
    if not start:
        raise ValueError("no host in it")
    return raw


def _normalise_ip(text: str) -> str:
    ip: Address | None
    if text.startswith("["):
        inner, bracket, rest = text[1:].partition("]")
        ip = parse_ipv6(inner) if bracket else None
    elif ":" in text and "." in text.partition(":")[0]:
        name, colon, digits = text.partition(":")
        ip, rest = parse_address(name), colon + digits
    else:
        ip, rest = parse_address(text), ""
    if ip is None or (rest and not rest.startswith(":")):
        raise ValueError(_NOT_AN_ADDRESS)
    if not rest:
        return str(ip)
    port = parse_port_number(_encode_text(rest[1:]))
    if not port:
        raise ValueError("the port is not 1 to 65535")
    return f"{Host(str(ip), ip).bracketed}:{port}"


def _normalise_cidr(text: str) -> str:
    start, _, digits = text.partition("/")
    ip = parse_address(start)
    if not re.fullmatch(r"0|[1-9][0-9]{0,2}", digits, re.ASCII) or ip is None:
        raise ValueError(_NOT_A_NETWORK)
    length = int(digits)
    if isinstance(ip, IPv4Address) and ":" in start:
        length -= 96
        if length < 0:
            raise ValueError(_HOST_BITS)
    if length > ip.max_prefixlen:
        raise ValueError(_NOT_A_NETWORK)
    try:
        return str(ip_network((ip, length)))
    except ValueError:
        raise ValueError(_HOST_BITS) from None


def _normalise_onion(text: str) -> str:
    name = _normalise_name(text)
    label = name.removesuffix(".onion")
    if label == name:
        raise ValueError("not an onion name: it does not end in .onion")
    if re.fullmatch(r"[a-z2-7]{16}", label):
        raise ValueError("an onion name of version 2, which nothing proves: use kind domain")
    if "." in label:
        raise ValueError("names below an onion service are the same service: give NAME.onion alone, or use kind host")
    if not is_v3(label):
        raise ValueError("not an onion name of version 3: 56 base32 letters whose checksum is right")
    return name


def _normalise_i2p(text: str) -> str:
    name = _normalise_name(text)
    stem = name.removesuffix(".i2p")
    if stem == name:
        raise ValueError("not an I2P name: it does not end in .i2p")
    if stem == "b32":
        raise ValueError("no name before .b32.i2p")
    if stem.endswith(".b32") and not re.fullmatch(r"[a-z2-7]{52,}", stem.split(".")[-2]):
        raise ValueError("not a b32.i2p name: 52 base32 letters or more")
    return name


def _normalise_digest(text: str) -> str:
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{32}){1,2}", text):
        raise ValueError("a digest is 32 or 64 hexadecimal digits")
    return text.lower()


def _normalise_file_digest(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}", text):
        raise ValueError("a file digest is 32, 40 or 64 hexadecimal digits")
    return text.lower()


def _encode_text(text: str) -> bytes:
    """A lone surrogate, which no UTF-8 file can bring, makes bytes that are not UTF-8 and so no name."""
    return text.encode("utf-8", "surrogatepass")


_READERS: dict[IndicatorKind, Callable[[str], str]] = {
    IndicatorKind.URL: _normalise_url,
    IndicatorKind.URL_PREFIX: _normalise_url_prefix,
    IndicatorKind.DOMAIN: _normalise_name,
    IndicatorKind.HOST: _normalise_name,
    IndicatorKind.IP: _normalise_ip,
    IndicatorKind.CIDR: _normalise_cidr,
    IndicatorKind.ONION: _normalise_onion,
    IndicatorKind.I2P: _normalise_i2p,
    IndicatorKind.DIGEST: _normalise_digest,
    IndicatorKind.FILE_DIGEST: _normalise_file_digest,
}
