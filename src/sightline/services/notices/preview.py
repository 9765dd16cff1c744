"""The pages of a notice as pictures, with masked addresses and numbers, for the officer who decides on it."""

from __future__ import annotations

from dataclasses import replace

from sightline.evidence.documents.document_facts import Language
from sightline.evidence.documents.notice_facts import RowFacts
from sightline.evidence.documents.render import notice_pages
from sightline.services.notices import annexure, letters
from sightline.services.notices.export import form_kept
from sightline.services.notices.notice_rows import rows_of
from sightline.stages.report import printable
from sightline.storage.rows import Notice
from sightline.workspace.workspace import Workspace


def preview_pages(workspace: Workspace, notice: Notice, language: Language) -> tuple[bytes, ...]:
    """Return the pages of a notice as SVG. They differ from the document only by what is masked in the rows."""
    with workspace.reading() as tables:
        letter = letters.letter_of(tables, notice)
    rows = rows_of(workspace, notice)
    facts = letters.build_notice_facts(letter, rows, annexure.csv_of(rows))
    masked = tuple(_masked(row_facts, is_number=facts.is_of_numbers) for row_facts in facts.rows)
    return notice_pages(replace(facts, rows=masked), form_kept(workspace, notice).wording(language), language)


def _masked(row: RowFacts, *, is_number: bool) -> RowFacts:
    if is_number:
        return replace(row, what="(number)")
    destination = None if row.destination is None else printable.mask_lines(row.destination)
    port = None if row.port is None else "(port)" + "".join(row.port.partition("/")[1:])
    return replace(row, what=printable.mask_lines(row.what), port=port, destination=destination)
