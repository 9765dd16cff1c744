"""Registered files of notices, replies, resolutions, incoming referrals and case notes in the segment store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sightline.errors import DamagedInput
from sightline.storage.rows import CaseFile, Incoming, Notice, Reply, Resolving
from sightline.storage.table import Tables


@dataclass(frozen=True, slots=True)
class RegisteredFile:
    """A registered file and a description of its owner. The text of a notice's form has no registered size."""

    whose: str
    file: str
    sha256: str
    size_bytes: int | None


def list_row_files(row: Reply | Resolving) -> dict[str, RegisteredFile]:
    """Return the files that a reply or a resolution registers, by base name without suffix.

    Raises:
        DamagedInput: the row was altered so that it registers no files.
    """
    whose = f"reply {row.reply_id}" if isinstance(row, Reply) else f"resolution {row.number}"
    try:
        files = [
            RegisteredFile(whose, str(entry["file"]), str(entry["sha256"]), int(entry["size_bytes"]))
            for entry in json.loads(row.files_json)
        ]
    except (ValueError, KeyError, TypeError):
        raise DamagedInput(
            f"{whose}: its list of files was altered", hint="sightline verify names everything that was altered"
        ) from None
    return {file.file.rpartition("/")[2].partition(".")[0]: file for file in files}


def build_form_file(notice: Notice) -> RegisteredFile:
    """Return the file with the wording of a notice. `form` is `NAME:SHA256`."""
    digest = notice.form.rpartition(":")[2]
    name = f"{notice.file.partition('/')[0]}/{build_form_name(digest)}"
    return RegisteredFile(f"the form of {notice.number}", name, digest, None)


def build_form_name(sha256: str) -> str:
    """Return the file name of a form, from its digest."""
    return f"form-{sha256[:16]}.json"


def list_registered(tables: Tables, damaged: Callable[[str, str], None] | None = None) -> Iterator[RegisteredFile]:
    """Yield all files of notices, replies and resolutions, and of case notes and incoming referrals not purged.

    One form serves several notices.

    An unreadable row is reported to `damaged` with its key and the error; without `damaged` it raises DamagedInput.
    """
    forms: dict[str, RegisteredFile] = {}
    for notice in tables[Notice].read_each(damaged=damaged):
        yield RegisteredFile(notice.number, notice.file, notice.sha256, notice.size_bytes)
        form = build_form_file(notice)
        forms.setdefault(form.file, form)
    yield from forms.values()
    for reply in tables[Reply].read_each(damaged=damaged):
        yield from _list_files_or_tell(reply, reply.reply_id, damaged)
    for made in tables[Resolving].read_each(damaged=damaged):
        yield from _list_files_or_tell(made, str(made.number), damaged)
    for incoming in tables[Incoming].read_each(damaged=damaged):
        if incoming.purged_at_us is None:
            yield RegisteredFile(
                f"incoming referral {incoming.number}", incoming.file, incoming.sha256, incoming.size_bytes
            )
    yield from _list_attached(tables, damaged)


def _list_attached(tables: Tables, damaged: Callable[[str, str], None] | None) -> Iterator[RegisteredFile]:
    for case_file in tables[CaseFile].read_each(damaged=damaged):
        if case_file.key is not None:
            yield RegisteredFile(
                f"attachment {case_file.name}", case_file.file, case_file.file_sha256, case_file.file_bytes
            )


def _list_files_or_tell(
    row: Reply | Resolving, key: str, damaged: Callable[[str, str], None] | None
) -> Iterator[RegisteredFile]:
    try:
        yield from list_row_files(row).values()
    except DamagedInput as why:
        if damaged is None:
            raise
        damaged(key, str(why))
