"""Read the bytes of one exhibit once, up to its size when it was opened."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass

from sightline.model import ExhibitId
from sightline.stages.scan.results import ScanInput


@dataclass(frozen=True, slots=True)
class ExhibitBytes:
    """An exhibit in memory. `shrank`: the file became shorter after it was opened."""

    content: bytes
    shrank: bool

    @property
    def id(self) -> ExhibitId:
        """Return the SHA-256 of the bytes as held."""
        return ExhibitId(hashlib.sha256(self.content).hexdigest())


def read_exhibit(scan_inputs: ScanInput) -> ExhibitBytes:
    """Read the whole exhibit. Later additions to a growing file are not read."""
    if scan_inputs.path is None:
        return ExhibitBytes(scan_inputs.head + sys.stdin.buffer.read(), shrank=False)
    with scan_inputs.path.open("rb") as stream:
        size_bytes = os.fstat(stream.fileno()).st_size
        content = stream.read(size_bytes)
    return ExhibitBytes(content, shrank=len(content) < size_bytes)
