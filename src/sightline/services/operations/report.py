"""Write the report of an operation from its board, with a ledger entry of its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sightline import __version__
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import name_output_on_error
from sightline.evidence.documents import operation_facts
from sightline.evidence.documents.document_facts import Language, LedgerFacts, ProgramFacts
from sightline.evidence.documents.render import render_operation_pdf
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import Ceiling, Stamp
from sightline.model.short_ids import format_lead_number
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.documents.ledger_positions import find_last_entry
from sightline.services.documents.signatories import format_officer
from sightline.services.leads.report_facts import read_outline
from sightline.services.match.outputs import check_one, write_all_or_none
from sightline.services.operations.board import Board, build_board
from sightline.stages.report import days as drawn
from sightline.stages.report import map as drawing
from sightline.stages.report import words
from sightline.stages.report.outlines import Boundary
from sightline.stages.report.place_table import PlaceKind
from sightline.stages.report.printable import IST
from sightline.storage.rows import Workspace
from sightline.translation.messages import format_day

WRONG = ("wrong_place", "wrong_subscriber", "wrong_time")


def write_report(
    officer_session: OfficerSession, text: str, out: Path, language: Language, *, overwrite: bool = False
) -> str:
    """Write the report of an operation, and return its SHA-256, which the ledger records. Raises NotAllowed."""
    check_one(out, (), overwrite=overwrite)
    with officer_session.read(Action.OPERATION_RUN, name_thing("operation", text), JournalVerb.EXPORT_DOCUMENT):
        pass
    pdf, operation_id = render_report_pdf(officer_session, text, language)
    with write_all_or_none([out]) as beside:
        with name_output_on_error(out), beside[out].open("wb") as stream:
            stream.write(pdf)
            stream.flush()
            os.fsync(stream.fileno())
        return _record_report(officer_session, operation_id, pdf, language)


def export_report(officer_session: OfficerSession, text: str, language: Language) -> tuple[bytes, str]:
    """Return the report and its SHA-256, after the ledger recorded it. Raises NotAllowed."""
    with officer_session.read(Action.OPERATION_RUN, name_thing("operation", text), JournalVerb.EXPORT_DOCUMENT):
        pass
    pdf, operation_id = render_report_pdf(officer_session, text, language)
    return pdf, _record_report(officer_session, operation_id, pdf, language)


def _record_report(officer_session: OfficerSession, operation_id: str, pdf: bytes, language: Language) -> str:
    """Tell the ledger of a report that is given out; its SHA-256."""
    digest = hashlib.sha256(pdf).hexdigest()
    with officer_session.change(Action.OPERATION_RUN, f"operation:{operation_id}") as change:
        facts: dict[str, str | int] = {"language": language.value, "report": digest}
        change.ledger.append(Verb.OPERATION_REPORTED, change.signer, f"operation:{operation_id}", facts=facts)
    return digest


def render_report_pdf(officer_session: OfficerSession, text: str, language: Language) -> tuple[bytes, str]:
    """Return the report and the id of the operation. The caller writes the ledger entry."""
    now = officer_session.clock()
    with open_generation(officer_session.workspace) as leads:
        stands = build_board(officer_session.workspace, leads, text)
        boundaries = read_outline(officer_session.workspace, leads)
        generation = leads.generation.generation_id
    with officer_session.workspace.read() as tables:
        own, about = tables[Workspace].select()[0], f"operation:{stands.operation.operation_id}"
        ledger = find_last_entry(tables, about, Verb.OPERATION_CLOSED, Verb.OPERATION_BEGUN)
    by = format_officer(officer_session.officer)
    facts = build_report_facts(
        stands, boundaries, own, by=by, generation=generation, ledger=ledger, now=now, language=language
    )
    plate = drawing.draw_plate(stands.totals, boundaries)
    return render_operation_pdf(facts, plate, language), stands.operation.operation_id


def build_report_facts(
    stands: Board,
    boundaries: list[Boundary] | None,
    own: Workspace,
    *,
    by: str,
    generation: str,
    ledger: LedgerFacts | None,
    now: datetime,
    language: Language,
) -> operation_facts.OperationFacts:
    """Return the facts of the report."""
    operation, closed_us = stands.operation, stands.operation.closed_at_us
    by_ceiling = stands.totals.by_ceiling
    bar_days, bars = _build_day_bars(stands, language)
    return operation_facts.OperationFacts(
        name=operation.name,
        why=operation.why,
        unit=own.name,
        begun_on=_format_day(date.fromisoformat(operation.begun_on), language),
        closed_on=None if closed_us is None else _format_day(to_instant(closed_us).astimezone(IST).date(), language),
        closed_why=operation.closed_why,
        is_exercise=own.stamp is Stamp.EXERCISE,
        made_by=by,
        generation=generation,
        leads=stands.leads,
        lost=stands.lost,
        named=stands.named_count,
        stages=tuple(_build_count_facts(stands.stages.items())),
        closed_for=tuple(_build_count_facts(stands.closed_for.items())),
        ceilings=tuple(_build_count_facts((step, by_ceiling[step]) for step in words.LADDER if by_ceiling[step])),
        places=tuple(_build_place_facts(stands)),
        shades=tuple(_build_shade_facts(stands)),
        missing=tuple(_build_count_facts(drawing.list_missing_states(stands.totals, boundaries))),
        happened=tuple(_build_count_facts(stands.happened.items())),
        happened_in=tuple(
            operation_facts.HappenedFacts(state, tuple(counts[kind] for kind in stands.happened))
            for state, counts in stands.happened_in.items()
        ),
        days=bars,
        bar_days=bar_days,
        events=tuple(_build_event_facts(stands, language)),
        event_count=len(stands.events),
        outcomes=tuple(_build_count_facts(stands.outcome_counts.items())),
        rates=tuple(_build_rate_facts(row) for row in stands.precision.iter_rows(named=True)),
        ledger=ledger,
        program=ProgramFacts("Sightline", __version__),
        made_at_utc=now,
    )


def _build_count_facts(counts: Iterable[tuple[str, int]]) -> Iterator[operation_facts.CountFacts]:
    """Yield counts, each with its share of the most."""
    pairs = [(str(key), count) for key, count in counts]
    most = max((count for _, count in pairs), default=0)
    for key, count in pairs:
        yield operation_facts.CountFacts(key, count, _format_share(count, most))


def _format_share(count: int, of: int) -> str:
    return f"{count / of:.4f}" if of else "0"


def _build_place_facts(stands: Board) -> Iterator[operation_facts.PlaceFacts]:
    """Yield the rows of states, and of what is none; those without a lead are left out, but for undetermined."""
    rows = [
        place_row for place_row in stands.totals.places if place_row.leads or place_row.kind is PlaceKind.UNDETERMINED
    ]
    most = max((place_row.leads for place_row in rows), default=0)
    for row in rows:
        line, many = row.by_ceiling[Ceiling.SUBSCRIBER], row.by_ceiling[Ceiling.SHARED]
        key = row.key if row.kind is PlaceKind.STATE else row.kind.value
        yield operation_facts.PlaceFacts(
            key, row.leads, _format_share(row.leads, most), line, many, row.leads - line - many
        )


def _build_shade_facts(stands: Board) -> Iterator[operation_facts.ShadeFacts]:
    """Yield the shades of the map, none first."""
    steps = drawing.choose_edges(max((row.leads for row in stands.totals.states), default=0))
    colours = drawing.list_printed_colours()
    yield operation_facts.ShadeFacts(colours[0], 0, 0)
    for at, least in enumerate(steps):
        most = steps[at + 1] - 1 if at + 1 < len(steps) else None
        yield operation_facts.ShadeFacts(colours[drawing.choose_shade(least, steps)], least, most)


def _format_day(on: date, language: Language) -> str:
    """Return a day as pages write it: `5 Mar 2026`."""
    return format_day(on, language.value)


def _build_day_bars(stands: Board, language: Language) -> tuple[int, tuple[operation_facts.CountFacts, ...]]:
    """Return how many days a bar stands for, and the bars, by the day on which each begins."""
    by_day: dict[date, int] = {}
    for event in stands.events:
        day = date.fromisoformat(event.happened_on)
        by_day[day] = by_day.get(day, 0) + event.count
    if not by_day:
        return 1, ()
    first, width, bars = drawn.bin_days(by_day)
    begins = (_format_day(first + timedelta(days=width * at), language) for at in range(len(bars)))
    return width, tuple(_build_count_facts(zip(begins, bars, strict=True)))


def _build_event_facts(stands: Board, language: Language) -> Iterator[operation_facts.EventFacts]:
    """Yield the last events, by day."""
    for event in stands.events[-operation_facts.MOST_EVENTS :]:
        lead = event.lead_id and format_lead_number(event.lead_id)
        on = _format_day(date.fromisoformat(event.happened_on), language)
        yield operation_facts.EventFacts(
            on, event.kind.value, event.state, event.district, event.count, lead, event.why
        )


def _build_rate_facts(row: Mapping[str, Any]) -> operation_facts.RateFacts:
    shares = [row[name] for name in ("precision", "low", "high")]
    share, low, high = (None if share is None else f"{share:.4f}" for share in shares)
    percent, low_percent, high_percent = (None if share is None else f"{100 * share:.0f}" for share in shares)
    return operation_facts.RateFacts(
        row["of"],
        row["name"],
        row["confirmed"],
        row["innocent"],
        sum(row[name] for name in WRONG),
        row["no_result"],
        row["judged"],
        share,
        low,
        high,
        percent,
        low_percent,
        high_percent,
    )
