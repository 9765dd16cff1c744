"""Match logs against lists by calling the stages in order. `request_checks` says what a request may ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sightline.errors import name_output_on_error
from sightline.model.progress import Progress
from sightline.services.match import copies, folders, inputs, outputs
from sightline.services.match import engine as engine_module
from sightline.services.match.content_digest import Unpacker
from sightline.services.match.exhibit_formats import choose_all
from sightline.services.match.request import MatchRequest
from sightline.services.match.request_checks import build_limits, check_request, check_server, read_options
from sightline.services.match.summary import MatchSummary, build_exhibit_account, list_account
from sightline.stages.lists.digest_key import read_digest_key
from sightline.stages.lists.signature import PublicKey
from sightline.stages.lists.trust import read_trusted_keys
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import DecompressionLimits, ReadOptions

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CheckedInputs:
    """Everything that a scan reads, checked before any is read to its end: exhibits, lists, options."""

    engine_name: str
    engine: engine_module.Engine
    options: ReadOptions
    limits: DecompressionLimits
    digest_key: bytes | None
    lists: tuple[OpenList[Any], ...]
    distinct: copies.DistinctExhibits
    left_out: tuple[folders.SkippedFile, ...]

    @property
    def exhibits(self) -> Sequence[inputs.ChosenExhibit]:
        """Return the exhibits in the order in which they are read."""
        return self.distinct.exhibits


def check_inputs(
    request: MatchRequest, trusted: Callable[[], list[PublicKey]], going_on: Callable[[], None]
) -> CheckedInputs:
    """Check all inputs before the first is read, by exit code 2, then 3, then 4. Of copies one is kept."""
    engine_name, engine = engine_module.choose_engine()
    checks = inputs.Checks()
    check_request(request, checks)
    gathered = folders.gather_logs(request, checks)
    options = checks.run_check(partial(read_options, request))
    keys = checks.run_check(trusted)
    digest_key = checks.run_check(partial(read_digest_key, request.digest_key))
    checks.settle()
    assert options is not None
    assert keys is not None
    limits = build_limits(request)
    stdin_bytes = inputs.read_stdin_head() if None in request.logs else b""
    asked_format, own_formats = request.format, request.own_formats
    choose = partial(
        inputs.choose_exhibit,
        engine,
        taken=stdin_bytes,
        asked=asked_format,
        options=options,
        limits=limits,
        own=own_formats,
    )
    chosen_exhibits, left_out = choose_all(gathered, choose, checks, going_on, skip_unknown=request.skip_unknown)
    lists = [checks.run_check(partial(engine.open_list, path, keys, request.now, digest_key)) for path in request.lists]
    checks.settle()
    opened = tuple(open_list for open_list in lists if open_list is not None)
    if request.all_hits_of is not None:
        check_server(
            request.all_hits_of, engine, opened, [part for exhibit in chosen_exhibits for part in exhibit.parts]
        )
    distinct_exhibits = copies.find_copies(chosen_exhibits, Unpacker(engine, options, limits, going_on))
    LOG.info(
        "inputs checked: engine=%s lists=%d exhibits=%d left_out=%d",
        engine_name,
        len(opened),
        len(chosen_exhibits),
        len(left_out),
    )
    return CheckedInputs(engine_name, engine, options, limits, digest_key, opened, distinct_exhibits, tuple(left_out))


def match_logs(request: MatchRequest, progress: Progress) -> tuple[MatchSummary, bytes | None]:
    """Read lists and logs; write hits, rejects and the summary. Returns in-memory hits as an Arrow IPC stream.

    Checks all inputs before reading the first, and reads one of several copies. Outputs are complete or not written.
    """
    ready = check_inputs(request, partial(read_trusted_keys, request.trust), partial(progress, 0, None, 0))
    all_bytes = compute_whole_size(ready.exhibits)
    with outputs.make_temporary_outputs(request.outputs) as beside:
        scanned, memory = ready.engine.scan(
            [exhibit.scan for exhibit in ready.exhibits],
            ready.lists,
            ready.options,
            EngineSettings(
                limits=ready.limits,
                all_hits_of=request.all_hits_of,
                digest_key=ready.digest_key,
                hits=(beside.hit_format, beside.hits),
                rejects=beside.rejects,
                threads=engine_module.count_threads(request.threads),
                watch=lambda read, _, hits: progress(read, all_bytes, hits),
            ),
        )
        log_exhibits(scanned)
        ready.distinct.confirm(scanned)
        summary = build_match_summary(ready, scanned)
        if beside.summary:
            with name_output_on_error(beside.summary):
                beside.summary.write_text(summary.to_json() + "\n", encoding="utf-8")
    return summary, memory


def log_exhibits(scanned: Sequence[ExhibitScan]) -> None:
    """Log the counts of each exhibit that was read."""
    for scanned_part in scanned:
        counts = (
            scanned_part.size_bytes,
            scanned_part.frames,
            scanned_part.records,
            sum(scanned_part.rejects.values()),
            scanned_part.hits,
            scanned_part.seconds,
        )
        facts = "bytes={} frames={} records={} rejects={} hits={} seconds={:.3f}".format(*counts)
        LOG.info("exhibit read: sha256=%s %s", scanned_part.sha256, facts)


def compute_whole_size(exhibits: Sequence[inputs.ChosenExhibit]) -> int | None:
    """Return the total bytes of these exhibits, or None if one is standard input."""
    sizes = [exhibit.size_bytes for exhibit in exhibits]
    return None if None in sizes else sum(size or 0 for size in sizes)


def build_match_summary(ready: CheckedInputs, scanned: Sequence[ExhibitScan]) -> MatchSummary:
    """Return the summary of a scan."""
    return MatchSummary(
        lists=tuple(list_account(open_list, ready.exhibits) for open_list in ready.lists),
        exhibits=tuple(
            build_exhibit_account(exhibit, each) for exhibit, each in zip(ready.exhibits, scanned, strict=True)
        ),
        copies=ready.distinct.copies,
        alike=ready.distinct.alike,
        left_out=ready.left_out,
        engine=ready.engine_name,
    )
