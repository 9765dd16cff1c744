"""Read a mail that was saved as a file (RFC 5322, MIME): its attachments and its text are files of the reply.

A mail of plain text, without MIME, needs none of this: it is read as the text that it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from functools import partial

from sightline.errors import DamagedInput
from sightline.stages.tabular import web_page
from sightline.stages.tabular.table_rows import Unreadable

MOST_BYTES = 128 << 20
MOST_PARTS = 1_000
HEAD_BYTES = 64 << 10
"""The maximum length of the headers of a mail, with those of all servers on its way."""
TEXT = "text of the mail"
_HEADER = re.compile(
    rb"(?:From|Sender|Reply-To|Return-Path|Received|Delivered-To|Date|Message-ID|In-Reply-To|References|MIME-Version"
    rb"|To|Cc|Subject|Thread-[A-Za-z]{1,20}|Content-[A-Za-z-]{1,30}|(?:X|ARC|DKIM|Authentication)-[A-Za-z-]{1,60}):",
    re.IGNORECASE,
)
_HAS_PARTS = re.compile(
    rb"^(?:MIME-Version:|Content-(?:Type:\s{0,9}multipart/|Transfer-Encoding:\s{0,9}(?:base64|quoted-printable)))",
    re.I | re.M,
)
_REPLY = re.compile(r"\s*(?:re|aw|fw|fwd)\s*:", re.IGNORECASE)
_ADDRESS = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.|[0-9a-f]{1,4}:[0-9a-f]{0,4}:", re.IGNORECASE)


def begins_as_mail(head: bytes) -> bool:
    """Return whether the first bytes of a file are a header of a mail."""
    return bool(_HEADER.match(head.lstrip()))


def has_parts(head: bytes) -> bool:
    """Return whether a mail, of which these are the first HEAD_BYTES, has parts, is encoded, or follows MIME."""
    headers = re.split(rb"\r?\n\r?\n", head.lstrip(), maxsplit=1)[0]
    return begins_as_mail(head) and bool(_HAS_PARTS.search(headers))


def read_parts(content: bytes) -> list[tuple[str, bytes]]:
    """Return the name and content of each part: the attachments, and the text with its subject. Raises DamagedInput."""
    if len(content) > MOST_BYTES:
        raise DamagedInput("a mail of more than 128 MiB", hint="save its attachments as files")
    try:
        mail = message_from_bytes(content.lstrip())
        leaves = list(_list_leaves(mail))
    except RecursionError:
        raise DamagedInput("a mail with parts in parts without end", hint="save its attachments as files") from None
    if len(leaves) > MOST_PARTS:
        raise DamagedInput("a mail whose parts cannot be read", hint="save its attachments as files")
    result: list[tuple[str, bytes]] = []
    for at, leaf in enumerate(leaves, 1):
        payload = leaf.get_payload(decode=True)
        body = payload if isinstance(payload, bytes) else b""
        if leaf.defects:
            raise DamagedInput(f"part {at} of the mail is damaged", hint="ask for it again")
        name = _read_name(leaf)
        if name is None and leaf.get_content_maintype() == "text":
            body = _convert_text(leaf, body, at)
            name = TEXT if len(leaves) == 1 else f"{TEXT} ({at})"
        if body.strip():
            result.append((name or f"part {at}", body))
    subject = _read_header(mail.get("Subject"))
    if subject and not _REPLY.match(subject) and not _ADDRESS.search(subject):
        result.append(("subject of the mail", f"Subject: {subject}\n".encode()))
    return result


def make_opener(body: bytes) -> partial[io.BytesIO]:
    """Return how to open a part."""
    return partial(io.BytesIO, body)


def _list_leaves(mail: Message) -> Iterator[Message]:
    """Yield the parts that have none. Of the same text in several forms, the one that keeps a table."""
    if not mail.is_multipart():
        yield mail
        return
    parts = [part for part in mail.get_payload() if isinstance(part, Message)]
    if mail.get_content_subtype() == "alternative":
        has_table = [b"<table" in _join_payloads(part).lower() for part in parts]
        parts = [parts[has_table.index(True)]] if True in has_table else parts[:1]
    for part in parts:
        yield from _list_leaves(part)


def _join_payloads(mail: Message) -> bytes:
    payloads = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    return b"".join(payload for payload in payloads if isinstance(payload, bytes))


def _read_header(value: object) -> str:
    try:
        return " ".join(str(make_header(decode_header(str(value or "")))).split())
    except (HeaderParseError, LookupError, UnicodeDecodeError, ValueError):
        return str(value)


def _read_name(leaf: Message) -> str | None:
    name = leaf.get_filename()
    return None if not name else _read_header(name)[:200] or None


def _convert_text(leaf: Message, body: bytes, at: int) -> bytes:
    """Return a text in UTF-8. A page without a table becomes its lines."""
    try:
        text = body.decode(leaf.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        raise DamagedInput(
            f"the text of the mail (part {at}) has another encoding than it says", hint="ask for it again"
        ) from None
    if leaf.get_content_subtype() == "html" and "<table" not in text.lower():
        try:
            if not web_page.read_marks(text):
                text = "\n".join(" ".join(cells) for cells in web_page.read_rows(text))
        except Unreadable:
            pass  # as a page it is refused, with the reason
    is_page = leaf.get_content_subtype() == "html" and "<table" in text.lower()
    return (f"<html>{text}" if is_page else text).encode()
