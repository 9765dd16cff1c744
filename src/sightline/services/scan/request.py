"""The request of a scan into the workspace. A field that is None is as the source declares it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from sightline.casework.cases.cases import NOT_MEASURED
from sightline.services.match.request import MatchRequest, Outputs
from sightline.stages.formats.loader import Format
from sightline.stages.scan.options import AddressRange
from sightline.storage.rows import Source

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """One scan: logs of one source, under one authority, with the given lists or the workspace's current ones.

    `signatures`: ids of those of the current lists to use; empty for all of them.
    `counts`: a dry run also reads the logs and counts every line; nothing of them is stored.
    `names`: what logs are called instead of their paths, by path, such as those extracted from a database. `cluster`:
    the address of a scheduler whose workers read the exhibits, and `cluster_keys` the folder of keys for it.
    """

    logs: tuple[Path, ...]
    source: str
    authority: str
    lists: tuple[Path, ...] = ()
    format: str = "auto"
    skip_unknown: bool = False
    timezone: str | None = None
    timezone_basis: str | None = None
    year: int | None = None
    year_at_end: int | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    made_at: datetime | None = None
    clock_offset_s: float | None = None
    clock_uncertainty_s: float | None = None
    clock_measured: str | None = None
    trusted_hops: int | None = None
    trusted_proxies: tuple[str, ...] = ()
    all_hits_of: str | None = None
    digest_key: Path | None = None
    max_ratio: int | None = None
    max_unpacked_bytes: int | None = None
    threads: int | None = None
    dry_run: bool = False
    counts: bool = False
    why: str = ""
    as_of: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    cluster: str | None = None
    cluster_keys: Path | None = None
    signatures: tuple[str, ...] = ()

    @property
    def says_clock(self) -> bool:
        """Return whether the request itself declares the clock of these exhibits."""
        return self.clock_offset_s is not None or self.clock_uncertainty_s is not None

    def with_declarations(self, source: Source) -> Source:
        """Return the source with the request's declarations in place of its own."""
        offset, uncertainty = self.clock_offset_s, self.clock_uncertainty_s
        return replace(
            source,
            timezone=self.timezone or source.timezone,
            timezone_basis=self.timezone_basis or (None if self.timezone else source.timezone_basis),
            clock_offset_us=source.clock_offset_us if offset is None else round(offset * MICRO),
            clock_uncertainty_s=source.clock_uncertainty_s if uncertainty is None else math.ceil(uncertainty),
            clock_measured=self.clock_measured or (NOT_MEASURED if self.says_clock else source.clock_measured),
            trusted_hops=source.trusted_hops if self.trusted_hops is None else self.trusted_hops,
        )

    def choose_proxies(self, declared: Sequence[AddressRange]) -> tuple[str, ...]:
        """Return the trusted proxies: those given for these exhibits, else those declared for the source."""
        if self.trusted_proxies or self.trusted_hops:
            return self.trusted_proxies
        return tuple(f"{first}-{last}" for first, last in declared)

    def to_match(
        self,
        source: Source,
        lists: tuple[Path, ...],
        now: datetime,
        proxies: Sequence[AddressRange] = (),
        own_formats: Mapping[str, Format] | None = None,
    ) -> MatchRequest:
        """Return the request with which `match` would make the same scan, by the source's declarations."""
        declared, believed = self.with_declarations(source), self.choose_proxies(proxies)
        return MatchRequest(
            logs=self.logs,
            lists=lists,
            trust=(),
            now=now,
            format=self.format,
            skip_unknown=self.skip_unknown,
            own_formats=own_formats or {},
            timezone=declared.timezone,
            year=self.year,
            year_at_end=self.year_at_end,
            date_order=self.date_order,
            made_at=self.made_at,
            clock_offset_s=declared.clock_offset_us / MICRO,
            clock_uncertainty_s=declared.clock_uncertainty_s,
            trusted_hops=0 if believed else declared.trusted_hops,
            trusted_proxies=believed,
            all_hits_of=self.all_hits_of,
            digest_key=self.digest_key,
            max_ratio=self.max_ratio,
            max_unpacked_bytes=self.max_unpacked_bytes,
            threads=self.threads,
            outputs=Outputs(hits=None),
        )
