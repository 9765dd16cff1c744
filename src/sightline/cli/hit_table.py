"""Hits as a short table on a terminal: the first that fit, and how many there are."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from sightline.cli.table_output import format_columns
from sightline.cli.terminal_text import escape_text
from sightline.message_text import count_noun
from sightline.services.match.summary import MatchSummary

HEADINGS = ("TIME (UTC)", "SOURCE", "HOST", "PATH", "LIST")
LEAST_ROWS = 10
LEAST_WIDTH = 12
LINES_BESIDE = 14
"""Lines of a screen that the account and the prompt need."""


@dataclass
class HitPreview:
    """The first hits of a stream of JSON lines, and how many there were."""

    most: int
    total: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)

    def take(self, line: bytes) -> None:
        """Count one hit; keep it if it is one of the first."""
        self.total += 1
        if len(self.first) < self.most:
            self.first.append(json.loads(line))


@contextmanager
def collect_hits() -> Iterator[HitPreview]:
    """Collect the JSON lines that the block writes to standard output, instead of printing them.

    A thread reads them as they come, so that memory does not grow with the number of hits.
    """
    collected = HitPreview(max(LEAST_ROWS, shutil.get_terminal_size().lines - LINES_BESIDE))
    sys.stdout.flush()
    descriptor = sys.stdout.fileno()
    screen = os.dup(descriptor)
    reading, writing = os.pipe()
    os.dup2(writing, descriptor)
    os.close(writing)

    def read() -> None:
        with os.fdopen(reading, "rb") as stream:
            for line in stream:
                collected.take(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield collected
    finally:
        sys.stdout.flush()
        os.dup2(screen, descriptor)
        os.close(screen)
        reader.join()


def print_table(collected: HitPreview, summary: MatchSummary, out: TextIO) -> None:
    """Print the hits that fit the terminal, and a last line with the counts."""
    lists = {list_account.list_id: Path(list_account.path).name for list_account in summary.lists}
    if collected.first:
        rows = [HEADINGS, *(_build_row(hit, lists) for hit in collected.first)]
        out.write("".join(f"{line}\n" for line in format_columns(_fit_rows(rows, shutil.get_terminal_size().columns))))
    printed, total = len(collected.first), collected.total
    left = "" if printed == total else f", the first {printed:,} shown"
    out.write(f"{count_noun(total, 'hit')}{left}; --out FILE.jsonl writes all, --json prints them as JSON lines\n")


def _build_row(hit: Mapping[str, Any], lists: Mapping[str, str]) -> tuple[str, ...]:
    time = str(hit["timestamp"])[:19].replace("T", " ")
    parts = urlsplit(hit["url"]) if hit["url"] else None
    path = "" if parts is None else parts.path + (f"?{parts.query}" if parts.query else "")
    host = hit["host"] or hit["destination_ip"] or ""
    return time, hit["source_ip"] or "", str(host), path, lists.get(hit["list_id"], str(hit["list_id"])[:12])


def _fit_rows(rows: list[tuple[str, ...]], width: int) -> list[tuple[str, ...]]:
    """Shorten hosts, paths and lists, longest first, until the rows fit the width."""
    widths = [max(len(escape_text(row[at])) for row in rows) for at in range(len(HEADINGS))]
    spare = width - 2 * (len(HEADINGS) - 1)
    while sum(widths) > spare:
        longest = max((2, 3, 4), key=lambda at: widths[at])
        if widths[longest] <= LEAST_WIDTH:
            break
        widths[longest] -= 1
    return [tuple(_cut_text(escape_text(text), most) for text, most in zip(row, widths, strict=True)) for row in rows]


def _cut_text(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
