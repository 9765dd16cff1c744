"""The files of notices in the segment store: their rows, and the words of the form in which they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sightline.record.store.rows import Notice
from sightline.record.store.shelf import Shelves


@dataclass(frozen=True, slots=True)
class NoticeFile:
    """A file of a notice: its name in the segment store, and its digest; the form's size is not registered."""

    number: str
    file: str
    sha256: str
    size_bytes: int | None


def notice_files(shelves: Shelves) -> Iterator[NoticeFile]:
    """Yield the files of all notices, by notice; one form serves several."""
    seen: set[str] = set()
    for one in shelves[Notice].each():
        yield NoticeFile(one.number, one.file, one.sha256, one.size_bytes)
        form = form_file(one)
        if form.file not in seen:
            seen.add(form.file)
            yield form


def form_file(notice: Notice) -> NoticeFile:
    """The file of the words that a notice is sent in; `form` is `NAME:SHA256`."""
    digest = notice.form.rpartition(":")[2]
    return NoticeFile(notice.number, f"{notice.file.partition('/')[0]}/{form_name(digest)}", digest, None)


def form_name(sha256: str) -> str:
    """The name of a form's file beside the rows, by its digest."""
    return f"form-{sha256[:16]}.json"
