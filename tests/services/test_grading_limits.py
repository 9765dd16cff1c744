"""A truth that ends, hangs or fills its process ends a child, and is refused in words."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from sightline.errors import UsageError
from sightline.services.exercise import grading_process
from sightline.services.exercise.grading_process import GradeLimits, Grader, rehearse_grading


def aborts(_world: Path, _leads: Sequence[Path], _resolutions: Path | None) -> None:
    os.kill(os.getpid(), signal.SIGABRT)


def hangs(_world: Path, _leads: Sequence[Path], _resolutions: Path | None) -> None:
    while True:
        pass


def fills(_world: Path, _leads: Sequence[Path], _resolutions: Path | None) -> None:
    bytearray(64 << 30)


def comes_to_an_end(_world: Path, _leads: Sequence[Path], _resolutions: Path | None) -> None:
    return


@pytest.mark.parametrize(
    ("grader", "limits", "expected"),
    [
        (aborts, GradeLimits(), "ended the process"),
        (hangs, GradeLimits(cpu_s=1), "took too much"),
        (hangs, GradeLimits(wait_s=1.0), "more than 1 seconds"),
        (fills, GradeLimits(), "too much memory"),
    ],
)
def test_any_end_of_the_grader_is_reported_and_ends_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, grader: Grader, limits: GradeLimits, expected: str
) -> None:
    monkeypatch.setattr(grading_process, "GRADER", grader)
    with pytest.raises(UsageError, match=expected):
        rehearse_grading(tmp_path, [], None, limits)


def test_a_grader_that_finishes_is_no_error_and_a_folder_without_a_world_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="this world is not a world"):
        rehearse_grading(tmp_path, [], None)
    monkeypatch.setattr(grading_process, "GRADER", comes_to_an_end)
    rehearse_grading(tmp_path, [], None)
