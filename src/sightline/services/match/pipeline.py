"""Match logs against lists by calling the stages in order. It has no logic of its own."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sightline.errors import UsageError, writing
from sightline.model.progress import Progress
from sightline.services.match import copies, folders, inputs, outputs
from sightline.services.match import engine as engine_module
from sightline.services.match.content_digest import Unpacker
from sightline.services.match.exhibit_formats import choose_all
from sightline.services.match.request import MatchRequest
from sightline.services.match.summary import MatchSummary, exhibit_account, list_account
from sightline.stages.lists.digest_key import read_digest_key
from sightline.stages.lists.signature import PublicKey
from sightline.stages.lists.trust import read_trusted_keys, signature_path
from sightline.stages.scan.engine_output import Scanned
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import Limits, ReadOptions
from sightline.stages.scan.proxies import proxy_ranges
from sightline.stages.scan.zones import zone_table

LOG = logging.getLogger(__name__)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a scan reads, checked before any is read to its end: exhibits, lists, options."""

    name: str
    engine: engine_module.Engine
    options: ReadOptions
    limits: Limits
    digest_key: bytes | None
    lists: tuple[OpenList[Any], ...]
    found: copies.DistinctExhibits
    left: tuple[folders.SkippedFile, ...]

    @property
    def exhibits(self) -> Sequence[inputs.ChosenExhibit]:
        """Return the exhibits in the order in which they are read."""
        return self.found.exhibits


def prepare(request: MatchRequest, trusted: Callable[[], list[PublicKey]], going_on: Callable[[], None]) -> Prepared:
    """Check all inputs before the first is read, by exit code 2, then 3, then 4. Of copies one is kept."""
    name, engine = engine_module.engine()
    checks = inputs.Checks()
    check_use(request, checks)
    gathered = folders.gather(request, checks)
    options = checks.of(partial(read_options, request))
    keys = checks.of(trusted)
    digest_key = checks.of(partial(read_digest_key, request.digest_key))
    checks.settle()
    assert options is not None
    assert keys is not None
    limits = limits_of(request)
    taken = inputs.stdin_head() if None in request.logs else b""
    asked, own = request.format, request.own_formats
    choose = partial(inputs.choose, engine, taken=taken, asked=asked, options=options, limits=limits, own=own)
    chosen, left = choose_all(gathered, choose, checks, going_on, skip_unknown=request.skip_unknown)
    lists = [checks.of(partial(engine.open_list, path, keys, request.now, digest_key)) for path in request.lists]
    checks.settle()
    opened = tuple(one for one in lists if one is not None)
    if request.all_hits_of is not None:
        check_server(request.all_hits_of, engine, opened, [part for one in chosen for part in one.parts])
    found = copies.find(chosen, Unpacker(engine, options, limits, going_on))
    LOG.info("inputs checked: engine=%s lists=%d exhibits=%d left_out=%d", name, len(opened), len(chosen), len(left))
    return Prepared(name, engine, options, limits, digest_key, opened, found, tuple(left))


def match(request: MatchRequest, progress: Progress) -> tuple[MatchSummary, bytes | None]:
    """Read lists and logs; write hits, rejects and the summary. Returns in-memory hits as an Arrow IPC stream.

    Checks all inputs before reading the first, and reads one of several copies. Outputs are complete or not written.
    """
    ready = prepare(request, partial(read_trusted_keys, request.trust), partial(progress, 0, None, 0))
    all_bytes = whole_size(ready.exhibits)
    with outputs.temporary_outputs(request.outputs) as beside:
        scanned, memory = ready.engine.scan(
            [one.scan for one in ready.exhibits],
            ready.lists,
            ready.options,
            limits=ready.limits,
            all_hits_of=request.all_hits_of,
            digest_key=ready.digest_key,
            hits=(beside.hit_format, beside.hits),
            rejects=beside.rejects,
            threads=engine_module.threads(request.threads),
            watch=lambda read, _, hits: progress(read, all_bytes, hits),
        )
        log_exhibits(scanned)
        ready.found.confirm(scanned)
        summary = summary_of(ready, scanned)
        if beside.summary:
            with writing(beside.summary):
                beside.summary.write_text(summary.to_json() + "\n", encoding="utf-8")
    return summary, memory


def log_exhibits(scanned: Sequence[Scanned]) -> None:
    """Log the counts of each exhibit that was read."""
    for one in scanned:
        counts = (one.size_bytes, one.frames, one.records, sum(one.rejects.values()), one.hits, one.seconds)
        facts = "bytes={} frames={} records={} rejects={} hits={} seconds={:.3f}".format(*counts)
        LOG.info("exhibit read: sha256=%s %s", one.sha256, facts)


def whole_size(exhibits: Sequence[inputs.ChosenExhibit]) -> int | None:
    """Return the total bytes of these exhibits, or None if one is standard input."""
    sizes = [one.size_bytes for one in exhibits]
    return None if None in sizes else sum(size or 0 for size in sizes)


def summary_of(ready: Prepared, scanned: Sequence[Scanned]) -> MatchSummary:
    """Return the summary of a scan."""
    return MatchSummary(
        lists=tuple(list_account(one, ready.exhibits) for one in ready.lists),
        exhibits=tuple(exhibit_account(one, each) for one, each in zip(ready.exhibits, scanned, strict=True)),
        copies=ready.found.copies,
        alike=ready.found.alike,
        left_out=ready.left,
        engine=ready.name,
    )


def check_use(request: MatchRequest, checks: inputs.Checks) -> None:
    """Check everything that can be wrong with the request before a file is opened."""
    checks.of(partial(outputs.check, request.outputs, tuple(read_by(request))))
    checks.of(partial(engine_module.threads, request.threads))
    for path in request.lists:
        checks.of(partial(inputs.check_file, path, "a flag list"))
    for path in request.trust:
        checks.of(partial(inputs.check_file, path, "an issuer's public key, CODE.pub"))
    checks.of(partial(check_limits, request))
    if request.now.tzinfo is None:
        checks.errors.append(UsageError("now: an instant without a zone", hint="datetime.now(UTC), say"))
    if request.logs.count(None) > 1:
        checks.errors.append(UsageError("standard input is given twice", hint="give - once"))


def read_by(request: MatchRequest) -> Iterator[Path]:
    """Yield every file that the request reads, with the lists' signatures. None of them may be an output."""
    yield from (log for log in request.logs if log is not None)
    for path in request.lists:
        yield from (path, signature_path(path))
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
    """Refuse an `--all-hits-of` for logs whose records are no visits, or that names no indicator of the lists."""
    for one in exhibits:
        if kinds := one.format.no_visits:
            raise UsageError(
                f"{one.scan.name}: --all-hits-of takes every record as a visit, and {one.format.name} holds others:"
                f" {', '.join(sorted(kinds))}",
                hint="leave --all-hits-of out for this log; it is for the own log of a flagged server",
            )
    if not any(engine.finds(one, text) for one in lists):
        raise UsageError(
            f"--all-hits-of {text}: no indicator of the lists has that value or id",
            hint="the server itself must be on a signed list: sightline lists check FILE shows what is",
        )


def read_options(request: MatchRequest) -> ReadOptions:
    """Return what the request declares, checked. Raises UsageError."""
    try:
        timezone = zone_table(request.timezone) if request.timezone else None
    except ValueError as error:
        raise UsageError(f"--timezone {error}", hint="for example --timezone Asia/Kolkata") from None
    if request.year is not None and request.year_at_end is not None:
        raise UsageError("--year and --year-at-end", hint="declare the year of the first time or of the last; not both")
    for option, year in (("--year", request.year), ("--year-at-end", request.year_at_end)):
        if year is not None and not 1970 <= year <= 2199:
            raise UsageError(f"{option} {year}: from 1970 to 2199", hint="the year in which the log was written")
    offset, uncertainty = request.clock_offset_s, request.clock_uncertainty_s
    if not (math.isfinite(offset) and abs(offset) < 1e10 and 0 <= uncertainty < 1e10):
        raise UsageError("--clock-offset and --clock-uncertainty are seconds", hint="the uncertainty is 0 or more")
    if request.trusted_hops < 0:
        raise UsageError(f"--trusted-hops {request.trusted_hops}: 0 or more", hint="how many proxies are your own")
    if request.trusted_hops and request.trusted_proxies:
        raise UsageError("--trusted-hops and --trusted-proxy", hint="name the proxies, or count them; not both")
    made_at = request.made_at
    if made_at is not None and (made_at.tzinfo is None or not 1970 <= made_at.astimezone(UTC).year <= 2199):
        raise UsageError(f"--made-at {made_at}: no instant", hint="for example --made-at 2026-07-31T12:34:56+05:30")
    return ReadOptions(
        timezone=timezone,
        year=request.year_at_end if request.year is None else request.year,
        year_at_end=request.year_at_end is not None,
        date_order=request.date_order,
        clock_offset_us=round(offset * 1_000_000),
        clock_uncertainty_s=math.ceil(uncertainty),
        made_at_us=None if made_at is None else (made_at - EPOCH) // timedelta(microseconds=1),
        trusted_hops=request.trusted_hops,
        trusted_proxies=proxy_ranges(request.trusted_proxies),
    )


def limits_of(request: MatchRequest) -> Limits:
    """Return the limits on how far exhibits may unpack."""
    plain = Limits()
    return Limits(
        ratio=request.max_ratio or plain.ratio, decoded_bytes=request.max_unpacked_bytes or plain.decoded_bytes
    )
