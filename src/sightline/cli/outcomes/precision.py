"""`sightline outcomes show-precision`: how often leads were right, and data sets of places, counts always beside."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sightline.cli.subcommands import Parsers, add_command, add_json

if TYPE_CHECKING:
    import polars as pl

EXAMPLES = """\
  sightline outcomes show-precision  # by source, list, provider and data set
  sightline outcomes show-precision --json
"""
DESCRIPTION = """\
Show which share of the leads with an outcome was confirmed, with its bounds (Wilson, 95 %). Leads without a result are
listed apart. With fewer than five outcomes no share is given. Below it: how often each data set of places named the
right state and district of an installation address. A data set that is measured wrong for a provider is no longer used
for it from the next `sightline leads rebuild` on. Last: how often two data sets that agreed were right. Their agreement
counts for a provider only if this shows that they do not err alike.
"""
COUNTED = ("confirmed", "innocent", "wrong_place", "wrong_subscriber", "wrong_time", "no_result")


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs, "show-precision", "how often leads and data sets of places were right", EXAMPLES, DESCRIPTION
    )
    add_json(here)


def run(arguments: argparse.Namespace) -> int:
    """Tell measured precision."""
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.outcomes.precision import measure_precision  # noqa: PLC0415

    officer_session = start_session(arguments)
    with officer_session.read(Action.OUTCOME_VIEW, "case:all", JournalVerb.VIEW_OUTCOMES):
        pass
    measured = measure_precision(officer_session.workspace)
    if arguments.json:
        rows = [*measured.precision.to_dicts(), *({"of": "place"} | row for row in measured.places.to_dicts())]
        rows += [{"of": "agreement"} | row for row in measured.agreements.to_dicts()]
        sys.stdout.write("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
    else:
        sys.stdout.write(
            "".join(
                f"{line}\n"
                for line in (
                    *format_precision(measured.precision),
                    "",
                    *_format_places(measured.places),
                    *_format_agreements(measured.agreements),
                )
            )
        )
    for note in measured.notes:
        sys.stderr.write(f"{note}\n")
    return 0


def format_precision(result: pl.DataFrame) -> Iterator[str]:
    """Measured precision for a terminal, by what leads rest on."""
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    if result.is_empty():
        yield "outcomes: none recorded yet"
        return
    rows = [("OF", "NAME", *(name.upper().replace("_", " ") for name in COUNTED), "PRECISION (95 %)")]
    for row in result.iter_rows(named=True):
        share = (
            _format_share(row["precision"], row["low"], row["high"], row["judged"]) if row["judged"] else "none judged"
        )
        rows.append((row["of"], row["name"], *(str(row[name]) for name in COUNTED), share))
    yield from format_columns(rows)


def _format_places(result: pl.DataFrame) -> Iterator[str]:
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    if result.is_empty():
        yield "data sets of places: not measured yet; replies that name installation addresses measure them"
        return
    rows = [("PLACES OF", "PROVIDER", "STATE RIGHT (95 %)", "USED", "DISTRICT RIGHT (95 %)", "USED")]
    for row in result.iter_rows(named=True):
        levels = [text for level in ("state", "district") for text in _format_level(row, level)]
        rows.append((row["dataset"], row["isp"] or "unknown", *levels))
    yield from format_columns(rows)


def _format_agreements(result: pl.DataFrame) -> Iterator[str]:
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    if result.is_empty():
        return
    yield ""
    rows = [("WHERE BOTH NAME ONE PLACE", "PROVIDER", "LEVEL", "RIGHT (95 %)", "COUNTS")]
    for row in result.iter_rows(named=True):
        share = f"{row['right']} of {row['n']}, {_format_percent(row['low'])} to {_format_percent(row['high'])}"
        counts = "yes" if row["is_independent"] else "no"
        rows.append((f"{row['first']}, {row['second']}", row["isp"], row["level"], share, counts))
    yield from format_columns(rows)


def _format_level(one: dict[str, Any], level: str) -> tuple[str, str]:
    from sightline.stages.measure.precision import LEAST  # noqa: PLC0415

    right, of = one[f"{level}_right"], one[f"{level}_n"]
    if not of:
        return "not measured", "yes"
    counts = f"{right} of {of}"
    share = f"{counts}, {_format_percent(one[f'{level}_low'])} to {_format_percent(one[f'{level}_high'])}"
    return (share if of >= LEAST else f"{counts}, too few"), "yes" if one[f"is_{level}"] else "no: measured wrong"


def _format_share(share: float | None, low: float, high: float, of: int) -> str:
    return (
        "too few"
        if share is None
        else f"{_format_percent(share)} of {of} ({_format_percent(low)} to {_format_percent(high)})"
    )


def _format_percent(share: float) -> str:
    return f"{100 * share:.0f} %"
