"""The order of rotated files: by their names, as files whose order is known say it. Clocks are asked last.

Times alone are not enough: some file systems count in seconds, and clocks are set back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import combinations, pairwise

from sightline.services.live.read_positions import OpenLog

LEAST_DATE = 100_000
"""A number in a name that is as large as this is a part of a date, or seconds: later is newer. Others count files."""


class NamesSay(Enum):
    """The extent to which names of rotated files show their order: none, as is usual, or as known files prove."""

    NOTHING = "nothing"
    USUAL = "usual"
    PROVEN = "proven"


def sort_rotated_logs(
    logs: Sequence[OpenLog], name: str, ages: Mapping[str, int] | None = None
) -> tuple[list[OpenLog], NamesSay]:
    """Return the files that rotation made of a log, oldest first, and what their names say of it.

    `name`: the name of the log. `ages`: by inode, numbers that grow from older to newer files, of those whose place in
    the order is known. Files whose names say nothing are in the order of their times.
    """
    numbers = [_read_numbers(log, name) for log in logs]
    by_time = sorted(logs, key=lambda log: (log.changed_ns, log.path))
    if len({len(each) for each in numbers}) != 1 or not numbers[0]:
        return by_time, NamesSay.NOTHING
    numbered = sorted(zip(numbers, logs, strict=True), key=lambda pair: (pair[0], pair[1].path))
    ascending = [log for _, log in numbered]
    if all(len(each) > 1 or each[0] >= LEAST_DATE for each in numbers):
        return ascending, NamesSay.USUAL
    if any(len(each) > 1 for each in numbers):
        return by_time, NamesSay.NOTHING
    larger_is_newer = _compare_with_ages(numbered, ages or {})
    if len(larger_is_newer) == 1:
        return ascending if larger_is_newer == {True} else ascending[::-1], NamesSay.PROVEN
    steps_ns = [after.changed_ns - before.changed_ns for before, after in pairwise(ascending)]
    if larger_is_newer or (len(steps_ns) > 1 and all(step_ns > 0 for step_ns in steps_ns)):
        # A larger number is newer here: the times of three files and more say so, or files that were made otherwise.
        return by_time, NamesSay.NOTHING
    return ascending[::-1], NamesSay.USUAL


def _compare_with_ages(numbered: Sequence[tuple[tuple[int, ...], OpenLog]], ages: Mapping[str, int]) -> set[bool]:
    """Return for which pairs of files of known order the larger number is the newer one: for all, none or some."""
    known = [(number, ages[log.file_id]) for number, log in numbered if log.file_id in ages]
    return {
        (number > other) == (age > other_age)
        for (number, age), (other, other_age) in combinations(known, 2)
        if age != other_age and number != other
    }


def _read_numbers(log: OpenLog, name: str) -> tuple[int, ...]:
    """Return the numbers in what rotation added to the name of a log."""
    added = log.path.name.removeprefix(name)
    stem = added.removesuffix(log.path.suffix) if log.is_packed else added
    return tuple(map(int, re.findall(r"\d+", stem)))
