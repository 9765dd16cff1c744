"""Describe one lead in words, part by part, for the lead sheet and for a card on the page.

`LeadReport` decides whether it contains whole addresses. Its sentences are those of `wording.en.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sightline.message_text import MAX_NAME_CHARS, count_noun, format_message_text
from sightline.model import Ceiling, FramePlace, IndicatorKind
from sightline.stages.report import words
from sightline.stages.report.address_masks import collect_addresses, mask_text
from sightline.stages.report.advice import is_zone_unproven, list_steps
from sightline.stages.report.lead import Lead, LeadReason
from sightline.stages.report.place_sentences import describe_network, describe_place, describe_relay
from sightline.stages.report.printable import (
    IST,
    capitalise,
    format_length,
    format_period,
    format_span,
    make_printable,
    mask_lines,
)
from sightline.stages.report.report_facts import LeadReport
from sightline.stages.report.retention import format_retention_sentence

MOST_PLACES = 3
"""The maximum number of places listed for a reason. The number of others is added."""
MOST_SITES = 8
"""The maximum number of flagged sites listed by id."""
JOINED_BY = ("account", "assignment")
"""The reasons for joining sessions, for which there are words."""
BEARING = ("port-seen", "not-shared")
"""The rules behind the highest ceiling, which no rule sets."""
SENT, LOGIN = {"upload", "post", "reported-upload"}, {"login", "deep-pages"}
"""Rules that put a lead into the band `high` if any or all of them apply (ADR 17)."""
SHORT = 8
"""The number of digits with which people distinguish digests."""


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason for display: its words, its element, its rule, and where it applied."""

    text: str
    cites: str


@dataclass(frozen=True, slots=True)
class LeadAccount:
    """The description of a lead, in order. `sites_are`: what the ids in `sites` are."""

    title: str
    because: str
    known: tuple[str, ...]
    sites_are: str
    sites: tuple[str, ...]
    sessions: tuple[str, ...]
    carries: tuple[ReasonLine, ...]
    place: tuple[str, ...]
    network: str
    relay: str
    reasons_for: tuple[ReasonLine, ...]
    reasons_against: tuple[ReasonLine, ...]
    notes: tuple[ReasonLine, ...]
    not_proven: tuple[str, ...]
    steps: tuple[str, ...]
    keep: str


def build_account(lead: Lead, report: LeadReport, sessions: Sequence[Lead] = ()) -> LeadAccount:
    """Return the account of a lead. `sessions` are those that it joins."""
    is_one_line = lead.ceiling is Ceiling.SUBSCRIBER
    bearing = [reason for reason in lead.notes if is_one_line and reason.rule in BEARING]
    sentence, phrase = report.translator.translate_sentence, report.translator.translate_phrase
    return LeadAccount(
        title=phrase(describe_ceiling(lead)),
        because=phrase(mask_hidden(explain_band(lead), lead, report)),
        known=tuple(map(sentence, _list_known_sentences(lead, report))),
        sites_are=sentence(words.find_sentence("known.reports" if is_of_tips(lead) else "known.flagged")),
        sites=tuple(_list_sites(lead, report)),
        sessions=tuple(_describe_session(session, report) for session in sessions),
        carries=_build_reason_lines([*lead.reasons_ceiling, *bearing], lead, report),
        place=tuple(sentence(mask_hidden(text, lead, report)) for text in describe_place(lead)),
        network=sentence(mask_hidden(describe_network(lead.network), lead, report)),
        relay=sentence(mask_hidden(describe_relay(lead.relay), lead, report)),
        reasons_for=_build_reason_lines(lead.reasons_for, lead, report),
        reasons_against=_build_reason_lines(lead.reasons_against, lead, report),
        notes=_build_reason_lines([reason for reason in lead.notes if reason not in bearing], lead, report),
        not_proven=tuple(map(sentence, (*words.describe_ceiling(lead.ceiling).not_proven, *words.list_never_proven()))),
        steps=tuple(map(sentence, list_steps(lead, report))),
        keep=sentence(format_retention_sentence(lead, report.made_at)),
    )


def explain_band(lead: Lead) -> str:
    """Return why a lead is in its band, in words. The lowest band needs no reason."""
    rules = {reason.rule for reason in lead.reasons_for}
    if lead.priority_why is not None:
        return make_printable(lead.priority_why)
    if lead.priority == "high" and rules & SENT:
        return words.find_sentence("because.sent")
    if lead.priority == "high" and rules >= LOGIN:
        return words.find_sentence("because.login")
    kinds = count_noun(len(rules), "kind of reason", "kinds of reason")
    keys = {"high": "because.kinds", "normal": "because.accident"}
    return words.find_sentence(keys[lead.priority], kinds=kinds) if lead.priority in keys else ""


def describe_ceiling(lead: Lead) -> str:
    """Return the lead's ceiling in words. For a shared address it includes how many share it, if that is known."""
    if lead.ceiling is Ceiling.SHARED and lead.candidates:
        return words.find_sentence("known.one_of", candidates=f"{lead.candidates:,}")
    return words.describe_ceiling(lead.ceiling).title


def _list_known_sentences(lead: Lead, report: LeadReport) -> Iterable[str]:
    yield f"{_format_masked_address(lead, report)} {_describe_records(lead)} {_describe_times(lead)}."
    if lead.uncertainty_s:
        yield words.find_sentence("known.uncertain", uncertainty=format_length(lead.uncertainty_s))
    elif lead.first_seen:
        yield words.find_sentence("known.exact")
    if lead.sessions > 1:
        by = words.find_sentence(f"known.joined_{lead.joined_by if lead.joined_by in JOINED_BY else 'other'}")
        yield words.find_sentence("known.joined", sessions=count_noun(lead.sessions, "session"), by=by)
    elif lead.visits > 1:
        yield words.find_sentence("known.one_session")


def is_of_tips(lead: Lead) -> bool:
    """Return whether reports alone state a lead: nobody flagged a site, and no log shows a visit."""
    return bool(lead.indicators) and all(indicator.kind == IndicatorKind.REPORT for indicator in lead.indicators)


def _describe_records(lead: Lead) -> str:
    """Return what the records show: visits to flagged sites, or connections that reports state."""
    count = len(lead.indicators)
    if is_of_tips(lead):
        noun, reports = count_noun(lead.visits, "connection"), count_noun(count, "report")
        return words.find_sentence("known.reported", connections=noun, reports=reports)
    sentences = words.describe_ceiling(lead.ceiling)
    visits = count_noun(lead.visits, sentences.noun)
    return sentences.seen.format(visits=visits, sites=count_noun(count, *words.name_sites()))


def _describe_times(lead: Lead) -> str:
    """Say when a lead was first and last seen, in UTC and in Indian time. A time that is not proven has one zone."""
    if lead.first_seen is None or lead.last_seen is None:
        return words.find_sentence("known.no_time")
    utc = format_period(lead.first_seen, lead.last_seen)
    if lead.ceiling is Ceiling.TIME_UNPROVEN:
        return words.find_sentence("known.unproven_zone" if is_zone_unproven(lead) else "known.unproven_clock", utc=utc)
    return words.find_sentence("known.when", utc=utc, ist=format_span(lead.first_seen, lead.last_seen, IST))


def _format_masked_address(lead: Lead, report: LeadReport) -> str:
    """Return the address with its port, masked unless the report is open. It is never a person."""
    name = _describe_address(lead, report)
    return f"{name}, {_describe_port(lead, report)}," if lead.source_ip is not None else name


def _describe_address(lead: Lead, report: LeadReport) -> str:
    if lead.source_ip is None:
        return words.find_sentence("known.no_address")
    if report.is_open:
        return words.find_sentence("known.address", address=make_printable(lead.source_ip))
    return words.find_sentence("known.address_masked", address=mask_lines(lead.source_ip))


def _describe_port(lead: Lead, report: LeadReport) -> str:
    if lead.source_port is None:
        return words.find_sentence("known.no_port")
    return (
        words.find_sentence("known.port", port=lead.source_port)
        if report.is_open
        else words.find_sentence("known.port_masked")
    )


def _list_sites(lead: Lead, report: LeadReport) -> Iterable[str]:
    """The flagged sites by id, most hits first; their names stand nowhere."""
    sentence, phrase = report.translator.translate_sentence, report.translator.translate_phrase
    ordered = sorted(lead.indicators, key=lambda indicator: (-(indicator.count or 0), indicator.indicator_id))
    for site in ordered[:MOST_SITES]:
        hits = "" if site.count is None else f", {phrase(count_noun(site.count, 'hit'))}"
        yield f"{sentence(make_printable(site.kind or 'site'))} {make_printable(site.indicator_id[:SHORT])}{hits}"
    if len(ordered) > MOST_SITES:
        yield phrase(f"and {len(ordered) - MOST_SITES:,} more")


def _describe_session(lead: Lead, report: LeadReport) -> str:
    """A session in a line: when, its own address and port, how much."""
    noun, phrase = words.describe_ceiling(lead.ceiling).noun, report.translator.translate_phrase
    address = phrase(_describe_address(lead, report))
    address += f", {phrase(_describe_port(lead, report))}," if lead.source_ip is not None else ""
    visits = phrase(count_noun(lead.visits, noun))
    return f"{phrase(_describe_times(lead))}: {address} {visits}; {phrase(describe_ceiling(lead))}"


def _build_reason_lines(reasons: Sequence[LeadReason], lead: Lead, report: LeadReport) -> tuple[ReasonLine, ...]:
    sentence = report.translator.translate_sentence
    texts = (capitalise(mask_hidden(make_printable(reason.text), lead, report)) for reason in reasons)
    return tuple(
        ReasonLine(sentence(text), _cite_sources(reason, report)) for text, reason in zip(texts, reasons, strict=True)
    )


def mask_hidden(text: str, lead: Lead, report: LeadReport) -> str:
    """Mask each address in a text unless the report is open, because rules and officers may name one."""
    return text if report.is_open else mask_text(text, collect_addresses([lead.source_ip]))


def _cite_sources(reason: LeadReason, report: LeadReport) -> str:
    """`rule upload, version 1; may speak to ...; by DATA SET of DATE; access.log (exhibit 4cedfc69) at byte 10`."""
    version = f", version {make_printable(reason.version)}" if reason.version is not None else ""
    parts = [f"rule {make_printable(reason.rule)}{version}"]
    parts += [f"may speak to {make_printable(reason.element)} (not shown by this)"] if reason.element else []
    parts += [f"by {make_printable(reason.dataset)}"] if reason.dataset else []
    return "; ".join(map(report.translator.translate_sentence, (*parts, *_list_places(reason.where, report))))


def _list_places(where: tuple[FramePlace, ...], report: LeadReport) -> Iterable[str]:
    """The first places, by file: `access.log (exhibit 4cedfc69) at bytes 10, 231 and 3 more`."""
    files = groupby(where[:MOST_PLACES], key=lambda frame: (frame.exhibit, frame.member))
    places = [_cite_place(*file, [f"{frame.byte_offset:,}" for frame in frames], report) for file, frames in files]
    more = len(where) - MOST_PLACES
    return [*places[:-1], f"{places[-1]}, and {count_noun(more, 'more place', 'more places')}"] if more > 0 else places


def _cite_place(exhibit: str, member: str | None, offsets: list[str], report: LeadReport) -> str:
    result = report.find_exhibit(exhibit)
    name, digest = member or result.name, f"exhibit {make_printable(result.sha256[:SHORT])}"
    at = f"at {'byte' if len(offsets) == 1 else 'bytes'} {'; '.join(offsets)}"
    return f"{f'{format_message_text(name, MAX_NAME_CHARS)} ({digest})' if name else digest} {at}"
