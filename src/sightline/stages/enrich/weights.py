"""What measurements say of data sets of places, as a rebuild goes by it."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.stages.enrich.independence import Pair
from sightline.stages.enrich.muted_datasets import Mute


@dataclass(frozen=True, slots=True)
class Weights:
    """`mutes`: data sets that do not speak for a provider; `pairs`: two whose agreement counts for one."""

    mutes: tuple[Mute, ...] = ()
    pairs: tuple[Pair, ...] = ()


UNMEASURED = Weights()
