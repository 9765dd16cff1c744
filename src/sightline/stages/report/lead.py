"""Read one lead from the JSON of `leads list --json`. Missing values are None, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sightline.model import Ceiling, FramePlace
from sightline.stages.report.printable import format_dated_text

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeadReason:
    """A rule's reason for a lead, in words, and its place. `element`: the element of the offence it may relate to."""

    rule: str
    version: str | None
    text: str
    where: tuple[FramePlace, ...] = ()
    element: str | None = None
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class DataSetAnswer:
    """One data set's answer about the place."""

    dataset: str
    country: str | None
    state: str | None
    district: str | None
    radius_km: float | None


@dataclass(frozen=True, slots=True)
class LeadPlace:
    """The line's place from data sets or the ISP's reply. `verdict`: agreed, resolved or undetermined."""

    verdict: str = "undetermined"
    country: str | None = None
    state: str | None = None
    circle: str | None = None
    district: str | None = None
    radius_km: float | None = None
    datasets: tuple[str, ...] = ()
    why: str | None = None
    answers: tuple[DataSetAnswer, ...] = ()

    @property
    def is_named(self) -> bool:
        """Return whether a state is named."""
        return self.verdict != "undetermined" and self.state is not None


@dataclass(frozen=True, slots=True)
class LeadNetwork:
    """The owner of the network, and the kind of line."""

    asn: int | None = None
    isp: str | None = None
    line: str | None = None
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Relay:
    """The state of the address as a relay at the time of the visit: yes, no, or unknown with the nearest date."""

    verdict: str = "unknown"
    kind: str | None = None
    dataset: str | None = None
    dataset_date: str | None = None


@dataclass(frozen=True, slots=True)
class LeadIndicator:
    """A flagged indicator by its id, never by its name, and its number of hits if known."""

    indicator_id: str
    kind: str | None
    count: int | None


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as the report displays it."""

    lead_id: str
    source_ip: str | None
    source_port: int | None
    first_seen: datetime | None
    last_seen: datetime | None
    earliest: datetime | None
    latest: datetime | None
    uncertainty_s: int | None
    visits: int
    hits: int
    sessions: int
    indicators: tuple[LeadIndicator, ...]
    ceiling: Ceiling
    candidates: int | None
    place: LeadPlace
    network: LeadNetwork
    relay: Relay
    reasons_for: tuple[LeadReason, ...]
    reasons_against: tuple[LeadReason, ...]
    reasons_ceiling: tuple[LeadReason, ...]
    notes: tuple[LeadReason, ...]
    joined_by: str | None
    priority: str
    priority_why: str | None
    keep_until: datetime | None


def read_lead(lead_json: Json) -> Lead:
    """Parse the lead in a line of JSON."""
    return Lead(
        lead_id=str(lead_json["lead_id"]),
        source_ip=lead_json.get("source_ip"),
        source_port=lead_json.get("source_port"),
        first_seen=_parse_instant(lead_json.get("first_seen")),
        last_seen=_parse_instant(lead_json.get("last_seen")),
        earliest=_parse_instant(lead_json.get("earliest")),
        latest=_parse_instant(lead_json.get("latest")),
        uncertainty_s=lead_json.get("uncertainty_s"),
        visits=int(lead_json.get("visits") or 0),
        hits=int(lead_json.get("hits") or 0),
        sessions=int(lead_json.get("sessions") or 1),
        indicators=tuple(_read_indicator(indicator) for indicator in lead_json.get("indicators") or ()),
        ceiling=Ceiling(lead_json["ceiling"]),
        candidates=lead_json.get("candidates"),
        place=_read_place(lead_json.get("place") or {}),
        network=_read_network(lead_json.get("network") or {}),
        relay=_read_relay(lead_json.get("relay") or {}),
        reasons_for=_read_reasons(lead_json.get("reasons_for")),
        reasons_against=_read_reasons(lead_json.get("reasons_against")),
        reasons_ceiling=_read_reasons(lead_json.get("reasons_ceiling")),
        notes=_read_reasons(lead_json.get("notes")),
        joined_by=lead_json.get("joined_by"),
        priority=str(lead_json.get("priority") or "low"),
        priority_why=_join_words(lead_json.get("priority_why")),
        keep_until=_parse_instant(lead_json.get("keep_until")),
    )


def _read_indicator(indicator: Json) -> LeadIndicator:
    return LeadIndicator(str(indicator["indicator_id"]), indicator.get("kind"), indicator.get("count"))


def _read_place(place: Json) -> LeadPlace:
    return LeadPlace(
        verdict=str(place.get("verdict") or "undetermined"),
        country=place.get("country"),
        state=place.get("state"),
        circle=place.get("circle"),
        district=place.get("district"),
        radius_km=place.get("radius_km"),
        datasets=tuple(filter(None, (cite_dataset(dataset) for dataset in place.get("datasets") or ()))),
        why=_join_words(place.get("why")),
        answers=tuple(_read_answer(answer) for answer in place.get("answers") or ()),
    )


def _read_answer(place: Json) -> DataSetAnswer:
    where = (place.get("country"), place.get("state"), place.get("district"))
    return DataSetAnswer(cite_dataset(place.get("dataset")) or "a data set", *where, place.get("radius_km"))


def _read_network(network: Json) -> LeadNetwork:
    return LeadNetwork(
        network.get("asn"), network.get("isp"), network.get("line"), cite_dataset(network.get("dataset"))
    )


def _read_relay(relay: Json) -> Relay:
    verdict = str(relay.get("verdict") or "unknown")
    dated = relay.get("dataset_date")
    return Relay(
        verdict, relay.get("kind"), cite_dataset(relay.get("dataset")), dated and format_dated_text(str(dated))
    )


def _read_reasons(reasons: Iterable[Json] | None) -> tuple[LeadReason, ...]:
    return tuple(_read_reason(reason) for reason in reasons or ())


def _read_reason(reason: Json) -> LeadReason:
    version = reason.get("version")
    return LeadReason(
        rule=str(reason["rule"]),
        version=None if version is None else str(version),
        text=str(reason.get("text") or ""),
        where=tuple(_read_frame_place(place) for place in reason.get("where") or ()),
        element=_join_words(reason.get("element")),
        dataset=cite_dataset(reason.get("dataset")),
    )


def _read_frame_place(place: Json) -> FramePlace:
    return FramePlace(str(place["exhibit"]), place.get("member") or None, int(place["byte_offset"]))


def cite_dataset(citation: object) -> str | None:
    """Return the citation of a data set: a text unchanged, or an object's name and date."""
    if isinstance(citation, Mapping):
        dated = citation.get("date") or citation.get("dated")
        return format_dated_text(f"{citation.get('name')} of {dated}" if dated else str(citation.get("name")))
    return None if citation is None else format_dated_text(str(citation))


def _join_words(text: object) -> str | None:
    """A text, or several in one."""
    if isinstance(text, list | tuple):
        return "; ".join(map(str, text)) or None
    return None if text is None else str(text)


def _parse_instant(value: object) -> datetime | None:
    """An instant of RFC 3339, or the beginning of a bare date, in UTC."""
    if value is None:
        return None
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
