"""A grade of `sightline exercise` as a table to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sightline.cli.table_output import columns

if TYPE_CHECKING:
    from sightline.exercise.assessment.resolutions import Resolutions
    from sightline.exercise.grade import Fault, Grade


def table(found: Grade) -> str:
    """The grade in words and numbers: the whole, then by fault."""
    naive = found.naive
    rows = [
        ("", "PRODUCT", "SPREADSHEET"),
        ("sessions by the oracle", f"{found.sessions:,}", ""),
        ("missed, invented", f"{found.missed:,}, {found.invented:,}", ""),
        ("subscribers named", f"{found.subscribers_named:,}", f"{naive.subscribers_named:,}"),
        ("wrong ones", f"{found.wrong_subscribers:,}", f"{naive.wrong_subscribers:,}"),
        ("for another line's visits too", f"{found.mixed_subscribers:,}", f"{naive.mixed_subscribers:,}"),
        (
            "resolvable, resolved" if found.resolutions else "resolvable, kept",
            f"{found.resolvable:,}, {_share(found.resolved, found.resolvable)}",
            "",
        ),
        ("ceilings too high, too low", f"{found.ceilings_too_high:,}, {found.ceilings_too_low:,}", ""),
        ("states named", f"{found.places_named:,}", f"{naive.places_named:,}"),
        ("wrong ones", f"{found.places_wrong:,}", f"{naive.places_wrong:,}"),
        (
            "nameable, named",
            f"{found.places_nameable:,}, {_share(found.places_named_of_nameable, found.places_nameable)}",
            "",
        ),
        ("Tor while covered, missed", f"{found.tor_covered:,}, {found.tor_missed:,}", ""),
        ("machines, recognised", f"{found.automation:,}, {_share(found.automation_recognised, found.automation)}", ""),
        ("accidents, recognised", f"{found.accidents:,}, {_share(found.accidents_recognised, found.accidents)}", ""),
        ("of statistics, in leads", f"{found.statistics_leaks:,}", ""),
    ]
    if found.resolutions is not None:
        rows += _resolutions(found.resolutions)
    parts = ["\n".join(columns(rows)), _faults("FAULT", found.by_fault.items())]
    lost = [(name, one) for name, one in found.traceless.items() if not isinstance(one, int)]
    parts.append(_faults("WITHOUT A TRACE", lost))
    return "\n\n".join(parts)


def _resolutions(found: Resolutions) -> list[tuple[str, str, str]]:
    """What only resolutions tell; the numbers above are then of them."""
    right = found.corroborated - found.corroborated_wrong - found.corroborated_wrong_traceless
    return [
        ("asked for, not asked for", f"{found.asked:,}, {found.askable_unasked:,}", f"{found.asked:,}"),
        ("visits resolvable, resolved", f"{found.visits_resolvable:,}, {_visits(found)}", ""),
        ("visits named beyond the evidence", f"{found.beyond_evidence:,}", ""),
        ("wrong, mixed without a trace", f"{found.wrong_traceless:,}, {found.mixed_traceless:,}", ""),
        ("conflicts, candidates", f"{found.conflicts:,}, {found.candidates:,}", ""),
        ("candidates with a visitor", _share(found.candidates_with_true, found.candidates), ""),
        ("corroborated, rightly", f"{found.corroborated:,}, {right:,} of {found.corroborable:,}", ""),
        ("corroborated wrong, traceless", f"{found.corroborated_wrong:,}, {found.corroborated_wrong_traceless:,}", ""),
    ]


def _visits(found: Resolutions) -> str:
    return _share(found.visits_resolved, found.visits_resolvable)


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({100 * part / whole:.2f} %)" if whole else "0"


def _faults(title: str, faults: Iterable[tuple[str, Fault]]) -> str:
    rows = [(title, "SESSIONS", "TOO HIGH", "TOO LOW", "MISSED", "WRONG LINE")]
    for name, one in faults:
        rows.append((name, *_counts(one)))
    return "\n".join(columns(rows))


def _counts(one: Fault) -> tuple[str, str, str, str, str]:
    some = (one.sessions, one.ceilings_too_high, one.ceilings_too_low, one.missed, one.wrong_subscribers)
    first, second, third, fourth, fifth = (f"{count:,}" for count in some)
    return first, second, third, fourth, fifth
