"""Programs of formats as the kernel runs them, and how well each reads the head of a log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from sightline.errors import (
    UsageError,
)
from sightline.model import RejectCode
from sightline.stages.scan.engine_output import SampleReading
from sightline.stages.scan.options import ReadOptions

if TYPE_CHECKING:
    from fractions import Fraction

    from sightline import _kernel
    from sightline.stages.formats.program import Program
    from sightline.stages.formats.stored_formats import StoredProgram

MOST_PROGRAMS = 2048
"""More than all formats have, as stored and as loaded: with fewer, a process with both compiles them for each log."""
_PROGRAMS: dict[int, tuple[Program | StoredProgram, _kernel.Program]] = {}

MOST_COMPARED = 64
_COMPARED: dict[tuple[int, ...], tuple[tuple[Program | StoredProgram, ...], list[_kernel.Program]]] = {}


def score_format(program: Program | StoredProgram, options: ReadOptions, head: bytes) -> SampleReading:
    """Return how a program reads a log's first frames. A truncated last frame does not count."""
    from sightline import _kernel  # noqa: PLC0415

    return _build_reading(*_kernel.score(compile_program(program), format_options_json(options), head))


def compare(
    programs: Sequence[Program | StoredProgram], options: ReadOptions, head: bytes, enough: Fraction
) -> list[SampleReading]:
    """Return how each program reads a log's first frames. All of them cut frames alike.

    A program that can no longer read the share `enough` stops early. If another reads enough, the frames that both may
    read do not show records of one that reads none of the others.
    """
    from sightline import _kernel  # noqa: PLC0415

    compiled = _compile_programs(programs)
    # Most programs read nothing, in the same way: their readings are one.
    readings: dict[tuple[object, ...], SampleReading] = {}
    result = []
    for facts in _kernel.compare(compiled, format_options_json(options), head, enough.as_integer_ratio()):
        frames, records, comments, rejects = facts
        key = (frames, records, comments, *rejects)
        reading = readings.get(key)
        if reading is None:
            reading = readings[key] = _build_reading(frames, records, comments, rejects)
        result.append(reading)
    return result


def _build_reading(frames: int, records: int, comments: int, rejects: list[tuple[str, int]]) -> SampleReading:
    return SampleReading(frames, records, comments, {RejectCode(code): count for code, count in rejects})


def _compile_programs(programs: Sequence[Program | StoredProgram]) -> list[_kernel.Program]:
    """Return what `compile_program` returns of each, found at once: thousands of logs are tried with the same ones."""
    key = tuple(map(id, programs))
    cached = _COMPARED.get(key)
    if cached is None:
        if len(_COMPARED) >= MOST_COMPARED:
            _COMPARED.clear()
        # The programs are held too, so that no other gets the id of one.
        cached = _COMPARED[key] = tuple(programs), [compile_program(program) for program in programs]
    return cached[1]


def compile_program(program: Program | StoredProgram) -> _kernel.Program:
    """Return a program as the kernel runs it, compiled once: thousands of logs are tried with the same few.

    Raises UsageError where the kernel was built of other sources than these.
    """
    cached = _PROGRAMS.get(id(program))
    if cached is not None and cached[0] is program:
        return cached[1]
    from sightline import _kernel  # noqa: PLC0415

    if len(_PROGRAMS) >= MOST_PROGRAMS:
        _PROGRAMS.clear()
    try:
        compiled = _kernel.Program(program.to_json())
    except ValueError as error:
        raise UsageError(
            f"the kernel cannot take the format {program.name}: {error}",
            hint="it is of another version than the rest; build it again: make build",
        ) from None
    _PROGRAMS[id(program)] = program, compiled
    return compiled


_MAY_BE_LEFT_OUT = ("clock_drift", "before_us", "after_us", "trusted_proxies")


@lru_cache(maxsize=16)
def format_options_json(options: ReadOptions) -> str:
    """Return the options as the kernel takes them, without those of one exhibit."""
    from sightline import _kernel  # noqa: PLC0415

    if not hasattr(_kernel, "READS_INTERVALS"):
        # An older kernel: `make build` rebuilds it.
        options = replace(options, before_us=0, after_us=0)
    values = asdict(options)
    del values["first_day"], values["year_at_end"]  # of one exhibit
    for name in _MAY_BE_LEFT_OUT:
        if not values[name]:
            del values[name]
    return json.dumps(values)
