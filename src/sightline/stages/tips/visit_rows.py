"""Convert the events of a tip to the rows of a segment: selected fields, never a narrative or a picture (ADR 26)."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from sightline.model import IndicatorKind, Opinion, Party, RecordKind, TimeBasis
from sightline.stages.tabular.table_rows import RowPlace
from sightline.stages.tips.model import TipEvent

Cell: TypeAlias = "str | int | bool | bytes | None"

UNNUMBERED = "unnumbered"
"""The indicator of connections whose report has no number."""
EVERY_ZONE_S = 14 * 3600
"""A local time of an unknown zone is at most this far from the same time in UTC: zones lie from -12:00 to +14:00."""
FIRST_CLIENT_PORT = 1024
"""Ports below are those of servers (RFC 6335): a report that states one states the port of the other end."""
_EVENT = re.compile(r"[A-Za-z][A-Za-z0-9_/-]{0,31}(?: [A-Za-z0-9_/-]{1,16}){0,2}", re.ASCII)
"""The name of an event. A longer text may be a narrative, and is left out."""
_NAME_LIMIT = 120


@dataclass(frozen=True, slots=True)
class VisitOptions:
    """The values that hold for all rows of an exhibit: its digest, its sender, and its sender's clock."""

    exhibit_sha256: str
    sender: str
    clock_offset_us: int
    uncertainty_s: int


@dataclass(slots=True)
class VisitRows:
    """The rows of an exhibit, and what was left out of them, counted.

    `others`: connections of a victim, a recipient or a reporter, which are never a lead. `low_ports`: rows whose port
    is a server's. `long_events`: rows whose event is too long to be its name. `zoneless`: times without any zone.
    `flags`: how many rows have each flag of a report (`flags.ALL`).
    """

    rows: list[dict[str, Cell]] = field(default_factory=list)
    others: dict[Party, int] = field(default_factory=dict)
    low_ports: int = 0
    long_events: int = 0
    zoneless: int = 0
    flags: Counter[str] = field(default_factory=Counter)

    @property
    def reports(self) -> frozenset[str]:
        """Return the numbers of the reports that have a row."""
        return frozenset(str(row["indicator"]) for row in self.rows) - {UNNUMBERED}


def build_visit_rows(
    events: Iterable[TipEvent], options: VisitOptions, content: bytes, without: frozenset[str] = frozenset()
) -> VisitRows:
    """Return the rows of the events of the reported party, in the order of the exhibit.

    `content`: the exhibit's bytes. `without`: numbers of reports whose newer version is in another exhibit.
    """
    made = VisitRows()
    for number, event in enumerate(events, 1):
        if event.party not in {None, Party.REPORTED}:
            made.others[event.party] = made.others.get(event.party, 0) + 1
        elif event.report_id is None or event.report_id not in without:
            made.rows.append(_build_row(event, number, options, content, made))
    return made


def _build_row(event: TipEvent, number: int, options: VisitOptions, content: bytes, made: VisitRows) -> dict[str, Cell]:
    time, place = event.time, event.place
    is_low = event.source_port is not None and event.source_port < FIRST_CLIENT_PORT
    made.low_ports += is_low
    made.flags.update(event.flags)
    made.zoneless += time.basis is TimeBasis.NONE
    fold_s = time.fold_s + (EVERY_ZONE_S if time.basis is TimeBasis.NONE else 0)
    name = _find_event_name(event, made)
    indicator = event.report_id or UNNUMBERED
    return {
        "timestamp": time.recorded_us - options.clock_offset_us,
        "timestamp_original": time.original,
        "uncertainty_s": options.uncertainty_s + fold_s,
        "source_ip": event.source_ip,
        "source_port": None if is_low else event.source_port,
        "destination_ip": event.destination_ip,
        "destination_port": event.destination_port,
        "host": None,
        "url": None,
        "method": None if name is None else name.lower(),
        "status": None,
        "bytes": None,
        "user_agent": None,
        "referrer": None,
        "user": _name_user(event),
        "dns_type": None,
        "dns_action": None,
        "record_kind": _choose_kind(event).value,
        "indicator_id": derive_report_indicator(options.exhibit_sha256, indicator),
        "indicator_kind": IndicatorKind.REPORT.value,
        "indicator": indicator,
        "category": None,
        "list_id": options.exhibit_sha256,
        "issuer": options.sender,
        "opinion": Opinion.FLAGGED.value,
        "vouched": True,
        "member": _name_member(place),
        "byte_offset": place.byte_offset if place.byte_offset is not None else place.row_number or number,
        "line_number": place.row_number or number,
        "raw": _build_statement(event, name, content),
        "encoding": "utf-8",
    }


def derive_report_indicator(exhibit_sha256: str, report: str) -> str:
    """Return the id of the indicator that stands for a report of an exhibit."""
    identity = f"{exhibit_sha256}\n{IndicatorKind.REPORT.value}\n{report}"
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def _choose_kind(event: TipEvent) -> RecordKind:
    """The kind of record, the lowest that applies: it decides how far the evidence carries."""
    if event.is_possible_proxy:
        return RecordKind.TIP_PROXY
    if event.transcribed is not None:
        return RecordKind.TIP_TRANSCRIBED
    is_sent = bool(event.received_bytes) and bool(event.digests)
    return RecordKind.TIP_PEER if event.is_peer_to_peer and not is_sent else RecordKind.TIP


def choose_event_name(text: str) -> str | None:
    """Return the name of an event, or None for a longer text: it may be a narrative."""
    return text if _EVENT.fullmatch(text) else None


def _find_event_name(event: TipEvent, made: VisitRows) -> str | None:
    name = None if event.event is None else choose_event_name(event.event)
    made.long_events += event.event is not None and name is None
    return name


def _name_user(event: TipEvent) -> str | None:
    """The account, with its service: the same name at another service is another account.

    Without a service, the name holds within its report; without either it joins nothing.
    """
    account, service = (
        choose_short_name(event.account),
        choose_short_name(event.esp) or choose_short_name(event.service),
    )
    if account is None:
        return None
    if service is not None:
        return f"{account} at {service}"
    return None if event.report_id is None else f"{account} in report {event.report_id}"


def choose_short_name(text: str | None) -> str | None:
    """Return a name of a service or an account, or None for one that is too long or does not print."""
    return text if text and len(text) <= _NAME_LIMIT and text.isprintable() else None


def _name_member(place: RowPlace) -> str | None:
    """The member of an archive, and the sheet of a workbook."""
    if place.sheet is None:
        return place.member
    return f"{place.member or ''}!{place.sheet}"


def _build_statement(event: TipEvent, name: str | None, content: bytes) -> bytes:
    """The fields on the list of ADR 26, as JSON. `frame_sha256` is that of the frame's own bytes in the exhibit."""
    place = event.place
    fields: dict[str, object] = {
        "report": event.report_id,
        "fir": choose_short_name(event.fir),
        "esp": choose_short_name(event.esp),
        "service": choose_short_name(event.service),
        "event": name,
        "party": event.party.value if event.party else None,
        "accounts": [account for account in event.accounts if choose_short_name(account)] or None,
        "port": event.source_port,
        "possible_proxy": event.is_possible_proxy or None,
        "peer_to_peer": event.is_peer_to_peer or None,
        "received_bytes": event.received_bytes,
        "digests": dict(event.digests) or None,
        "zone_from": event.time.basis.value,
        "row": place.row_number,
        "length": place.length,
        "frame_sha256": _compute_frame_sha256(place, content),
        "flags": list(event.flags) or None,
        "transcribed": event.transcribed,
        "original_sha256": event.original_sha256,
    }
    stated = {key: value for key, value in fields.items() if value is not None}
    return json.dumps(stated, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8", "replace")


def _compute_frame_sha256(place: RowPlace, content: bytes) -> str | None:
    """Return the digest of a frame that is in the exhibit itself, with which its place can be checked."""
    if place.member is not None or place.byte_offset is None or place.length is None:
        return None
    return hashlib.sha256(content[place.byte_offset : place.byte_offset + place.length]).hexdigest()
