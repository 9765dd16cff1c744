"""A domain in Unicode to its ASCII form: WHATWG's domain to ASCII, which is UTS 46 with its lenient settings."""

from __future__ import annotations

import unicodedata

import idna

from .repertoire import is_known

_FORBIDDEN = frozenset(map(chr, range(0x21))) | frozenset("#%/:<>?@[\\]^|\x7f")
"""WHATWG's forbidden domain code points."""


def to_ascii(domain: str) -> str | None:
    """Give the ASCII form in lower case, or None where the domain is invalid; labels may be empty or long.

    An ASCII domain is lower-cased and no label of it decoded, as WHATWG has it since 2026 (whatwg/url#914): names in
    use fail the checks. Others: UTS 46, non-transitional; CheckHyphens, VerifyDnsLength and UseSTD3ASCIIRules off;
    CheckBidi and CheckJoiners on.
    """
    if domain.isascii():
        return None if _FORBIDDEN.intersection(domain) else domain.lower()
    if not is_known(domain):
        return None
    try:
        labels = [_decoded(label) for label in idna.uts46_remap(domain, std3_rules=False).split(".")]
        if any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for label in labels for letter in label):
            for label in filter(None, labels):
                idna.check_bidi(label, check_ltr=True)
        ascii_form = ".".join(map(_encoded, labels))
    except (UnicodeError, ValueError):
        return None
    return ascii_form if ascii_form and not _FORBIDDEN.intersection(ascii_form) else None


def _decoded(label: str) -> str:
    """Give the valid Unicode label; raises UnicodeError where it is none."""
    if label.startswith("xn--"):
        label = label[4:].encode("ascii").decode("punycode")
        if label.isascii() or idna.uts46_remap(label, std3_rules=False) != label:
            raise UnicodeError("an encoded label that no label encodes to")
    if not is_known(label):
        raise UnicodeError("a character newer than the tables")
    if label and unicodedata.category(label[0]).startswith("M"):
        raise UnicodeError("begins with a combining mark")
    for at, letter in enumerate(label):
        if letter in "\u200c\u200d" and not idna.core.valid_contextj(label, at):
            raise UnicodeError("a joiner where none may stand")
    return label


def _encoded(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
