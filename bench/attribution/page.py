"""The tables of docs/explanation/attribution.md, and its charts."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

from bench.attribution.charts import RIGHT_ONE, SILENT, WRONG_ONE, Part, bars
from bench.attribution.runs import Counts, Size, Sum
from bench.tables import table

Sums = Mapping[str, Sum]
NAMES = {"exercise": "the exercise world", "field": "the field world"}
WORST = 3
"""With none found, at most so many in all that were looked at, with 95 % confidence (rule of three)."""


def short(found: Sums, size: Size, where: str) -> str:
    """Return what the README shows: a table of the gravest results, each missed target, and where it was measured."""
    worlds = _all_bars(found, size)
    every = [(NAMES[name], *row) for name, bars in worlds for row in bars]
    missed = [row for row in every if row[4] != "yes"]
    resolved = [bars[_RESOLVED[name]] for name, bars in worlds]
    rows = [
        ("corroborated subscribers, wrong", *(_corroborated(name, one) for name, one in found.items()), "0"),
        ("named lines that made none of the visits", *(_wrong(name, one)[0] for name, one in found.items()), ""),
        ("... although a record shows it", *(_wrong(name, one)[1] for name, one in found.items()), "0"),
        ("resolvable visits, resolved", *(row[1] for row in resolved), resolved[0][2]),
    ]
    sentences = [f"{len(every) - len(missed)} of {len(every)} targets are met.{' Missed:' if missed else ''}"]
    sentences += ["", *(f"- {world}: {what}: {measured}." for world, what, measured, *_ in missed)] if missed else []
    lines = [fill(sentence, 120, subsequent_indent="  " if sentence.startswith("- ") else "") for sentence in sentences]
    head = ("", *(NAMES[name] for name in found), "target")
    return "\n".join([table(head, rows), *lines, "", fill(_where(found, size, where), 120), ""])


def _corroborated(name: str, one: Sum) -> str:
    """Return how many corroborated subscribers were wrong. With none wrong: how high the true share may still be."""
    n = one.resolutions if name == "exercise" else one.whole
    of = n.get("corroborated", 0)
    if name == "exercise":
        wrong = n.get("corroborated_wrong", 0) + n.get("corroborated_wrong_traceless", 0)
        suffix = ""
    else:
        wrong, suffix = sum(n.get(kind, 0) for kind in _CORROBORATED_WRONG), " that a record shows"
    most = "" if wrong or not of else f" (so few: up to {100 * WORST / of:.0f} % could be)"
    return f"{wrong:,} of {of:,}{suffix}{most}"


def _wrong(name: str, one: Sum) -> tuple[str, str]:
    """Return the named lines (of a field world: parts of sessions) that are wrong, and those that a record shows."""
    if name == "exercise":
        n, with_record = one.resolutions, one.resolutions["wrong"]
        wrong, of = with_record + n["wrong_traceless"], f"{n['named']:,}"
    else:
        n, with_record = one.whole, one.whole.get("wrong-traced", 0)
        wrong, of = with_record + n.get("wrong-no-trace", 0), f"{n.get('named-parts', 0):,} parts of sessions"
    return f"{wrong:,} of {of}", f"{with_record:,}"


def text(found: Sums, size: Size, where: str) -> str:
    """Return all between the markers of the page."""
    parts = [fill(_where(found, size, where) + _cost(found), 120) + "\n"]
    parts += [f"**{_title(name)}**\n\n{table(_BARS, rows)}" for name, rows in _all_bars(found, size)]
    if "exercise" in found:
        parts += _exercise(found["exercise"])
    if "field" in found:
        parts += _field(found["field"])
    return "\n".join(parts)


def _title(name: str) -> str:
    return NAMES[name][0].upper() + NAMES[name][1:]


def _where(found: Sums, size: Size, where: str) -> str:
    sentences = [
        f"{len(one.seeds)} world{'s' if len(one.seeds) > 1 else ''} of {size.sessions:,} sessions of {NAMES[name]}"
        f" (seed{'s' if len(one.seeds) > 1 else ''}: {', '.join(map(str, one.seeds))})"
        for name, one in found.items()
    ]
    return f"{' and '.join(sentences)}. {size.faulty:.0%} of the rows of replies have a fault. {where}"


def _cost(found: Sums) -> str:
    seconds, peak = (max(getattr(one, name) for one in found.values()) for name in ("seconds", "peak_bytes"))
    return (
        f" Slowest run (all logs scanned, leads made, ISPs asked, sessions resolved): {seconds:.0f} s; most memory:"
        f" {peak / 2**30:.1f} GiB."
    )


_BARS = ("what is measured", "result", "target", "met")
_RESOLVED = {"exercise": 4, "field": 3}
"""Where in the list of targets of each world the resolved visits are."""
_CORROBORATED_WRONG = ("corroborated-wrong-traced", "wrong-traced-corroborated", "mixed-traced-corroborated")
"""Counts of a field world: corroborated subscribers that are wrong, or in part, although a record shows it."""
Row = tuple[str, str, str, bool]


def _all_bars(found: Sums, size: Size) -> list[tuple[str, list[tuple[str, ...]]]]:
    wanted = 0.97 if size.faulty else 0.99
    made = {"exercise": _exercise_bars, "field": _field_bars}
    return [
        (name, [(*row[:3], "yes" if row[3] else "**no**") for row in made[name](one, wanted)])
        for name, one in found.items()
    ]


def _none(what: str, count: int, of: int) -> Row:
    most = f" (at most {100 * WORST / of:.2f} %, with 95 % confidence)" if of and not count else ""
    return what, f"{count:,} of {of:,}{most}", "0", count == 0


def _at_least(what: str, part: int, whole: int, wanted: float) -> Row:
    return what, f"{part:,} of {whole:,}, {_share(part, whole)}", f"{wanted:.0%}", part >= wanted * whole


def _under(what: str, part: int, whole: int) -> Row:
    return what, f"{part:,} of {whole:,}, {_share(part, whole)}", "under 1 %", part < 0.01 * max(1, whole)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f} %" if whole else "none there"


def _exercise_bars(one: Sum, wanted: float) -> list[Row]:
    n, r = one.whole, one.resolutions
    return [
        _none("corroborated wrongly, or in part", r["corroborated_wrong"], r["corroborated"]),
        _none("named lines that made none of the visits, although a record shows it", r["wrong"], r["named"]),
        _none("named lines with visits that another line made, although a record shows it", r["mixed"], r["named"]),
        _at_least("sessions that the replies resolve, resolved", r["resolved"], r["resolvable"], wanted),
        _at_least("visits that the replies resolve, resolved", r["visits_resolved"], r["visits_resolvable"], wanted),
        _under("states named wrong", n["places_wrong"], n["places_named"]),
        _at_least("nameable states named", n["places_named_of_nameable"], n["places_nameable"], 0.95),
        _none("ceilings higher than the records carry", n["ceilings_too_high"], n["sessions"]),
        _none("Tor missed while a list covers it", n["tor_missed"], n["tor_covered"]),
        _none("visits of a statistics source in leads", n["statistics_leaks"], n["leads"]),
    ]


def _field_bars(one: Sum, wanted: float) -> list[Row]:
    n = one.whole
    wrong = sum(n.get(name, 0) for name in _CORROBORATED_WRONG)
    named, other = n.get("named-parts", 0), one.resolutions
    rows = [
        _none("corroborated wrongly, or in part", wrong, n.get("corroborated", 0)),
        _none(
            "named parts of sessions whose line made none of the visits, although a record shows it",
            n.get("wrong-traced", 0),
            named,
        ),
        _none(
            "named parts of sessions of which another line made some visits, although a record shows it",
            n.get("mixed-traced", 0),
            named,
        ),
        _at_least(
            "visits that its own reader resolves, resolved",
            n.get("ideal-named-resolved", 0),
            n.get("ideal-named", 0),
            wanted,
        ),
        _under(
            "states named wrong",
            n.get("places-agreed-wrong", 0) + n.get("places-resolved-wrong", 0),
            n.get("places-agreed", 0) + n.get("places-resolved", 0),
        ),
        _none("named although a later statement says shared", n.get("named-after-late-statement", 0), named),
        _none("operators named as subscribers", n.get("operator-named", 0), n.get("named", 0)),
    ]
    if other:
        what = "visits that the ideal reader of the exercise resolves, resolved"
        rows.insert(4, _at_least(what, other["resolved"], other["resolvable"], wanted))
    return rows


def _exercise(one: Sum) -> list[str]:
    """What the exercise world tells beside the bars."""
    n, naive, r, lost = one.whole, one.naive, one.resolutions, one.misled
    right = r["corroborated"] - r["corroborated_wrong"] - r["corroborated_wrong_traceless"]
    beside = [
        ("sessions", f"{n['sessions']:,}", f"{n['sessions']:,}"),
        ("lines named", f"{r['named']:,}", f"{r['naive_named']:,}"),
        ("wrong ones", f"{r['wrong']:,}", f"{r['naive_wrong']:,}"),
        ("named for another line's visits too", f"{r['mixed']:,}", f"{r['naive_mixed']:,}"),
        ("states named", f"{n['places_named']:,}", f"{naive['places_named']:,}"),
        ("wrong ones", f"{n['places_wrong']:,}", f"{naive['places_wrong']:,}"),
        ("sessions missed, invented", f"{n['missed']:,}, {n['invented']:,}", ""),
        ("machines recognised", f"{n['automation_recognised']:,} of {n['automation']:,}", ""),
        ("accidents recognised", f"{n['accidents_recognised']:,} of {n['accidents']:,}", ""),
    ]
    replies = [
        ("sessions asked about, that could have been and were not", f"{r['asked']:,}, {r['askable_unasked']:,}"),
        ("visits asked about, named", f"{r['visits_asked']:,}, {r['visits_named']:,}"),
        ("visits named otherwise than by the ideal reader", f"{r['visits_otherwise']:,}"),
        (
            "visits named although the ideal reader names nobody: more than it reads from the records (best: 0)",
            f"{r['beyond_evidence']:,}",
        ),
        ("sessions in conflict, with candidates", f"{r['conflicts']:,}, {r['candidates']:,}"),
        ("candidates that include a visitor", _share(r["candidates_with_true"], r["candidates"])),
        ("subscribers corroborated; right ones among them", f"{r['corroborated']:,}; {right:,}"),
        ("subscribers that the ideal reader corroborates", f"{r['corroborable']:,}"),
    ]
    return [
        f"## {_title('exercise')}\n",
        "![Subscribers named](attribution-subscribers.svg)\n",
        "![States named](attribution-states.svg)\n",
        "**Beside a spreadsheet**, which takes every address and time for one line, and a city data base for right.\n",
        table(("", "product", "spreadsheet"), beside),
        "**From notice to subscriber**: the product's own notices, the ISPs' replies with all faults.\n",
        table(("", ""), replies),
        "**By fault.** A session has an origin and perhaps a fault of its log and of its replies, and counts under"
        " each. What leaves no trace is not among these.\n",
        table(_FAULT, [_row(name, some) for name, some in one.by_fault.items()]),
        fill(
            "**Without a trace**: what no record tells, so that the ideal reader is deceived too."
            f" {r['corroborated_wrong_traceless']:,} corroborated wrongly, {r['wrong_traceless']:,} named lines that"
            f" made none of the visits, {r['mixed_traceless']:,} that made a part, {lost.get('places_wrong', 0):,}"
            " false states. Some of these lines have no row below: what misled was a row about another session, or a"
            " log that was altered or whose clock was set back. A line with two faults is in two rows.",
            120,
        )
        + "\n",
        table(_FAULT, [_row(name, some) for name, some in one.traceless.items()]),
    ]


_FAULT = (
    "fault", "sessions", "corroborated wrongly", "wrong line", "mixed", "resolvable", "resolved", "too high", "too low",
    "missed", "spreadsheet wrong, mixed",
)  # fmt: skip


def _row(name: str, one: Counts) -> tuple[str, ...]:
    columns = "sessions corroborated_wrong wrong mixed resolvable resolved ceilings_too_high ceilings_too_low missed"
    naive = ", ".join(f"{one.get(column, 0):,}" for column in ("naive_wrong", "naive_mixed"))
    return (name, *(f"{one.get(column, 0):,}" for column in columns.split()), naive)


def _field(one: Sum) -> list[str]:
    """What the field world tells beside the bars."""
    n, other = one.whole, one.resolutions
    beside = [
        ("visits named", f"{n.get('named', 0):,}", f"{n.get('naive-named', 0):,}"),
        (
            "wrong ones, a record shows it",
            f"{n.get('wrong-traced-visits', 0) + n.get('mixed-traced-visits', 0):,}",
            f"{n.get('naive-wrong', 0):,}",
        ),
        (
            "wrong ones of which no record tells",
            f"{n.get('wrong-no-trace-visits', 0) + n.get('mixed-no-trace-visits', 0):,}",
            "",
        ),
    ]
    facts = [
        ("rows of replies with a fault", f"{n.get('faulty-rows', 0):,} of {n.get('asked-rows', 0):,}"),
        ("files of replies, refused", f"{n.get('replies', 0):,}, {n.get('replies-refused', 0):,}"),
        ("visits that can be asked about, asked", f"{n.get('askable', 0):,}, {n.get('askable-asked', 0):,}"),
        ("its own reader deceived: no record tells", f"{n.get('ideal-deceived', 0):,} visits"),
    ]
    if other:
        facts += [
            ("both readers name the same line", f"{other['as-other']:,} visits"),
            ("only its own, only the exercise's", f"{other['other-alone']:,}, {other['own-alone']:,} visits"),
        ]
    wrong = "wrong-traced mixed-traced wrong-no-trace mixed-no-trace resolvable resolved named".split()
    rows = [(name, *(f"{some.get(kind, 0):,}" for kind in wrong)) for name, some in one.by_fault.items()]
    head = ("fault", "wrong", "mixed", "wrong, no trace", "mixed, no trace", "resolvable", "resolved", "named")
    return [
        f"## {_title('field')}\n",
        "By another author, who did not look at the exercise world: other ISPs, servers, layouts and faults, and a"
        " unit that works by the command line alone.\n",
        table(("", "product", "spreadsheet"), beside),
        table(("", ""), facts),
        "**By fault** of the row that asked about a visit: parts wrong or mixed; visits resolvable, resolved, named.\n",
        table(head, rows),
    ]


def charts(found: Sums) -> dict[str, str]:
    """Return the charts of the exercise world by the name of their file."""
    if "exercise" not in found:
        return {}
    n, naive, r, lost = (getattr(found["exercise"], name) for name in ("whole", "naive", "resolutions", "misled"))
    false = r["wrong"] + r["mixed"] + r["wrong_traceless"] + r["mixed_traceless"]
    naive_false = r["naive_wrong"] + r["naive_mixed"]
    sessions, states = n["sessions"], n["places_wrong"] + lost.get("places_wrong", 0)
    return {
        "attribution-subscribers.svg": bars(
            "Sessions: whose line is named",
            [
                ("product", _parts(sessions, r["named"], false)),
                ("spreadsheet", _parts(sessions, r["naive_named"], naive_false)),
            ],
        ),
        "attribution-states.svg": bars(
            "Sessions: whose state is named",
            [
                ("product", _parts(sessions, n["places_named"], states)),
                ("spreadsheet", _parts(sessions, naive["places_named"], naive["places_wrong"])),
            ],
        ),
    }


def _parts(sessions: int, named: int, wrong: int) -> list[Part]:
    """Right, wrong and not named: all sessions."""
    return [
        Part(named - wrong, RIGHT_ONE, "right"),
        Part(wrong, WRONG_ONE, "wrong"),
        Part(max(0, sessions - named), SILENT, "not named"),
    ]
