"""Names of overlay networks inside a host: v3 onion services, and I2P, also behind gateways (`NAME.onion.TLD`)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

_ONION = re.compile(r"(?<![^.])[^.]{56}\.onion(?![^.])")
_I2P = re.compile(r"\.i2p(?![^.])")
_V3 = re.compile(r"[a-z2-7]{56}")


def find_onions(host: str) -> Iterator[str]:
    """Yield each `NAME.onion` in a canonical host where NAME has the length of a v3 service's, from the left."""
    return (match[0] for match in _ONION.finditer(host))


def list_i2p_stems(host: str) -> Iterator[str]:
    """Yield what of a canonical host ends in the label `i2p`, the shortest first."""
    return (host[: match.end()] for match in _I2P.finditer(host))


def is_v3(label: str) -> bool:
    """Tell whether a lower-case label is a v3 service's: base32, version 3, and the checksum of rend-spec-v3 right."""
    if not _V3.fullmatch(label):
        return False
    raw = base64.b32decode(label.upper())
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    return version == b"\x03" and checksum == hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2]
