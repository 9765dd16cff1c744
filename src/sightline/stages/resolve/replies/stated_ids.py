"""Parse ids of a reply strictly: those of users and circuits, and those of a notice's rows."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.replies.cell_text import UnreadableValue, refuse_mangled
from sightline.stages.resolve.replies.column_names import split_words
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.subscriber_numbers import is_filled_in

_ROW_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)


@lru_cache(maxsize=1 << 17)
def read_name_of_line(text: str) -> str:
    """Return a user's or circuit's id unchanged. Raises UnreadableValue if a spreadsheet changed it.

    Also raises it for a placeholder id (`anonymous`, `0000`, `BRAS-TVM-01`), two ids in one cell, and words that deny
    the row.
    """
    refuse_mangled(text)
    if re.fullmatch(r"[0-9]{15}0+", text, re.ASCII):  # a spreadsheet keeps fifteen figures
        raise UnreadableValue(ReplyCode.MANGLED_NUMBER)
    is_odd = unicodedata.normalize("NFKC", text) != text or any(unicodedata.category(letter) == "Cf" for letter in text)
    is_other = any(pattern.fullmatch(text) for pattern in (_OF_ANOTHER_KIND, _INTERFACE_NAME))
    is_other |= bool(_CUT_OR_OLD.search(text) or _PLAN.search(text))
    is_none = (
        is_odd
        or is_other
        or bool(_TOO_SHORT.fullmatch(text))
        or has_mixed_scripts(text)
        or is_nobodys(text)
        or has_several(text)
    )
    spoken = " ".join(_BETWEEN_SPOKEN.split(text.lower()))
    if is_none or (" " in spoken and load_shared_words().match_denied(pl.Series([spoken])).item()):
        raise UnreadableValue(ReplyCode.BAD_NUMBER)
    return text


_BETWEEN_SPOKEN = re.compile(r"[\s_-]+")
_PLAN = re.compile(r"(?<![A-Za-z0-9])[0-9]{1,4} ?[KMG](?:bps|b/s)(?![A-Za-z0-9])", re.IGNORECASE)
"""The speed of a plan, which many customers have."""
_TOO_SHORT = re.compile(r"[0-9]{1,2}", re.ASCII)
"""The number of a row, or of a port: no line has so short an id."""
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Scripts with letters that look alike."""


def has_mixed_scripts(text: str) -> bool:
    """Return whether a text has letters of two scripts that look alike: `b\u0435ta` is not `beta`."""
    if text.isascii():
        return False
    names = {unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()}
    return len(names.intersection(_SCRIPTS)) > 1


_LETTERS = re.compile(r"[^\W\d_]+")
_FIGURES = re.compile(r"[0-9]+", re.ASCII)
_LEAST_REPEATED = 2
_MASKED = re.compile(r"x{3}|\*{2}", re.IGNORECASE)


def is_nobodys(text: str) -> bool:
    """Return whether an id is a placeholder: a word for none, or one letter or figure repeated."""
    own = text.partition("@")[0]
    signs = [character for character in own.lower() if character.isalnum()]
    if len({*signs}) <= 1 and (len(signs) >= _LEAST_REPEATED or signs in ([], ["0"])):
        return True
    figures = _FIGURES.findall(own)
    if len(signs) == sum(map(len, figures)) and is_filled_in("".join(figures)):
        return True
    known = load_shared_words()
    own_words = split_words(own)
    no_id = known.nobody | known.failing
    if " ".join(own_words) in known.nobody or (own_words and no_id.issuperset(own_words)) or _MASKED.search(own):
        return True
    spoken = [word for word in own_words if not word.isdigit()]
    if len(spoken) > 1 and known.nobody.issuperset(spoken):  # `wifi-user-31`: one of many
        return True
    for parts in (own_words, _LETTERS.findall(own.lower())):
        if any(f" {placeholder} " in f" {' '.join(parts)} " for placeholder in known.placeholders):
            return True
    is_machine = len(figures) <= 1 and all(len(figure) <= 3 for figure in figures)
    return is_machine and not known.equipment.isdisjoint(_LETTERS.findall(own.lower()))


_OF_ANOTHER_KIND = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}|[0-9]{1,2}[-/ ][A-Za-z]{3}"
    r"|(?:T-)?(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}(?:[.:-][0-9A-Fa-f]{4}){2}"
    r"|(?:[0-9]{1,2}[-/ ])?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-/ ][0-9]{2,4}"
    r"|=.{1,60}|[0-9]{0,12}[.,][0-9]{1,12}"
    r"|[\u20b9$\u20ac\u00a3] ?[0-9.,]{1,20}"
)
"""Values of other columns: addresses, clocks, dates, devices."""
INTERFACE_NAME = (
    r"(?:eth|ether|ens|enp|wlan|bond|br|bridge|vlan|vl|ge|xe|et|te|gi|fa|ae|po|irb|bvi|lo|sfp|ap|ssid"
    r"|pppoe|ppp|l2tp|pptp|tun|tap|port-channel|gigabitethernet|fastethernet|tengige)[- ]?[0-9][0-9./:-]{0,30}"
)
"""How devices name their own interfaces: each of them has the same ones."""
_INTERFACE_NAME = re.compile(INTERFACE_NAME, re.IGNORECASE)
_CUT_OR_OLD = re.compile(
    r"[%?\u2026]|\.\.|__$|[-_. ](?:old|deleted|closed|disabled|expired|formerly|bak)\b", re.IGNORECASE
)
"""What an id has that stands for several, or is of earlier."""
_APART = re.compile(r" [-\u2013\u2014] |->|[>\u2022\u00b7\u2013\u2014~|\u3001()\[\]]|\s\+")
"""Signs that stand between two ids: more than one part with a figure are several ids."""
_BETWEEN_TWO = re.compile(r"[;,|&\r\n\t]|\s(?:/|\+|or|and)\s", re.IGNORECASE)
_MAYBE_BETWEEN = re.compile(r"[\s/+\\:=]+")
_LEAST_OF_AN_ID = 4


def has_several(text: str) -> bool:
    """Return whether a cell has two ids: signs or words between them, or parts that all look alike."""
    if _BETWEEN_TWO.search(text) or text.count("@") > 1:
        return True
    if sum(bool(_FIGURES.search(part)) for part in _APART.split(text)) > 1:
        return True
    parts = _MAYBE_BETWEEN.split(text)
    if len(parts) == 1 or min(map(len, parts)) < _LEAST_OF_AN_ID or not all(map(_FIGURES.search, parts)):
        return False
    return len({_LETTERS.sub("a", _FIGURES.sub("0", part)) for part in parts}) == 1


def read_row_id(text: str) -> str | None:
    """Return the id of a notice's row, or None for anything else."""
    return text.lower() if _ROW_ID.fullmatch(text.lower()) else None
