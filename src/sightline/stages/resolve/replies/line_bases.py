"""Check what an answer follows, as a line beside a table says it: `Details as per your notice`, `As per IPDR logs`.

Records and systems, and the licensee itself, confirm. The question does so only beside what is given (`Details`,
`furnished`) or with its number; an answer that was made by the question, and any other basis, doubts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sightline.stages.resolve.replies.asked_answers import BESIDE_SYSTEMS, SYSTEMS
from sightline.stages.resolve.replies.shared_words import load_shared_words

_BEGINNINGS = (
    ("as", "per"),
    ("according", "to"),
    ("in", "accordance", "with"),
    ("in", "line", "with"),
    ("based", "on"),
    ("on", "basis", "of"),
    ("on", "the", "basis", "of"),
    ("per",),
)
_ASKED = ("requested", "required", "asked", "sought", "directed", "desired", "demanded", "instructed", "wanted")
"""Behind `as`, the question is the basis."""
_ARTICLES = frozenset(
    "the our ur all such said this these above aforesaid available same your yr ur ref subject".split()
)
"""What stands before a basis and is none."""
_QUESTIONS = frozenset(
    """
    notice notices letter letters request requests requisition requisitions order orders requirement requirements mail
    email query reference section sec crpc bnss act direction directions summons annexure annexures annex format dot
    trai circular guidelines licence license condition conditions clause law
    """.split()
)
_GIVEN = frozenset(
    """
    detail details data information info particulars report reports reply response ipdr cdr sdr caf record records log
    logs list statement furnished provided supplied submitted forwarded enclosed attached given sent shared find
    following output result results subscriber customer user users subscribers customers
    """.split()
)
_MADE = frozenset("prepared created made compiled produced composed drafted".split())
"""Verbs of what a person makes. A system generates a report on request, and that says nothing."""
_NO_RECORDS = frozenset("mail email lea nodal app the of from and file files detail details translation node".split())
_WITH_ITS_NUMBER = frozenset("your yr no dated dt date vide ref".split())


def rests_on_no_records(words: Sequence[str], licensee: Collection[str]) -> bool:
    """Return whether a line says that the answer rests on something else than records of the ISP.

    `licensee`: the words of the answering licensee's name.
    """
    is_made = not _MADE.isdisjoint(words)
    for start, behind in _find_bases(words):
        at = next((at for at in range(behind, len(words)) if words[at] not in _ARTICLES), len(words))
        basis = words[at] if at < len(words) else ""
        if basis in licensee or _is_of_records(basis):
            continue
        is_question = basis in _QUESTIONS or words[at - 1] in _ASKED
        is_beside = bool({*words[:start], *words[at:]} & _GIVEN or {*words} & _WITH_ITS_NUMBER)
        if is_made or not is_question or not (is_beside or words[at - 1] in _ASKED):
            return True
    return False


def _find_bases(words: Sequence[str]) -> list[tuple[int, int]]:
    """Where a basis is named: the place of its first word, and the one behind `as per`."""
    result, at = [], 0
    while at < len(words):
        beginning = next(
            (
                beginning_words
                for beginning_words in _BEGINNINGS
                if tuple(words[at : at + len(beginning_words)]) == beginning_words
            ),
            None,
        )
        if beginning is None and words[at] == "as" and words[at + 1 : at + 2] and words[at + 1] in _ASKED:
            beginning = ("as", words[at + 1])
        if beginning is not None:
            result.append((at, at + len(beginning)))
        at += len(beginning or " ")
    return result


def _is_of_records(word: str) -> bool:
    return word in (SYSTEMS | BESIDE_SYSTEMS | load_shared_words().origins["systems"]) - _NO_RECORDS
