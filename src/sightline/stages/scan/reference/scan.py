"""Exhibits in, hits, rejects and counts out: the oracle's `scan`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from sightline.records import (
    ExhibitId,
    Hit,
    IndicatorId,
    RecordKind,
    Reject,
    RejectCode,
    SightlineAccountingError,
)
from sightline.stages.lists.model import FlagList
from sightline.stages.scan.options import Limits, ReadOptions
from sightline.stages.scan.reference.containers import Break, Member, unfold
from sightline.stages.scan.reference.exhibit import read_exhibit
