"""Check lines above and below a table: titles and totals have no effect, any other words doubt all rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import polars as pl

from sightline.model import NoticeKind
from sightline.stages.resolve.replies import (
    assignment_table,
    company_names,
    event_legend,
    line_bases,
    line_origins,
    single_rows,
    stated_ids,
)
from sightline.stages.resolve.replies.column_names import find_zone, find_zones_of_line, reduce_heading, split_words
from sightline.stages.resolve.replies.delimited import OVER
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.shared_words import load_shared_words

MOST_WORDS = 40
"""The maximum number of words in a line without effect."""
MOST_OF_A_NAME = 8
"""The maximum number of words in a name after a label, such as `Nodal Officer:`."""
_TWO_WORDS = r"[\pL\pM]{2,}[^\pL\pM\pN]*\s[^\pL\pM\pN]*[\pL\pM]{2,}"
_LETTERS = re.compile(r"[^\W\d_]{2,}")
MOST_LETTERS = 400
"""The maximum number of letters of a cell that are searched for an address, a time or a number."""
_ADDRESS = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.|[0-9a-f]{0,4}:[0-9a-f]{0,4}:", re.IGNORECASE)
_TIME = re.compile(r"[0-9][-/. :][0-9A-Za-z]{1,9}[-/. :,]*[0-9]|[0-9]{5}")
_NUMBER = re.compile(r"\+?[0-9][0-9 .-]{5,}")
RULE_FIELDS = frozenset({"rule_ip6", "rule_ip4", "ea_bits", "psid_offset"})
"""Fields of a MAP rule, which may be above a table for all of its rows."""
_ADDRESSES = ("ip", "source_ip", "framed_ip6", "framed_prefix", "delegated_prefix", "inside_ip", "softwire")
_TIMES = ("start", "start_date", "start_clock", "end", "end_date", "end_clock", "event_time", "seen")


def find_doubt(
    fit: Fit, above: Sequence[Sequence[str]], below: Sequence[Sequence[str]], licensee: str = ""
) -> str | None:
    """Return the doubt about all rows of a table: a line of words above its headings or below them, or None.

    `licensee`: the name of the answering licensee, which has no effect as a letterhead.
    """
    if _has_doubtful_group(fit, licensee):
        return "note above the table"
    names_of_parameters = list_parameters(fit)
    for where, lines in (("note above the table", above), ("note below the table", below)):
        for cells in lines:
            if lines is below and _is_another_head(cells, fit):
                return "other headings in the table"
            if is_note(cells, fit, licensee) and not (
                cells and reduce_heading(re.split("[:=]", cells[0])[0]) in names_of_parameters
            ):
                return where
    return None


_GROUPS = frozenset({"allocated", "allocation", "allotment", "original", "sdr", "kyc", "personal", "permanent"})
"""What may stand above headings beside the words of titles."""
_OF_QUESTIONS = frozenset(
    "asked requested sought required query queried input lea police io notice letter given search searched".split()
)


def _has_doubtful_group(fit: Fit, licensee: str) -> bool:
    """Whether an upper heading, which no heading has, may say that a column is of another party or time.

    Above a number or a time, one of the question says that it was not looked up.
    """
    facts = {at for field, at in fit.places.items() if field in {*single_rows.NUMBERS, *_TIMES}}
    for at, group in enumerate(fit.groups):
        words = {*list_words(group)}
        is_of_the_question = at in facts and not words.isdisjoint(_OF_QUESTIONS)
        if group and (is_of_the_question or not (words <= _GROUPS or says_nothing(group, licensee))):
            return True
    return False


def list_stated_zones(fit: Fit, lines: Sequence[Sequence[str]]) -> set[str]:
    """Return the zones that lines beside a table say (`column_names.find_zone`), such as `All times are in GMT`."""
    zones_found: set[str] = set()
    for cells in lines:
        stand = assignment_table.list_filled_cells(cells, "")
        is_head = len(stand) > 1 and _is_headings(stand, fit)
        if not is_head and not is_row(cells, fit, stand):
            zones_found |= find_zones_of_line(" ".join(stand))
    return zones_found


def has_note(frame: pl.DataFrame, fit: Fit, licensee: str = "") -> bool:
    """Match rows of a frame of text (`c0`, `c1`, ..., OVER) that are lines of words."""
    names = [f"c{at}" for at in range(fit.width)]
    left = frame
    # Nearly all rows have an address, and most begin with its figures: only the others are searched for words.
    for form in ("^[0-9]{1,3}[.:]", "[0-9][.:]"):
        has_address = [
            pl.col(f"c{fit.places[address]}").str.contains(form) for address in _ADDRESSES if address in fit.places
        ]
        left = left.filter(~pl.any_horizontal(has_address)) if has_address else left
    if left.is_empty():
        return False
    wordy = pl.any_horizontal(pl.col(*names, OVER).str.contains(_TWO_WORDS))
    alone = pl.sum_horizontal((pl.col(name) != "").cast(pl.UInt8) for name in names) == 1
    has_figure = pl.any_horizontal(pl.col(*names).str.contains("[0-9]"))
    left = left.filter(wordy | alone | ~has_figure)
    return any(
        is_note(cells, fit, licensee) or _is_another_head(cells, fit) for cells in left.select(*names, OVER).iter_rows()
    )


def is_note(cells: Sequence[str], fit: Fit, licensee: str = "") -> bool:
    """Return whether a line has words, is no row of the table, and may affect its rows."""
    stand = assignment_table.list_filled_cells(cells, "")
    if len(stand) == 1 and _LEFT_OUT.fullmatch(stand[0].strip()):
        return True
    is_wordy = any(_has_two_words(cell) for cell in stand) or (
        len(stand) == 1 and bool(_LETTERS.search(stand[0])) and not _is_harmless_token(stand[0])
    )
    if not is_wordy or is_row(cells, fit, stand):
        return False
    if any(load_shared_words().says_no_records(cell) for cell in stand) or _is_headings(stand, fit):
        return False
    if _is_of_forms(fit):
        stand = [_AS_ON.sub(" dated ", cell) for cell in stand]
    joined = " ".join(stand)
    if event_legend.find_event_column(fit) is not None and event_legend.parse_legend(joined):
        return False
    if _has_other_basis(list_words(_MAIL.sub(f" {_ACCOUNT} ", joined)), list_words(licensee)):
        return True
    if says_nothing(joined, licensee) or (_OF_POST.search(joined) and says_nothing(", ".join(stand), licensee)):
        return False
    return not all(says_nothing(cell, licensee) for cell in stand)


def _has_other_basis(words: Sequence[str], licensee: Sequence[str]) -> bool:
    """Whether a line says that the answer was made by, or rests on, something else than records of the ISP."""
    is_made_up = line_origins.remove_origins(words, licensee) is None
    return is_made_up or line_bases.rests_on_no_records(words, licensee)


def _has_two_words(text: str) -> bool:
    """Whether two words stand beside each other in a text."""
    has_words = [bool(_LETTERS.search(part)) and not any(letter.isdigit() for letter in part) for part in text.split()]
    return any(one and other for one, other in pairwise(has_words))


def _is_harmless_token(text: str) -> bool:
    """Whether a text is one word with a figure, and not one such as `test1`."""
    return _is_token(text) and not line_origins.is_made_up(list_words(text[:MOST_LETTERS]))


def _is_token(text: str) -> bool:
    """Whether a text is one word with a figure, as an id is."""
    return len(text.split()) == 1 and any(letter.isdigit() for letter in text)


def is_row(cells: Sequence[str], fit: Fit, stand: Sequence[str]) -> bool:
    """Return whether a line has an address, a time, a number or an id where a row of the table has it.

    `stand`: its cells that have a value.
    """
    places = fit.places

    def holds(fields: Sequence[str], form: re.Pattern[str]) -> bool:
        texts = (cells[places[field]].strip() for field in fields if field in places and places[field] < len(cells))
        return any(not _has_two_words(text) and form.search(text[:MOST_LETTERS]) for text in texts)

    if holds(_ADDRESSES, _ADDRESS) or holds(_TIMES, _TIME) or (_is_of_forms(fit) and len(stand) > 2):
        return True
    if any(stated_ids.read_row_id(cell) is not None for cell in stand):
        return True
    result = (
        cells[places[number]].strip()
        for number in single_rows.NUMBERS
        if number in places and places[number] < len(cells)
    )
    if _is_of_forms(fit):
        return len(stand) > 1 and any(text and not _has_two_words(text) for text in result)
    return len(stand) > 1 and any(_NUMBER.fullmatch(text[:MOST_LETTERS]) or _is_token(text) for text in result)


def _is_of_forms(fit: Fit) -> bool:
    """Whether the rows of a table say who lines are: their ids may be words alone."""
    return fit.layout.reply is NoticeKind.SUBSCRIBERS


def _is_headings(stand: Sequence[str], fit: Fit) -> bool:
    """Whether the cells of a line are names of columns."""
    known = (fit.layout.fields, fit.layout.ignored, fit.layout.kinds, load_shared_words().kinds)
    names_of_cells = ((reduce_heading(cell), cell) for cell in stand)
    return all(
        any(name in mapping for mapping in known) and (name or not find_zone(cell)) for name, cell in names_of_cells
    )


def _is_another_head(cells: Sequence[str], fit: Fit) -> bool:
    """Whether a line names columns, and not as the table does: what is below it has other columns, or another zone."""
    if not _is_headings(stand := assignment_table.list_filled_cells(cells, ""), fit) or len(stand) < 2:
        return False
    own = _as_compared(cells)
    return own != _as_compared(fit.headings) and (not fit.lower or own != _as_compared(fit.lower))


def _as_compared(cells: Sequence[str]) -> list[str]:
    """The cells of a row of headings without capitals and blanks, and without empty ones behind the last."""
    result = [" ".join(cell.lstrip("\ufeff").split()).casefold() for cell in cells]
    while result and not result[-1]:
        result.pop()
    return result


def list_parameters(fit: Fit) -> set[str]:
    """Return the canonical names of the parameters that may stand above a table."""
    by_layout = fit.layout.content.get("parameters", {})
    of_rules = {name for name, field in fit.layout.fields.items() if field in RULE_FIELDS}
    return of_rules | {reduce_heading(name) for names in by_layout.values() for name in names}


_ACCOUNT = "id0"
"""What stands for the address of a mailbox: an account without a name."""
_MAIL = re.compile(r"[\w.+-]{1,60}@[\w.-]{1,60}")
_OF_A_LETTER = re.compile(
    r"(?:(?:our|your|y)[ ./]{1,3})?(?:ref(?:erence)?|letter|notice|request|case|crime|cr|f\.?i\.?r|order|file|no)"
    r"(?:\.? ?no)?[ .:-]{1,4}(?:(?:our|your) )?(?:(?:cr|crime|fir|case|letter|notice)(?:\.? ?no)?[ .:-]{1,4})?"
    r"(?=[^ ]{0,60}[0-9])[A-Za-z0-9]{1,20}(?:[/_-][A-Za-z0-9().]{1,20}){0,8}"
    r"(?:,? (?:dated|dt|date|of)[ .:-]{1,3}[0-9A-Za-z]{1,9}[-/. ][0-9A-Za-z]{1,9}[-/. ,]{1,2}[0-9]{2,4})?[ .,]{0,3}",
    re.IGNORECASE | re.ASCII,
)
"""A line that refers to a letter, with its date: `Ref: CYB/KL/112/2026 dated 10-03-2026`."""


_OF_A_LATER_HOLDER = re.compile(
    r"\b(?:msisdn|subscriber|customer|user|number|mobile|holder|owner|connection|data|detail|list|record)s?\b"
    r"[^.;]{0,40}\bas (?:on|of)\b",
    re.IGNORECASE,
)
"""A line by which the numbers are those of the day of the report: `MSISDN as on 04-06-2026`."""
_AS_ON = re.compile(r"\bas (?:on|of)\b", re.IGNORECASE)
"""Forms say who has a line on the day of the report, and since when."""
_LEFT_OUT = re.compile(r"(?:\.\s?){3,40}|\u2026{1,10}|\[(?:\.{3}|\u2026)\]")
"""Dots that stand for rows which are not there."""
_OF_POST = re.compile(r"[-\u2013, ] ?[1-9][0-9]{2} ?[0-9]{3}\.?$")
"""The PIN code at the end of an Indian postal address."""
_NUMBER_OF_A_HOUSE = re.compile(
    r"\b(?:door|plot|house|flat|building|shop|ward|room|survey|t\.? ?c\.?|h|d) ?no\b", re.IGNORECASE
)


def says_nothing(text: str, licensee: str = "") -> bool:
    """Return whether a line has only words without effect, figures, labelled names, and the licensee's own name.

    The words are those of `[lines]` in words.toml.
    """
    lines = load_shared_words().lines
    every_word = list_words(_MAIL.sub(f" {_ACCOUNT} ", text))
    own_words = [word for word in every_word if not any(letter.isdigit() for letter in word)]
    if len(own_words) > MOST_WORDS or len(text) > 8 * MOST_WORDS:
        return False
    if load_shared_words().match_denied(pl.Series([text], dtype=pl.String)).item() or _OF_A_LATER_HOLDER.search(text):
        return False
    if _OF_A_LETTER.fullmatch(text.strip()):
        return True
    is_post = "," in text and ":" not in text and _OF_POST.search(text.strip()) is not None
    words_of_post = {*split_words(_NUMBER_OF_A_HOUSE.sub(" ", text))} if is_post else set()
    if is_post and not words_of_post & lines["doubts"] and not line_origins.has_making_verb(own_words):
        return not line_origins.is_made_up(every_word, is_name=True)
    licensee_words = list_words(licensee)
    without_origins = line_origins.remove_origins(every_word, licensee_words)
    if without_origins is None or line_bases.rests_on_no_records(every_word, licensee_words):
        return False
    own_words = [word for word in without_origins if not any(letter.isdigit() for letter in word)]
    bare = f" {' '.join(own_words)} "
    own = " ".join(licensee_words)
    for phrase in [own, *_list_phrases()] if own else _list_phrases():
        bare = bare.replace(f" {phrase} ", " ")
    for place in sorted(load_shared_words().confirming["places"], key=len, reverse=True) if bare.strip() else ():
        bare = bare.replace(f" {place} ", " ")
    left = bare.split()
    if all(word in lines["words"] for word in left):
        return True
    spoken = " ".join(left)
    if company_names.is_other_company(left, every_word, licensee_words):
        return False
    if {*left} & lines["doubts"] or len(left) > MOST_OF_A_NAME or line_origins.has_making_verb(left):
        return False
    is_label = any(f" {spoken} ".startswith(f" {line} ") for line in lines["labels"])
    is_signed = any(spoken.endswith(f" {office}") for office in _OFFICES)
    return is_label or ((is_signed or left[-1] in lines["companies"]) and not line_origins.has_maker(left))


_OFFICES = ("nodal officer", "nodal cell", "authorised signatory", "authorized signatory", "legal cell")
"""What stands behind the name of the person who signs."""
_OF_NAMES = frozenset(
    """
    old older bak obsolete superseded replaced nearest training inbound incoming previous prior former earlier
    candidate candidates rough duplicate duplicates void junk garbage guess guesses guessed suspected
    excluded discarded trash ported neighbour neighbours neighbor neighbors nearby errors exceptions
    mismatches failures proposed vacated lapsed deleted removed archived dormant stolen
    retailer retailers dealer dealers nominee nominees complainant complainants informant informants
    est edt pst pdt cst cdt mst mdt bst cet cest npt pkt
    next prev other others another different manually near miss misses adjacent adjoining surrounding
    after before check checked checking recheck tbc tbd be not never nobody none without unknown unclear
    random instead mixed mistake mistakes mistaken might would could cannot partial partially wip
    ignore ignored disregard discard fallback typed ambiguous conflicts churned recycled alternative alternatives
    alternate alternates option options suggestion suggestions fuzzy best
    """.split()
)


_BESIDE_A_MATCH = re.compile(r"(?i)(?<![a-z])(?:no|without)[ _-]match|[a-z] ?\+ ?[0-9]")
"""A name that says that its rows match nothing, or are beside what was asked: `No match`, `Port+1`."""


def is_denying(name: str) -> bool:
    """Return whether the name of a file or sheet says that its rows may be wrong: `Probable users`, `Not matched`.

    Or that its times are of a zone whose letters are ambiguous.
    """
    return (
        bool(_OF_NAMES & {*list_words(name)} or _BESIDE_A_MATCH.search(name))
        or line_origins.is_made_up(list_words(name), is_name=True)
        or bool(load_shared_words().match_denied(pl.Series([" ".join(list_words(name))], dtype=pl.String)).item())
    )


_WORD_OF_INDIA = re.compile("[\u0900-\u0dff][\u0900-\u0dff\u200c\u200d]*")
_NAMES_OF_INDIA = frozenset(
    """
    रिपोर्ट शीट पत्रक डेटा डाटा सूची विवरण रिकॉर्ड उत्तर जवाब पृष्ठ
    ഷീറ്റ് ഡാറ്റ ഡേറ്റ റിപ്പോർട്ട് വിവരങ്ങൾ വിവരം പട്ടിക മറുപടി പേജ്
    தாள் தரவு அறிக்கை விவரம் பட்டியல் பதில் ಹಾಳೆ ಡೇಟಾ ವರದಿ ವಿವರ షీట్ డేటా నివేదిక వివరాలు
    """.split()
)
"""Names of sheets and files in scripts of India that say nothing of the rows."""


def has_unknown_word_of_india(name: str) -> bool:
    """Return whether the name of a file or sheet has a word in a script of India that is not known.

    What it says of the rows is not known either.
    """
    known = _NAMES_OF_INDIA | {*load_shared_words().lines["words"], *load_shared_words().confirming["places"]}
    return any(word not in known for word in _WORD_OF_INDIA.findall(name))


_OF_OTHERS = frozenset(
    """
    contact nodal complainant complainants informant informants victim victims petitioner petitioners sender from
    regards helpline officer desk escalation call caller enquiry enquiries helpdesk
    """.split()
)
_LINES_OF_A_SIGNATURE = 3
"""A number stands in the line of the officer's name, or in one of the next two."""
_PHONE = re.compile(r"(?<![0-9])(?:\+?91[ -]?|0)?[6-9][0-9]{4}[ -]?[0-9]{5}(?![0-9])", re.ASCII)


def list_others(fit: Fit, lines: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the mobile numbers, of ten digits, that lines beside a table give as those of officers or complainants."""
    result: set[str] = set()
    since = _LINES_OF_A_SIGNATURE
    for cells in lines:
        text = " ".join(cells)[:MOST_LETTERS]
        if is_row(cells, fit, assignment_table.list_filled_cells(cells, "")):
            since = _LINES_OF_A_SIGNATURE
            continue
        since = 0 if _OF_OTHERS & {*list_words(text)} else since + 1
        if since < _LINES_OF_A_SIGNATURE:
            result |= {re.sub("[^0-9]", "", phone)[-10:] for phone in _PHONE.findall(text)}
    return frozenset(result)


@cache
def _list_phrases() -> tuple[str, ...]:
    """Return the phrases without effect, the longest first: some are parts of others."""
    return tuple(sorted(load_shared_words().lines["phrases"], key=lambda one: (-len(one), one)))


def list_words(text: str) -> list[str]:
    """Return the words of a line of any length, in lower case."""
    return [word for piece in text.split() for word in split_words(piece)]
