"""Read one lead from the JSON of `leads list --json`. Missing values are None, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sightline.model import Ceiling
from sightline.stages.report.printable import dated_text

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of a frame."""

    exhibit: str
    member: str | None
    byte_offset: int


@dataclass(frozen=True, slots=True)
class Reason:
    """What a rule found, in words, and where. `element` is the element of the offence that it may relate to."""

    rule: str
    version: str | None
    text: str
    where: tuple[Spot, ...] = ()
    element: str | None = None
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One data set's answer about the place."""

    dataset: str
    country: str | None
    state: str | None
    district: str | None
    radius_km: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """The line's place from data sets or the ISP's reply. `verdict`: agreed, resolved or undetermined."""

    verdict: str = "undetermined"
    country: str | None = None
    state: str | None = None
    circle: str | None = None
    district: str | None = None
    radius_km: float | None = None
    datasets: tuple[str, ...] = ()
    why: str | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def is_named(self) -> bool:
        """Return whether a state is named."""
        return self.verdict != "undetermined" and self.state is not None


@dataclass(frozen=True, slots=True)
class Network:
    """The owner of the network, and the kind of line."""

    asn: int | None = None
    isp: str | None = None
    line: str | None = None
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Relay:
    """Whether the address was a relay at the time of the visit: yes, no, or unknown with the nearest date."""

    verdict: str = "unknown"
    kind: str | None = None
    dataset: str | None = None
    dataset_date: str | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
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
    indicators: tuple[Indicator, ...]
    ceiling: Ceiling
    candidates: int | None
    place: Place
    network: Network
    relay: Relay
    reasons_for: tuple[Reason, ...]
    reasons_against: tuple[Reason, ...]
    reasons_ceiling: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    joined_by: str | None
    priority: str
    priority_why: str | None
    keep_until: datetime | None


def read(told: Json) -> Lead:
    """Parse the lead in a line of JSON."""
    return Lead(
        lead_id=str(told["lead_id"]),
        source_ip=told.get("source_ip"),
        source_port=told.get("source_port"),
        first_seen=_instant(told.get("first_seen")),
        last_seen=_instant(told.get("last_seen")),
        earliest=_instant(told.get("earliest")),
        latest=_instant(told.get("latest")),
        uncertainty_s=told.get("uncertainty_s"),
        visits=int(told.get("visits") or 0),
        hits=int(told.get("hits") or 0),
        sessions=int(told.get("sessions") or 1),
        indicators=tuple(_indicator(one) for one in told.get("indicators") or ()),
        ceiling=Ceiling(told["ceiling"]),
        candidates=told.get("candidates"),
        place=_place(told.get("place") or {}),
        network=_network(told.get("network") or {}),
        relay=_relay(told.get("relay") or {}),
        reasons_for=_reasons(told.get("reasons_for")),
        reasons_against=_reasons(told.get("reasons_against")),
        reasons_ceiling=_reasons(told.get("reasons_ceiling")),
        notes=_reasons(told.get("notes")),
        joined_by=told.get("joined_by"),
        priority=str(told.get("priority") or "low"),
        priority_why=_words(told.get("priority_why")),
        keep_until=_instant(told.get("keep_until")),
    )


def _indicator(told: Json) -> Indicator:
    return Indicator(str(told["indicator_id"]), told.get("kind"), told.get("count"))


def _place(told: Json) -> Place:
    return Place(
        verdict=str(told.get("verdict") or "undetermined"),
        country=told.get("country"),
        state=told.get("state"),
        circle=told.get("circle"),
        district=told.get("district"),
        radius_km=told.get("radius_km"),
        datasets=tuple(filter(None, (cite_dataset(one) for one in told.get("datasets") or ()))),
        why=_words(told.get("why")),
        answers=tuple(_answer(one) for one in told.get("answers") or ()),
    )


def _answer(told: Json) -> Answer:
    where = (told.get("country"), told.get("state"), told.get("district"))
    return Answer(cite_dataset(told.get("dataset")) or "a data set", *where, told.get("radius_km"))


def _network(told: Json) -> Network:
    return Network(told.get("asn"), told.get("isp"), told.get("line"), cite_dataset(told.get("dataset")))


def _relay(told: Json) -> Relay:
    verdict = str(told.get("verdict") or "unknown")
    dated = told.get("dataset_date")
    return Relay(verdict, told.get("kind"), cite_dataset(told.get("dataset")), dated and dated_text(str(dated)))


def _reasons(told: Iterable[Json] | None) -> tuple[Reason, ...]:
    return tuple(_reason(one) for one in told or ())


def _reason(told: Json) -> Reason:
    version = told.get("version")
    return Reason(
        rule=str(told["rule"]),
        version=None if version is None else str(version),
        text=str(told.get("text") or ""),
        where=tuple(_spot(one) for one in told.get("where") or ()),
        element=_words(told.get("element")),
        dataset=cite_dataset(told.get("dataset")),
    )


def _spot(told: Json) -> Spot:
    return Spot(str(told["exhibit"]), told.get("member") or None, int(told["byte_offset"]))


def cite_dataset(told: object) -> str | None:
    """Return the citation of a data set: a text unchanged, or an object's name and date."""
    if isinstance(told, Mapping):
        dated = told.get("date") or told.get("dated")
        return dated_text(f"{told.get('name')} of {dated}" if dated else str(told.get("name")))
    return None if told is None else dated_text(str(told))


def _words(told: object) -> str | None:
    """A text, or several in one."""
    if isinstance(told, list | tuple):
        return "; ".join(map(str, told)) or None
    return None if told is None else str(told)


def _instant(told: object) -> datetime | None:
    """An instant of RFC 3339, or the beginning of a bare date, in UTC."""
    if told is None:
        return None
    at = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
