"""Choose the format of each log before any is read. Unreadable logs are reported together, or left out on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sightline.errors import Refused, SightlineError, TimeUndeclared, UnknownFormat, UsageError
from sightline.model import SkipReason
from sightline.services.match.folders import FolderLog, GatheredLogs, SkippedFile
from sightline.services.match.inputs import Checks, ChosenExhibit

SKIP = (
    "--skip-unknown goes on without those that lie in a folder, and names them (never without a file that you name);"
    " sightline formats detect FILE says more of one"
)


@dataclass(slots=True)
class LogChoice:
    """Logs that were chosen, left out and refused, in order."""

    chosen: list[ChosenExhibit] = field(default_factory=list)
    left: list[SkippedFile] = field(default_factory=list)
    unknown: list[UnknownFormat] = field(default_factory=list)
    undeclared: list[TimeUndeclared] = field(default_factory=list)


def choose_all(
    gathered: GatheredLogs,
    choose: Callable[[Path | None], ChosenExhibit],
    checks: Checks,
    going_on: Callable[[], None],
    *,
    skip_unknown: bool,
) -> tuple[list[ChosenExhibit], list[SkippedFile]]:
    """Return every log with its format, and all that are left out. Errors go to `checks`.

    Calls `going_on` before each log, because thousands of them take a while.
    """
    choice = LogChoice(left=list(gathered.left))
    for log in gathered.logs:
        going_on()
        try:
            chosen_exhibit = choose(log.path)
            choice.chosen.append(chosen_exhibit)
            choice.left += [SkippedFile(path, SkipReason.UNKNOWN_FORMAT, what) for path, what in chosen_exhibit.unknown]
        except UnknownFormat as why:
            _note_unknown_format(choice, log, why, skip_unknown=skip_unknown)
        except TimeUndeclared as why:
            choice.undeclared.append(why)
        except SightlineError as error:
            checks.errors.append(error)
    for left in gathered.left:
        if left.why is SkipReason.OUTPUT and _is_log(Path(left.path), choose):
            what = f"{left.path} lies in a folder of logs, is one, and is an output"
            checks.errors.append(UsageError(what, hint="choose another name for the output"))
    _refuse(choice, checks)
    return choice.chosen, choice.left


def _note_unknown_format(choice: LogChoice, log: FolderLog, why: UnknownFormat, *, skip_unknown: bool) -> None:
    if skip_unknown and not log.is_named:
        what = str(why).removeprefix(f"{log.path}: ")
        choice.left.append(SkippedFile(str(log.path), SkipReason.UNKNOWN_FORMAT, what))
    else:
        hint = why.hint if log.is_named else f"{why.hint}; --skip-unknown leaves it out and names it"
        choice.unknown.append(UnknownFormat(str(why), hint=hint, details=why.details, unread=why.unread))


def _refuse(choice: LogChoice, checks: Checks) -> None:
    """Report refusals: one file as it is, several in one error that names each."""
    undeclared = _join_refusals(choice.undeclared, "logs do not say all that their times need", "")
    unknown = _join_refusals(choice.unknown, "files are in no known format, or in several", SKIP)
    checks.errors += [*unknown, *undeclared]
    if not (choice.chosen or checks.errors):
        what = "no log is left: no format reads any file of what was given"
        checks.errors.append(UnknownFormat(what, hint="run it without --skip-unknown to see the reasons"))


def _join_refusals(refused: Sequence[Refused], what: str, hint: str) -> Sequence[Refused]:
    if len(refused) < 2:
        return refused
    hints = dict.fromkeys(error.hint for error in refused if error.hint)
    whole = type(refused[0])(f"{len(refused):,} {what}", hint=hint or "; ".join(hints), details=list(map(str, refused)))
    return [whole]


def _is_log(path: Path, choose: Callable[[Path | None], ChosenExhibit]) -> bool:
    """Return whether a format reads the file. An empty file or an earlier output is no log."""
    try:
        return choose(path).start is not None
    except TimeUndeclared:
        return True
    except SightlineError:
        return False
