"""The request of a reading of tips, checked before anything is read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Literal

from sightline.errors import UsageError
from sightline.services.match import inputs, outputs
from sightline.services.match.request import Outputs
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.zones import build_zone_table
from sightline.stages.tips.model import TipOptions
from sightline.stages.tips.sessions import TipDeclaration
from sightline.stages.tips.table_columns import parse_declared

SIZE_LIMIT_BYTES = 256 << 20
_WORDS_LIMIT = 500


@dataclass(frozen=True, slots=True)
class TipRequest:
    """One reading of tips, as requested on the command line."""

    files: tuple[Path, ...]
    source: str
    authority: str
    kind: str = "auto"
    columns: str | None = None
    sheet: str | None = None
    timezone: str | None = None
    year: int | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    clock_uncertainty_s: float = 900.0
    exercise: bool = False
    outputs: Outputs = field(default_factory=Outputs)


def check_request(request: TipRequest) -> tuple[TipOptions, TipDeclaration]:
    """Return what is declared, after checking the request. Raises SightlineError, most important first."""
    checks = inputs.Checks()
    checks.run_check(
        partial(_check_words, "--source", request.source, "whose referral it is: --source 'NCMEC CyberTipline'")
    )
    checks.run_check(
        partial(_check_words, "--authority", request.authority, "by what right it is held: its number and date")
    )
    checks.run_check(partial(outputs.check_outputs, request.outputs, request.files))
    checks.run_check(partial(_check_kind_of_output, request.outputs))
    for path in request.files:
        checks.run_check(partial(check_tip_file, path))
    checks.run_check(partial(_check_twice, request.files))
    options = checks.run_check(partial(_build_options, request))
    checks.settle()
    assert options is not None
    uncertainty_s = math.ceil(request.clock_uncertainty_s)
    return options, TipDeclaration(request.source.strip(), request.authority.strip(), uncertainty_s, request.exercise)


def _check_words(option: str, text: str, hint: str) -> None:
    bare = text.strip()
    if not bare or len(bare) > _WORDS_LIMIT or not bare.isprintable():
        raise UsageError(f"{option}: must be said, in words, on one line", hint=hint)


def _check_kind_of_output(wanted: Outputs) -> None:
    if outputs.choose_hit_format(wanted) == "parquet":
        raise UsageError(
            f"--out {wanted.hits}: sessions are written as .jsonl or .csv", hint="choose one of those names"
        )


def check_tip_file(path: Path) -> None:
    """Raise UsageError for a path that is no readable file, or one that is empty or too large."""
    inputs.check_file(path, "a tip")
    size = path.stat().st_size
    if size == 0:
        raise UsageError(f"{path} is empty", hint="check that it was copied whole")
    if size > SIZE_LIMIT_BYTES:
        what = f"{path}: {size:,} bytes, more than the {SIZE_LIMIT_BYTES:,} that a tip may have"
        raise UsageError(what, hint="is it a log? sightline match reads logs of any size")


def _check_twice(files: tuple[Path, ...]) -> None:
    for one, other in combinations([path for path in files if path.is_file()], 2):
        if one.samefile(other):
            raise UsageError(f"{one} and {other} are the same file", hint="give each file once")


def _build_options(request: TipRequest) -> TipOptions:
    """Return what the records do not say themselves. Raises UsageError."""
    try:
        timezone = build_zone_table(request.timezone) if request.timezone else None
    except ValueError as error:
        raise UsageError(f"--timezone {error}", hint="for example --timezone Asia/Kolkata") from None
    if request.year is not None and not 1970 <= request.year <= 2199:
        raise UsageError(f"--year {request.year}: from 1970 to 2199", hint="the year of the times that name none")
    if not 0 <= request.clock_uncertainty_s < 1e10:
        raise UsageError("--clock-uncertainty: seconds, 0 or more", hint="leave it out for 900")
    return TipOptions(
        read=ReadOptions(timezone=timezone, year=request.year, date_order=request.date_order),
        columns=parse_declared(request.columns) if request.columns else {},
        sheet=request.sheet,
        kind=request.kind,
    )
