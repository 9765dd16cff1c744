"""Render one lead on the page: a line that unfolds into its account, with both sides next to each other."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.model.lead_numbers import lead_number
from sightline.stages.report import words
from sightline.stages.report.account import Account, ReasonLine, account
from sightline.stages.report.facts import Report
from sightline.stages.report.lead import Lead
from sightline.stages.report.markup import as_html, items
from sightline.stages.report.place_sentences import state_of
from sightline.stages.report.places import NO_VISITOR
from sightline.stages.report.printable import capital, day, mask_lines, printable, span
from sightline.stages.report.retention import SOON_DAYS, days_left


def card(lead: Lead, report: Report, *, is_open: bool) -> str:
    """Return the card of a lead."""
    lead_account = account(lead, report)
    in_favour = _reasons(lead_account.reasons_for, "", words.sentence("reasons.none_for"))
    against = _reasons(lead_account.reasons_against, " no", words.sentence("reasons.none_against"))
    when = words.ceiling(lead.ceiling).when
    carries = _reasons(lead_account.carries, " is", f"{capital(when)}.")
    return f"""<details class="lead" id="lead-{as_html(lead.lead_id)}"{' open="open"' if is_open else ""}>
{_summary(lead, report, lead_account)}
<div class="body">
<p>{as_html(" ".join(lead_account.known))}</p>
<p class="sub">{lead_account.sites_are}: {as_html("; ".join(lead_account.sites) or "none")}.</p>
<div class="cols">
<section class="c4"><h5>For</h5>{in_favour}</section>
<section class="c4"><h5>Against</h5>{against}</section>
<section class="c4"><h5>From where</h5>{_from_where(lead_account)}</section>
<section class="c12"><h5>How far it carries: {as_html(lead_account.title)}</h5>{carries}</section>
{_notes(lead_account)}<section class="c6"><h5>What this does not prove</h5>{items(lead_account.not_proven)}</section>
<section class="c6"><h5>What to do next</h5>{items(lead_account.steps, "ol")}</section>
<p class="c12 keep">{as_html(lead_account.keep)} <span class="small mono digest">lead {as_html(lead.lead_id)}</span></p>
</div>
</div>
</details>"""


def _notes(lead_account: Account) -> str:
    if not lead_account.notes:
        return ""
    return f'<section class="c12"><h5>Also seen</h5>{_reasons(lead_account.notes, " is", "")}</section>\n'


def _from_where(lead_account: Account) -> str:
    facts = (("Place", " ".join(lead_account.place)), ("Network", lead_account.network), ("Relay", lead_account.relay))
    return f'<dl class="facts">{"".join(f"<dt>{name}</dt><dd>{as_html(text)}</dd>" for name, text in facts)}</dl>'


def _summary(lead: Lead, report: Report, lead_account: Account) -> str:
    seen = span(lead.first_seen, lead.first_seen) if lead.first_seen else "time not known"
    address = printable(lead.source_ip) if lead.source_ip and report.is_open else mask_lines(lead.source_ip or "")
    more = [seen, address, f"{lead.visits:,} visits" if lead.visits != 1 else "1 visit"]
    more += [lead_account.because] if lead_account.because else []
    return (
        f'<summary><span class="mono">{as_html(lead_number(lead.lead_id))}</span> '
        f'<h4 class="place">{as_html(_place(lead))}</h4> '
        f'<span class="net">{as_html(lead.network.isp or "Network not known")}</span> '
        f'<span class="pill {lead.ceiling.value}">{as_html(lead_account.title)}</span>'
        f'<span class="line2">{as_html(" · ".join(more))}{_retention_note(lead, report)}</span></summary>'
    )


def _retention_note(lead: Lead, report: Report) -> str:
    days = days_left(lead, report.made_at)
    if days is None or lead.keep_until is None:
        return ""
    css = ' class="pressing"' if days <= SOON_DAYS else ""
    until = "to be kept until at least" if days >= 0 else "had to be kept until"
    return f" · <span{css}>{until} {day(lead.keep_until)}</span>"


def _place(lead: Lead) -> str:
    if lead.ceiling in NO_VISITOR:
        return f"Not placed: {words.ceiling(lead.ceiling).title}"
    if not lead.place.is_named:
        circle = lead.place.circle if lead.network.line == "mobile" else None
        return f"Undetermined, {circle} circle" if circle else "Undetermined"
    return ", ".join(filter(None, (lead.place.district, state_of(lead.place.state))))


def _reasons(found: Sequence[ReasonLine], css: str, otherwise: str) -> str:
    if not found:
        return f'<p class="sub">{as_html(otherwise)}</p>'
    each = (f"<li>{as_html(one.text)}<small>{as_html(one.cites)}</small></li>" for one in found)
    return f'<ul class="reasons{css}">{"".join(each)}</ul>'
