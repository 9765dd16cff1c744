"""Documents as others read them: text and picture by PDFium, the QR code by ZXing."""

from io import BytesIO
from typing import Any, cast

import pypdf
import pypdfium2
import zxingcpp


def words(pdf: bytes) -> str:
    """All text of all pages, without spaces and line ends: where a line broke does not matter.

    PDFium gives a hyphen at the end of a line as U+FFFE.
    """
    with pypdfium2.PdfDocument(pdf) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
    return "".join(text.replace("\ufffe", "-").split())


def qr_texts(pdf: bytes) -> list[str]:
    """What each QR code of the printed pages says."""
    with pypdfium2.PdfDocument(pdf) as document:
        pictures = [page.render(scale=300 / 72, grayscale=True).to_numpy() for page in document]
    return [code.text for picture in pictures for code in zxingcpp.read_barcodes(picture)]


def catalogue(pdf: bytes) -> Any:
    """The root of the PDF's objects, by their names in the standard."""
    return cast(Any, pypdf.PdfReader(BytesIO(pdf)).root_object)


def fonts(pdf: bytes) -> list[Any]:
    """The fonts of all pages."""
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    return [font.get_object() for page in pages for font in cast(Any, page)["/Resources"]["/Font"].values()]
