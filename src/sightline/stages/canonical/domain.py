"""Convert a domain to ASCII: WHATWG's domain to ASCII."""

from __future__ import annotations

_FORBIDDEN = frozenset(map(chr, range(0x21))) | frozenset("#%/:<>?@[\\]^|\x7f")
"""WHATWG's forbidden domain code points."""


def to_ascii(domain: str) -> str | None:
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
