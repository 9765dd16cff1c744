"""Which notice a reply answers: the one whose rows the file names, by row id, address or number."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sightline.child_process import MessageSender, ReadLimits, run_limited_child
from sightline.model import NoticeKind
from sightline.services.notices.notice_rows import read_rows_of_notice
from sightline.storage.rows import Notice
from sightline.workspace.workspace import Workspace

MOST_BYTES = 32 << 20
"""Bytes of a file, and of all parts of an archive together, that are looked at."""
MOST_PARTS = 40
WORD = re.compile(r"[0-9A-Za-z.:+-]{1,80}")
LAST_DIGITS = 10
"""The digits of a mobile number without the code of the country."""
LIMITS = ReadLimits(cpu_s=60, memory_bytes=2 << 30)
HINT = "open the notice that it answers, and add the reply there"


def match_notice(workspace: Workspace, path: Path, groups: Sequence[Sequence[Notice]]) -> Notice | None:
    """Return the notice that names the most things in a file, of the first group in which one alone does, or None.

    A child process with limits reads the file. Raises DamagedInput if it met one.
    """
    asked = {
        notice.notice_id: _collect_asked(workspace, notice) for group in groups for notice in _select_answerable(group)
    }
    words = list_words(path, set[str]().union(*asked.values()))
    for group in groups:
        counts = [(len(asked[notice.notice_id] & words), notice) for notice in _select_answerable(group)]
        ranked = sorted(((count, notice) for count, notice in counts if count), key=lambda each: -each[0])
        if ranked and (len(ranked) == 1 or ranked[0][0] > ranked[1][0]):
            return ranked[0][1]
    return None


def _select_answerable(group: Iterable[Notice]) -> list[Notice]:
    return [notice for notice in group if notice.kind is not NoticeKind.PRESERVATION]


def list_words(path: Path, wanted: set[str]) -> set[str]:
    """Return which of the wanted words (folded, as `_fold_word` does) a file names. A child process reads it."""
    with run_limited_child(send_words, (str(path), sorted(wanted)), path.name, LIMITS, HINT) as receiver:
        return set(receiver.read_message()["words"])


def send_words(sender: MessageSender, path: str, wanted: Sequence[str]) -> None:
    """Send the wanted words of a file, in the child process. Other words are not kept."""
    looked_for = frozenset(wanted)
    result: set[str] = set()
    for text in _read_texts(Path(path)):
        result |= looked_for.intersection(
            _fold_word(spelling) for word in WORD.finditer(text) for spelling in _list_spellings(word[0])
        )
    sender.send({"words": sorted(result)})


def _list_spellings(word: str) -> tuple[str, ...]:
    """Return a word without signs behind it; of an IPv4 address with its port, also the address."""
    bare = word.rstrip(".:-")
    return (bare, bare.partition(":")[0]) if "." in bare and ":" in bare else (bare,)


def _collect_asked(workspace: Workspace, notice: Notice) -> set[str]:
    """Return what a reply to a notice repeats: row ids, and addresses or numbers."""
    rows = read_rows_of_notice(workspace, notice)
    named = rows["number"] if "number" in rows.columns else rows["ip"]
    return {_fold_word(str(row_id)) for row_id in (*rows["row_id"], *named.drop_nulls())}


def _fold_word(word: str) -> str:
    """Return a word without case; of a number with a code of a country, its last digits."""
    digits = word.removeprefix("+")
    return digits[-LAST_DIGITS:] if digits.isdigit() and len(digits) > LAST_DIGITS else word.casefold()


def _read_texts(path: Path) -> Iterator[str]:
    """Yield the text of a file, or of the parts of an archive such as a workbook."""
    try:
        with zipfile.ZipFile(path) as packed:
            left = MOST_BYTES
            for member in packed.infolist()[:MOST_PARTS]:
                with packed.open(member) as part:
                    data = part.read(left)
                left -= len(data)
                yield data.decode("utf-8", "replace")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        with path.open("rb") as file:
            yield file.read(MOST_BYTES).decode("utf-8", "replace")
