"""Read a tip in a child process with limits, which returns its rows as columns, and an account of every frame."""

from __future__ import annotations

import hashlib
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sightline.child_process import MessageSender, run_limited_child
from sightline.errors import DamagedInput
from sightline.model import Party
from sightline.services.tip_import.tip_segment import share_constants
from sightline.services.tips.child_process import HINT, build_item_row, compute_tip_limits, parse_item
from sightline.services.tips.summary import TipAccount, TipContent, build_tip_account
from sightline.stages.scan.segments import SEGMENT_COLUMNS
from sightline.stages.tips import archive, delimited, visit_rows
from sightline.stages.tips.kind_detection import choose_kind, is_archive
from sightline.stages.tips.model import ChosenKind, Item, TipComment, TipEvent, TipOptions
from sightline.stages.tips.sheet_table import SheetTable, build_segment_schema, read_sheet
from sightline.stages.tips.visit_rows import VisitOptions, VisitRows


@dataclass(slots=True)
class ReadRows:
    """The rows of a tip in the order of its frames, its account, and what was left out of the rows."""

    account: TipAccount
    table: pl.DataFrame
    others: dict[Party, int] = field(default_factory=dict)
    low_ports: int = 0
    long_events: int = 0
    zoneless: int = 0
    flags: Counter[str] = field(default_factory=Counter)


def read_limited_rows(
    path: Path,
    options: TipOptions,
    visit: VisitOptions,
    without: frozenset[str],
    progress: Callable[[int], object],
) -> ReadRows:
    """Return the rows of a tip, read by a child process.

    `visit` has the digest of its bytes. Raises what `archive.read` raises; DamagedInput if it has other bytes by now,
    or if the child met a limit or ended; ProgramFault for a bug in it.
    """
    began = time.monotonic()
    size = path.stat().st_size
    parts: list[bytes] = []
    with run_limited_child(
        send_rows, (str(path), options, visit, without), str(path), compute_tip_limits(size), HINT
    ) as receiver:
        while "rows" in (message := receiver.read_message()):
            parts.append(receiver.read_bytes())
            progress(message["rows"])
    read = TipContent(str(path), visit.exhibit_sha256, message["size"], [], time.monotonic() - began)
    account = build_tip_account(
        read, [parse_item(item) for item in message["items"]], message["records"], message["comments"]
    )
    others = {Party(name): count for name, count in message["others"].items()}
    left_out = (message["low_ports"], message["long_events"], message["zoneless"], Counter(message["flags"]))
    return ReadRows(account, _take_table(parts), others, *left_out)


def _take_table(parts: list[bytes]) -> pl.DataFrame:
    """Return the rows that a child sent, and empty the list: as sent they are small, so they wait for its end."""
    if not parts:
        return pl.DataFrame(schema=build_segment_schema())
    parts.reverse()
    return pl.concat([share_constants(pl.read_ipc(io.BytesIO(parts.pop()))) for _ in range(len(parts))])


def send_rows(
    sender: MessageSender, path: str, options: TipOptions, visit: VisitOptions, without: frozenset[str]
) -> None:
    """Read a tip in the child process, and send its rows."""
    content = Path(path).read_bytes()
    if hashlib.sha256(content).hexdigest() != visit.exhibit_sha256:
        raise DamagedInput("it changed while it was read", hint="import a copy that nobody writes to")
    items: list[Item] = []
    records, comments, counts = 0, 0, VisitRows()
    for part in _read_parts(content, options, visit, without, items):
        records, comments = records + part.records, comments + part.comments
        items += [*part.notes, *part.rejects]
        _add(counts, part.counts)
        if len(part.rows):
            out = io.BytesIO()
            part.rows.write_ipc(out, compression="lz4")
            sender.send({"rows": len(part.rows)})
            sender.send_bytes(out.getvalue())
    sender.send(
        {
            "size": len(content),
            "items": [build_item_row(item) for item in items],
            "records": records,
            "comments": comments,
            "others": {party.value: count for party, count in counts.others.items()},
            "low_ports": counts.low_ports,
            "long_events": counts.long_events,
            "zoneless": counts.zoneless,
            "flags": dict(counts.flags),
        }
    )


def _read_parts(
    content: bytes, options: TipOptions, visit: VisitOptions, without: frozenset[str], items: list[Item]
) -> Iterator[SheetTable]:
    """Yield the parts of a tip. What is neither a row nor a comment, such as the kind, is added to `items`."""
    if not is_archive(content):
        kind, reason, reader = choose_kind(content, options)
        parts = read_sheet(content, options, visit, without) if reader is delimited.read else None
        if parts is not None:
            items.append(ChosenKind(None, kind, reason))
            yield from parts
            return
    result = list(archive.read(content, options))
    items += [item for item in result if not isinstance(item, TipEvent | TipComment)]
    events = [event for event in result if isinstance(event, TipEvent)]
    counts = visit_rows.build_visit_rows(events, visit, content, without)
    rows = pl.DataFrame(
        {name: [row[name] for row in counts.rows] for name in SEGMENT_COLUMNS}, schema=build_segment_schema()
    )
    counts.rows = []
    yield SheetTable(rows, len(events), sum(isinstance(item, TipComment) for item in result), [], [], counts)


def _add(counts: VisitRows, more: VisitRows) -> None:
    for party, count in more.others.items():
        counts.others[party] = counts.others.get(party, 0) + count
    counts.low_ports += more.low_ports
    counts.long_events += more.long_events
    counts.zoneless += more.zoneless
    counts.flags.update(more.flags)
