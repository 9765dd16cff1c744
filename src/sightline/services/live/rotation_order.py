"""The order of rotated files: by their names where those say it, else by the times at which they were written.

Times alone are not enough: some file systems count in seconds, and clocks are set back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sightline.services.live.read_positions import OpenLog

LEAST_DATE = 100_000
"""A number in a name that is as large as this is a part of a date, or seconds: later is newer. Others count files."""


def sort_rotated_logs(logs: Sequence[OpenLog], name: str) -> tuple[list[OpenLog], bool]:
    """Return the files that rotation made of a log, oldest first, and whether their names say so beyond doubt.

    `name`: the name of the log. Files of names that say nothing are in the order of their times.
    """
    numbers = [_read_numbers(log, name) for log in logs]
    by_time = sorted(logs, key=lambda log: (log.changed_ns, log.path))
    if len({len(each) for each in numbers}) != 1 or not numbers[0]:
        return by_time, False
    numbered = sorted(zip(numbers, logs, strict=True), key=lambda pair: (pair[0], pair[1].path))
    if all(len(each) > 1 or each[0] >= LEAST_DATE for each in numbers):
        return [log for _, log in numbered], True
    if any(len(each) > 1 for each in numbers):
        return by_time, False
    steps_ns = [after.changed_ns - before.changed_ns for (_, before), (_, after) in pairwise(numbered)]
    if sum(step_ns > 0 for step_ns in steps_ns) > sum(step_ns < 0 for step_ns in steps_ns):
        # A larger number is newer here, or the clock was set back: only the times say which.
        return by_time, False
    return [log for _, log in reversed(numbered)], True


def _read_numbers(log: OpenLog, name: str) -> tuple[int, ...]:
    """Return the numbers in what rotation added to the name of a log."""
    added = log.path.name.removeprefix(name)
    stem = added.removesuffix(log.path.suffix) if log.is_packed else added
    return tuple(map(int, re.findall(r"\d+", stem)))
