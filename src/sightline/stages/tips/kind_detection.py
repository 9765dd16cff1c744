"""Detect the kind of a tip from its content, never from a name. An ambiguous tip is refused."""

from __future__ import annotations

import re

from sightline.errors import UnknownFormat
from sightline.stages.tabular.encoding import DecodedContent
from sightline.stages.tips import case_graph, cybertip, cybertip_json, cybertip_xml, delimited, transcription, workbook
from sightline.stages.tips.event_table import is_peer_to_peer
from sightline.stages.tips.message import is_message
from sightline.stages.tips.model import Read, TipOptions

HEAD_BYTES = 256 << 10
KINDS = ("auto", "cybertip-json", "cybertip-xml", "case-json", "sheet", "p2p")
_ZIP = re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKED = re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!")
_FOREIGN = {b"%PDF": "a PDF", b"{\\rtf": "an RTF text", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture"}
_UCO = re.compile(r"\buco-[a-z]+:|unifiedcyberontology\.org")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9:_-]*")


def is_archive(content: bytes) -> bool:
    """Return whether the bytes are a zip. A workbook is one too."""
    return bool(_ZIP.match(content))


def choose_kind(content: bytes, options: TipOptions) -> tuple[str, str, Read]:
    """Return the kind, the reason, and its reader. Raises UnknownFormat if no reader, or several, accept it."""
    if content.startswith(transcription.START):
        return "transcription", "a sheet on which an officer answered for each connection", transcription.read
    if options.original is not None:
        raise UnknownFormat("no transcription, and --original is given", hint="sightline tips transcribe FILE")
    text, reason, reader = _detect_reader(content, options)
    if options.kind not in {"auto", text}:
        what = f"asked for as {options.kind}, but it is {text}: {reason}"
        raise UnknownFormat(what, hint="leave --kind out, or check that it is the right file")
    return text, reason, reader


def _detect_reader(content: bytes, options: TipOptions) -> tuple[str, str, Read]:
    _check_foreign(content)
    if is_archive(content):
        return ("p2p" if options.kind == "p2p" else "sheet"), "an XLSX workbook", workbook.read
    first = DecodedContent(content[:HEAD_BYTES]).text.lstrip()[:1]
    if first in {"<", "{", "["}:
        return _detect_document(content, first)
    return _detect_table(content, options)


def _check_foreign(content: bytes) -> None:
    """Refuse what is known to be something else. Raises UnknownFormat."""
    if content.startswith(_OLD_OFFICE):
        hint = "open it in a spreadsheet program and save it as .xlsx"
        raise UnknownFormat("an old Excel file, or an encrypted one", hint=hint)
    if _PACKED.match(content):
        hint = "unpack it first; of archives only zip is read"
        raise UnknownFormat("packed in a way that is not read", hint=hint)
    for start, what in _FOREIGN.items():
        if content.startswith(start):
            hint = "ask for the report as JSON, XML or a spreadsheet; else type it: sightline tips transcribe"
            raise UnknownFormat(f"{what}, no report that a program can read", hint=hint)


def _detect_document(content: bytes, first: str) -> tuple[str, str, Read]:
    """A document is a CyberTipline report if one of the words that every report has stands near its beginning."""
    head = DecodedContent(content[:HEAD_BYTES]).text
    if first != "<" and '"@context"' in head and _UCO.search(head):
        return "case-json", "JSON-LD with the names of a CASE/UCO graph", case_graph.read
    words = map(cybertip.normalise_tag, _WORD.findall(head))
    shape = "XML" if first == "<" else "JSON"
    if not any(word in cybertip.NAMES for word in words):
        raise UnknownFormat(
            f"{shape}, but no CyberTipline report and no CASE graph", hint="docs/how-to/tips.md says what is read"
        )
    kind, reader = ("cybertip-xml", cybertip_xml.read) if first == "<" else ("cybertip-json", cybertip_json.read)
    return kind, f"{shape} with the names of a CyberTipline report", reader


def _detect_table(content: bytes, options: TipOptions) -> tuple[str, str, Read]:
    if is_message(content):
        raise UnknownFormat("a message, which no program reads for you", hint="sightline tips transcribe FILE")
    columns = delimited.find_table_columns(content, options)
    if columns is None:
        raise UnknownFormat(
            "no kind of tip: neither a CyberTipline report nor a table with an address and a time",
            hint="name its columns: --columns address=HEADING,time=HEADING (address=#1,time=#2 without headings)",
        )
    kind = "p2p" if is_peer_to_peer(columns, options) else "sheet"
    return kind, "a table of text with an address and a time", delimited.read
