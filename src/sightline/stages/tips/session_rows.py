"""Encode sessions as rows of `docs/adr/0010-tips.md`: JSON lines and CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sightline.model import Party, TimeBasis
from sightline.model.csv_cells import format_csv_cell
from sightline.stages.tips.model import TipEvent, TipReject
from sightline.stages.tips.sessions import Cell, Session, SourcedEvent, TipDeclaration, format_time_text

SESSION_COLUMNS = (
    "session_id",
    "trial",
    "exercise",
    "source",
    "authority",
    "source_ip",
    "source_port",
    "first_seen",
    "last_seen",
    "local_first_seen",
    "local_last_seen",
    "uncertainty_s",
    "party",
    "ceiling",
    "reasons",
    "events",
)
DIGEST_KINDS = ("md5", "sha1", "sha256", "infohash", "ed2k")


def build_session_row(session: Session, declared: TipDeclaration) -> dict[str, Cell]:
    """Return all columns of a session, in order. Absent values are None."""
    first, last = session.first, session.events[-1].event
    is_proven = first.time.basis is not TimeBasis.NONE
    seen = [format_time_text(event.time.recorded_us, event.time.basis) for event in (first, last)]
    fold_s = max(sourced_event.event.time.fold_s for sourced_event in session.events)
    parties = {sourced_event.event.party for sourced_event in session.events} - {None}
    cells: list[Cell] = [
        session.session_id,
        True,
        declared.exercise,
        declared.source,
        declared.authority,
        first.source_ip,
        first.source_port,
        *(seen if is_proven else (None, None)),
        *((None, None) if is_proven else seen),
        declared.uncertainty_s + fold_s if is_proven else None,
        next((party.value for party in Party if party in parties), None),
        session.reasons[0].ceiling.value,
        [
            {"rule": reason.rule.value, "ceiling": reason.ceiling.value, "text": reason.text}
            for reason in session.reasons
        ],
        [build_event_row(sourced_event) for sourced_event in session.events],
    ]
    return dict(zip(SESSION_COLUMNS, cells, strict=True))


def build_event_row(sourced_event: SourcedEvent) -> dict[str, Cell]:
    """Return all columns of an event, in order. Absent values are None."""
    event, place = sourced_event.event, sourced_event.event.place
    digests: dict[str, Cell] = {kind: dict(event.digests).get(kind) for kind in DIGEST_KINDS}
    return {
        **_build_time_cells(event),
        "event": event.event,
        "party": event.party.value if event.party else None,
        "possible_proxy": event.is_possible_proxy,
        "report_id": event.report_id,
        "fir": event.fir,
        "esp": event.esp,
        "service": event.service,
        "accounts": list(event.accounts),
        "destination_ip": event.destination_ip,
        "destination_port": event.destination_port,
        "received_bytes": event.received_bytes,
        "digests": digests,
        "exhibit_sha256": sourced_event.exhibit_sha256,
        "member": place.member,
        "sheet": place.sheet,
        "row_number": place.row_number,
        "byte_offset": place.byte_offset,
        "length": place.length,
    }


def _build_time_cells(event: TipEvent) -> dict[str, Cell]:
    time = event.time
    text, is_proven = format_time_text(time.recorded_us, time.basis), time.basis is not TimeBasis.NONE
    return {
        "timestamp": text if is_proven else None,
        "local_time": None if is_proven else text,
        "timestamp_original": time.original,
        "zone_from": time.basis.value,
    }


def write_jsonl(rows: Iterable[dict[str, Cell]]) -> bytes:
    """Return one JSON object for each line."""
    return b"".join((json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n").encode() for row in rows)


def as_csv(rows: Iterable[dict[str, Cell]]) -> bytes:
    """Return a header line, then one line for each session. Reasons and events are JSON in their cell."""
    lines = [SESSION_COLUMNS, *(map(format_csv_cell, row.values()) for row in rows)]
    return "".join(",".join(line) + "\n" for line in lines).encode()


def reject_row(reject: TipReject, exhibit_sha256: str) -> dict[str, Cell]:
    """Return all columns of a reject: its place, never its content."""
    place = reject.place
    return {
        "code": reject.code.value,
        "exhibit": exhibit_sha256,
        "member": place.member,
        "sheet": place.sheet,
        "row_number": place.row_number,
        "byte_offset": place.byte_offset,
        "length": place.length,
    }
