"""List the inputs of a report: data sets with dates and licences, lists, exhibits, rules with versions, and credits."""

from __future__ import annotations

from sightline.stages.report import words
from sightline.stages.report.account import SHORT
from sightline.stages.report.facts import Report
from sightline.stages.report.markup import as_html, table


def foundation(report: Report) -> str:
    """Return the last part of the page, with the credits that licences require."""
    data = (
        (one.name, one.kind, one.dated, one.licence or "not stated", one.dataset_id[:SHORT]) for one in report.data_sets
    )
    lists = ((one.issuer, one.version or "", one.origin, one.list_id[:SHORT]) for one in report.lists)
    logs = ((one.sha256[:16], one.name or "", one.source or "") for one in report.exhibits)
    rules = ((one.rule, str(one.version), one.side or "") for one in report.rules)
    credits = [one.credit for one in report.data_sets if one.credit]
    made = f"Generation {report.generation}" + (
        f", by Sightline {report.code_version}." if report.code_version else "."
    )
    return (
        "<section><h2>What this rests on</h2>"
        + table(words.sentence("page.data_sets"), ("Name", "Kind", "Date", "Licence", "SHA-256"), data)
        + table(words.sentence("page.lists"), ("Issuer", "Version", "Origin", "SHA-256"), lists)
        + f'<details class="more"><summary>{as_html(words.sentence("page.more"))}</summary>'
        + table(words.sentence("page.exhibits"), ("SHA-256", "Name", "Source"), logs)
        + table(words.sentence("page.rules"), ("Rule", "Version", "Side"), rules)
        + "</details></section><footer>"
        + "".join(f'<p class="sub">{as_html(one)}</p>' for one in dict.fromkeys(credits))
        + f'<p class="small">{as_html(made)} {as_html(words.sentence("page.again"))}</p></footer>'
    )
