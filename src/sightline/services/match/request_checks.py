"""Check what a request to match asks for, before a file is opened: options, limits, and files given twice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sightline.errors import UsageError
from sightline.services.match import engine as engine_module
from sightline.services.match import inputs, outputs
from sightline.services.match.request import MatchRequest
from sightline.stages.lists.trust import derive_signature_path
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.proxies import parse_proxy_ranges
from sightline.stages.scan.zones import build_zone_table

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_request(request: MatchRequest, checks: inputs.Checks) -> None:
    """Check everything that can be wrong with the request before a file is opened."""
    checks.run_check(partial(outputs.check_outputs, request.outputs, tuple(list_input_files(request))))
    checks.run_check(partial(engine_module.count_threads, request.threads))
    for path in request.lists:
        checks.run_check(partial(inputs.check_file, path, "a flag list"))
    for path in request.trust:
        checks.run_check(partial(inputs.check_file, path, "an issuer's public key, CODE.pub"))
    checks.run_check(partial(check_limits, request))
    if request.now.tzinfo is None:
        checks.errors.append(
            UsageError(f"now={request.now}: it has no time zone", hint="give datetime.now(UTC), for example")
        )
    if request.logs.count(None) > 1:
        checks.errors.append(UsageError("standard input is given twice", hint="give - once"))


def list_input_files(request: MatchRequest) -> Iterator[Path]:
    """Yield every file that the request reads, with the lists' signatures. None of them may be an output."""
    yield from (log for log in request.logs if log is not None)
    for path in request.lists:
        yield from (path, derive_signature_path(path))
    yield from request.trust
    if request.digest_key is not None:
        yield request.digest_key
    if request.format.endswith(".toml"):
        yield Path(request.format)


def check_limits(request: MatchRequest) -> None:
    """Refuse limits that allow nothing, or more than can be counted."""
    for option, limit in (("--max-ratio", request.max_ratio), ("--max-unpacked", request.max_unpacked_bytes)):
        if limit is not None and not 1 <= limit < 1 << 63:
            raise UsageError(f"{option} {limit}: from 1 to 8 EiB", hint="leave it out for the usual limit")


def check_server(
    text: str, engine: engine_module.Engine, lists: Sequence[OpenList[Any]], exhibits: Sequence[inputs.ChosenExhibit]
) -> None:
    """Refuse an `--all-hits-of` for logs whose records are no visits or name several services, or if no list has it."""
    for log in exhibits:
        if kinds := log.format.no_visits:
            raise UsageError(
                f"{log.scan.name}: --all-hits-of takes every record as a visit, and {log.format.name} holds others:"
                f" {', '.join(sorted(kinds))}",
                hint="leave --all-hits-of out for this log; it is for the own log of a flagged server",
            )
        if len(log.services) > 1:
            raise UsageError(
                f"{log.scan.name}: --all-hits-of takes every record as a visit, and this log names no site, but"
                f" services: {', '.join(log.services)}",
                hint="each may be another site: ask who ran the server, and if all of them belong to this site, say"
                f" --format {log.format.name}",
            )
    if not any(engine.has_indicator(open_list, text) for open_list in lists):
        raise UsageError(
            f"--all-hits-of {text}: no indicator of the lists has that value or id",
            hint="the server itself must be on a signed list: sightline lists check FILE shows what is",
        )


def read_options(request: MatchRequest) -> ReadOptions:
    """Return what the request declares, checked. Raises UsageError."""
    try:
        timezone = build_zone_table(request.timezone) if request.timezone else None
    except ValueError as error:
        raise UsageError(f"--timezone {error}", hint="for example --timezone Asia/Kolkata") from None
    if request.year is not None and request.year_at_end is not None:
        raise UsageError(
            "--year and --year-at-end are both given",
            hint="declare the year of the first time or of the last; not both",
        )
    for option, year in (("--year", request.year), ("--year-at-end", request.year_at_end)):
        if year is not None and not 1970 <= year <= 2199:
            raise UsageError(f"{option} {year}: from 1970 to 2199", hint="the year in which the log was written")
    offset, uncertainty = request.clock_offset_s, request.clock_uncertainty_s
    if not (math.isfinite(offset) and abs(offset) < 1e10 and 0 <= uncertainty < 1e10):
        raise UsageError(
            f"--clock-offset {offset:g} and --clock-uncertainty {uncertainty:g}: not possible numbers of seconds",
            hint="the uncertainty is 0 or more",
        )
    if request.trusted_hops < 0:
        raise UsageError(f"--trusted-hops {request.trusted_hops}: 0 or more", hint="how many proxies are your own")
    if request.trusted_hops and request.trusted_proxies:
        raise UsageError(
            "--trusted-hops and --trusted-proxy are both given", hint="name the proxies, or count them; not both"
        )
    made_at = request.made_at
    if made_at is not None and (made_at.tzinfo is None or not 1970 <= made_at.astimezone(UTC).year <= 2199):
        raise UsageError(
            f"--made-at {made_at}: not a time with its zone, from 1970 to 2199",
            hint="for example --made-at 2026-07-31T12:34:56+05:30",
        )
    return ReadOptions(
        timezone=timezone,
        year=request.year_at_end if request.year is None else request.year,
        year_at_end=request.year_at_end is not None,
        date_order=request.date_order,
        clock_offset_us=round(offset * 1_000_000),
        clock_uncertainty_s=math.ceil(uncertainty),
        made_at_us=None if made_at is None else (made_at - EPOCH) // timedelta(microseconds=1),
        trusted_hops=request.trusted_hops,
        trusted_proxies=parse_proxy_ranges(request.trusted_proxies),
    )


def build_limits(request: MatchRequest) -> DecompressionLimits:
    """Return the limits on how far exhibits may unpack."""
    decompression_limits = DecompressionLimits()
    return DecompressionLimits(
        ratio=request.max_ratio or decompression_limits.ratio,
        decoded_bytes=request.max_unpacked_bytes or decompression_limits.decoded_bytes,
    )
