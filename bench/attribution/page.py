"""The tables of docs/attribution.md, and its charts."""

from __future__ import annotations

from bench.attribution.charts import RIGHT_ONE, SILENT, WRONG_ONE, Part, bars
from bench.attribution.runs import Counts, Sum
from bench.tables import table


def short(found: Sum, where: str) -> str:
    """What the README shows: where it was measured, and how the bars stand."""
    seeds = ", ".join(map(str, found.seeds))
    return (
        f"{len(found.seeds)} worlds of {found.sessions:,} sessions, seeds {seeds}, drawn when this was measured; every"
        f" fault at its usual share. {where} Slowest run (all logs scanned, leads made, ISPs asked, sessions resolved):"
        f" {found.seconds:.0f} s; most memory: {found.peak_bytes / 2**30:.1f} GiB.\n\n"
        + table(("bar", "measured", "wanted", ""), _bars(found.whole))
    )


def text(found: Sum, where: str) -> str:
    """All between the markers of the page."""
    parts = [
        short(found, where),
        "![Subscribers named](attribution-subscribers.svg)\n",
        "![States named](attribution-states.svg)\n",
        "**Beside a spreadsheet**, which takes every address and time for one line, and a city data base for right.\n",
        table(("", "product", "spreadsheet"), _beside(found)),
        *_replies(found),
        "**By fault.** A session has an origin and perhaps a fault of its log, and counts under both.\n",
        table(_FAULT, [_row(name, one) for name, one in found.by_fault.items()]),
        "**Without a trace**: what no record tells, so that the ideal reader is deceived too."
        f" {found.misled.get('wrong_subscribers', 0):,} wrong lines and {found.misled.get('places_wrong', 0):,} false"
        " states in all.\n",
        table(_FAULT, [_row(name, one) for name, one in found.traceless.items()]),
    ]
    return "\n".join(parts)


_FAULT = ("fault", "sessions", "too high", "too low", "missed", "wrong line")


def _row(name: str, one: Counts) -> tuple[str, ...]:
    columns = ("sessions", "ceilings_too_high", "ceilings_too_low", "missed", "wrong_subscribers")
    return (name, *(f"{one[column]:,}" for column in columns))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f} %" if whole else "none there"


def _bars(n: Counts) -> list[tuple[str, ...]]:
    rows = [
        ("ceilings higher than the records carry", f"{n['ceilings_too_high']:,}", "0", n["ceilings_too_high"] == 0),
        ("wrong subscribers that a record tells of", f"{n['wrong_subscribers']:,}", "0", n["wrong_subscribers"] == 0),
        _at_least("sessions that the replies can resolve, resolved", n["resolved"], n["resolvable"], 0.99),
        _at_least("nameable states named", n["places_named_of_nameable"], n["places_nameable"], 0.95),
        (
            "states named wrong",
            _share(n["places_wrong"], n["places_named"]),
            "under 1 %",
            n["places_wrong"] < 0.01 * max(1, n["places_named"]),
        ),
        ("Tor missed while a list covers it", f"{n['tor_missed']:,} of {n['tor_covered']:,}", "0", not n["tor_missed"]),
        ("visits of a statistics source in leads", f"{n['statistics_leaks']:,}", "0", not n["statistics_leaks"]),
    ]
    return [(what, measured, wanted, "yes" if reached else "**no**") for what, measured, wanted, reached in rows]


def _at_least(what: str, part: int, whole: int, wanted: float) -> tuple[str, str, str, bool]:
    return what, f"{part:,} of {whole:,}, {_share(part, whole)}", f"{wanted:.0%}", part >= wanted * whole


def _beside(found: Sum) -> list[tuple[str, ...]]:
    n, naive = found.whole, found.naive
    return [
        ("sessions", f"{n['sessions']:,}", f"{n['sessions']:,}"),
        ("subscribers named", f"{n['subscribers_named']:,}", f"{naive['subscribers_named']:,}"),
        ("wrong ones", f"{n['wrong_subscribers']:,}", f"{naive['wrong_subscribers']:,}"),
        ("states named", f"{n['places_named']:,}", f"{naive['places_named']:,}"),
        ("wrong ones", f"{n['places_wrong']:,}", f"{naive['places_wrong']:,}"),
        ("sessions missed, invented", f"{n['missed']:,}, {n['invented']:,}", ""),
        ("machines recognised", f"{n['automation_recognised']:,} of {n['automation']:,}", ""),
        ("accidents recognised", f"{n['accidents_recognised']:,} of {n['accidents']:,}", ""),
    ]


def _replies(found: Sum) -> list[str]:
    """What notices, replies and resolutions gave beside the ceilings; nothing where none was sent."""
    n = found.resolutions
    if not n:
        return []
    right = n["corroborated"] - n["corroborated_wrong"] - n["corroborated_wrong_traceless"]
    rows = [
        ("sessions asked for, that could have been and were not", f"{n['asked']:,}, {n['askable_unasked']:,}"),
        ("resolvable by the oracle, resolved", f"{n['resolvable']:,}, {_share(n['resolved'], n['resolvable'])}"),
        ("subscribers named, wrong ones", f"{n['named']:,}, {n['wrong']:,}"),
        ("wrong ones of which no record tells", f"{n['wrong_traceless']:,}"),
        ("named where the oracle names nobody", f"{n['beyond_evidence']:,}"),
        ("conflicts, candidates", f"{n['conflicts']:,}, {n['candidates']:,}"),
        ("candidates among whom a visitor is", _share(n["candidates_with_true"], n["candidates"])),
        ("subscribers corroborated, rightly", f"{n['corroborated']:,}, {right:,} of {n['corroborable']:,}"),
        ("named by a spreadsheet, wrong ones", f"{n['naive_named']:,}, {n['naive_wrong']:,}"),
    ]
    return [
        "**From notice to subscriber**: the product's own notices, the ISPs' replies with all faults.\n",
        table(("", ""), rows),
    ]


def charts(found: Sum) -> dict[str, str]:
    """The charts by the name of their file."""
    n, naive = found.whole, found.naive
    misled = found.misled
    return {
        "attribution-subscribers.svg": bars(
            "Sessions: whose line is named",
            [
                ("product", _parts(n, "subscribers_named", n["wrong_subscribers"] + misled["wrong_subscribers"])),
                ("spreadsheet", _parts(n | naive, "subscribers_named", naive["wrong_subscribers"])),
            ],
        ),
        "attribution-states.svg": bars(
            "Sessions: whose state is named",
            [
                ("product", _parts(n, "places_named", n["places_wrong"] + misled["places_wrong"])),
                ("spreadsheet", _parts(n | naive, "places_named", naive["places_wrong"])),
            ],
        ),
    }


def _parts(n: Counts, named: str, wrong: int) -> list[Part]:
    """Right, wrong and not named: all sessions."""
    return [
        Part(n[named] - wrong, RIGHT_ONE, "right"),
        Part(wrong, WRONG_ONE, "wrong"),
        Part(n["sessions"] - n[named], SILENT, "not named"),
    ]
