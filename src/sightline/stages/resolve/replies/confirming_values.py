"""Find values that do not confirm their row: of another look than their column's, or words that may deny it."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from sightline.stages.resolve.replies.address_types import ASK_FOR_NAT, ASK_FOR_STATIC, NO, YES
from sightline.stages.resolve.replies.asked_answers import (
    asks_for_danger,
    asks_for_result,
    asks_for_safety,
    asks_how_sure,
    asks_whether_good,
    is_danger_denied,
    is_only_match,
    names_record_system,
)
from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.protocols import parse_protocol
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.value_words import BLANKS, normalise_words

_HUMP = r"(\p{Ll})(\p{Lu})"
"""Where a word begins in `timeLimit`, as 3GPP writes causes."""
MOST_LETTERS = 300
"""The maximum length of a value that is checked. A longer one is a doubt."""
TYPED = frozenset("number mac address id token name place phone email instant asked".split())
"""Kinds whose values must look alike."""
_NAMES_OF_THINGS = frozenset({"token", "name", "place"})
_OF_PEOPLE = frozenset({"name", "place"})
_ADDRESS_WITHIN = r"(?:^|[^0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[^0-9.]|$)"
"""No name of a customer or a place has an address of a network: it is of another row, or tells of another address."""
_FORMS = {
    "number": (
        r"^[+-]?[0-9][0-9,.]*(?: ?(?:b|[kmgt]i?b|byte|bytes|octets|packets|s|sec|secs|seconds|min|mins|minutes"
        r"|[kmg]bps|%))?$"
    ),
    "mac": (
        r"^(?:[0-9a-f]{2}[:.-]?){5,7}[0-9a-f]{2}$|^(?:[0-9a-f]{4}[.:-]){2,3}[0-9a-f]{4}$"
        r"|^[0-9]{14,17}$|^\+?[0-9]{10,13}$"
    ),
    "address": r"^[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[:/][0-9]{1,5})?$|^\[?[0-9a-f]*:[0-9a-f:.]*\]?(?:/[0-9]{1,3})?$",
    "id": r"^[\pL\pM\pN._:/@+#=~\\()\[\]-]*\pN[\pL\pM\pN._:/@+#=~\\()\[\]-]*$",
    "token": r"^[\pL\pM\pN._:/@+#=~\\()\[\]*,%&?-]+(?: [\pL\pM\pN._:/@+#=~\\()\[\]-]+){0,3}$",
    "name": r"^[\pL\pM\pN\pZ\r\n._:/@+#=~\\()\[\]*,&'\x{2019}\"-]+$",
    "place": r"^[\pL\pM\pN\pZ._/()&,'-]+$",
    "phone": r"^[+0-9][0-9 ()/,-]{3,40}$",
    "email": r"^[^\s@]{1,100}@[^\s@]{1,100}$",
    "instant": r"^[0-9][0-9a-z/:., +-]{3,40}$",
}
"""The look of each kind's values, in lowercase, for the engine of Polars, which never backtracks."""
_FORMS["asked"] = _FORMS["instant"]
_IGNORED = ("number", "mac", "address", "id", "instant")
"""The allowed look of values in a column that a layout ignores. Words must confirm."""
_OF_NO_PROTOCOL = frozenset(
    {"ip", "ipv4", "any", "all", "0", "tcp udp", "udp tcp", "tcp and udp", "udp and tcp", "both"}
)
"""Values that name no one protocol, including that of a web page: it may be either."""


def find_doubted(texts: pl.Series, mark: SideColumn) -> pl.Series | None:
    """Return for each value whether it fails to confirm its row; None if all confirm."""
    if mark.kind == "day":
        return None  # `row_slips.doubt_spare_days` compares it with the row's times
    distinct = texts.unique()
    bare = distinct.str.strip_chars(BLANKS).str.replace(r'^="([^"]*)"$', "${1}").str.to_lowercase()
    confirmed = load_shared_words().confirming
    says_nothing = {""} if asks_for_result(mark) else confirmed["nothing"]
    split = distinct.str.strip_chars(BLANKS).str.replace_all(_HUMP, "${1} ${2}").str.to_lowercase()
    whole = pl.DataFrame({"text": distinct, "bare": bare, "split": split})
    left = whole.filter(~pl.col("bare").is_in(list(says_nothing)))
    if mark.kind in TYPED or mark.kind == "ignored":
        kinds = _IGNORED if mark.kind == "ignored" else (mark.kind,)
        looks = pl.any_horizontal(*(pl.col("bare").str.contains(_FORMS[kind]) for kind in kinds))
        is_short = pl.col("bare").str.len_bytes() <= 4 * MOST_LETTERS
        is_denied = load_shared_words().match_denied(left["bare"]) | load_shared_words().match_denied(left["split"])
        if mark.kind in _NAMES_OF_THINGS:
            is_denied |= load_shared_words().match_as_words(left["bare"])
        if mark.kind in _OF_PEOPLE:
            is_denied |= left["bare"].str.contains(_ADDRESS_WITHIN)
        left = left.filter(~(looks & is_short) | is_denied)
    pairs = left.select("bare", "split").iter_rows()
    is_odd = [not any(_confirms_row(text, mark) for text in dict.fromkeys(pair)) for pair in pairs]
    odd = left["text"].filter(pl.Series(is_odd, dtype=pl.Boolean))
    return None if odd.is_empty() else texts.is_in(odd.implode())


def _confirms_row(bare: str, mark: SideColumn) -> bool:
    """Whether a value that does not look like one of its kind confirms a row, in words."""
    if len(bare) > MOST_LETTERS:
        return False
    confirming_words = normalise_words(bare)
    if confirming_words is None:
        return False
    if confirming_words in mark.confirming or is_only_match(bare, mark):
        return True
    if mark.kind in {"status", "other"} and asks_for_danger(mark.heading):
        return is_danger_denied(confirming_words)
    if mark.kind in {"status", "other"} and asks_for_safety(mark.heading):
        return confirming_words in YES
    if mark.kind == "source":
        return names_record_system(bare)
    if asks_for_result(mark) and bare in load_shared_words().confirming["nothing"]:
        return False
    allowed = _list_allowed(mark.kind)
    if mark.kind in {"status", "other"} and asks_whether_good(mark.heading):
        allowed = allowed | load_shared_words().confirming["positive"]
    if asks_how_sure(mark.heading):
        allowed = allowed | load_shared_words().confirming["sure"]
    if mark.kind == "allocation" and reduce_heading(mark.heading) in ASK_FOR_NAT | ASK_FOR_STATIC:
        allowed = allowed | YES | NO
    if mark.kind == "allocation" and reduce_heading(mark.heading) == "type":
        allowed = allowed | load_shared_words().confirming["customer"]
    if confirming_words in allowed:
        return True
    if mark.kind == "protocol":
        return parse_protocol(bare) is not None or confirming_words in _OF_NO_PROTOCOL
    if mark.kind == "zone":
        return True  # an invalid zone is a reject of its row
    parts = [part for value in re.split(r"[,;|/&+()]", bare) if (part := normalise_words(value))]
    return len(parts) > 1 and all(part in allowed for part in parts)


@cache
def _list_allowed(kind: str) -> frozenset[str]:
    words = load_shared_words().confirming
    own = {
        "cause": words["status"] | words["cause"] | {str(code) for code in range(1, 24)},
        "direction": words["outgoing"],
        "event": words["start"] | words["interim"] | words["stop"] | words["whole"],
        "packet": words["packet"] | words["start"] | words["stop"] | words["interim"],
        "allocation": words["exclusive"] | words["shared"] | words["static"] | words["dynamic"],
        "customer": words["customer"] | words["operator"],
        "status-or-place": words["status"] | words["places"],
        "kea-state": frozenset({"0", "default", "bound", "active", "leased", "assigned", "allocated"}),
        "protocol": frozenset(),
    }
    return own.get(kind, words["status"])
