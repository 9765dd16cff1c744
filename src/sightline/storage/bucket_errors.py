"""Classify failures of a bucket's server: whether to retry, and the error to show."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from sightline.errors import StoreUnreachable
from sightline.waits import report_wait

T = TypeVar("T")
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")
_SYSTEM = re.compile(r'message: "([^"\n]{1,200})"')
_KEYS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ask for the right to list, get, put and delete there"


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits on retries. Waits double, from `first_s` to `longest_s`.

    `total_s` bounds the time without any progress, the current request included. A request without progress for
    `silent_s` is aborted and retried. After `tell_s` without progress the user gets a message.
    """

    tries: int = 5
    first_s: float = 0.2
    longest_s: float = 5.0
    total_s: float = 60.0
    silent_s: float = 25.0
    tell_s: float = 5.0

    def list_waits(self) -> list[float]:
        """Return the waits between the attempts, in seconds."""
        return [min(self.first_s * 2**n, self.longest_s) for n in range(self.tries - 1)]


class TransferProgress:
    """The time of the last progress of a transfer, in either direction."""

    def __init__(self) -> None:
        self.at, self._furthest = time.monotonic(), 0

    def note_reached(self, place: int) -> None:
        """Record that a file was transferred up to this position. An earlier attempt may have come as far."""
        if place > self._furthest:
            self._furthest = place
            self.record()

    def record(self) -> None:
        """Record progress now."""
        self.at = time.monotonic()

    def compute_still_s(self) -> float:
        """Return the seconds since the last progress."""
        return time.monotonic() - self.at


def run_with_retries(
    act: Callable[[], Coroutine[None, None, T]],
    patience: Patience,
    where: str,
    progress: TransferProgress | None = None,
) -> T:
    """Run a storage request and retry it while its failure may pass.

    Raises StoreUnreachable for other and lasting failures.

    A missing name raises FileNotFoundError. An act of several requests reports each completed one to `progress`.
    """
    return _run(_call_with_retries(act, patience, where, progress or TransferProgress()))


async def _call_with_retries(
    act: Callable[[], Coroutine[None, None, T]], patience: Patience, where: str, progress: TransferProgress
) -> T:
    from obstore.exceptions import BaseError  # noqa: PLC0415  - few need a bucket

    telling = asyncio.ensure_future(_tell(patience, where, progress))
    try:
        for wait_s in [*patience.list_waits(), None]:
            try:
                return await _await_unless_still(act(), patience, progress)
            except TimeoutError:
                raise build_silent_server_error(where, patience) from None
            except (BaseError, FileNotFoundError) as error:
                text = str(error)
                if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in text:
                    raise
                if wait_s is None or not is_transient(text):
                    raise store_error(text, where) from None
                if progress.compute_still_s() + wait_s > patience.total_s:
                    is_silent = _STATUS.search(text) is None and _SYSTEM.search(text) is None
                    raise (
                        build_silent_server_error(where, patience) if is_silent else store_error(text, where)
                    ) from None
            await asyncio.sleep(wait_s)
        raise AssertionError("the last try returns or raises")
    finally:
        telling.cancel()


async def _await_unless_still(acting: Coroutine[None, None, T], patience: Patience, progress: TransferProgress) -> T:
    """Return the result of a coroutine. Cancels it and raises TimeoutError after the whole time without progress."""
    task = asyncio.ensure_future(acting)
    try:
        while not task.done():
            left_s = patience.total_s - progress.compute_still_s()
            if left_s <= 0:
                raise TimeoutError
            await asyncio.wait({task}, timeout=left_s)
        return task.result()
    finally:
        task.cancel()


async def _tell(patience: Patience, where: str, progress: TransferProgress) -> None:
    """Report that the program waits for the server, once for each period without progress."""
    told_at = None
    while True:
        await asyncio.sleep(max(patience.tell_s - progress.compute_still_s(), patience.tell_s / 10))
        if progress.at != told_at and progress.compute_still_s() >= patience.tell_s:
            told_at = progress.at
            report_wait(f"waiting for {where}: no answer for {_format_seconds(patience.tell_s)}", patience.total_s)


def _run(acting: Coroutine[None, None, T]) -> T:
    """Run it to its end, in a thread of its own where this one runs others already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(acting)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, acting).result()


def _format_seconds(seconds: float) -> str:
    return f"{seconds:g} s"


def build_silent_server_error(where: str, patience: Patience) -> StoreUnreachable:
    """Return the error for a server that did not answer in time."""
    return StoreUnreachable(
        f"{where} does not answer: nothing got through for {_format_seconds(patience.total_s)}",
        hint="check the network and the server, then run again",
    )


def is_transient(text: str) -> bool:
    """Return whether a retry may soon succeed: no answer, a fault of the server, too many requests."""
    status = _STATUS.search(text)
    return status is None or status[1] in {"408", "429"} or status[1].startswith("5")


def store_error(text: str, where: str) -> StoreUnreachable:
    """Return the error for a client's message. It quotes as little as possible, because the message names evidence."""
    status, code = _STATUS.search(text), _CODE.search(text)
    answer = " ".join(match[1] for match in (status, code) if match)
    if "NoSuchBucket" in text:
        return StoreUnreachable(f"{where}: there is no such bucket", hint="make it, or correct the URL of the segments")
    if status is not None and status[1] in {"401", "403"}:
        return StoreUnreachable(f"{where} refuses this user: {answer}", hint=_KEYS)
    if status is not None and not is_transient(text):
        return StoreUnreachable(
            f"{where} refuses: {answer}", hint="check the endpoint and region in the URL of the segments"
        )
    if status is not None:
        return StoreUnreachable(f"{where} keeps answering {answer}", hint="check the server, then run again")
    system = _SYSTEM.findall(text)
    why = system[-1] if system else "the connection broke"
    return StoreUnreachable(f"{where} does not answer: {why}", hint="check the network and the server, then run again")
