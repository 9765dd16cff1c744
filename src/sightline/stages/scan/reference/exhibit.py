"""The bytes of one exhibit as held: read once, as long as it was when opened."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass

from sightline.model import ExhibitId
from sightline.stages.scan.results import ScanInput


@dataclass(frozen=True, slots=True)
class Exhibit:
    """An exhibit in memory. `shrank`: the file was shorter than when it was opened."""

    content: bytes
    shrank: bool

    @property
    def id(self) -> ExhibitId:
        """The SHA-256 of the bytes as held."""
        return ExhibitId(hashlib.sha256(self.content).hexdigest())


def read_exhibit(given: ScanInput) -> Exhibit:
    """The whole exhibit; what a growing file gains after it was opened is not read."""
    if given.path is None:
        return Exhibit(given.head + sys.stdin.buffer.read(), shrank=False)
    with given.path.open("rb") as stream:
        size_bytes = os.fstat(stream.fileno()).st_size
        content = stream.read(size_bytes)
    return Exhibit(content, shrank=len(content) < size_bytes)
