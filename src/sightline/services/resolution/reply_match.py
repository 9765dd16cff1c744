"""Which notice a reply answers: the one whose rows the file names, by row id, address or number."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from sightline.model import NoticeKind
from sightline.services.notices.notice_rows import rows_of
from sightline.storage.rows import Notice
from sightline.workspace.workspace import Workspace

MOST_BYTES = 32 << 20
"""Bytes of a file, and of each part of an archive, that are looked at."""
MOST_PARTS = 40
WORD = re.compile(r"[0-9A-Za-z.:+-]+")
LAST_DIGITS = 10
"""The digits of a mobile number without the code of the country."""


def match_notice(workspace: Workspace, path: Path, waiting: Iterable[Notice]) -> Notice | None:
    """Return the only notice that names the most things in a file, or None if none does or several do equally."""
    words = _words(path)
    counts = [
        (len(_collect_asked(workspace, one) & words), one) for one in waiting if one.kind is not NoticeKind.PRESERVATION
    ]
    ranked = sorted(((count, one) for count, one in counts if count), key=lambda each: -each[0])
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    return ranked[0][1]


def _collect_asked(workspace: Workspace, notice: Notice) -> set[str]:
    """Return what a reply to a notice repeats: row ids, and addresses or numbers."""
    rows = rows_of(workspace, notice)
    named = rows["number"] if "number" in rows.columns else rows["ip"]
    return {_folded(str(one)) for one in (*rows["row_id"], *named.drop_nulls())}


def _words(path: Path) -> set[str]:
    return {_folded(one.rstrip(".:-")) for text in _texts(path) for one in WORD.findall(text)}


def _folded(word: str) -> str:
    """Return a word without case; of a number with a code of a country, its last digits."""
    digits = word.removeprefix("+")
    return digits[-LAST_DIGITS:] if digits.isdigit() and len(digits) > LAST_DIGITS else word.casefold()


def _texts(path: Path) -> Iterable[str]:
    """Yield the text of a file, or of the parts of an archive such as a workbook."""
    try:
        with zipfile.ZipFile(path) as packed:
            for one in packed.infolist()[:MOST_PARTS]:
                with packed.open(one) as part:
                    yield part.read(MOST_BYTES).decode("utf-8", "replace")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        with path.open("rb") as file:
            yield file.read(MOST_BYTES).decode("utf-8", "replace")
