"""Read a type of address, or a pool: whether the address is of one line or shared, static or dynamic."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.column_names import split_words as words_of
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.value_words import BLANKS, normalise_words

ASK_FOR_NAT = frozenset({"nat", "natted", "isnatted", "isnat", "natstatus", "natyesno", "cgnat"})
ASK_FOR_STATIC = frozenset({"static", "isstatic", "staticip", "isstaticip", "staticipyesno"})
YES, NO = frozenset({"yes", "y", "true"}), frozenset({"no", "n", "false"})


def is_exclusive(text: str, mark: SideColumn) -> bool | None:
    """Return whether a type of address means one line (True), or several that share it (False)."""
    own_words, words = normalise_words(text), load_shared_words().confirming
    if not own_words:
        return None
    if reduce_heading(mark.heading) in ASK_FOR_NAT and own_words in YES | NO:
        return own_words in NO
    if own_words in words["exclusive"]:
        return True
    return False if own_words in words["shared"] or words["shared"] & {*own_words.split()} else None


_NAT = r"(?:^|[^a-z])(?:cg[ _-]?nat|cgn|lsn|nat(?:44|444|64|ted|ed|users?)?|napt)(?:$|[^a-z])"
_NO_NAT = r"(?:^|[^a-z])(?:no|non|without|1[: ]?1|static)[ _-]?nat(?:ted|ed)?(?:$|[^a-z])"
_OF_NAT = frozenset({"nat", "cgn", "cgnat", "natted", "lsn"})


def find_shared_pools(texts: Mapping[SideColumn, pl.Series]) -> list[pl.Series]:
    """Return columns that are False where a pool, profile or realm is that of a NAT: several lines share it."""
    result = []
    for mark, column in texts.items():
        if mark.kind != "token":
            continue
        text = column.str.strip_chars(BLANKS).str.to_lowercase()
        is_nat = text.str.contains(_NAT) & ~text.str.contains(_NO_NAT)
        if "pool" in words_of(mark.heading):
            is_nat |= text.str.contains(r"(?:^|[^a-z])shared(?:$|[^a-z])")
        if _OF_NAT & {*words_of(mark.heading)}:
            is_nat |= ~text.is_in(list(load_shared_words().confirming["nothing"])) & ~text.is_in(
                ["no", "n", "false", "none"]
            )
        if is_nat.any():
            result.append(pl.select(pl.when(is_nat).then(pl.lit(value=False))).to_series())
    return result


def is_one_to_one(text: str, _: SideColumn) -> bool | None:
    """Return True where a type of address says that an address inside has the public one alone."""
    own_words = normalise_words(text)
    return True if own_words and own_words.removesuffix(" nat") in {"1 1", "1 to 1", "one to one"} else None


def is_static(text: str, mark: SideColumn) -> bool | None:
    """Return whether a type of address means a permanent one."""
    own_words, words = normalise_words(text), load_shared_words().confirming
    if not own_words:
        return None
    if reduce_heading(mark.heading) in ASK_FOR_STATIC and own_words in YES | NO:
        return own_words in YES
    parts = {own_words, *own_words.split()}
    is_dynamic = bool({"dynamic"} & parts) or own_words in words["dynamic"]
    return False if is_dynamic else True if words["static"] & parts else None
