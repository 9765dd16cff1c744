"""Find out whether a format has times without a year."""

from __future__ import annotations

import re

from sightline.stages.formats.program import FieldMode, Program

HAS_YEAR = re.compile(r"%[YyDsQG]")


def list_time_layouts(program: Program) -> list[str]:
    """Return all layouts of a program's times, in order."""
    choices = [choice for rule in program.fields for choice in rule.choices if choice.as_ is FieldMode.TIME]
    return [layout for choice in choices for layout in choice.layouts]


def lacks_year(program: Program) -> bool:
    """Return whether a layout of the program's times has no year."""
    return not all(HAS_YEAR.search(layout) for layout in list_time_layouts(program))
