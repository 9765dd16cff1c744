"""Sentences about an address's place, its network, and whether it was a relay, each with its data sets."""

from __future__ import annotations

from collections.abc import Iterable

from sightline.model import Ceiling
from sightline.stages.report import tiles, words
from sightline.stages.report.lead import DataSetAnswer, Lead, LeadNetwork, LeadPlace, Relay
from sightline.stages.report.printable import join_list, make_printable
from sightline.stages.report.words import find_sentence

_NOBODY = {Ceiling.RELAY: "relay", Ceiling.AUTOMATED: "machine", Ceiling.STATISTICS: "machine"}
"""Ceilings at which the place is not the visitor's, and whose it is."""


def describe_place(lead: Lead) -> Iterable[str]:
    """Return the sentence about the place: the named state, or that it is undetermined, and by which data sets."""
    place_facts, nobody = lead.place, _NOBODY.get(lead.ceiling)
    if nobody is not None:
        yield find_sentence(f"place_says.{nobody}" if place_facts.is_named else f"place_says.{nobody}_nowhere")
    elif lead.ceiling is Ceiling.TIME_UNPROVEN:
        yield find_sentence("place_says.unproven")
    if place_facts.is_named:
        yield from _list_named_place_sentences(place_facts)
    elif nobody is None:
        yield from _explain_undetermined(place_facts)
    if place_facts.circle and lead.network.line == "mobile":
        yield find_sentence("place_says.circle", circle=make_printable(place_facts.circle))


def _list_named_place_sentences(place_facts: LeadPlace) -> Iterable[str]:
    state = name_state(place_facts.state)
    if place_facts.verdict == "resolved":
        yield find_sentence("place_says.resolved", state=state)
    else:
        by = join_list([make_printable(dataset) for dataset in place_facts.datasets]) or "data sets"
        yield find_sentence("place_says.agreed", state=state, datasets=by, radius=_format_radius(place_facts.radius_km))
    if place_facts.district:
        key = "resolved_district" if place_facts.verdict == "resolved" else "district"
        yield find_sentence(f"place_says.{key}", district=make_printable(place_facts.district))
    elif place_facts.verdict != "resolved":
        yield find_sentence("place_says.no_district")


def _explain_undetermined(place_facts: LeadPlace) -> Iterable[str]:
    yield find_sentence("place_says.undetermined", why=explain_missing_state(place_facts.why))
    if place_facts.country:
        yield find_sentence("place_says.country", country=name_country(place_facts.country))
    yield from (_describe_answer(answer) for answer in place_facts.answers)


def explain_missing_state(code: str | None) -> str:
    """Return why no state is named. A code without words is returned unchanged."""
    return words.explain_place(code or "unstated") or make_printable(code or "")


def _describe_answer(answer: DataSetAnswer) -> str:
    parts = [make_printable(answer.district)] if answer.district else []
    parts += (
        [name_state(answer.state)]
        if answer.state
        else [name_country(answer.country)]
        if answer.country
        else ["nothing"]
    )
    return (
        find_sentence(
            "place_says.answer",
            dataset=make_printable(answer.dataset),
            answer=", ".join(parts),
            radius=_format_radius(answer.radius_km),
        )
        + "."
    )


def _format_radius(radius_km: float | None) -> str:
    return "" if radius_km is None else f", within {radius_km:,.0f} km"


def name_state(code: str | None) -> str:
    """Return the name of a state's code."""
    return make_printable(tiles.name_state(code or ""))


def name_country(code: str) -> str:
    """Return the name of the map's own country, or the code of another one."""
    home = tiles.load_country()
    return home.name if code == home.code else make_printable(code)


def describe_network(network_facts: LeadNetwork) -> str:
    """Return the sentence about the network's owner and the kind of line."""
    if network_facts.isp is None and network_facts.asn is None:
        return find_sentence("network_says.unknown")
    line = (
        f", {find_sentence(f'network_says.{network_facts.line}')}"
        if network_facts.line in {"fixed", "mobile", "business", "hosting"}
        else ""
    )
    asn = (
        ""
        if network_facts.asn is None
        else f" (AS{network_facts.asn})"
        if network_facts.isp
        else f"AS{network_facts.asn}"
    )
    by = (
        find_sentence("network_says.by", dataset=make_printable(network_facts.dataset)) if network_facts.dataset else ""
    )
    return find_sentence(
        "network_says.known", isp=make_printable(network_facts.isp or ""), asn=asn, line=line, dataset=by
    )


KINDS = {
    "tor": "a Tor exit",
    "vpn": "a VPN's address",
    "hosting": "a hosting address",
    "proxy": "a proxy's address",
    "private": "a private relay of many people",
    "cdn": "a content network, which fetches pages for many people",
}


def describe_relay(relay_facts: Relay) -> str:
    """Return whether it was a relay then: yes, no, or unknown, with list and date."""
    by = ", ".join(
        filter(None, (relay_facts.dataset and make_printable(relay_facts.dataset), _format_list_date(relay_facts)))
    )
    if relay_facts.verdict == "unknown":
        return find_sentence(
            "relay_says.unknown", dataset=find_sentence("relay_says.nearest", dataset=by) if by else ""
        )
    kind = KINDS.get(relay_facts.kind or "", make_printable(relay_facts.kind or "a relay"))
    return find_sentence(f"relay_says.{relay_facts.verdict}", kind=kind, dataset=f" ({by})" if by else "")


def _format_list_date(relay_facts: Relay) -> str:
    """The date of the list, unless its name says it already."""
    if not relay_facts.dataset_date or (
        relay_facts.dataset and relay_facts.dataset_date.partition(",")[0] in relay_facts.dataset
    ):
        return ""
    return f"{'snapshot' if relay_facts.dataset else 'a list'} of {make_printable(relay_facts.dataset_date)}"
