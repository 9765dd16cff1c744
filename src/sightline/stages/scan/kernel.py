"""The native kernel: the same scan as the oracle, at full speed. The only module that imports the Rust code.

Where the kernel was not built, `available()` is false and the oracle serves small inputs.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sightline.errors import DamagedInput, Interrupted, SightlineError, UsageError
from sightline.records import IndicatorKind, RejectCode, RowCode
from sightline.stages.lists.model import Row, RowReject
from sightline.stages.scan.results import ExhibitSummary, ScanResult, Score

if TYPE_CHECKING:
    from sightline import _kernel
    from sightline.stages.formats.program import Program
    from sightline.stages.scan.options import Limits, ReadOptions
    from sightline.stages.scan.results import ScanInput

HitFormat = Literal["nothing", "memory", "stdout", "jsonl", "csv", "parquet"]
Watch = Callable[[int, int], None]
"""Is told bytes read and hits found."""

POLL_S = 0.05


def available() -> bool:
    """Whether the kernel was built."""
    return importlib.util.find_spec("sightline._kernel") is not None


def native() -> _Native:
    """The Rust module."""
    from sightline import _kernel  # noqa: PLC0415

    return _kernel
