"""Write the lead sheet: one lead as plain text, explained with care (`sightline leads explain`)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from unicodedata import category

from sightline.model.short_ids import format_lead_number
from sightline.stages.report import words
from sightline.stages.report.lead import Json, Lead, read_lead
from sightline.stages.report.lead_account import SHORT, LeadAccount, ReasonLine, build_account
from sightline.stages.report.printable import IST, capitalise, format_span, make_printable
from sightline.stages.report.report_facts import LeadReport

WIDTH = 100
INDENT = "  "
GAP = 4
HALF = (WIDTH - len(INDENT) - GAP) // 2


def format_lead_sheet(lead_json: Json, report: LeadReport, sessions: Iterable[Json] = ()) -> str:
    """Return the sheet of a lead, wrapped at 100 columns, from the JSON of `leads list --json`.

    `sessions` are those of a lead that joins several, in the same form: each appears with its own times.
    """
    lead = read_lead(lead_json)
    lead_account = build_account(lead, report, [read_lead(session) for session in sessions])
    return "\n".join(line.rstrip() for line in _format_sheet_lines(lead, lead_account, report)) + "\n"


def _format_sheet_lines(lead: Lead, lead_account: LeadAccount, report: LeadReport) -> Iterator[str]:
    say = report.translator.translate_sentence
    stamp = say(words.find_sentence("sheet.exercise")) if report.is_exercise else make_printable(report.workspace)
    head = say(
        words.find_sentence("sheet.head", number=format_lead_number(lead.lead_id), id=make_printable(lead.lead_id))
    )
    yield f"{head}{stamp:>{max(WIDTH - len(head), len(stamp) + 2)}}"
    yield from _wrap_text(_describe_priority(lead, lead_account, report), "")
    if report.translator.language != "en":
        yield from _wrap_text(say(words.find_sentence("sheet.translated")), "")
    for key, lines in _list_sheet_parts(lead, lead_account, report):
        yield from _format_part(say(words.find_label(key)), lines)


def _describe_priority(lead: Lead, lead_account: LeadAccount, report: LeadReport) -> str:
    """The ceiling, the band, and why the lead is in it."""
    facts = {"title": capitalise(lead_account.title), "priority": make_printable(lead.priority)}
    key = "sheet.priority_why" if lead_account.because else "sheet.priority"
    return report.translator.translate_sentence(words.find_sentence(key, **facts, because=lead_account.because))


def _list_sheet_parts(lead: Lead, lead_account: LeadAccount, report: LeadReport) -> Iterator[tuple[str, Iterable[str]]]:
    """The parts of the sheet by the keys of their headings."""
    yield "known", _format_known_lines(lead_account)
    yield "carries", _format_carries(lead, lead_account, report)
    yield "from_where", _format_labelled_lines(lead_account, report)
    yield "sides", _format_sides(lead_account, report)
    if lead_account.notes:
        yield "notes", _format_reasons(lead_account.notes, "")
    yield "not_proven", _format_item_lines(lead_account.not_proven)
    yield "steps", _number_texts(lead_account.steps)
    yield "until", _format_paragraphs([lead_account.keep])
    yield "rests", _format_paragraphs(_format_rests(report))


def _format_known_lines(lead_account: LeadAccount) -> Iterator[str]:
    yield from _format_paragraphs([" ".join(lead_account.known)])
    yield from _format_item_lines(lead_account.sessions)
    if lead_account.sites:
        yield from _format_paragraphs([f"{lead_account.sites_are}: {'; '.join(lead_account.sites)}."])


def _format_carries(lead: Lead, lead_account: LeadAccount, report: LeadReport) -> Iterator[str]:
    """The ceiling and the rules that set it; without any, what makes it hold."""
    when = report.translator.translate_phrase(words.describe_ceiling(lead.ceiling).when)
    key = "reasons.why" if lead_account.carries else "reasons.in_short"
    text = words.find_sentence(key, title=capitalise(lead_account.title), when=when)
    yield from _format_paragraphs([report.translator.translate_sentence(text)])
    yield from _format_reasons(lead_account.carries, "") if lead_account.carries else ()


def _format_labelled_lines(lead_account: LeadAccount, report: LeadReport) -> Iterator[str]:
    texts = {"place": " ".join(lead_account.place), "network": lead_account.network, "relay": lead_account.relay}
    for key, text in texts.items():
        label = pad_text(report.translator.translate_sentence(words.find_label(key)), 9)
        yield from _wrap_text(text, f"{INDENT}{label}", INDENT + " " * 9)


def _format_sides(lead_account: LeadAccount, report: LeadReport) -> Iterator[str]:
    """Both sides in two columns: neither is read without the other."""
    say = report.translator.translate_sentence
    left = _format_reasons(lead_account.reasons_for, say(words.find_sentence("reasons.none_for")), HALF, "")
    right = _format_reasons(lead_account.reasons_against, say(words.find_sentence("reasons.none_against")), HALF, "")
    yield f"{INDENT}{pad_text(say(words.find_label('for')), HALF + GAP)}{say(words.find_label('against'))}"
    yield f"{INDENT}{'-' * HALF}{' ' * GAP}{'-' * HALF}"
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"{INDENT}{pad_text(one, HALF + GAP)}{other}"


def pad_text(text: str, width: int) -> str:
    """Return a text filled with spaces to a width in columns of a terminal: signs above and below letters take none."""
    columns = sum(category(character) not in {"Mn", "Me", "Cf"} for character in text)
    return text + " " * (width - columns)


def _format_reasons(
    reason_lines: Sequence[ReasonLine], otherwise: str, width: int = WIDTH, indent: str = INDENT
) -> Iterator[str]:
    """Reasons as items, each with what it cites below it; without any, the words for that."""
    if not reason_lines:
        yield from _wrap_text(otherwise, indent, width=width)
    for reason_line in reason_lines:
        yield from _wrap_text(reason_line.text, f"{indent}- ", f"{indent}  ", width)
        yield from _wrap_text(f"[{reason_line.cites}]", f"{indent}  ", f"{indent}   ", width)


def _format_rests(report: LeadReport) -> Iterator[str]:
    say, phrase = report.translator.translate_sentence, report.translator.translate_phrase
    made = phrase(f"{format_span(report.made_at, report.made_at)} ({format_span(report.made_at, report.made_at, IST)})")
    generation = make_printable(report.generation[:SHORT])
    yield say(
        words.find_sentence(
            "sheet.generation", generation=generation, workspace=make_printable(report.workspace), made=made
        )
    )
    if report.lists:
        lists = "; ".join(
            f"{make_printable(flag_list.issuer)} ({say(make_printable(flag_list.origin))})"
            for flag_list in report.lists
        )
        yield say(words.find_sentence("sheet.flagged_by", lists=lists))
    if report.data_sets:
        cited = "; ".join(phrase(make_printable(data_set.cited)) for data_set in report.data_sets)
        yield say(words.find_sentence("sheet.data_sets", datasets=cited))
        yield from (
            make_printable(fromkey)
            for fromkey in dict.fromkeys(data_set.credit for data_set in report.data_sets)
            if fromkey
        )
    if report.opened_why is not None:
        by = make_printable(report.opened_by) if report.opened_by else words.find_sentence("sheet.some_officer")
        yield say(words.find_sentence("sheet.opened", by=by, why=make_printable(report.opened_why)))


def _format_part(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield title.upper()
    yield from lines


def _format_paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrap_text(text, INDENT)


def _format_item_lines(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrap_text(text, f"{INDENT}- ", f"{INDENT}  ")


def _number_texts(texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts, 1):
        yield from _wrap_text(text, f"{INDENT}{number}. ", f"{INDENT}   ")


def _wrap_text(text: str, indent: str, hanging: str | None = None, width: int = WIDTH) -> list[str]:
    after = indent if hanging is None else hanging
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=after, break_on_hyphens=False)
