"""Read one tip of an import in a child process, as the rows of a segment with an account of every frame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import DamagedInput, ProgramFault, SightlineError
from sightline.services.tip_import.request import ImportContext
from sightline.services.tips.child_process import limited_tip
from sightline.services.tips.request import check_tip_file
from sightline.services.tips.summary import Read, TipAccount, account
from sightline.stages.tips.model import Event
from sightline.stages.tips.visit_rows import VisitOptions, VisitRows, visit_rows


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
    account: TipAccount
    visits: VisitRows

    @property
    def kinds(self) -> str:
        """Return the kinds that it was read as, in order, such as `cybertip-json` or `cybertip-xml+sheet`."""
        return "+".join(sorted({one.kind for one in self.account.kinds}))


def read_tip(
    path: Path, context: ImportContext, without: frozenset[str], progress: Callable[[int], object]
) -> ReadTip | FailedFile:
    """Return the rows of a tip, or why there are none. One bad file never stops the others."""
    try:
        check_tip_file(path)
        read = limited_tip(path, context.options, {}, progress)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != read.sha256:
            raise DamagedInput("it changed while it was read", hint="import a copy that nobody writes to")
        return ReadTip(path, account(read), _rows(read, content, context, without))
    except ProgramFault:
        raise
    except SightlineError as why:
        hint = f" ({why.hint})" if why.hint else ""
        return FailedFile(str(path), f"{why}{hint}", why.exit_code)


def _rows(read: Read, content: bytes, context: ImportContext, without: frozenset[str]) -> VisitRows:
    declared, clock = context.declared, context.clock_of(read.sha256)
    options = VisitOptions(
        read.sha256,
        context.source.name,
        clock.offset_us if clock else declared.clock_offset_us,
        clock.uncertainty_s if clock else declared.clock_uncertainty_s,
    )
    events = (item for item in read.items if isinstance(item, Event))
    return visit_rows(events, options, content, without)
