"""Extract the visits of a browser's database in a child process with limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sightline.child_process import MEBIBYTE, ReadLimits, Sender, limited_child
from sightline.errors import DamagedInput, writing
from sightline.file_digests import sha256_of
from sightline.stages.devices.history import visit_lines

BATCH_BYTES = 1 << 20
HINT = "nothing of it was used; import a copy of the database by itself, or its visits as CSV"


@dataclass(frozen=True, slots=True)
class Extract:
    """What was extracted of a database: its digest, the number of its visits, and the size of the log beside it."""

    sha256: str
    visits: int
    wal_bytes: int


def write_extract(database: Path, out: Path) -> Extract:
    """Write the visits of a database to a new file. The same database always gives the same bytes.

    Raises Refused for a database that is no browser's, and DamagedInput for one that cannot be read.
    """
    sha256, size = sha256_of(database), database.stat().st_size
    most, lines, total = max(64 * MEBIBYTE, 40 * size), 0, 0
    limits = ReadLimits.for_size(size)
    with (
        writing(out),
        out.open("xb") as stream,
        limited_child(send_visits, (str(database), sha256), str(database), limits, HINT) as receiver,
    ):
        while (message := receiver.next())["more"]:
            part = receiver.bytes()
            total += len(part)
            if total > most:
                raise DamagedInput(f"{database}: its visits are more than forty times its size", hint=HINT)
            lines += message["lines"]
            stream.write(part)
    if sha256_of(database) != sha256:
        raise DamagedInput(f"{database}: it changed while it was read", hint="import a copy that nobody writes to")
    return Extract(sha256, lines, wal_bytes(database))


def wal_bytes(database: Path) -> int:
    """Return the size of the write-ahead log beside a database, whose changes are not in the database."""
    wal = database.with_name(f"{database.name}-wal")
    return wal.stat().st_size if wal.is_file() else 0


def send_visits(sender: Sender, path: str, sha256: str) -> None:
    """Read a database in the child process, and send the lines of its visits."""
    part, lines = bytearray(), -1  # the first piece says what the database is, and is no visit
    for line in visit_lines(Path(path), sha256):
        part += line
        lines += 1
        if len(part) >= BATCH_BYTES:
            sender.send({"more": True, "lines": lines})
            sender.send_bytes(bytes(part))
            part, lines = bytearray(), 0
    sender.send({"more": True, "lines": lines})
    sender.send_bytes(bytes(part))
    sender.send({"more": False})
