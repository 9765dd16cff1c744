"""Read replies in a child process with limits, which returns their rows as Arrow streams."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.child_process import MessageSender, ReadLimits, Receiver, run_limited_child
from sightline.model import NoticeKind
from sightline.model.progress import Progress
from sightline.stages.resolve.model import ReplyBatch, ReplyDeclarations
from sightline.stages.resolve.replies import OpenedReply, open_reply

FRAMES = ("assigned", "subscribers", "rejects", "inside")
AHEAD = 2
"""Number of batches that a child reads ahead of its parent."""
Reader = Callable[[Path, NoticeKind, ReplyDeclarations], OpenedReply]
OPENED: Reader = open_reply
"""The function with which a child reads."""
HINT = "nothing of it was kept; ask the ISP for it as plain CSV, in smaller files"


@dataclass(frozen=True, slots=True)
class LimitedReply:
    """A reply that a child process reads: its layout, the reason for that layout, and its batches, each given once."""

    layout: str
    layout_reason: str
    batches: Iterator[ReplyBatch]


@contextmanager
def open_limited_reply(
    path: Path, kind: NoticeKind, declared: ReplyDeclarations, progress: Progress, limits: ReadLimits | None = None
) -> Iterator[LimitedReply]:
    """Yield a reply whose rows a child process reads. The process ends with the block.

    Raises what `open_reply` raises; DamagedInput if the child met a limit or ended; ProgramFault for a bug in it.
    """
    allowed = limits or ReadLimits.from_size(path.stat().st_size)
    with run_limited_child(send_reply, (OPENED, str(path), kind.value, declared), path.name, allowed, HINT) as receiver:
        head = receiver.read_message()
        yield LimitedReply(head["layout"], head["why"], _read_batches(receiver, progress))


def _read_batches(receiver: Receiver, progress: Progress) -> Iterator[ReplyBatch]:
    while (message := receiver.read_message()).get("is_batch"):
        frames = {name: pl.read_ipc_stream(io.BytesIO(receiver.read_bytes())) for name in FRAMES}
        receiver.take_one()
        progress(message["done"], message["size"])
        yield ReplyBatch(**frames)


def send_reply(sender: MessageSender, reader: Reader, path: str, kind: str, declared: ReplyDeclarations) -> None:
    """Read a reply in the child process, and send its batches."""
    reply = reader(Path(path), NoticeKind(kind), declared)
    sender.send({"layout": reply.layout, "why": reply.layout_reason})
    at: list[int | None] = [0, None]

    def reached(done: int, size: int | None) -> None:
        at[:] = [done, size]

    for number, batch in enumerate(reply.read_batches(reached)):
        if number >= AHEAD:
            sender.wait()
        sender.send({"is_batch": True, "done": at[0], "size": at[1]})
        for name in FRAMES:
            stream = io.BytesIO()
            # Writing locks the frame and then takes the GIL; another thread, which reads ahead, holds the GIL while it
            # waits for the frame. A clone has a lock of its own.
            getattr(batch, name).clone().write_ipc_stream(stream)
            sender.send_bytes(stream.getvalue())
    sender.send({"is_batch": False})
