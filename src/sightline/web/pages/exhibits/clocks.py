"""The form of an exhibit's clock: compared at one or two instants, or as its source declares."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sightline.casework.input_checks import parse_instant
from sightline.errors import UsageError
from sightline.web.context import RequestContext

IST = "+05:30"
_HAS_ZONE = re.compile(r"(Z|[+-][0-9]{2}:[0-9]{2})$")


def parse_comparisons(
    context: RequestContext, pairs: Sequence[tuple[str, str]], *, as_source: bool
) -> list[tuple[int, int]]:
    """Return `(true_us, offset_us)` of each pair of texts that was filled in. Raises UsageError.

    A pair is a time, in India if it names no zone, and how many seconds the clock was ahead then.
    """
    filled = [(at.strip(), offset.strip()) for at, offset in pairs if at.strip() or offset.strip()]
    if as_source == bool(filled):
        raise UsageError(context.says("clock.either"))
    return [(_parse_form_instant(context, at), _parse_microseconds(context, offset)) for at, offset in filled]


def _parse_form_instant(context: RequestContext, text: str) -> int:
    whole = text.replace(" ", "T")
    whole = f"{whole}:00" if len(whole) == 16 else whole
    zoned = whole if _HAS_ZONE.search(whole[11:]) else f"{whole}{IST}"
    return parse_instant(zoned, context.says("clock.at"), "Asia/Kolkata")


def _parse_microseconds(context: RequestContext, text: str) -> int:
    try:
        return round(float(text) * 1_000_000)
    except (ValueError, OverflowError):
        raise UsageError(context.says("clock.no_offset", text=text)) from None
