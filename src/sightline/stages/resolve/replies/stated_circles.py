"""Find lines beside a table that say that the table is of another telecom circle than the notice asks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sightline.stages.resolve.replies import surrounding_lines
from sightline.stages.resolve.replies.assignment_table import list_filled_cells
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.shared_words import load_shared_words

_LABELS = frozenset({"circle", "circles", "lsa"})
_AREA = ("service", "area")
_OF_OFFICES = frozenset({"office", "hq", "headquarters", "headquarter", "nagar", "road", "metro", "bazar"})
"""Beside one of these a circle is an address: `Circle Office, Chennai`, `Circle Road, Delhi`."""
_WITHOUT_SENSE = frozenset({"and", "the", "of", "state"})
_LONGEST_NAME = 4
_CODE = 3
"""A name of up to three letters is a code: it is a circle's right beside the label alone."""


def names_other_circle(fit: Fit, lines: Sequence[Sequence[str]], elsewhere: frozenset[str]) -> bool:
    """Return whether a line that is no row names a circle as such, and none but such as were not asked."""
    if not elsewhere:
        return False
    for cells in lines:
        stand = list_filled_cells(cells, "")
        if stand and not surrounding_lines.is_row(cells, fit, stand) and _is_elsewhere(" ".join(stand), elsewhere):
            return True
    return False


def _is_elsewhere(line: str, elsewhere: frozenset[str]) -> bool:
    words = [word for word in surrounding_lines.list_words(line[: surrounding_lines.MOST_LETTERS]) if word.isalpha()]
    words = [word for word in words if word not in _WITHOUT_SENSE]
    labels = [at for at, word in enumerate(words) if word in _LABELS]
    labels += [at + 1 for at in range(len(words)) if tuple(words[at : at + 2]) == _AREA]
    if not labels or _OF_OFFICES & {*words}:
        return False
    named = set(_list_names(words, labels, elsewhere))
    own = set(_list_names(words, labels, {*load_shared_words().confirming["places"]} - elsewhere))
    return bool(named) and not own


def _list_names(words: Sequence[str], labels: Sequence[int], names: Collection[str]) -> Iterator[str]:
    for first in range(len(words)):
        for count in range(1, _LONGEST_NAME + 1):
            name = " ".join(words[first : first + count])
            is_beside = any(at in {first - 1, first + count} for at in labels)
            if name in names and (is_beside or len(name) > _CODE):
                yield name
