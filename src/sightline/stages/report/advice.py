"""Recommend the next steps for a lead by ceiling. No step asks for more than the evidence supports."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sightline.counts import count_noun
from sightline.model import Ceiling
from sightline.stages.report.lead import Lead
from sightline.stages.report.printable import (
    IST,
    day,
    format_period,
    length,
    mask_lines,
    printable,
    span,
    widen_period,
)
from sightline.stages.report.report_facts import LeadReport
from sightline.stages.report.retention import SOON_DAYS, days_left, is_inside
from sightline.stages.report.words import sentence

CAP = 20
"""Above this number of candidates no request is made (`attribution.md`, Narrowing)."""


def steps(lead: Lead, report: LeadReport) -> Iterable[str]:
    """Return the steps, in order."""
    if lead.priority == "urgent":
        yield sentence("step.urgent")
    yield from _STEPS[lead.ceiling](lead, report)


def _subscriber(lead: Lead, report: LeadReport) -> Iterable[str]:
    yield _preserve(lead, report)
    asked = {"isp": _isp(lead), "address": _address(lead, report), "port": _port(lead, report)}
    if lead.sessions > 1:
        yield sentence("step.ask_each", **asked, **_each(lead))
    else:
        yield sentence("step.ask_line", **asked, window=_window(lead))
    yield sentence("step.check")
    yield sentence("step.second")


def _shared(lead: Lead, report: LeadReport) -> Iterable[str]:
    if is_inside(lead):
        yield sentence("step.inside", window=_window(lead))
        yield sentence("step.no_bare_ask")
        return
    yield _preserve(lead, report)
    if "relay-at-other-time" in _rules(lead):
        yield sentence("step.relay_then")
        yield sentence("step.no_ask")
    if lead.source_port is None:
        yield sentence("step.ask_port")
        if lead.sessions > 1:
            yield sentence("step.ask_destination_each", isp=_isp(lead), **_each(lead))
        else:
            yield sentence("step.ask_destination", isp=_isp(lead), window=_window(lead))
        yield sentence("step.no_bare_ask")
        many = lead.candidates is not None and lead.candidates > CAP
        yield sentence("step.over_cap", candidates=f"{lead.candidates:,}") if many else sentence("step.cap")


def _connection(lead: Lead, report: LeadReport) -> Iterable[str]:
    yield sentence("step.page")
    yield sentence("step.hosting_shared")
    yield sentence("step.inside", window=_window(lead)) if is_inside(lead) else _preserve(lead, report)
    yield sentence("step.no_ask")


def _resolution(_lead: Lead, _report: LeadReport) -> Iterable[str]:
    yield sentence("step.visits_after")
    yield sentence("step.behind_resolver")
    yield sentence("step.no_ask")


def _time(lead: Lead, _report: LeadReport) -> Iterable[str]:
    if is_zone_unproven(lead):
        yield sentence("step.zone")
    if "clock-backwards" in _rules(lead):
        yield sentence("step.clock")
    yield sentence("step.rebuild")
    yield sentence("step.no_ask")


def is_zone_unproven(lead: Lead) -> bool:
    """Return whether the zone is unproven. Otherwise the clock is unreliable."""
    return "zone-unproven" in _rules(lead) or "clock-backwards" not in _rules(lead)


def _rules(lead: Lead) -> set[str]:
    """The rules that set the ceiling."""
    return {reason.rule for reason in lead.reasons_ceiling}


def _relay(lead: Lead, _report: LeadReport) -> Iterable[str]:
    if "loopback-address" in _rules(lead):
        yield sentence("step.loopback")
        yield sentence("step.account")
        return
    yield sentence("step.tor") if lead.relay.kind == "tor" else sentence("step.provider")
    yield sentence("step.account")
    yield sentence("step.relay_source")


def _automated(lead: Lead, _report: LeadReport) -> Iterable[str]:
    yield sentence("step.prefetch") if "prefetch" in _rules(lead) else sentence("step.machine")


def _statistics(_lead: Lead, _report: LeadReport) -> Iterable[str]:
    yield sentence("step.nothing")


_STEPS: dict[Ceiling, Callable[[Lead, LeadReport], Iterable[str]]] = {
    Ceiling.SUBSCRIBER: _subscriber,
    Ceiling.SHARED: _shared,
    Ceiling.CONNECTION_ONLY: _connection,
    Ceiling.RESOLUTION_ONLY: _resolution,
    Ceiling.TIME_UNPROVEN: _time,
    Ceiling.RELAY: _relay,
    Ceiling.AUTOMATED: _automated,
    Ceiling.STATISTICS: _statistics,
}


def _isp(lead: Lead) -> str:
    return printable(lead.network.isp) if lead.network.isp else "the ISP that held the address"


def _address(lead: Lead, report: LeadReport) -> str:
    if lead.source_ip is None:
        return "the address"
    return printable(lead.source_ip) if report.is_open else mask_lines(lead.source_ip)


def _port(lead: Lead, report: LeadReport) -> str:
    if lead.source_port is None:
        return ""
    return f", port {lead.source_port}" if report.is_open else " and its source port"


def _window(lead: Lead) -> str:
    """From when to when to ask, in both zones: when the visits may have been, and no second more."""
    if lead.first_seen is None or lead.last_seen is None:
        return "the time of the visits"
    if lead.earliest is not None and lead.latest is not None:
        first, last = widen_period(lead.earliest, lead.latest, 0)
    else:
        first, last = widen_period(lead.first_seen, lead.last_seen, lead.uncertainty_s or 1)
    return f"{format_period(first, last)} ({span(first, last, IST)})"


def _preserve(lead: Lead, report: LeadReport) -> str:
    days = days_left(lead, report.made_at)
    if days is None or lead.keep_until is None:
        return sentence("step.preserve_unknown", isp=_isp(lead))
    date = day(lead.keep_until)
    if days < 0:
        return sentence("step.preserve_late", isp=_isp(lead), date=date)
    return sentence("step.preserve", isp=_isp(lead), date=date, soon=_soon(days))


def _soon(days: int) -> str:
    return "today" if days <= 14 else "this month" if days <= SOON_DAYS else "in time"


def _each(lead: Lead) -> dict[str, str]:
    """How many sessions, and how much wider each is asked for."""
    return {"sessions": count_noun(lead.sessions, "session"), "wider": length(lead.uncertainty_s or 1)}
