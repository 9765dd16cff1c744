"""The account of one lead in words, part by part: what the lead sheet says and what a card on the page shows.

Addresses stand in it as `Report` allows; sentences are those of `wording.en.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sightline.stages.report import words
from sightline.stages.report.advice import steps
from sightline.stages.report.facts import Report
from sightline.stages.report.keeping import keeping
from sightline.stages.report.lead import Lead, Reason, Spot
from sightline.stages.report.shown import IST, counted, length, listed, masked, plain, span
from sightline.stages.report.whereabouts import network, place, relay

MOST_SPOTS = 3
"""How many places of a reason are named; of the others it is said how many there are."""
MOST_SITES = 8
"""How many flagged sites are named by their ids."""
SHORT = 8
"""How many digits of a digest tell it apart for people."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A reason as it is shown: its words; what it may speak to, its rule, and where it saw it."""

    text: str
    cites: str


@dataclass(frozen=True, slots=True)
class Account:
    """What is said of a lead, in the order in which it is said."""

    title: str
    known: tuple[str, ...]
    sites: tuple[str, ...]
    carries: tuple[Stated, ...]
    place: tuple[str, ...]
    network: str
    relay: str
    reasons_for: tuple[Stated, ...]
    reasons_against: tuple[Stated, ...]
    not_proven: tuple[str, ...]
    steps: tuple[str, ...]
    keep: str


def account(lead: Lead, report: Report) -> Account:
    """The account of a lead."""
    told = words.ceiling(lead.ceiling)
    return Account(
        title=told.title,
        known=tuple(_known(lead, report)),
        sites=tuple(_sites(lead)),
        carries=tuple(_stated(one, report) for one in lead.reasons_ceiling),
        place=tuple(place(lead)),
        network=network(lead.network),
        relay=relay(lead.relay),
        reasons_for=tuple(_stated(one, report) for one in lead.reasons_for),
        reasons_against=tuple(_stated(one, report) for one in lead.reasons_against),
        not_proven=(*told.not_proven, *words.never_proven()),
        steps=tuple(steps(lead, report)),
        keep=keeping(lead, report.made_at),
    )


def _known(lead: Lead, report: Report) -> Iterable[str]:
    sites = counted(len(lead.indicators), "flagged site")
    did = words.ceiling(lead.ceiling).seen.format(
        visits=counted(lead.visits, "visit"), visits_times=counted(lead.visits, "time"), sites=sites
    )
    yield f"{who(lead, report)} {did}."
    if lead.first_seen is not None and lead.last_seen is not None:
        both = {"utc": span(lead.first_seen, lead.last_seen), "ist": span(lead.first_seen, lead.last_seen, IST)}
        both["utc"] = both["utc"][0].upper() + both["utc"][1:]
        yield words.said("known.when", **both)
    if lead.uncertainty_s:
        yield words.said("known.uncertain", uncertainty=length(lead.uncertainty_s))
    else:
        yield words.said("known.exact")
    if lead.sessions > 1:
        yield words.said("known.joined", sessions=counted(lead.sessions, "session"), lead=lead.lead_id[:SHORT])
    else:
        yield words.said("known.one_session")


def who(lead: Lead, report: Report) -> str:
    """The address with its port, masked unless the report is open: never a person."""
    if lead.source_ip is None:
        return words.said("known.no_address")
    if report.is_open:
        name = words.said("known.address", address=plain(lead.source_ip))
    else:
        name = words.said("known.address_masked", address=masked(lead.source_ip))
    return f"{name}, {_port(lead, report)},"


def _port(lead: Lead, report: Report) -> str:
    if lead.source_port is None:
        return words.said("known.no_port")
    return words.said("known.port", port=lead.source_port) if report.is_open else words.said("known.port_masked")


def _sites(lead: Lead) -> Iterable[str]:
    """The flagged sites by id, most hits first; their names stand nowhere."""
    ordered = sorted(lead.indicators, key=lambda one: (-one.count, one.indicator_id))
    for one in ordered[:MOST_SITES]:
        yield f"{plain(one.kind or 'site')} {plain(one.indicator_id[:SHORT])}, {counted(one.count, 'hit')}"
    if len(ordered) > MOST_SITES:
        yield f"and {len(ordered) - MOST_SITES:,} more"


def _stated(one: Reason, report: Report) -> Stated:
    version = f", version {plain(one.version)}" if one.version is not None else ""
    parts = [f"rule {plain(one.rule)}{version}"]
    parts += [f"may speak to {plain(one.element)}"] if one.element else []
    parts += [f"by {plain(one.dataset)}"] if one.dataset else []
    parts += [listed([_at(spot, report) for spot in one.where[:MOST_SPOTS]] + _more(one.where))] if one.where else []
    return Stated(plain(one.text), "; ".join(parts))


def _more(where: tuple[Spot, ...]) -> list[str]:
    return [f"{len(where) - MOST_SPOTS:,} more places"] if len(where) > MOST_SPOTS else []


def _at(spot: Spot, report: Report) -> str:
    """`access.log (exhibit 4cedfc69) at byte 231,220,914`."""
    exhibit = report.exhibit(spot.exhibit)
    name = spot.member or exhibit.name
    digest = f"exhibit {plain(exhibit.sha256[:SHORT])}"
    return f"{f'{plain(name)} ({digest})' if name else digest} at byte {spot.byte_offset:,}"
