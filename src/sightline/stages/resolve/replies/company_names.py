"""Find names of companies in lines, files and sheets of a reply, and whether one is of another than the licensee."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sightline.stages.resolve.replies.shared_words import load_shared_words

_IN_NAMES = frozenset(
    "telecom telecommunications communications infotech cablenet limited ltd pvt llp broadband".split()
)
"""Words of companies that the name of a file or sheet has behind the name of one."""
_ALSO_OF_OFFICES = frozenset("circle operator isp licensee network networks mobile online".split())
"""Words of companies that lines of a letter have too."""
_USUAL = frozenset(
    """
    wired wireless fixed home fiber fibre ftth retail fixedline prepaid postpaid active all office nodal cell desk team
    department head regional zonal registered corporate
    """.split()
)
"""Kinds of lines and of offices, which stand before such a word too."""
_LABELS = (
    "name of the isp", "name of isp", "name of the licensee", "name of licensee", "licensee", "isp", "operator", "tsp",
    "company", "service provider",
)  # fmt: skip
"""What a line begins with that says who answers."""
_LEAST_LETTERS = 3


def is_other_company(left: Sequence[str], words: Sequence[str], licensee: Sequence[str]) -> bool:
    """Return whether a line names a company that is not the licensee.

    `words`: the line's words; `left`: those that have an effect; `licensee`: the words of its name, empty if unknown.
    A brand may be part of the name of its company, or its first letters.
    """
    label = next((one for one in _LABELS if " ".join(left).startswith(f"{one} ")), "")
    named = list(left)[len(label.split()) :]
    companies = load_shared_words().lines["companies"] - _ALSO_OF_OFFICES
    has_company = any(word in companies and _is_foreign(before) for before, word in pairwise(words))
    if not licensee or not (label or has_company or (named and named[-1] in companies)):
        return False
    return any(_is_foreign(word) for word in named) and not _is_licensee(words, licensee)


def names_other_company(words: Sequence[str], licensee: Sequence[str]) -> bool:
    """Return whether the name of a file or sheet has that of a company which is not the licensee."""
    has_name = any(
        word in _IN_NAMES and len(before) >= _LEAST_LETTERS and _is_foreign(before) for before, word in pairwise(words)
    )
    return bool(licensee) and has_name and not _is_licensee(words, licensee)


def _is_foreign(word: str) -> bool:
    """Whether a word may be of the name of a company."""
    known = load_shared_words()
    usual = known.lines["companies"] | known.lines["words"] | known.confirming["places"] | _USUAL
    return word.isalpha() and len(word) > 1 and word not in usual


def _is_licensee(words: Sequence[str], licensee: Sequence[str]) -> bool:
    known = load_shared_words().lines["companies"] | load_shared_words().lines["words"]
    own = {word for word in licensee if word not in known} or {*licensee}
    if own & {*words} or any(word in "".join(words) for word in own if len(word) > _LEAST_LETTERS):
        return True
    bare = [word for word in words if word.isalpha()]
    letters = "".join(word[0] for word in bare)
    if any(len(word) > 1 and word in letters for word in own) or (
        len(licensee[0]) > 1 and letters.startswith(licensee[0])
    ):
        return True
    initials = "".join(word[0] for word in licensee)
    return len(initials) > 1 and initials in bare
