"""List the inputs of a report: data sets with dates and licences, lists, exhibits, rules with versions, and credits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sightline.stages.report import words
from sightline.stages.report.html_parts import as_html, format_table
from sightline.stages.report.lead_account import SHORT
from sightline.stages.report.report_facts import LeadReport


def format_foundation(report: LeadReport) -> str:
    """Return the last part of the page, with the credits that licences require."""
    say = report.translator.translate_sentence
    unstated = say(words.find_label("not_stated"))
    data = (
        (data_set.name, say(data_set.kind), data_set.dated, data_set.licence or unstated, data_set.dataset_id[:SHORT])
        for data_set in report.data_sets
    )
    lists = (
        (flag_list.issuer, flag_list.version or "", say(flag_list.origin), flag_list.list_id[:SHORT])
        for flag_list in report.lists
    )
    logs = ((exhibit.sha256[:16], exhibit.name or "", exhibit.source or "") for exhibit in report.exhibits)
    rules = ((rule.rule, str(rule.version), say(rule.side or "")) for rule in report.rules)
    credits = [data_set.credit for data_set in report.data_sets if data_set.credit]
    sentence = words.find_sentence(
        "page.made_by" if report.code_version else "page.made_of",
        generation=report.generation,
        version=report.code_version,
    )
    return (
        f"<section><h2>{as_html(say(words.find_label('rests')))}</h2>"
        + _render_table(report, "data_sets", ("name", "kind", "date", "licence", "sha256"), data)
        + _render_table(report, "lists", ("issuer", "version", "origin", "sha256"), lists)
        + f'<details class="more"><summary>{as_html(say(words.find_sentence("page.more")))}</summary>'
        + _render_table(report, "exhibits", ("sha256", "name", "source"), logs)
        + _render_table(report, "rules", ("rule", "version", "side"), rules)
        + "</details></section><footer>"
        + "".join(f'<p class="sub">{as_html(fromkey)}</p>' for fromkey in dict.fromkeys(credits))
        + f'<p class="small">{as_html(say(sentence))} {as_html(say(words.find_sentence("page.again")))}</p></footer>'
    )


def _render_table(report: LeadReport, caption: str, labels: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    say = report.translator.translate_sentence
    heads = [say(words.find_label(label)) for label in labels]
    return format_table(say(words.find_sentence(f"page.{caption}")), heads, rows, report.translator)
