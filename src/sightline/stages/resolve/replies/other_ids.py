"""Read the ids that a row gives beside the number of its line: one that is no id puts the row in doubt.

A login, an account or a circuit beside a telephone number names nobody, but a clerk who writes `Not OK` there speaks of
the row. So each of them must be understood: it looks like an id, it is one of the words that confirm a row, or it is a
name in a column of names. Words alone are an id only where the whole column has such ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from sightline.stages.resolve.replies import cell_text
from sightline.stages.resolve.replies.column_names import split_words
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.single_rows import NUMBERS
from sightline.stages.resolve.replies.stated_ids import has_mixed_scripts
from sightline.stages.resolve.replies.value_words import BLANKS, normalise_words

_WITH_FIGURE = r"^[\pL\pM\pN._:/@+#=~\\()\[\]*-]*\pN[\pL\pM\pN._:/@+#=~\\()\[\]*-]*$"
_LEAST_SIGNS = 3
"""The least length of an id that is no word: `0` and `N` are answers."""
_IN_GROUPS = r"^\+?[0-9][0-9 ()/,.-]{5,40}$"
_AT_A_REALM = r"^[^\s@]{1,100}@[^\s@]{1,100}$"
_IMSI = r"^[0-9]{14,15}$|^[0-9][0-9.,]*e\+?[0-9]+$"
"""An IMSI, or what a spreadsheet made of it."""
_DOTTED = r"^\pL{2,}(?:\.\pL+)+$"
"""`first.last`, as logins are written, and states are not."""
_OF_A_NETWORK = r"^\pL+(?:gprs|net|wap|internet|apn|lte)$"
"""The login that all of a network have, named after it."""
_WORDS = r"^[\pL\pM]+(?:[._-][\pL\pM]+)*$"
_PERSON = r"^[\pL\pM.'\x{2019}]+(?: +[\pL\pM.'\x{2019}]+){1,5}$"
_PARTICIPLE = "(?:[^aeimvwyz]|[^aeimvwyz]e)ed$|[aeiou][mvz]ed$"
"""The end of a state, such as `parked`; names such as Javed, Ahmed and Rasheed end otherwise."""
_LEAST_WORDS = 3
"""The least number of different words in a column of logins without figures."""


def doubt_other_ids(
    assigned: pl.DataFrame, frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str]
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where an id beside the one that names the line is not understood.

    `frame`: the rows' texts (`row`, `c0`, ...); `places`: the column of each field.
    """
    for field, at, is_beside in _list_columns(frame, places):
        texts = frame[f"c{at}"].str.strip_chars(BLANKS)
        rows = frame["row"].filter(is_beside & _find_unread(field, texts, frame, places, headings[at]))
        if rows.is_empty():
            continue
        doubt = pl.when(pl.col("row").is_in(rows.implode())).then(pl.lit(headings[at].strip().lstrip("\ufeff")))
        assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return assigned


def _list_columns(frame: pl.DataFrame, places: Mapping[str, int]) -> Iterator[tuple[str, int, pl.Series]]:
    """Yield the columns of ids behind the first, each with the rows that another column names."""
    is_named = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
    for field in NUMBERS:
        if field not in places:
            continue
        texts = frame[f"c{places[field]}"].str.strip_chars(BLANKS).str.to_lowercase()
        is_stated = ~texts.is_in(list(cell_text.ABSENT))
        yield field, places[field], is_named & is_stated
        is_named |= is_stated


def _find_unread(
    field: str, texts: pl.Series, frame: pl.DataFrame, places: Mapping[str, int], heading: str
) -> pl.Series:
    """Of each value whether it is neither an id nor a word that confirms."""
    known = load_shared_words()
    distinct = texts.unique()
    bare = distinct.str.replace(r'^="([^"]*)"$', "${1}").str.to_lowercase()
    spoken = bare.str.replace_all(r"[\W_]+", " ").str.strip_chars()
    is_denied = (
        known.match_denied(bare) | spoken.str.split(" ").list.eval(pl.element().is_in(list(known.failing))).list.any()
    )
    is_confirming = pl.Series([normalise_words(text) in known.beside for text in bare], dtype=pl.Boolean)
    is_id = (bare.str.contains(_WITH_FIGURE) & (bare.str.len_chars() >= _LEAST_SIGNS)) | bare.str.contains(_IN_GROUPS)
    is_id |= bare.str.contains(_AT_A_REALM) | bare.str.contains(_DOTTED)
    if "name" in heading.lower().replace(" ", "") or {"customer", "subscriber"} & {*split_words(heading)}:
        is_id |= bare.str.contains(_PERSON)
    is_id |= bare.str.contains(_OF_A_NETWORK)
    is_word = bare.str.contains(_WORDS)
    if is_word.any():
        is_id |= is_word & _is_column_of_words(distinct, texts, frame, places)
    if field == "imsi":
        is_id = bare.str.contains(_IMSI)
    is_good = is_confirming | (is_id & ~is_denied)
    is_good &= ~pl.Series([has_mixed_scripts(text) for text in bare], dtype=pl.Boolean)
    return texts.is_in(distinct.filter(~is_good).implode())


def _is_column_of_words(
    distinct: pl.Series, texts: pl.Series, frame: pl.DataFrame, places: Mapping[str, int]
) -> pl.Series:
    """Of each value whether it may be a login without figures: most of its column are, and each is of one line."""
    named = pl.coalesce(
        pl.when(~text.str.to_lowercase().is_in(list(cell_text.ABSENT))).then(text)
        for text in (pl.col(f"c{places[field]}").str.strip_chars(BLANKS) for field in NUMBERS if field in places)
    )
    table = frame.select(named.alias("number")).with_columns(texts.alias("text"))
    table = table.filter(~pl.col("text").str.to_lowercase().is_in(list(cell_text.ABSENT)))
    lines = table.group_by("text").agg(pl.col("number").n_unique().alias("lines"))
    words = lines.filter(pl.col("text").str.to_lowercase().str.contains(_WORDS))
    has_states = words["text"].str.to_lowercase().str.contains(_PARTICIPLE).any()
    has_states |= load_shared_words().match_as_words(words["text"]).any()
    if has_states or words.height < _LEAST_WORDS or 2 * words.height <= lines.height:
        return pl.repeat(value=False, n=len(distinct), dtype=pl.Boolean, eager=True)
    return distinct.is_in(words.filter(pl.col("lines") == 1)["text"].implode())
