"""Recognise what a file of a seized device is, by its first bytes and never by its name."""

from __future__ import annotations

import csv
import re

SQLITE = b"SQLite format 3\0"
HEAD_BYTES = 1 << 16
"""How much of a file decides its kind."""
DATABASE = "database"
"""The kind of an SQLite database. Other kinds are names of formats."""
_LINE = re.compile(
    rb"\\?(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32}) [ *][^\r\n]"
    rb"|(?:MD5|SHA1|SHA256) \([^\r\n]{1,4096}\) = [0-9a-f]{32,64}",
)
_DIGESTS = frozenset("md5 sha1 sha-1 sha256 sha-256 md5sum sha1sum sha256sum".split())
_TIMES = frozenset({"visit_time", "visit_date", "visit time", "timestamp (utc)"})


def kind_of(head: bytes) -> str | None:
    """Return `DATABASE`, the name of the format that reads the file, or None for neither a manifest nor a history."""
    if head.startswith(SQLITE):
        return DATABASE
    first = next((line for line in head.removeprefix(b"\xef\xbb\xbf").splitlines() if _is_said(line)), b"")
    if first.startswith(b"%%%% "):
        return "hashdeep"
    if _LINE.match(first):
        return "checksum-lines"
    return _by_heading(first)


def _is_said(line: bytes) -> bool:
    return bool(line.strip()) and not line.startswith(b"#")


def _by_heading(line: bytes) -> str | None:
    """Return the format of a CSV by its headings."""
    try:
        row = next(csv.reader([line.decode("utf-8")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    names = {name.strip().lower() for name in row}
    if "url" in names and names & _TIMES:
        return "browser-history"
    plain = {re.sub(r"\Ahash \(|\)\Z| hash\Z", "", name) for name in names}
    return "hash-manifest" if plain & _DIGESTS else None
