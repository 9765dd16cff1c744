"""A grade of `sightline exercise` as a table to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sightline.cli.table_output import format_columns

if TYPE_CHECKING:
    from sightline.exercise.assessment.resolutions import ResolutionGrade
    from sightline.exercise.grade import FaultGrade, Grade


def format_grade(grade: Grade) -> str:
    """The grade in words and numbers: the whole, then by fault."""
    naive = grade.naive
    rows = [
        ("", "PRODUCT", "SPREADSHEET"),
        ("sessions by the oracle", f"{grade.sessions:,}", ""),
        ("missed, invented", f"{grade.missed:,}, {grade.invented:,}", ""),
        ("one line, if confirmed", f"{grade.subscribers_named:,}", f"{naive.subscribers_named:,}"),
        ("wrong ones", f"{grade.wrong_subscribers:,}", f"{naive.wrong_subscribers:,}"),
        ("for another line's visits too", f"{grade.mixed_subscribers:,}", f"{naive.mixed_subscribers:,}"),
        (
            "resolvable, resolved" if grade.resolutions else "resolvable, kept",
            f"{grade.resolvable:,}, {_format_share(grade.resolved, grade.resolvable)}",
            "",
        ),
        ("ceilings too high, too low", f"{grade.ceilings_too_high:,}, {grade.ceilings_too_low:,}", ""),
        ("states named", f"{grade.places_named:,}", f"{naive.places_named:,}"),
        ("wrong ones", f"{grade.places_wrong:,}", f"{naive.places_wrong:,}"),
        (
            "nameable, named",
            f"{grade.places_nameable:,}, {_format_share(grade.places_named_of_nameable, grade.places_nameable)}",
            "",
        ),
        ("Tor while covered, missed", f"{grade.tor_covered:,}, {grade.tor_missed:,}", ""),
        (
            "machines, recognised",
            f"{grade.automation:,}, {_format_share(grade.automation_recognised, grade.automation)}",
            "",
        ),
        (
            "accidents, recognised",
            f"{grade.accidents:,}, {_format_share(grade.accidents_recognised, grade.accidents)}",
            "",
        ),
        ("of statistics, in leads", f"{grade.statistics_leaks:,}", ""),
    ]
    if grade.resolutions is not None:
        rows += _list_resolution_rows(grade.resolutions)
    parts = ["\n".join(format_columns(rows)), _format_faults("FAULT", grade.by_fault.items())]
    lost = [(name, one) for name, one in grade.traceless.items() if not isinstance(one, int)]
    parts.append(_format_faults("WITHOUT A TRACE", lost))
    return "\n\n".join(parts)


def _list_resolution_rows(resolutions: ResolutionGrade) -> list[tuple[str, str, str]]:
    """Return what only resolutions tell; the numbers above are then of them."""
    right = resolutions.corroborated - resolutions.corroborated_wrong - resolutions.corroborated_wrong_traceless
    return [
        (
            "asked for, not asked for",
            f"{resolutions.asked:,}, {resolutions.askable_unasked:,}",
            f"{resolutions.asked:,}",
        ),
        ("visits resolvable, resolved", f"{resolutions.visits_resolvable:,}, {_format_visits(resolutions)}", ""),
        ("visits named beyond the evidence", f"{resolutions.beyond_evidence:,}", ""),
        ("wrong, mixed without a trace", f"{resolutions.wrong_traceless:,}, {resolutions.mixed_traceless:,}", ""),
        ("conflicts, candidates", f"{resolutions.conflicts:,}, {resolutions.candidates:,}", ""),
        ("candidates with a visitor", _format_share(resolutions.candidates_with_true, resolutions.candidates), ""),
        ("corroborated, rightly", f"{resolutions.corroborated:,}, {right:,} of {resolutions.corroborable:,}", ""),
        (
            "corroborated wrong, traceless",
            f"{resolutions.corroborated_wrong:,}, {resolutions.corroborated_wrong_traceless:,}",
            "",
        ),
    ]


def _format_visits(resolutions: ResolutionGrade) -> str:
    return _format_share(resolutions.visits_resolved, resolutions.visits_resolvable)


def _format_share(part: int, whole: int) -> str:
    return f"{part:,} ({100 * part / whole:.2f} %)" if whole else "0"


def _format_faults(title: str, faults: Iterable[tuple[str, FaultGrade]]) -> str:
    rows = [(title, "SESSIONS", "TOO HIGH", "TOO LOW", "MISSED", "WRONG LINE")]
    for name, fault in faults:
        rows.append((name, *_format_counts(fault)))
    return "\n".join(format_columns(rows))


def _format_counts(fault: FaultGrade) -> tuple[str, str, str, str, str]:
    some = (fault.sessions, fault.ceilings_too_high, fault.ceilings_too_low, fault.missed, fault.wrong_subscribers)
    first, second, third, fourth, fifth = (f"{count:,}" for count in some)
    return first, second, third, fourth, fifth
