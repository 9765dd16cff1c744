"""Walk XML safely: no document type, no entities but the five built-in ones, no deep nesting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

from sightline.model import TipCode
from sightline.stages.tabular.encoding import DecodedContent, detect_encoding

DEPTH_LIMIT = 100
_TRAILING = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_TAG = re.compile(rb"(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_DECLARED = re.compile(r"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)""")
_ENCODINGS = re.compile(r"utf-?8|utf-16(?:le|be)?|us-ascii|windows-125[0-8]|iso-8859-(?:[1-9]|1[01345])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a document was not read further, and at which byte."""

    code: TipCode
    byte_offset: int


class Handler:
    """Takes elements in order. Subclasses override what they need."""

    def start_element(self, name: str, byte_offset: int, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""

    def says(self, text: str) -> None:
        """Handle text of the innermost open element."""

    def end_element(self, end: int) -> None:
        """Handle the end of the innermost open element, before `end`."""


class _ReadingStop(Exception):
    """The rest of the document is not read."""

    def __init__(self, code: TipCode) -> None:
        super().__init__(code.value)
        self.code = code


def walk_elements(content: bytes, handler: Handler) -> Stop | None:
    """Pass the elements of a document to the handler, and return the break if there is one."""
    if not _is_known_encoding(content):
        return Stop(TipCode.BROKEN_DOCUMENT, 0)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def forbidden(*_: object) -> None:
        raise _ReadingStop(TipCode.FORBIDDEN_MARKUP)

    def opens(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_LIMIT:
            raise _ReadingStop(TipCode.TOO_DEEP)
        handler.start_element(name, parser.CurrentByteIndex, attributes)

    def closes(_: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end_element(_find_behind_tag(content, parser.CurrentByteIndex))

    parser.StartDoctypeDeclHandler = forbidden
    parser.EntityDeclHandler = forbidden
    parser.StartElementHandler = opens
    parser.EndElementHandler = closes
    parser.CharacterDataHandler = handler.says
    try:
        parser.Parse(content, True)
    except _ReadingStop as error:
        return Stop(error.code, _limit_place(parser.CurrentByteIndex, content))
    except expat.ExpatError as error:
        code = TipCode.TRAILING_CONTENT if error.code == _TRAILING else TipCode.BROKEN_DOCUMENT
        return Stop(code, _limit_place(parser.ErrorByteIndex, content))
    return None


def _is_known_encoding(content: bytes) -> bool:
    """Return whether the encoding that the document declares, if it does, is one that is read."""
    match = _DECLARED.match(DecodedContent(content[:1024]).text)
    return match is None or _ENCODINGS.fullmatch(match[1].lower()) is not None


def _limit_place(at: int, content: bytes) -> int:
    return min(max(at, 0), len(content))


def _find_behind_tag(content: bytes, at: int) -> int:
    """Return where the tag ends that begins at `at`: behind its `>`."""
    encoding, _ = detect_encoding(content[:4])
    if encoding == "utf-8":
        match = _TAG.match(content, at)
        return match.end() if match else len(content)
    sign = ">".encode(encoding)
    end = content.find(sign, at)
    while end >= 0 and (end - at) % 2:
        end = content.find(sign, end + 1)
    return len(content) if end < 0 else end + 2
