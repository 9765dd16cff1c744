"""The pages of a notice as pictures, with masked addresses and numbers, for the officer who decides on it."""

from __future__ import annotations

from dataclasses import replace

from sightline.evidence.documents.document_facts import Language
from sightline.evidence.documents.notice_facts import RowFacts
from sightline.evidence.documents.render import render_notice_pages
from sightline.services.notices import annexure, letters
from sightline.services.notices.export import read_approved_form
from sightline.services.notices.notice_rows import read_rows_of_notice
from sightline.stages.report import printable
from sightline.storage.rows import Notice
from sightline.workspace.workspace import Workspace


def preview_pages(workspace: Workspace, notice: Notice, language: Language) -> tuple[bytes, ...]:
    """Return the pages of a notice as SVG. They differ from the document only by what is masked in the rows."""
    with workspace.read() as tables:
        letter = letters.build_letter(tables, notice)
    rows = read_rows_of_notice(workspace, notice)
    facts = letters.build_notice_facts(letter, rows, annexure.format_csv(rows))
    masked = tuple(_mask_row(row_facts, is_number=facts.is_of_numbers) for row_facts in facts.rows)
    return render_notice_pages(
        replace(facts, rows=masked), read_approved_form(workspace, notice).find_wording(language), language
    )


def _mask_row(row: RowFacts, *, is_number: bool) -> RowFacts:
    if is_number:
        return replace(row, what="(number)")
    destination = None if row.destination is None else printable.mask_lines(row.destination)
    port = None if row.port is None else "(port)" + "".join(row.port.partition("/")[1:])
    return replace(row, what=printable.mask_lines(row.what), port=port, destination=destination)
