"""The pages of a notice as masked pictures, for the officer who decides on it or reads it."""

from __future__ import annotations

from sightline.casework.notices.notices import find_notice
from sightline.casework.permissions.access import Action
from sightline.errors import NotThere
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.verbs import JournalVerb
from sightline.services.notices.preview import preview_pages
from sightline.storage.rows import Notice
from sightline.web.context import RequestContext
from sightline.web.pages.notices.router import router
from sightline.web.responses import File


@router.show(
    "/notices/{notice_id}/letter/{page}.svg", Action.NOTICE_VIEW, JournalVerb.VIEW_NOTICE, "notice:{notice_id}"
)
def show_letter_page(context: RequestContext, notice_id: str, page: int) -> File:
    """Return one page of the letter as a picture in which every address and number is masked."""
    with context.read() as tables:
        notice = find_notice(tables, notice_id)
    pages = draw_letter_pages(context, notice)
    if not 1 <= page <= len(pages):
        raise NotThere(f"the letter of {notice.number} has no page {page}")
    return File(f"page-{page}.svg", "image/svg+xml", pages[page - 1])


def draw_letter_pages(context: RequestContext, notice: Notice) -> tuple[bytes, ...]:
    """Return the masked pages of a notice in the language of the page, drawn once until the ledger grows."""
    language, workspace = Language(context.language), context.officer_session.workspace
    return context.get_cached(
        ("letter-pages", notice.notice_id, language), lambda: preview_pages(workspace, notice, language)
    )
