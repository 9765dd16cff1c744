"""Public Python API: `match()`, for notebooks and scripts."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import polars

from sightline.model.progress import ignore_progress
from sightline.services.match import pipeline
from sightline.services.match.request import MatchRequest, Outputs
from sightline.services.match.summary import MatchSummary
from sightline.storage.exhibit_path import parse_exhibit_path

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Hits (one row each, with the columns of `docs/adr/0002-hit-row.md`) and the summary.

    `summary`: lists, exhibits, every frame.
    """

    hits: polars.DataFrame
    summary: MatchSummary


def match(
    logs: AnyPath | Iterable[AnyPath],
    *,
    lists: AnyPath | Iterable[AnyPath],
    trust: AnyPath | Iterable[AnyPath],
    format: str = "auto",
    skip_unknown: bool = False,
    timezone: str | None = None,
    year: int | None = None,
    year_at_end: int | None = None,
    date_order: Literal["dmy", "mdy", "ymd"] | None = None,
    made_at: datetime | None = None,
    clock_offset_s: float = 0.0,
    clock_uncertainty_s: float = 900.0,
    trusted_hops: int = 0,
    trusted_proxies: Iterable[str] = (),
    all_hits_of: str | None = None,
    digest_key: AnyPath | None = None,
    threads: int | None = None,
    now: datetime | None = None,
) -> MatchResult:
    """Return every visit in `logs` to a site on the signed `lists`, as `sightline match` finds them, in memory.

    A folder among `logs` stands for the logs in it, oldest first. `skip_unknown` leaves out files that no format
    reads; `summary.left_out` names them.

    `trust`: the issuers' public keys. `now`: the instant at which the lists must be valid (default: now). Raises
    UsageError, UntrustedList, UnknownFormat, TimeUndeclared or DamagedInput (`sightline.errors`) before anything is
    read. Damage inside an exhibit raises nothing: it is a reject in `summary`.

    >>> result = match("access.log", lists="flagged.csv", trust="AGENCY.pub")  # doctest: +SKIP
    >>> result.hits.group_by("source_ip").len()  # doctest: +SKIP
    """
    request = MatchRequest(
        _to_log_paths(logs), _to_paths(lists), _to_paths(trust), now or datetime.now(UTC), outputs=Outputs(hits=None),
        format=format, skip_unknown=skip_unknown, timezone=timezone, year=year, year_at_end=year_at_end,
        date_order=date_order, made_at=made_at, clock_offset_s=clock_offset_s,
        clock_uncertainty_s=clock_uncertainty_s, trusted_hops=trusted_hops, trusted_proxies=tuple(trusted_proxies),
        all_hits_of=all_hits_of, digest_key=None if digest_key is None else Path(digest_key), threads=threads,
    )  # fmt: skip
    return _run(request)


def _run(request: MatchRequest) -> MatchResult:
    summary, memory = pipeline.match_logs(request, ignore_progress)
    return MatchResult(polars.read_ipc_stream(io.BytesIO(memory or b"")), summary)


def _to_paths(given: AnyPath | Iterable[AnyPath]) -> tuple[Path, ...]:
    return tuple(map(Path, _as_iterable(given)))


def _to_log_paths(given: AnyPath | Iterable[AnyPath]) -> tuple[Path, ...]:
    """Return the paths of logs. The text of one may be the URL of an object."""
    return tuple(parse_exhibit_path(path) if isinstance(path, str) else Path(path) for path in _as_iterable(given))


def _as_iterable(given: AnyPath | Iterable[AnyPath]) -> Iterable[AnyPath]:
    return (given,) if isinstance(given, str | os.PathLike) else given
