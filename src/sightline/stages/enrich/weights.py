"""Measurements of place data sets, as a rebuild uses them."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.stages.enrich.independence import DataSetPair
from sightline.stages.enrich.muted_datasets import Mute


@dataclass(frozen=True, slots=True)
class Weights:
    """`mutes`: data sets that are ignored for a provider; `pairs`: two whose agreement is enough."""

    mutes: tuple[Mute, ...] = ()
    pairs: tuple[DataSetPair, ...] = ()


UNMEASURED = Weights()
