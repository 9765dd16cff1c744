"""Read one tip of an import in a child process, as the rows of a segment with an account of every frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import ProgramFault, SightlineError
from sightline.services.tip_import.request import ImportContext
from sightline.services.tip_import.tip_child import ReadRows, read_limited_rows
from sightline.services.tips.request import check_tip_file
from sightline.services.tips.summary import TipAccount
from sightline.stages.tips.visit_rows import VisitOptions


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file of which nothing was imported, and why."""

    path: str
    what: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class ReadTip:
    """A tip that was read: its account, and its rows."""

    path: Path
    rows: ReadRows

    @property
    def account(self) -> TipAccount:
        """Return the account of its frames."""
        return self.rows.account

    @property
    def kinds(self) -> str:
        """Return the kinds that it was read as, in order, such as `cybertip-json` or `cybertip-xml+sheet`."""
        return "+".join(sorted({chosen_kind.kind for chosen_kind in self.account.kinds}))


def read_tip(
    path: Path,
    exhibit_id: str,
    context: ImportContext,
    without: frozenset[str],
    progress: Callable[[int], object],
) -> ReadTip | FailedFile:
    """Return the rows of a tip, or why there are none. One bad file never stops the others."""
    try:
        check_tip_file(path)
        visit = _build_visit_options(exhibit_id, context)
        return ReadTip(path, read_limited_rows(path, context.options, visit, without, progress))
    except ProgramFault:
        raise
    except SightlineError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return FailedFile(str(path), f"{error}{hint}", error.exit_code)


def _build_visit_options(exhibit_id: str, context: ImportContext) -> VisitOptions:
    declared, clock = context.declared, context.find_clock(exhibit_id)
    return VisitOptions(
        exhibit_id,
        context.source.name,
        clock.offset_us if clock else declared.clock_offset_us,
        clock.uncertainty_s if clock else declared.clock_uncertainty_s,
    )
