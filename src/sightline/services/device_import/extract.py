"""Extract lines that a scan can read, in a child process with limits: of databases, and of text in other forms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sightline.child_process import MEBIBYTE, MessageSender, ReadLimits, run_limited_child
from sightline.errors import DamagedInput, Refused, name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.stages.devices.file_kind import HEAD_BYTES, Extraction, find_file_kind
from sightline.stages.devices.history import format_visit_lines
from sightline.stages.devices.known_files import format_known_file_lines
from sightline.stages.devices.text_lines import format_text_lines

BATCH_BYTES = 1 << 20
HINT = "nothing of it was used; import a copy of the database by itself, or its visits as CSV"
FILES = {
    Extraction.DATABASE: "visits.csv",
    Extraction.BARE_TIMES: "visits.csv",
    Extraction.CERTUTIL: "digests.csv",
    Extraction.UTF_16: "utf-8.txt",
    Extraction.NUL_ENDED: "lines.txt",
    Extraction.SEPARATED: "digests.csv",
    Extraction.OPENSSL: "lines.txt",
    Extraction.TAKEOUT: "account-visits.csv",
    Extraction.VICS: "digests.csv",
    Extraction.KNOWN_DATABASE: "known-files.csv",
    Extraction.KNOWN_TEXT: "known-files.csv",
}
"""The names of what is extracted."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The result of extracting a file: its digest, the number of lines, and the size of the log beside a database.

    The lines of a database are its visits.
    """

    sha256: str
    lines: int
    wal_bytes: int
    extraction: Extraction


def write_extract(path: Path, extraction: Extraction, out: Path) -> Extract:
    """Write the lines of a file to a new file. The same file always gives the same bytes.

    Raises Refused for a file that is not what it seemed, and DamagedInput for one that cannot be read.
    """
    sha256, size = compute_sha256(path), path.stat().st_size
    most, lines, total = max(64 * MEBIBYTE, 40 * size), 0, 0
    limits = ReadLimits.from_size(size)
    with (
        name_output_on_error(out),
        out.open("xb") as stream,
        run_limited_child(send_lines, (str(path), sha256, extraction.value), str(path), limits, HINT) as receiver,
    ):
        while (message := receiver.read_message())["more"]:
            part = receiver.read_bytes()
            total += len(part)
            if total > most:
                raise DamagedInput(f"{path}: what it holds is more than forty times its size", hint=HINT)
            lines += message["lines"]
            stream.write(part)
    if compute_sha256(path) != sha256:
        raise DamagedInput(f"{path}: it changed while it was read", hint="import a copy that nobody writes to")
    return Extract(sha256, lines, measure_wal_bytes(path), extraction)


def extract_file(path: Path, out: Path) -> Extract:
    """Write the lines that an import reads of a file. Raises Refused for a file that it reads as it stands."""
    with path.open("rb") as stream:
        kind = find_file_kind(stream.read(HEAD_BYTES))
    if kind is None or kind.extraction is None:
        what = f"{path}: neither a manifest nor a history" if kind is None else f"{path}: needs no extract"
        raise Refused(what, hint="docs/how-to/devices.md says of which files lines are extracted")
    return write_extract(path, kind.extraction, out)


def measure_wal_bytes(database: Path) -> int:
    """Return the size of the write-ahead log beside a database, whose changes are not in the database."""
    wal = database.with_name(f"{database.name}-wal")
    return wal.stat().st_size if wal.is_file() else 0


def send_lines(sender: MessageSender, path: str, sha256: str, extraction: str) -> None:
    """Read a file in the child process, and send its lines."""
    kind = Extraction(extraction)
    readers = {Extraction.DATABASE: format_visit_lines, Extraction.KNOWN_DATABASE: format_known_file_lines}
    result = readers[kind](Path(path), sha256) if kind in readers else format_text_lines(Path(path), sha256, kind)
    part, lines = bytearray(), -1  # the first piece says what the file is, and is no line of it
    for line in result:
        part += line
        lines += 1
        if len(part) >= BATCH_BYTES:
            sender.send({"more": True, "lines": lines})
            sender.send_bytes(bytes(part))
            part, lines = bytearray(), 0
    sender.send({"more": True, "lines": lines})
    sender.send_bytes(bytes(part))
    sender.send({"more": False})
