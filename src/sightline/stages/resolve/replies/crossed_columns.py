"""Find a column of numbers or names whose cells belong to other rows, by what two columns of a row have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sightline.stages.resolve.replies import assignment_table, single_rows, surrounding_lines
from sightline.stages.resolve.replies.heading_fit import Fit

MOST_ROWS = 200
"""The maximum number of rows that are compared with each other."""
LEAST_CROSSED = 2
"""The minimum number of rows whose number is part of another row's text."""
_OF_PEOPLE = frozenset({"name", "email"})
_LEAST_FIGURES, _LEAST_LETTERS = 8, 6
"""The minimum length of a number, or of a name in an id, that two rows have in common by no chance."""
Key = str | frozenset[str]
"""The last figures of a number, or the words of an id."""


def find_crossed_column(fit: Fit, below: Sequence[Sequence[str]]) -> str | None:
    """Return the heading of a column of numbers that stand beside another row's name or mail address, or None.

    An id made of a customer's name, or a mail address made of a number, is in the row of its own line. If more rows
    have that of another row than their own, one of both columns moved, or was sorted alone. So it is if one number has
    two customers, one below the other, and one of these two has the number of the next row too. `below`: the lines
    under the headings.
    """
    width = len(fit.headings)
    rows = [
        cells
        for cells in below[: MOST_ROWS + 1]
        if len(cells) >= width and surrounding_lines.is_row(cells, fit, assignment_table.list_filled_cells(cells, ""))
    ]
    columns = [(fit.places[field]) for field in single_rows.NUMBERS if field in fit.places]
    of_people = [mark.at for mark in fit.marks if mark.kind in _OF_PEOPLE]
    for at in columns:
        numbers = [cells[at].strip() for cells in rows]
        for other in of_people:
            texts = [cells[other].strip() for cells in rows]
            if _is_crossed(numbers, texts) or _has_split_pair(numbers, texts):
                return fit.headings[at].strip()
    return None


def _is_crossed(numbers: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether more texts have the number of another row than their own, and two rows at least."""
    keys = [_find_key(number) for number in numbers]
    parts = [(re.sub(r"[^0-9]", "", text), _list_words(text)) for text in texts]
    own = crossed = 0
    for at, (figures, words) in enumerate(parts):
        if _is_part(keys[at], figures, words):
            own += 1
        elif any(key != keys[at] and _is_part(key, figures, words) for key in keys):
            crossed += 1
    return crossed >= LEAST_CROSSED and crossed > own


def _has_split_pair(numbers: Sequence[str], names: Sequence[str]) -> bool:
    """Whether one number has two customers in two rows, and one of them has the number of the next row too."""
    words = [_list_words(name) for name in names]
    for at in range(len(numbers) - 1):
        if not numbers[at] or numbers[at] != numbers[at + 1] or not words[at] or not words[at + 1]:
            continue
        if words[at] & words[at + 1]:
            continue
        beside = [(at, at - 1)] if at else []
        beside += [(at + 1, at + 2)] if at + 2 < len(numbers) else []
        if any(words[one] == words[next_row] and numbers[one] != numbers[next_row] for one, next_row in beside):
            return True
    return False


def _find_key(number: str) -> Key | None:
    """What another column of the same row may repeat of a number or id; None of one too short to tell."""
    if re.fullmatch(r"\+?[0-9]+", number):
        return number[-10:] if len(number) >= _LEAST_FIGURES else None
    words = _list_words(number.split("@", maxsplit=1)[0])
    return words if len(words) > 1 and sum(map(len, words)) >= _LEAST_LETTERS else None


def _list_words(text: str) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"[^\W\d_]+", text.casefold()) if len(word) > 1)


def _is_part(key: Key | None, figures: str, words: frozenset[str]) -> bool:
    if key is None:
        return False
    return key in figures if isinstance(key, str) else key <= words
