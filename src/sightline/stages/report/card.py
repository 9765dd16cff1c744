"""Render one lead on the page: a line that unfolds into its account, with both sides next to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sightline.message_text import count_noun
from sightline.model.short_ids import format_lead_number
from sightline.stages.report import words
from sightline.stages.report.html_parts import as_html, format_items
from sightline.stages.report.lead import Lead
from sightline.stages.report.lead_account import LeadAccount, ReasonLine, build_account
from sightline.stages.report.place_sentences import name_state
from sightline.stages.report.place_table import NO_VISITOR
from sightline.stages.report.printable import capitalise, format_day, format_span, make_printable, mask_lines
from sightline.stages.report.report_facts import LeadReport
from sightline.stages.report.retention import SOON_DAYS, count_days_left

LABELS = "for against from_where carries notes not_proven steps lead place network relay".split()
"""Headings of a card."""


def format_card(lead: Lead, report: LeadReport, *, is_open: bool) -> str:
    """Return the card of a lead."""
    lead_account, say = build_account(lead, report), report.translator.translate_sentence
    in_favour = _render_reasons(lead_account.reasons_for, "", say(words.find_sentence("reasons.none_for")))
    against = _render_reasons(lead_account.reasons_against, " no", say(words.find_sentence("reasons.none_against")))
    when = report.translator.translate_phrase(words.describe_ceiling(lead.ceiling).when)
    carries = _render_reasons(lead_account.carries, " is", f"{capitalise(when)}.")
    sites = "; ".join(lead_account.sites) or say(words.find_label("none"))
    not_proven, lead_id = format_items(lead_account.not_proven), as_html(lead.lead_id)
    label = {key: as_html(say(words.find_label(key))) for key in LABELS}
    return f"""<details class="lead" id="lead-{as_html(lead.lead_id)}"{' open="open"' if is_open else ""}>
{_render_summary(lead, report, lead_account)}
<div class="body">
<p>{as_html(" ".join(lead_account.known))}</p>
<p class="sub">{as_html(lead_account.sites_are)}: {as_html(sites)}.</p>
<div class="cols">
<section class="c4"><h5>{label["for"]}</h5>{in_favour}</section>
<section class="c4"><h5>{label["against"]}</h5>{against}</section>
<section class="c4"><h5>{label["from_where"]}</h5>{_render_facts(lead_account, label)}</section>
<section class="c12"><h5>{label["carries"]}: {as_html(lead_account.title)}</h5>{carries}</section>
{_render_notes(lead_account, label["notes"])}<section class="c6"><h5>{label["not_proven"]}</h5>{not_proven}</section>
<section class="c6"><h5>{label["steps"]}</h5>{format_items(lead_account.steps, "ol")}</section>
<p class="c12 keep">{as_html(lead_account.keep)} <span class="small mono digest">{label["lead"]} {lead_id}</span></p>
</div>
</div>
</details>"""


def _render_notes(lead_account: LeadAccount, heading: str) -> str:
    if not lead_account.notes:
        return ""
    return f'<section class="c12"><h5>{heading}</h5>{_render_reasons(lead_account.notes, " is", "")}</section>\n'


def _render_facts(lead_account: LeadAccount, label: Mapping[str, str]) -> str:
    facts = {"place": " ".join(lead_account.place), "network": lead_account.network, "relay": lead_account.relay}
    each = "".join(f"<dt>{label[key]}</dt><dd>{as_html(text)}</dd>" for key, text in facts.items())
    return f'<dl class="facts">{each}</dl>'


def _render_summary(lead: Lead, report: LeadReport, lead_account: LeadAccount) -> str:
    say, phrase = report.translator.translate_sentence, report.translator.translate_phrase
    seen = (
        phrase(format_span(lead.first_seen, lead.first_seen)) if lead.first_seen else say(words.find_label("no_time"))
    )
    address = make_printable(lead.source_ip) if lead.source_ip and report.is_open else mask_lines(lead.source_ip or "")
    more = [seen, address, phrase(count_noun(lead.visits, "visit"))]
    more += [lead_account.because] if lead_account.because else []
    return (
        f'<summary><span class="mono">{as_html(format_lead_number(lead.lead_id))}</span> '
        f'<h4 class="place">{as_html(_format_place(lead, report))}</h4> '
        f'<span class="net">{as_html(lead.network.isp or say(words.find_label("no_network")))}</span> '
        f'<span class="pill {lead.ceiling.value}">{as_html(lead_account.title)}</span>'
        f'<span class="line2">{as_html(" · ".join(more))}{_render_retention_note(lead, report)}</span></summary>'
    )


def _render_retention_note(lead: Lead, report: LeadReport) -> str:
    days = count_days_left(lead, report.made_at)
    if days is None or lead.keep_until is None:
        return ""
    css = ' class="pressing"' if days <= SOON_DAYS else ""
    key = "page.keep_until" if days >= 0 else "page.kept_until"
    text = report.translator.translate_sentence(words.find_sentence(key, date=format_day(lead.keep_until)))
    return f" · <span{css}>{as_html(text)}</span>"


def _format_place(lead: Lead, report: LeadReport) -> str:
    say = report.translator.translate_sentence
    if lead.ceiling in NO_VISITOR:
        return say(words.find_sentence("page.not_placed", title=words.describe_ceiling(lead.ceiling).title))
    if not lead.place.is_named:
        undetermined = say(words.describe_place("undetermined")[0])
        circle = lead.place.circle if lead.network.line == "mobile" else None
        return f"{undetermined}, {say(words.find_sentence('page.circle', circle=circle))}" if circle else undetermined
    return report.translator.translate_phrase(
        ", ".join(filter(None, (lead.place.district, name_state(lead.place.state))))
    )


def _render_reasons(reason_lines: Sequence[ReasonLine], css: str, otherwise: str) -> str:
    if not reason_lines:
        return f'<p class="sub">{as_html(otherwise)}</p>'
    each = (
        f"<li>{as_html(reason_line.text)}<small>{as_html(reason_line.cites)}</small></li>"
        for reason_line in reason_lines
    )
    return f'<ul class="reasons{css}">{"".join(each)}</ul>'
