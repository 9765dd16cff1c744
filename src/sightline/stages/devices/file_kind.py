"""Recognise what a file of a seized device is, by its first bytes and never by its name."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from enum import StrEnum

from sightline.stages.devices.history_times import is_bare_number
from sightline.stages.tabular.encoding import detect_encoding

SQLITE = b"SQLite format 3\0"
HISTORIES = ("browser-history", "account-history")
"""Formats of visits, whose rows state their times."""
KNOWN_FILES = "known-files"
"""The format of published sets of known files, which no device need hold."""
HEAD_BYTES = 1 << 16
"""How much of a file decides its kind."""
DIGEST_LENGTHS = (32, 40, 64, 96, 128)
"""Hex digits of MD5, SHA-1, SHA-256, SHA-384 and SHA-512."""
_LINE = re.compile(
    r"\\?(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32}) [ *][^\r\n]"
    r"|(?:MD5|SHA1|SHA256) \([^\r\n]{1,4096}\) = [0-9A-Fa-f]{32,64}",
)
_TABLE = re.compile(r"Algorithm +Hash +Path *\Z")
OPENSSL_LINE = re.compile(r"(MD5|SHA1|SHA2-256|SHA256)\((.{1,4096})\)= ?([0-9a-f]{32,64})\s*", re.ASCII)
_LIST = re.compile(r"Algorithm : (?:MD5|SHA1|SHA256|SHA384|SHA512)\s*\Z")
_DIGESTS = frozenset("md5 sha1 sha-1 sha256 sha-256 md5sum sha1sum sha256sum".split())
_ANY_DIGESTS = _DIGESTS | {"hash", "hash value", "hash1", "hash2"}
"""Headings of digests in tables that no format reads as they stand; their length says which digest it is."""
_SEPARATORS = ("\t", ";", ",")
KNOWN_COLUMNS = ("sha256", "sha1", "md5")
"""The digests of NIST's Reference Data Set, in this order."""
_KNOWN_TABLE = re.compile(rb"CREATE TABLE [\"'`\[]?(?:FILE|METADATA)\b[^;]{0,400}\bsha256\b", re.IGNORECASE)
_KNOWN_PACKAGES = {"productcode", "packageid"}
VICS_MODEL = re.compile(r"ProjectVic/DataModels/[^\"#]*#(Media|Cases)", re.IGNORECASE)
"""The OData context of a file of Project VIC: a set of media, or the media of cases."""
_TAKEOUT = re.compile(r'"Browser History"\s*:')
TIME_COLUMNS = ("visit_time", "visit_date", "visit time", "timestamp (utc)")


class Extraction(StrEnum):
    """Why a file is rewritten as lines before the scan reads it. The value is in the name of these lines."""

    DATABASE = "database"
    BARE_TIMES = "bare times"
    CERTUTIL = "certutil"
    UTF_16 = "utf-16"
    NUL_ENDED = "nul-ended"
    SEPARATED = "separated"
    OPENSSL = "openssl"
    TAKEOUT = "takeout"
    VICS = "vics"
    KNOWN_DATABASE = "known-files database"
    KNOWN_TEXT = "known-files text"


@dataclass(frozen=True, slots=True)
class FileKind:
    """The format that reads a file, and what must be extracted of it first."""

    format: str
    extraction: Extraction | None = None


def find_file_kind(head: bytes) -> FileKind | None:
    """Return what a file is by its first `HEAD_BYTES`, or None for neither a manifest nor a history."""
    if head.startswith(SQLITE):
        is_known = _KNOWN_TABLE.search(head) is not None
        file_kind = FileKind(KNOWN_FILES, Extraction.KNOWN_DATABASE)
        return file_kind if is_known else FileKind("browser-history", Extraction.DATABASE)
    encoding, mark = detect_encoding(head)
    if encoding == "utf-8" and b"\0" in head:
        # Lines of `sha256sum -z` end in NUL. Of other text with NUL, some would be lost unseen.
        first = head[mark:].split(b"\0", 1)[0].decode(encoding, "replace")
        return FileKind("checksum-lines", Extraction.NUL_ENDED) if _LINE.match(first) else None
    text = head[mark:].decode(encoding, "replace")
    if text.lstrip().startswith("{"):
        return _find_json_kind(text)
    lines = [line for line in text.splitlines() if line.strip()]
    written = [line for line in lines if not line.startswith("#")]
    if not written:
        return None
    if is_certutil(written):
        return FileKind("hash-manifest", Extraction.CERTUTIL)
    if is_bare_history(written):
        return FileKind("browser-history", Extraction.BARE_TIMES)
    if OPENSSL_LINE.fullmatch(written[0]):
        return FileKind("checksum-lines", Extraction.OPENSSL)
    if find_known_columns(split_csv_cells(written[0])):
        return FileKind(KNOWN_FILES, Extraction.KNOWN_TEXT)
    name = None if is_icse(written[0]) else _format_of(written[0])
    if name is None:
        is_table = any(find_separated_digests(line) for line in written[:2])
        return FileKind("hash-manifest", Extraction.SEPARATED) if is_table else None
    return FileKind(name, None if encoding == "utf-8" else Extraction.UTF_16)


def is_icse(line: str) -> bool:
    """Return whether a line has the headings of ICSE's set of known files, which is a flag list."""
    return {"victim identified", "baseline"} <= {cell.strip(' "\r\n').lower() for cell in re.split(r"[;,\t]", line)}


def _find_json_kind(text: str) -> FileKind | None:
    """Return what a JSON document is by its first names."""
    if VICS_MODEL.search(text):
        return FileKind("hash-manifest", Extraction.VICS)
    return FileKind("account-history", Extraction.TAKEOUT) if _TAKEOUT.search(text) else None


def find_known_columns(cells: list[str]) -> dict[str, int]:
    """Return where the digests of `NSRLFile.txt` stand, by its headings; none for another table."""
    names = [re.sub(r"[-_ ]", "", cell.strip().lower()) for cell in cells]
    result = {name: names.index(name) for name in KNOWN_COLUMNS if name in names}
    return result if result and "filename" in names and _KNOWN_PACKAGES.intersection(names) else {}


def _format_of(line: str) -> str | None:
    if line.startswith("%%%% "):
        return "hashdeep"
    if _LINE.match(line):
        return "checksum-lines"
    if _TABLE.match(line):
        return "filehash-table"
    if _LIST.match(line):
        return "filehash-list"
    return _find_kind_by_heading(split_csv_cells(line))


def _find_kind_by_heading(cells: list[str]) -> str | None:
    """Return the format of a CSV by its headings."""
    names = {name.strip().lower() for name in cells}
    if "url" in names and names.intersection(TIME_COLUMNS):
        return "browser-history"
    plain = {re.sub(r"\Ahash \(|\)\Z| hash\Z", "", name) for name in names}
    is_filehash = {"algorithm", "hash"} <= names
    return "hash-manifest" if plain & _DIGESTS or is_filehash else None


def split_csv_cells(line: str) -> list[str]:
    """Return the cells of a line of CSV; none for a line that is no CSV."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return []


def find_separated_digests(line: str) -> tuple[str, list[int]] | None:
    """Return the separator of a line of headings, and which columns are digests; None for another."""
    for separator in _SEPARATORS:
        cells = next(csv.reader([line], delimiter=separator), [])
        names = [re.sub(r" hash\Z", "", cell.strip().lower()) for cell in cells]
        result = [at for at, name in enumerate(names) if name in _ANY_DIGESTS]
        if result and len(cells) > 1:
            return separator, result
    return None


def is_certutil(lines: list[str]) -> bool:
    """Return whether lines begin as certutil -hashfile writes them: a heading with a colon, then a digest alone."""
    return len(lines) > 1 and lines[0].rstrip().endswith(":") and parse_digest_line(lines[1]) is not None


def parse_digest_line(line: str) -> str | None:
    """Return the digest that a line is. Before Windows 10, certutil wrote a space between its bytes."""
    pairs = line.strip()
    digits = pairs.replace(" ", "")
    if len(digits) not in DIGEST_LENGTHS or not re.fullmatch(r"[0-9A-Fa-f]+", digits):
        return None
    return digits.lower() if pairs == digits or re.fullmatch(r"(?:[0-9A-Fa-f]{2} )+[0-9A-Fa-f]{2}", pairs) else None


def is_bare_history(lines: list[str]) -> bool:
    """Return whether lines begin a CSV of visits whose first time is a bare number."""
    names = [name.strip().lower() for name in split_csv_cells(lines[0])]
    at = next((names.index(name) for name in TIME_COLUMNS if name in names), None)
    if "url" not in names or at is None:
        return False
    firsts = (split_csv_cells(line) for line in lines[1:])
    times = (cells[at] for cells in firsts if len(cells) > at and cells[at].strip())
    return is_bare_number(next(times, ""))
