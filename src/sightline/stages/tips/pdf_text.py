"""Read the text of a PDF, page by page, with the words of a row of a table in one line."""

from __future__ import annotations

import io
import logging
import zlib
from dataclasses import dataclass

import pypdf
from pypdf.errors import PyPdfError

from sightline.errors import DamagedInput

MOST_PAGES = 2_000
_UNREADABLE = (
    PyPdfError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    zlib.error,
)
"""What the library raises for a file that is damaged or made to deceive."""
HINT = "print it into a new PDF, or type its connections"


@dataclass(frozen=True, slots=True)
class PdfTexts:
    """The texts of a PDF, a page each. `without_text`: pages of which nothing could be read, such as scanned ones."""

    pages: tuple[str, ...]
    without_text: int
    attachments: int


def read_pdf(content: bytes) -> PdfTexts:
    """Return the texts of a PDF. Raises DamagedInput, also if it has a password, or more pages than a message."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DamagedInput("the PDF has a password", hint=HINT)
        pages = list(reader.pages[: MOST_PAGES + 1])
        attachments = len(list(reader.attachment_list))
    except _UNREADABLE:
        raise DamagedInput("a damaged PDF", hint=HINT) from None
    if len(pages) > MOST_PAGES:
        raise DamagedInput(f"a PDF of more than {MOST_PAGES:,} pages", hint=HINT)
    texts = tuple(map(_read_page_text, pages))
    return PdfTexts(texts, sum(not text.strip() for text in texts), attachments)


def _read_page_text(page: pypdf.PageObject) -> str:
    """Return the text of a page by its lines as they are seen, else in the order of the file."""
    for options in ({"extraction_mode": "layout", "layout_mode_strip_rotated": False}, {}):
        try:
            text = page.extract_text(**options)  # type: ignore[arg-type]
        except _UNREADABLE:
            continue
        if text.strip():
            return text
    return ""
