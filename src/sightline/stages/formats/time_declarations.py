"""The statements of a format file about its times, from its table and program, and whether they have a year."""

from __future__ import annotations

import re

from sightline.model.times import UNITS, Duration, TimeIs, Times
from sightline.stages.formats.program import Dnstap, FieldMode, Program
from sightline.stages.formats.toml_table import TomlTable

HAS_YEAR = re.compile(r"%[YyDsQG]")
LOOKS_AROUND = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]")


def read_times(table: TomlTable, program: Program) -> Times:
    """Return the times of a format file. Raises UsageError that names the key."""
    time_is = TimeIs(table.get_choice("time_is", tuple(TimeIs), TimeIs.END))
    duration = _read_duration(table.get_table("duration")) if "duration" in table.values else None
    if duration is not None and time_is is TimeIs.START:
        table.fail("duration", 'is read only where time_is = "end": the start is known otherwise')
    is_declarable = "time_is_declarable" in table.values and table.get_flag("time_is_declarable")
    return Times(time_is, duration, *_find_exactness(program), is_declarable)


def list_time_layouts(program: Program) -> list[str]:
    """Return all layouts of a program's times, in order."""
    choices = [choice for rule in program.fields for choice in rule.choices if choice.as_ is FieldMode.TIME]
    return [layout for choice in choices for layout in choice.layouts]


def lacks_year(program: Program) -> bool:
    """Return whether a layout of the program's times has no year."""
    return not all(HAS_YEAR.search(layout) for layout in list_time_layouts(program))


def _read_duration(table: TomlTable) -> Duration:
    table.check_keys(("patterns", "unit", "is_sure"))
    patterns = table.get_texts("patterns")
    if not patterns:
        table.fail("patterns", "a regular expression with one group is needed")
    for pattern in patterns:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            table.fail("patterns", f"{pattern!r}: {error}")
        if LOOKS_AROUND.search(pattern):
            table.fail("patterns", f"{pattern!r} looks around or back, which no search in one pass can do")
        if groups != 1:
            table.fail("patterns", f"{pattern!r} has {groups} groups; needed: one, around the number")
    return Duration(
        patterns,
        table.get_choice("unit", tuple(UNITS)),
        is_sure=table.get_flag("is_sure") if "is_sure" in table.values else True,
    )


def _find_exactness(program: Program) -> tuple[bool, bool]:
    """Return whether some time of a program has fractions of seconds, and whether some has no seconds."""
    signs = [set(re.findall(r"%.", layout)) for layout in list_time_layouts(program)]
    is_fractional = isinstance(program.split, Dnstap) or any(result & {"%F", "%s", "%Q"} for result in signs)
    return is_fractional, any(not result & {"%S", "%s", "%Q"} for result in signs)
