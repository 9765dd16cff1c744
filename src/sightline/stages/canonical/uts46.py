"""Convert a domain that is not ASCII to ASCII: UTS 46 with WHATWG's lenient settings. Its tables load slowly."""

from __future__ import annotations

import unicodedata

import idna

from sightline.stages.canonical.repertoire import is_known


def to_ascii(domain: str) -> str | None:
    """Give the ASCII form, or None where the domain is invalid; labels may be empty or long.

    Non-transitional; CheckHyphens, VerifyDnsLength and UseSTD3ASCIIRules off; CheckBidi and CheckJoiners on.
    """
    if not is_known(domain):
        return None
    try:
        labels = [_decode_label(label) for label in idna.uts46_remap(domain, std3_rules=False).split(".")]
        if any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for label in labels for letter in label):
            for label in filter(None, labels):
                idna.check_bidi(label, check_ltr=True)
        return ".".join(map(_encode_label, labels))
    except (UnicodeError, ValueError):
        return None


def _decode_label(label: str) -> str:
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


def _encode_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
