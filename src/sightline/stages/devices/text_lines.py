"""Rewrite text of a manifest or a history where no format reads it as it stands.

That is text in UTF-16, bare times, what certutil or openssl wrote, lines that end in NUL, tables of any separator,
known files, and JSON.

The same file always gives the same lines. Their first line names the file by its digest.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import DamagedInput, Refused
from sightline.stages.devices.database import MOST_TEXT
from sightline.stages.devices.file_kind import (
    OPENSSL_LINE,
    TIME_COLUMNS,
    Extraction,
    find_separated_digests,
    is_icse,
    parse_digest_line,
)
from sightline.stages.devices.history import BROWSERS, HEADINGS, format_visit_line, name_visit_type
from sightline.stages.devices.history_times import CLOCKS, SAFARI, HistoryClock, find_clock
from sightline.stages.devices.json_export import format_takeout_lines, format_vics_lines, read_object
from sightline.stages.devices.known_files import format_known_text_lines
from sightline.stages.tabular.encoding import detect_encoding

_TYPES = ("transition", "visit_type", "visit type")
_BROWSER_OF = {"transition": BROWSERS[0], "visit_type": BROWSERS[1]}
"""Whose numbers a column of kinds of visits has."""
_FAILED = re.compile(r"0x8[0-9a-fA-F]{7}")
"""The code of an error of Windows, which certutil writes in any language."""
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_HINT = "name the browser's database itself, or export the times as text with their zone"


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A file of text: its encoding, and the bytes of its mark. Bytes and signs of no character are kept."""

    path: Path
    encoding: str
    mark: int

    @classmethod
    def from_file(cls, path: Path) -> EncodedText:
        """Return the text of a file by its first bytes."""
        with path.open("rb") as stream:
            return cls(path, *detect_encoding(stream.read(16)))

    @property
    def _errors(self) -> str:
        return "surrogateescape" if self.encoding == "utf-8" else "surrogatepass"

    def read_lines(self) -> Iterator[str]:
        """Yield the lines with their ends. Raises DamagedInput for one that is too long."""
        with self.path.open("rb") as stream:
            stream.seek(self.mark)
            text = io.TextIOWrapper(stream, encoding=self.encoding, errors=self._errors, newline="")
            while line := text.readline(MOST_TEXT):
                if len(line) == MOST_TEXT:
                    raise DamagedInput("a line has more than a million signs", hint="nothing of it was used")
                yield line

    def read_table(self) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
        """Return the lower-case headings of a CSV, and its rows with their line numbers."""
        csv.field_size_limit(MOST_TEXT)
        reader = csv.reader(self.read_lines(), strict=True)
        rows = ((reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))
        names = next((cells for _, cells in rows if not cells[0].startswith("#")), [])
        return [name.strip().lower() for name in names], rows

    def read_all(self) -> str:
        """Return the text after its mark."""
        return self.path.read_bytes()[self.mark :].decode(self.encoding, self._errors)

    def to_utf_8(self, text: str) -> bytes:
        """Return text of this file in UTF-8."""
        return text.encode("utf-8", self._errors)


def format_text_lines(path: Path, sha256: str, extraction: Extraction) -> Iterator[bytes]:
    """Yield the lines that are read in place of a file.

    Raises Refused for a file of two readings, and DamagedInput for one that breaks off.
    """
    text = EncodedText.from_file(path)
    first = f"# sightline {extraction} 1 of {text.encoding} {sha256}\n".encode()
    try:
        lines = _WAYS[extraction](text)
        yield first + next(lines)  # what precedes the lines
        yield from lines
    except UnicodeDecodeError:
        raise DamagedInput(
            f"the text is no {text.encoding.upper()} to its end", hint="nothing of it was used; ask for the file again"
        ) from None
    except csv.Error as error:
        raise DamagedInput(f"the CSV could not be read to its end ({error})", hint="nothing of it was used") from None


def _copy_lines(text: EncodedText) -> Iterator[bytes]:
    yield b"\n"  # a blank line, so that the first line is no part of a block
    for line in text.read_lines():
        yield text.to_utf_8(line)


def _read_digests(text: EncodedText) -> Iterator[bytes]:
    """Yield a row for each file that certutil read or failed to read: its line, its heading, its digest if any.

    certutil writes in the language of Windows, so the heading stays as it is.
    """
    yield b"line,heading,Hash\n"
    number, heading = 0, ""
    for at, whole in enumerate(text.read_lines(), 1):
        line = whole.strip()
        digest = parse_digest_line(line)
        if digest is not None:
            yield _format_row(text, number or at, heading, digest)
            number, heading = 0, ""
        elif line.endswith(":"):
            if heading:
                yield _format_row(text, number, heading, "")
            number, heading = at, line
        elif _FAILED.search(line):
            yield _format_row(text, number or at, f"{heading} {line}".strip(), "")
            number, heading = 0, ""
    if heading:
        yield _format_row(text, number, heading, "")


def _read_nul_ended(text: EncodedText) -> Iterator[bytes]:
    """Yield the records of `sha256sum -z` as lines; a line end in a name is written as the program writes it."""
    yield b"\n"
    rest = ""
    for part in text.read_lines():
        *records, rest = (rest + part).split("\0")
        yield from (_as_line(text, record) for record in records if record)
        if len(rest) > MOST_TEXT:
            raise DamagedInput("a name has more than a million signs", hint="nothing of it was used")
    if rest.strip():
        yield _as_line(text, rest)


def _as_line(text: EncodedText, record: str) -> bytes:
    if not any(sign in record for sign in "\n\r\\"):
        return text.to_utf_8(f"{record}\n")
    escaped = record.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return text.to_utf_8(f"\\{escaped}\n")


def _read_openssl(text: EncodedText) -> Iterator[bytes]:
    """Yield the lines of `openssl dgst` as BSD's tools write them. Other lines stay, so that the scan counts them."""
    yield b"\n"
    for line in text.read_lines():
        match = OPENSSL_LINE.fullmatch(line)
        kind = {"SHA2-256": "SHA256"}.get(match[1], match[1]) if match else ""
        yield text.to_utf_8(f"{kind} ({match[2]}) = {match[3]}\n" if match else line)


def _read_separated(text: EncodedText) -> Iterator[bytes]:
    """Yield a row for each digest of a table: its line, its heading, the digest.

    A row without any digest is a row too, so that the scan counts it.
    """
    yield b"line,heading,Hash\n"
    csv.field_size_limit(MOST_TEXT)
    head = next(line for line in text.read_lines() if find_separated_digests(line.rstrip("\r\n")) is not None)
    result = find_separated_digests(head.rstrip("\r\n"))
    if is_icse(head):
        raise Refused(
            "a set of known files of ICSE, and no manifest of a device",
            hint="it is a flag list: sightline lists check FILE, then lists sign",
        )
    assert result is not None, "the line that was just found"
    reader = csv.reader(text.read_lines(), delimiter=result[0])
    names: list[str] = []
    for cells in reader:
        if not names:
            names = cells if find_separated_digests(result[0].join(cells)) == result else []
            continue
        stated = [(names[at], cells[at].strip()) for at in result[1] if at < len(cells) and cells[at].strip()]
        if any(cell.strip() for cell in cells):
            for heading, digest in stated or [("", "")]:
                yield _format_row(text, reader.line_num, heading, re.sub(r"[^0-9A-Za-z]", "", digest))


def _format_row(text: EncodedText, number: int, heading: str, digest: str) -> bytes:
    cell = heading.replace('"', '""')
    return text.to_utf_8(f'{number},"{cell}",{digest}\n')


def _read_visits(text: EncodedText) -> Iterator[bytes]:
    clock = _find_clock(text)
    yield f"# times: {clock.name}\n{HEADINGS}\n".encode()
    names, rows = text.read_table()
    types = next((name for name in _TYPES if name in names), "")
    for number, cells in rows:
        row = dict(zip(names, cells, strict=False))
        url, kind = text.to_utf_8(row.get("url", "")), _convert_kind(types, row.get(types, "").strip())
        yield format_visit_line(url, clock.parse_time(_find_time(row)), kind, number)


def _find_time(row: dict[str, str]) -> str:
    return next((row[name] for name in TIME_COLUMNS if name in row), "")


def _convert_kind(column: str, kind: str) -> bytes:
    browser = _BROWSER_OF.get(column)
    if browser is not None and _NUMBER.fullmatch(kind):
        return name_visit_type(browser, int(kind))
    return re.sub(r"[^A-Za-z0-9 ._-]", " ", kind).encode()


def _find_clock(text: EncodedText) -> HistoryClock:
    """Return the clock that counted the times of a file. Raises Refused if there is not exactly one."""
    clocks, is_safari, has_url = set[HistoryClock](), False, False
    names, rows = text.read_table()
    for _, cells in rows:
        row = dict(zip(names, cells, strict=False))
        number, url = _find_time(row), row.get("url", "").strip()
        if (clock := find_clock(number)) is not None:
            clocks.add(clock)
        is_safari = is_safari or SAFARI.parse_time(number) is not None
        has_url = has_url or (url != "" and not _NUMBER.fullmatch(url))
    if not has_url:
        raise Refused("its column url holds numbers, not addresses of pages", hint="join the visits with their urls")
    if not clocks and is_safari:
        raise Refused(
            "its times are seconds since 1970, all before September 2001, or seconds since 2001, as Safari counts:"
            " two readings of when a visit was",
            hint=_HINT,
        )
    if len(clocks) != 1:
        several = " and ".join(clock.name for clock in CLOCKS if clock in clocks)
        what = f"its times are of several clocks: {several}" if clocks else "its times are numbers of no known clock"
        raise Refused(what, hint=_HINT)
    return clocks.pop()


def _read_known_files(text: EncodedText) -> Iterator[bytes]:
    csv.field_size_limit(MOST_TEXT)
    return format_known_text_lines(text.read_lines())


def _read_account_visits(text: EncodedText) -> Iterator[bytes]:
    return format_takeout_lines(read_object(text.read_all()))


def _read_case_media(text: EncodedText) -> Iterator[bytes]:
    return format_vics_lines(read_object(text.read_all()))


_WAYS = {
    Extraction.UTF_16: _copy_lines,
    Extraction.CERTUTIL: _read_digests,
    Extraction.BARE_TIMES: _read_visits,
    Extraction.NUL_ENDED: _read_nul_ended,
    Extraction.SEPARATED: _read_separated,
    Extraction.OPENSSL: _read_openssl,
    Extraction.KNOWN_TEXT: _read_known_files,
    Extraction.TAKEOUT: _read_account_visits,
    Extraction.VICS: _read_case_media,
}
