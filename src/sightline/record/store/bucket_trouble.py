"""What a bucket's server said, or that it said nothing: whether to try again, and the error that a user reads."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sightline.errors import StoreUnreachable

T = TypeVar("T")
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")
_SYSTEM = re.compile(r'message: "([^"\n]{1,200})"')
_KEYS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ask for the right to list, get, put and delete there"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try again what may pass: with waits that double, from `first_s` to `longest_s`."""

    tries: int = 5
    first_s: float = 0.2
    longest_s: float = 5.0
    total_s: float = 60.0

    def waits(self) -> list[float]:
        """The waits between the tries."""
        return [min(self.first_s * 2**n, self.longest_s) for n in range(self.tries - 1)]


def patiently(act: Callable[[], T], patience: Patience, where: str) -> T:
    """What the act gives, tried again while its failure may pass. Raises StoreUnreachable for the others, and at last.

    That a name is not there is raised as FileNotFoundError.
    """
    from obstore.exceptions import BaseError  # noqa: PLC0415  - few need a bucket

    began = time.monotonic()
    for wait_s in [*patience.waits(), None]:
        try:
            return act()
        except (BaseError, FileNotFoundError) as why:
            text = str(why)
            if isinstance(why, FileNotFoundError) and "NoSuchBucket" not in text:
                raise
            if wait_s is None or not may_pass(text) or time.monotonic() - began > patience.total_s:
                raise trouble(text, where) from None
        time.sleep(wait_s)
    raise AssertionError("the last try returns or raises")


def may_pass(text: str) -> bool:
    """Whether the same request may do better soon: no answer, a server's own fault, too many requests."""
    status = _STATUS.search(text)
    return status is None or status[1] in {"408", "429"} or status[1].startswith("5")


def trouble(text: str, where: str) -> StoreUnreachable:
    """The error for what the client said, which is quoted as little as will do: it holds names of evidence."""
    status, code = _STATUS.search(text), _CODE.search(text)
    said = " ".join(found[1] for found in (status, code) if found)
    if "NoSuchBucket" in text:
        return StoreUnreachable(f"{where}: there is no such bucket", hint="make it, or correct the URL of the segments")
    if status is not None and status[1] in {"401", "403"}:
        return StoreUnreachable(f"{where} does not let this user in: {said}", hint=_KEYS)
    if status is not None and not may_pass(text):
        return StoreUnreachable(
            f"{where} refuses: {said}", hint="check the endpoint and region in the URL of the segments"
        )
    if status is not None:
        return StoreUnreachable(f"{where} keeps answering {said}", hint="see what ails the server, then run again")
    system = _SYSTEM.findall(text)
    why = system[-1] if system else "the connection broke"
    return StoreUnreachable(f"{where} does not answer: {why}", hint="see to network and server, then run again")
