"""Check what officers declare before it is stored: texts, days, zones; and name things for entries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime

from sightline.errors import UsageError
from sightline.ledger.canonical import THING
from sightline.stages.lists.list_dates import parse_list_date
from sightline.stages.report.printable import IST
from sightline.stages.scan.zones import build_zone_table

LONGEST = 500
JOINERS = frozenset("\u200c\u200d")
"""Joiner characters that Malayalam and Hindi need."""
_REGISTER = r"FIR|GD|GDE|DD|NCRP|crime|cr|CC|SC|RC|SM"
_CASE_NUMBER = re.compile(
    r"(?<![0-9/])[0-9]{1,7}\s*/\s*(?:19|20)[0-9]{2}(?![0-9])"
    rf"|\b(?:{_REGISTER})\b\.?\s*(?:no\b\.?|number|of)?\s*[0-9]",
    re.IGNORECASE,
)
"""`FIR 12/2026`, `GD 14`, `Crime No. 7`: the register and a number, or a number and its year, in any digits."""


def name_thing(kind: str, named: str) -> str:
    """Return `kind:id` as entries name things, or `kind:unknown` for a text that can be no id."""
    whole = f"{kind}:{named}"
    return whole if THING.fullmatch(whole) else f"{kind}:unknown"


ORDER_OF_LETTERS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidi_Control of the Unicode Character Database: they change the order in which letters are shown (CVE-2021-42574)."""


def is_hidden(letter: str) -> bool:
    """Return whether a character is invisible or changes how others are shown. Line ends and tabs are visible."""
    if letter in ORDER_OF_LETTERS:
        return True
    return unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} and letter not in JOINERS | {"\n", "\r", "\t"}


def require_words(text: str, what: str, *, needed: bool = True, most: int = LONGEST) -> str:
    """Return a text that can be stored, without surrounding spaces. Raises UsageError."""
    bare = text.strip()
    try:
        bare.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{what} is not UTF-8", hint="type it again, on a terminal that writes UTF-8") from None
    if needed and not bare:
        raise UsageError(f"{what} is empty", hint="write a few words: they are stored")
    if len(bare) > most or "\0" in bare:
        raise UsageError(f"{what} is longer than {most} characters", hint="shorten it")
    return bare


def require_visible(text: str, what: str, *, one_line: bool = True) -> None:
    """Raise UsageError for a text that does not look like what it is. Only a text of several lines has line ends."""
    hidden = next((letter for letter in text if is_hidden(letter) or (one_line and letter in "\r\n\t")), None)
    if hidden is not None:
        raise UsageError(
            f"{what} has an invisible character: U+{ord(hidden):04X}",
            hint="type it again: such a character can make it read as another one",
        )


def require_reason(text: str, what: str) -> str:
    """Return a reason with at least three different words, or a case number. Raises UsageError.

    Every reason that an officer gives passes through here. Repeated letters or words do not count. An officer signs
    what stands there, so no invisible character may make it read as something else.
    """
    bare = require_words(text, what)
    require_visible(bare, what, one_line=False)
    if not is_reason(bare):
        raise UsageError(
            f"{what} is not a reason: {bare}",
            hint='give at least three words, or the number of the case: "FIR 12/2026", "compared with the log"',
        )
    return bare


def is_reason(text: str) -> bool:
    """Return whether a text has three different words, one of which may be a number, or a case number."""
    letters = unicodedata.normalize("NFKC", text)
    plain = "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in letters)
    result = list(_split_tokens(plain))
    distinct = {token for token in result if len(token) > 1 and len(set(token)) > 1 and not token.isdecimal()}
    numbers = {token for token in result if token.isdecimal()}
    return len(distinct) >= 3 or (len(distinct) == 2 and bool(numbers)) or _CASE_NUMBER.search(plain) is not None


def _split_tokens(text: str) -> Iterator[str]:
    """Yield the words and numbers of a text in any script: letters with their signs, or digits."""
    one = ""
    for letter in f"{text.casefold()} ":
        if unicodedata.category(letter)[0] in "LMN":
            one += letter
        elif letter not in JOINERS:
            if one:
                yield one
            one = ""


def require_day(text: str, what: str) -> str:
    """Return a day as `YYYY-MM-DD`. Raises UsageError."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            date.fromisoformat(text)
        except ValueError:
            pass
        else:
            return text
    raise UsageError(f"{what}: {text!r} is not a date", hint="write it as 2026-03-31")


def is_future_day(day: str, now: datetime) -> bool:
    """Return whether a day, `YYYY-MM-DD`, has not begun in India."""
    return date.fromisoformat(day) > now.astimezone(IST).date()


def parse_instant(text: str, what: str, zone: str, *, is_end: bool = False) -> int:
    """Return an instant, or the start of a day in a zone, in microseconds since 1970.

    With `is_end`, a day gives the start of the next day.
    """
    try:
        at_us = parse_list_date(text, whole_day=is_end)
        is_day = re.fullmatch(r"[0-9-]{10}", text) is not None
        return _convert_to_utc(at_us // 1_000_000, zone) * 1_000_000 if is_day else at_us
    except ValueError as error:
        raise UsageError(f"{what}: {error}", hint="write 2026-03-31, or 2026-03-31T18:00:00+05:30") from None


def _convert_to_utc(local_s: int, zone: str) -> int:
    """Return the instant of a local time, or the first one after it if the clock was put forward over it."""
    table = build_zone_table(zone)
    for (since, offset), following in zip(table, [*table[1:], (1 << 60, 0)], strict=True):
        if local_s - offset < following[0]:
            return max(local_s - offset, since)
    raise AssertionError("the last offset holds for ever")


def require_zone(text: str | None, what: str = "--timezone") -> str | None:
    """Return a valid time zone, or None. Raises UsageError."""
    try:
        if text is not None:
            build_zone_table(text)
    except ValueError as error:
        raise UsageError(f"{what}: {error}", hint="for example --timezone Asia/Kolkata") from None
    return text
