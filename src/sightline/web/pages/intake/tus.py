"""The tus 1.0 protocol of resumable uploads: core, creation and termination (ADR 36)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import HTTPException, Request

from sightline.errors import NotThere, OutputUnwritable, Refused, SightlineError, UsageError
from sightline.services.intake.intake_store import WrongOffset
from sightline.web.context import RequestContext
from sightline.web.error_text import translate_error
from sightline.web.responses import PlainText

VERSION = "1.0.0"
EXTENSIONS = "creation,termination"
CHUNK_TYPE = "application/offset+octet-stream"
MOST_CHUNK = 16 << 20
"""Maximum bytes of one request. The script of the page sends half as much."""
MOST_DIGITS = 15
STATUS: tuple[tuple[type[SightlineError], HTTPStatus], ...] = (
    (WrongOffset, HTTPStatus.CONFLICT),
    (NotThere, HTTPStatus.NOT_FOUND),
    (Refused, HTTPStatus.FORBIDDEN),
    (UsageError, HTTPStatus.BAD_REQUEST),
    (OutputUnwritable, HTTPStatus.INSUFFICIENT_STORAGE),
)
"""The status of an error, by its first kind in this order. A client tries again after a conflict, and after 5xx."""


@dataclass(frozen=True, slots=True)
class UploadFacts:
    """A client's statements about a file before it sends bytes."""

    name: str
    size_bytes: int
    modified_ms: int


async def read_chunk(request: Request) -> bytes:
    """Return the bytes of a request. Raises HTTPException for too many; a connection that breaks stores nothing."""
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length) > MOST_CHUNK:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MOST_CHUNK} bytes")
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_CHUNK:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MOST_CHUNK} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def answer_request(context: RequestContext, do: Callable[[], PlainText]) -> PlainText:
    """Return what `do` answers, or its error, with the headers of the protocol."""
    headers = {"Tus-Resumable": VERSION}
    if context.request.headers.get("tus-resumable") != VERSION:
        return PlainText(HTTPStatus.PRECONDITION_FAILED, headers | {"Tus-Version": VERSION})
    try:
        made = do()
    except SightlineError as error:
        status = next(
            (http_status for kind, http_status in STATUS if isinstance(error, kind)), HTTPStatus.SERVICE_UNAVAILABLE
        )
        failure = translate_error(error, context.language)
        return PlainText(status, headers, " ".join(part for part in (failure.what, failure.hint) if part))
    return PlainText(made.status, headers | dict(made.headers), made.text)


def list_options(limit_bytes: int) -> PlainText:
    """Return what this server speaks."""
    headers = {"Tus-Resumable": VERSION, "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS}
    return PlainText(HTTPStatus.NO_CONTENT, headers | {"Tus-Max-Size": str(limit_bytes)})


def read_file_facts(request: Request) -> UploadFacts:
    """Return what the headers of a creation say. Raises UsageError."""
    metadata: dict[str, str] = {}
    for pair in request.headers.get("upload-metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            metadata[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise UsageError("the headers of the upload cannot be read", hint="reload the page and try again") from None
    modified = metadata.get("modified", "0")
    return UploadFacts(
        metadata.get("filename", ""),
        parse_header_number(request, "upload-length"),
        int(modified) if modified.isascii() and modified.isdigit() and len(modified) < MOST_DIGITS else 0,
    )


def parse_header_number(request: Request, name: str) -> int:
    """Return the number of a header. Raises UsageError."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise UsageError("the headers of the upload cannot be read", hint="reload the page and try again")
    return int(text)


def require_chunk(request: Request) -> None:
    """Raise UsageError unless the body is bytes of a file."""
    if request.headers.get("content-type") != CHUNK_TYPE:
        raise UsageError("the headers of the upload cannot be read", hint="reload the page and try again")
