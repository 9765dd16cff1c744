"""Recommend the next steps for a lead by ceiling. No step asks for more than the evidence supports."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sightline.message_text import count_noun
from sightline.model import Ceiling
from sightline.stages.report.lead import Lead
from sightline.stages.report.printable import (
    IST,
    format_day,
    format_length,
    format_period,
    format_span,
    make_printable,
    mask_lines,
    widen_period,
)
from sightline.stages.report.report_facts import LeadReport
from sightline.stages.report.retention import SOON_DAYS, count_days_left, is_inside
from sightline.stages.report.words import find_sentence

CAP = 20
"""Above this number of candidates no request is made (`attribution.md`, Narrowing)."""


def list_steps(lead: Lead, report: LeadReport) -> Iterable[str]:
    """Return the steps, in order."""
    if lead.priority == "urgent":
        yield find_sentence("step.urgent")
    yield from _STEPS[lead.ceiling](lead, report)


def _advise_subscriber(lead: Lead, report: LeadReport) -> Iterable[str]:
    yield _advise_preservation(lead, report)
    asked = {"isp": _name_isp(lead), "address": _describe_address(lead, report), "port": _describe_port(lead, report)}
    if lead.sessions > 1:
        yield find_sentence("step.ask_each", **asked, **_describe_each(lead))
    else:
        yield find_sentence("step.ask_line", **asked, window=_format_window(lead))
    yield find_sentence("step.check")
    yield find_sentence("step.second")


def _advise_shared(lead: Lead, report: LeadReport) -> Iterable[str]:
    if is_inside(lead):
        yield find_sentence("step.inside", window=_format_window(lead))
        yield find_sentence("step.no_bare_ask")
        return
    yield _advise_preservation(lead, report)
    if "relay-at-other-time" in _list_rules(lead):
        yield find_sentence("step.relay_then")
        yield find_sentence("step.no_ask")
    if lead.source_port is None:
        yield find_sentence("step.ask_port")
        if lead.sessions > 1:
            yield find_sentence("step.ask_destination_each", isp=_name_isp(lead), **_describe_each(lead))
        else:
            yield find_sentence("step.ask_destination", isp=_name_isp(lead), window=_format_window(lead))
        yield find_sentence("step.no_bare_ask")
        many = lead.candidates is not None and lead.candidates > CAP
        yield find_sentence("step.over_cap", candidates=f"{lead.candidates:,}") if many else find_sentence("step.cap")


def _advise_connection(lead: Lead, report: LeadReport) -> Iterable[str]:
    yield find_sentence("step.page")
    yield find_sentence("step.hosting_shared")
    yield (
        find_sentence("step.inside", window=_format_window(lead))
        if is_inside(lead)
        else _advise_preservation(lead, report)
    )
    yield find_sentence("step.no_ask")


def _advise_resolution(_lead: Lead, _report: LeadReport) -> Iterable[str]:
    yield find_sentence("step.visits_after")
    yield find_sentence("step.behind_resolver")
    yield find_sentence("step.no_ask")


def _advise_time(lead: Lead, _report: LeadReport) -> Iterable[str]:
    if is_zone_unproven(lead):
        yield find_sentence("step.zone")
    if "clock-backwards" in _list_rules(lead):
        yield find_sentence("step.clock")
    yield find_sentence("step.rebuild")
    yield find_sentence("step.no_ask")


def is_zone_unproven(lead: Lead) -> bool:
    """Return whether the zone is unproven. Otherwise the clock is unreliable."""
    return "zone-unproven" in _list_rules(lead) or "clock-backwards" not in _list_rules(lead)


def _list_rules(lead: Lead) -> set[str]:
    """The rules that set the ceiling."""
    return {reason.rule for reason in lead.reasons_ceiling}


def _advise_relay(lead: Lead, _report: LeadReport) -> Iterable[str]:
    if "loopback-address" in _list_rules(lead):
        yield find_sentence("step.loopback")
        yield find_sentence("step.account")
        return
    yield find_sentence("step.tor") if lead.relay.kind == "tor" else find_sentence("step.provider")
    yield find_sentence("step.account")
    yield find_sentence("step.relay_source")


def _advise_automated(lead: Lead, _report: LeadReport) -> Iterable[str]:
    yield find_sentence("step.prefetch") if "prefetch" in _list_rules(lead) else find_sentence("step.machine")


def _advise_statistics(_lead: Lead, _report: LeadReport) -> Iterable[str]:
    yield find_sentence("step.nothing")


_STEPS: dict[Ceiling, Callable[[Lead, LeadReport], Iterable[str]]] = {
    Ceiling.SUBSCRIBER: _advise_subscriber,
    Ceiling.SHARED: _advise_shared,
    Ceiling.CONNECTION_ONLY: _advise_connection,
    Ceiling.RESOLUTION_ONLY: _advise_resolution,
    Ceiling.TIME_UNPROVEN: _advise_time,
    Ceiling.RELAY: _advise_relay,
    Ceiling.AUTOMATED: _advise_automated,
    Ceiling.STATISTICS: _advise_statistics,
}


def _name_isp(lead: Lead) -> str:
    return make_printable(lead.network.isp) if lead.network.isp else "the ISP that held the address"


def _describe_address(lead: Lead, report: LeadReport) -> str:
    if lead.source_ip is None:
        return "the address"
    return make_printable(lead.source_ip) if report.is_open else mask_lines(lead.source_ip)


def _describe_port(lead: Lead, report: LeadReport) -> str:
    if lead.source_port is None:
        return ""
    return f", port {lead.source_port}" if report.is_open else " and its source port"


def _format_window(lead: Lead) -> str:
    """From when to when to ask, in both zones: when the visits may have been, and no second more."""
    if lead.first_seen is None or lead.last_seen is None:
        return "the time of the visits"
    if lead.earliest is not None and lead.latest is not None:
        first, last = widen_period(lead.earliest, lead.latest, 0)
    else:
        first, last = widen_period(lead.first_seen, lead.last_seen, lead.uncertainty_s or 1)
    return f"{format_period(first, last)} ({format_span(first, last, IST)})"


def _advise_preservation(lead: Lead, report: LeadReport) -> str:
    days = count_days_left(lead, report.made_at)
    if days is None or lead.keep_until is None:
        return find_sentence("step.preserve_unknown", isp=_name_isp(lead))
    date = format_day(lead.keep_until)
    if days < 0:
        return find_sentence("step.preserve_late", isp=_name_isp(lead), date=date)
    return find_sentence("step.preserve", isp=_name_isp(lead), date=date, soon=_describe_urgency(days))


def _describe_urgency(days: int) -> str:
    return "today" if days <= 14 else "this month" if days <= SOON_DAYS else "in time"


def _describe_each(lead: Lead) -> dict[str, str]:
    """Return how many sessions, and how much wider each is asked for."""
    return {"sessions": count_noun(lead.sessions, "session"), "wider": format_length(lead.uncertainty_s or 1)}
