"""Write a large tip sheet or manifest of digests: `python -m bench.large_files sheet|manifest ROWS FILE`.

Import it with `sightline tips import` or `sightline devices import`, and measure that. All of it is invented.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

HEAD = "Report ID,IP Address,Port,Date/Time (UTC),Event,Screen name,Provider\n"
ACCOUNTS = 200_000


def sheet_lines(rows: int) -> Iterator[str]:
    """Yield a sheet of reports with an address of the documentation range for nearly each row."""
    dice = random.Random(7)
    yield HEAD
    for row in range(rows):
        address = f"2001:db8::{dice.randrange(1 << 16):x}:{dice.randrange(1 << 16):x}"
        at = (
            f"2026-06-{dice.randrange(1, 9):02} {dice.randrange(24):02}:{dice.randrange(60):02}:{dice.randrange(60):02}"
        )
        port, account = dice.randrange(1024, 65_535), dice.randrange(ACCOUNTS)
        yield f"R-{row // 3},{address},{port},{at},login,acct_{account},Example Social\n"


def manifest_lines(rows: int) -> Iterator[str]:
    """Yield lines as `sha256sum` writes them, of files that do not exist."""
    for row in range(rows):
        yield f"{hashlib.sha256(b'%d' % row).hexdigest()}  d/f{row}.jpg\n"


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["sheet", "manifest"])
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    lines = sheet_lines(arguments.rows) if arguments.kind == "sheet" else manifest_lines(arguments.rows)
    with arguments.file.open("w", encoding="utf-8", buffering=1 << 20) as file:
        file.writelines(lines)


if __name__ == "__main__":
    main()
