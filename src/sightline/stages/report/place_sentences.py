"""Sentences about an address's place, its network, and whether it was a relay, each with its data sets."""

from __future__ import annotations

from collections.abc import Iterable

from sightline.model import Ceiling
from sightline.stages.report import tiles, words
from sightline.stages.report.lead import Answer, Lead, Network, Place, Relay
from sightline.stages.report.printable import join_list, printable
from sightline.stages.report.words import sentence

_NOBODY = {Ceiling.RELAY: "relay", Ceiling.AUTOMATED: "machine", Ceiling.STATISTICS: "machine"}
"""Ceilings at which the place is not the visitor's, and whose it is."""


def place(lead: Lead) -> Iterable[str]:
    """Return the sentence about the place: the named state, or that it is undetermined, and by which data sets."""
    found, nobody = lead.place, _NOBODY.get(lead.ceiling)
    if nobody is not None:
        yield sentence(f"place_says.{nobody}" if found.is_named else f"place_says.{nobody}_nowhere")
    elif lead.ceiling is Ceiling.TIME_UNPROVEN:
        yield sentence("place_says.unproven")
    if found.is_named:
        yield from _named_place_sentences(found)
    elif nobody is None:
        yield from _undetermined(found)
    if found.circle and lead.network.line == "mobile":
        yield sentence("place_says.circle", circle=printable(found.circle))


def _named_place_sentences(found: Place) -> Iterable[str]:
    state = state_of(found.state)
    if found.verdict == "resolved":
        yield sentence("place_says.resolved", state=state)
    else:
        by = join_list([printable(one) for one in found.datasets]) or "data sets"
        yield sentence("place_says.agreed", state=state, datasets=by, radius=_radius(found.radius_km))
    if found.district:
        key = "resolved_district" if found.verdict == "resolved" else "district"
        yield sentence(f"place_says.{key}", district=printable(found.district))
    elif found.verdict != "resolved":
        yield sentence("place_says.no_district")


def _undetermined(found: Place) -> Iterable[str]:
    yield sentence("place_says.undetermined", why=explain_missing_state(found.why))
    if found.country:
        yield sentence("place_says.country", country=country_of(found.country))
    yield from (_answer(one) for one in found.answers)


def explain_missing_state(code: str | None) -> str:
    """Return why no state is named. A code without words is returned unchanged."""
    return words.place_why(code or "unstated") or printable(code or "")


def _answer(one: Answer) -> str:
    parts = [printable(one.district)] if one.district else []
    parts += [state_of(one.state)] if one.state else [country_of(one.country)] if one.country else ["nothing"]
    return (
        sentence(
            "place_says.answer",
            dataset=printable(one.dataset),
            answer=", ".join(parts),
            radius=_radius(one.radius_km),
        )
        + "."
    )


def _radius(radius_km: float | None) -> str:
    return "" if radius_km is None else f", within {radius_km:,.0f} km"


def state_of(code: str | None) -> str:
    """Return the name of a state's code."""
    return printable(tiles.state_name(code or ""))


def country_of(code: str) -> str:
    """Return the name of the map's own country, or the code of another one."""
    home = tiles.country()
    return home.name if code == home.code else printable(code)


def network(found: Network) -> str:
    """Return the sentence about the network's owner and the kind of line."""
    if found.isp is None and found.asn is None:
        return sentence("network_says.unknown")
    line = (
        f", {sentence(f'network_says.{found.line}')}"
        if found.line in {"fixed", "mobile", "business", "hosting"}
        else ""
    )
    asn = "" if found.asn is None else f" (AS{found.asn})" if found.isp else f"AS{found.asn}"
    by = sentence("network_says.by", dataset=printable(found.dataset)) if found.dataset else ""
    return sentence("network_says.known", isp=printable(found.isp or ""), asn=asn, line=line, dataset=by)


KINDS = {
    "tor": "a Tor exit",
    "vpn": "a VPN's address",
    "hosting": "a hosting address",
    "proxy": "a proxy's address",
    "private": "a private relay of many people",
    "cdn": "a content network, which fetches pages for many people",
}


def relay(found: Relay) -> str:
    """Return whether it was a relay then: yes, no, or unknown, with list and date."""
    by = ", ".join(filter(None, (found.dataset and printable(found.dataset), _dated(found))))
    if found.verdict == "unknown":
        return sentence("relay_says.unknown", dataset=sentence("relay_says.nearest", dataset=by) if by else "")
    kind = KINDS.get(found.kind or "", printable(found.kind or "a relay"))
    return sentence(f"relay_says.{found.verdict}", kind=kind, dataset=f" ({by})" if by else "")


def _dated(found: Relay) -> str:
    """The date of the list, unless its name says it already."""
    if not found.dataset_date or (found.dataset and found.dataset_date.partition(",")[0] in found.dataset):
        return ""
    return f"{'snapshot' if found.dataset else 'a list'} of {printable(found.dataset_date)}"
