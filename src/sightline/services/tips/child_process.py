"""Read tips in a child process with limits, which returns their frames as JSON."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from sightline.child_process import MEBIBYTE, MessageSender, ReadLimits, run_limited_child
from sightline.model import Party, TimeBasis, TipCode
from sightline.services.tips.summary import TipContent
from sightline.stages.tabular.table_rows import RowPlace
from sightline.stages.tips import archive
from sightline.stages.tips.model import ChosenKind, Item, TipComment, TipEvent, TipNote, TipOptions, TipReject, TipTime

BATCH = 4096
NAMES: dict[type[object], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (TipEvent, TipReject, TipComment, TipNote, ChosenKind, RowPlace, TipTime)
}
"""The fields of each class that is sent, in order."""
Reader = Callable[[bytes, TipOptions, dict[bytes, str]], Iterator[Item]]
READER: Reader = archive.read
"""The function with which a child reads."""
HINT = "nothing of it was used; ask who sent it for plain CSV or JSON, in smaller files"


def compute_tip_limits(size_bytes: int) -> ReadLimits:
    """Return the limits for a tip, which may be packed: two minutes, and eight seconds a megabyte."""
    cpu_s = 120 + 8 * size_bytes // MEBIBYTE
    return ReadLimits(cpu_s, ReadLimits.from_size(size_bytes).memory_bytes)


def read_limited_tip(
    path: Path,
    options: TipOptions,
    known: dict[bytes, str],
    progress: Callable[[int], object],
    limits: ReadLimits | None = None,
) -> TipContent:
    """Return everything in a tip, read by a child process. `progress` gets the number of further events.

    `known`: names of members read before, by digest; this tip's are added. Raises what `archive.read` raises;
    DamagedInput if the child met a limit or ended; ProgramFault for a bug in it.
    """
    began = time.monotonic()
    allowed = limits or compute_tip_limits(path.stat().st_size)
    items: list[Item] = []
    with run_limited_child(send_tip, (READER, str(path), options, known), str(path), allowed, HINT) as receiver:
        while "items" in (message := receiver.read_message()):
            new_items = [parse_item(row) for row in message["items"]]
            items += new_items
            progress(sum(isinstance(item, TipEvent) for item in new_items))
    known.update({bytes.fromhex(digest): name for digest, name in message["known"].items()})
    return TipContent(str(path), message["sha256"], message["size"], items, time.monotonic() - began)


def send_tip(sender: MessageSender, reader: Reader, path: str, options: TipOptions, known: dict[bytes, str]) -> None:
    """Read a tip in the child process, and send its frames.

    They are sent when all are there, so that the child's memory limit bounds what its parent receives.
    """
    content = Path(path).read_bytes()
    digest = hashlib.sha256(content)
    items = list(reader(content, options, known))
    for at in range(0, len(items), BATCH):
        sender.send({"items": [build_item_row(item) for item in items[at : at + BATCH]]})
    known.setdefault(digest.digest(), path)
    names = {one.hex(): name for one, name in known.items()}
    sender.send({"sha256": digest.hexdigest(), "size": len(content), "known": names})


def build_item_row(item: Item) -> list[Any]:
    """Return a frame as JSON holds it: the name of its class, and its fields in order."""
    return [type(item).__name__, *_to_cells(item)]


def _to_cells(item: Item | RowPlace | TipTime) -> list[Any]:
    cells = [getattr(item, name) for name in NAMES[type(item)]]
    return [_to_cells(cell) if isinstance(cell, RowPlace | TipTime) else cell for cell in cells]


def parse_item(row: list[Any]) -> Item:
    """Return the frame that `build_item_row` made the row of."""
    kind, *cells = row
    match kind:
        case "TipEvent":
            return _build_event(dict(zip(NAMES[TipEvent], cells, strict=True)))
        case "TipReject":
            return TipReject(TipCode(cells[0]), RowPlace(*cells[1]))
        case "TipComment":
            return TipComment(RowPlace(*cells[0]))
        case "TipNote":
            return TipNote(*cells)
        case _:
            return ChosenKind(*cells)


def _build_event(cells: dict[str, Any]) -> TipEvent:
    recorded_us, original, basis, fold_s = cells["time"]
    cells["place"] = RowPlace(*cells["place"])
    cells["time"] = TipTime(recorded_us, original, TimeBasis(basis), fold_s)
    cells["accounts"], cells["flags"] = tuple(cells["accounts"]), tuple(cells["flags"])
    cells["digests"] = tuple((kind, digest) for kind, digest in cells["digests"])
    cells["party"] = None if cells["party"] is None else Party(cells["party"])
    return TipEvent(**cells)
