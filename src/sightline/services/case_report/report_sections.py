"""The sections of the report of a case, in its language: tables of authorities, events, leads, notices and the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sightline.evidence.documents.case_report_facts import Cell, ColumnFacts, SectionFacts
from sightline.ledger.instants import to_instant
from sightline.model import LeadStatus
from sightline.model.short_ids import format_lead_number
from sightline.services.case_report.case_events import CaseEvent, Deadline, describe_event
from sightline.services.case_report.case_view import CaseView, Instrument, NoteView, Order
from sightline.services.lead_index.summary_rows import Brief
from sightline.stages.report.address_masks import mask_text
from sightline.stages.report.printable import IST
from sightline.storage.rows import Outcome
from sightline.translation.messages import (
    LANGUAGES,
    Messages,
    format_day,
    get_messages,
    translate_place,
    translate_state,
    translate_word,
)

NOTHING = "\N{EN DASH}"
SHORT = 12
"""Characters of the id of a subscriber or an exhibit, as pages show them."""


@dataclass(frozen=True, slots=True)
class CaseLeadsFacts:
    """The leads of a case's sources: by state, the most serious ones, and how many there are."""

    stages: Sequence[tuple[LeadStatus, int]]
    first: Sequence[Brief]
    total: int
    generation: int


@dataclass(frozen=True, slots=True)
class CaseReportContent:
    """Everything that is printed. None: the officer's role may not see it. `identities`: opened ones by subscriber."""

    view: CaseView
    events: Sequence[CaseEvent]
    leads: CaseLeadsFacts | None
    has_notices: bool
    subscribers: Sequence[Mapping[str, Any]] | None
    licensees: Mapping[str, str]
    identities: Mapping[str, Mapping[str, str]]
    outcomes: Sequence[Outcome] | None
    deadlines: Sequence[Deadline]
    notes: Sequence[NoteView]
    officers: Mapping[str, str]


class SectionWriter:
    """Writes the sections of a case's file in a language. Addresses in texts are masked."""

    def __init__(self, case_file: CaseReportContent, language: str) -> None:
        self._file, self._language = case_file, language
        self._t: Messages = get_messages("cases", language)

    def build_sections(self) -> tuple[SectionFacts, ...]:
        """Return every section that the officer may see, in the order of the page."""
        return tuple(self._build_sections())

    def _build_sections(self) -> Iterator[SectionFacts]:
        view = self._file.view
        yield self._build_section("authority.title", self._build_authorities(), "authority.none")
        if self._file.leads is not None:
            yield from self._build_lead_sections(self._file.leads)
        if self._file.subscribers is not None:
            yield self._build_subscriber_section()
        if self._file.has_notices:
            yield self._build_section("notices_and_replies", self._build_notices(view.orders), "notices_none")
        yield self._build_section("tab.exhibits", self._build_exhibits(), "exhibits_none")
        if self._file.outcomes is not None:
            yield self._build_section("tab.outcomes", self._build_outcomes(self._file.outcomes), "outcomes_none")
        yield self._build_section("tab.submissions", self._build_papers(), "papers_none")
        yield self._build_section("tab.deadlines", self._build_deadlines(), "deadlines_none")
        yield self._build_section("tab.notes", self._build_notes(), "notes_none")
        yield self._build_section("happened", self._build_events(), "happened_none")

    def _build_section(
        self, title: str, table: tuple[Iterable[ColumnFacts], Iterable[Sequence[Cell]]], empty: str, note: str = ""
    ) -> SectionFacts:
        columns, rows = table
        masked = tuple(tuple(tuple(mask_text(line) for line in cell) for cell in row) for row in rows)
        return SectionFacts(self._t(title), len(masked), tuple(columns), masked, self._t(empty), note or None)

    def _build_authorities(self) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        heads = ("field.number", "field.kind", "field.issued_by", "authority.term", "authority.scope")
        columns = [ColumnFacts(t(head), part) for head, part in zip(heads, (5, 5, 4, 5, 4), strict=True)]
        return columns, [self._build_authority(instrument) for instrument in self._file.view.authorities]

    def _build_authority(self, one: Instrument) -> list[Cell]:
        authority, t = one.authority, self._t
        until_us = authority.valid_until_us
        until = t("authority.open") if until_us is None else self._format_last_day(until_us)
        bounds = (*(one.sources or ()), *(one.categories or ()))
        ended = () if authority.ended_why is None else (authority.ended_why,)
        return [
            (authority.number, f"SHA-256 {authority.document_sha256[:16]}"),
            (self._translate_word("authority_kind", authority.kind), t(f"force.{one.force}"), *ended),
            (authority.issued_by, self._format_iso_day(authority.issued_on)),
            (f"{self._format_day(authority.valid_from_us)} {NOTHING} {until}",),
            (", ".join(bounds) or t("authority.unbound"),),
        ]

    def _build_lead_sections(self, leads: CaseLeadsFacts) -> Iterator[SectionFacts]:
        t = self._t
        stages = [((self._translate_word("lead_status", status),), (f"{count:,}",)) for status, count in leads.stages]
        yield self._build_section(
            "by_stage", ([ColumnFacts(t("state"), 3), ColumnFacts(t("tab.leads"), 1, True)], stages), "leads_none"
        )
        heads = [("one_lead", 3), ("reason", 5), ("licensee", 5), ("ceiling", 6)]
        columns = [*(ColumnFacts(t(head), part) for head, part in heads), ColumnFacts(t("visits"), 2, True)]
        note = t("report.more_leads", n=leads.total) if leads.total > len(leads.first) else ""
        rows = [self._build_lead_cells(lead) for lead in leads.first]
        yield self._build_section("tab.leads", (columns, rows), "leads_none", note)

    def _build_lead_cells(self, lead: Brief) -> list[Cell]:
        place = lead.district or (
            translate_state(lead.state, self._language)
            if lead.state
            else self._translate_word("place_kind", lead.place)
        )
        danger = (self._t("danger"),) if lead.priority == "urgent" else ()
        return [
            (format_lead_number(lead.lead_id), *danger),
            (self._translate_word("level", lead.reason) if lead.reason else NOTHING,),
            (lead.isp or self._t("all.unknown"), place),
            (self._translate_word("ceiling", lead.ceiling),),
            (f"{lead.visits:,}",),
        ]

    def _build_subscriber_section(self) -> SectionFacts:
        """Return the subscribers. What was opened is printed as it is: a number may look like an address."""
        t = self._t
        columns, rows = self._build_subscribers()
        table = tuple(tuple(row) for row in rows)
        title, none, note = t("tab.subscribers"), t("subscribers_none"), t("subscribers_note")
        return SectionFacts(title, len(table), tuple(columns), table, none, note)

    def _build_subscribers(self) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        heads = [("subscriber", 7), ("state", 3), ("licensee", 4), ("installed", 4)]
        numbers = [ColumnFacts(t(head), 2, True) for head in ("sessions", "tab.leads")]
        columns = [*(ColumnFacts(t(head), part) for head, part in heads), *numbers]
        return columns, [self._build_subscriber(row) for row in self._file.subscribers or ()]

    def _build_subscriber(self, row: Mapping[str, Any]) -> list[Cell]:
        place = row["installation_district"] or row["installation_state"] or ""
        says = get_messages("notices", self._language)
        known = self._file.identities.get(row["subscriber"], {})
        opened = [f"{says(f'identity.{name}')}: {value}" for name, value in known.items()]
        return [
            (row["subscriber"][:SHORT], *opened),
            (self._translate_word("standing", row["standing"]),),
            (self._file.licensees.get(row["licensee_id"], ""),),
            (translate_place(place, self._language) if place else self._t("all.unknown"),),
            (f"{len(row['sessions']):,}",),
            (f"{len(row['leads']):,}",),
        ]

    def _build_notices(self, orders: Iterable[Order]) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        heads = [("field.number", 4), ("field.kind", 4), ("licensee", 4)]
        after = [("state", 3), ("due", 3), ("replies", 5)]
        columns = [*(ColumnFacts(t(head), part) for head, part in heads), ColumnFacts(t("rows"), 2, True)]
        return [*columns, *(ColumnFacts(t(head), part) for head, part in after)], [
            self._build_notice_cells(order) for order in orders
        ]

    def _build_notice_cells(self, one: Order) -> list[Cell]:
        notice, t = one.notice, self._t
        replies = [
            f"{reply.name}, {self._format_iso_day(reply.received_on)}"
            + (f" ({t('withdrawn')})" if reply.withdrawn_at_us is not None else "")
            for reply in one.replies
        ]
        circle = translate_place(notice.circle, self._language) if notice.circle else t("all.unknown")
        return [
            (notice.number,),
            (self._translate_word("notice_kind", notice.kind),),
            (one.licensee, circle),
            (f"{notice.asks:,}",),
            (self._translate_word("notice_state", "overdue" if one.is_overdue else notice.state),),
            ("" if notice.due_at_us is None else self._format_last_day(notice.due_at_us),),
            tuple(replies) or (t("replies_none"),),
        ]

    def _build_exhibits(self) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        columns = [ColumnFacts(t("file"), 4), ColumnFacts("SHA-256", 6)]
        columns += [ColumnFacts(t("bytes"), 2, True), ColumnFacts(t("hits"), 2, True)]
        rows: list[list[Cell]] = [
            [
                (exhibit_summary.name or exhibit_summary.exhibit.exhibit_id[:SHORT],),
                (exhibit_summary.exhibit.exhibit_id,),
                (f"{exhibit_summary.exhibit.size_bytes:,}",),
                (f"{exhibit_summary.hits:,}",),
            ]
            for exhibit_summary in self._file.view.exhibits
        ]
        return columns, rows

    def _build_outcomes(self, outcomes: Sequence[Outcome]) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        columns = [ColumnFacts(t(head), part) for head, part in (("one_lead", 2), ("found", 6))]
        columns += [ColumnFacts(t("found_on"), 2), ColumnFacts(t("by"), 3)]
        rows: list[list[Cell]] = [
            [
                (format_lead_number(outcome.lead_id),),
                (
                    self._translate_word("outcome", outcome.kind),
                    t("withdrawn") if outcome.withdrawn_at_us is not None else outcome.why,
                ),
                (self._format_iso_day(outcome.said_on),),
                (self._file.officers.get(outcome.recorded_by, ""),),
            ]
            for outcome in reversed(outcomes)
        ]
        return columns, rows

    def _build_papers(self) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        heads = ("made", "field.kind", "file", "all.language", "by")
        columns = [ColumnFacts(t(head), part) for head, part in zip(heads, (3, 2, 3, 2, 3), strict=True)]
        rows: list[list[Cell]] = [
            [
                (self._format_time(datetime.fromisoformat(paper.at)),),
                (t(f"paper.{paper.kind}"),),
                (paper.exhibit_id[:SHORT],),
                (LANGUAGES.get(paper.language, paper.language),),
                (paper.by,),
            ]
            for paper in self._file.view.papers
        ]
        return columns, rows

    def _build_deadlines(self) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        columns = [ColumnFacts(t("timeline.day"), 2), ColumnFacts(t("deadline.what"), 7), ColumnFacts(t("state"), 2)]
        rows: list[list[Cell]] = [
            [
                (self._format_day(deadline.at_us),),
                (t(f"deadline.{deadline.kind}", name=deadline.name), *((deadline.detail,) if deadline.detail else ())),
                (t(f"deadline.{deadline.state}") if deadline.state else NOTHING,),
            ]
            for deadline in self._file.deadlines
        ]
        return columns, rows

    def _build_notes(self) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        columns = [ColumnFacts(t("timeline.day"), 2), ColumnFacts(t("by"), 2), ColumnFacts(t("tab.notes"), 7)]
        rows: list[list[Cell]] = []
        for view in self._file.notes:
            text = view.note.text.splitlines() or [t("purge.note_gone")]
            files = [
                f"{case_file.name or t('purge.file_gone')} (SHA-256 {case_file.sha256[:16]}, {case_file.size_bytes:,})"
                for case_file in view.files
            ]
            by = self._file.officers.get(view.note.made_by, "")
            rows.append([(self._format_time(to_instant(view.note.made_at_us)),), (by,), (*text, *files)])
        return columns, rows

    def _build_events(self) -> tuple[list[ColumnFacts], list[list[Cell]]]:
        t = self._t
        heads = ("timeline.day", "timeline.lane", "timeline.what")
        columns = [ColumnFacts(t(head), part) for head, part in zip(heads, (2, 2, 7), strict=True)]
        rows: list[list[Cell]] = [
            [(self._format_day(case_event.at_us),), (t(f"lane.{case_event.lane}"),), (describe_event(t, case_event),)]
            for case_event in self._file.events
        ]
        return columns, rows

    def _translate_word(self, part: str, value: str) -> str:
        return translate_word(part, str(value), self._language)

    def _format_iso_day(self, day: str) -> str:
        return format_day(date.fromisoformat(day[:10]), self._language)

    def _format_day(self, at_us: int) -> str:
        return format_day(to_instant(at_us).astimezone(IST).date(), self._language)

    def _format_last_day(self, until_us: int) -> str:
        """Return the last day before an instant; the instant itself belongs to the next day."""
        return self._format_day(until_us - 1)

    def _format_time(self, at: datetime) -> str:
        local = at.astimezone(IST)
        return f"{format_day(local.date(), self._language)}, {local:%H:%M} IST"
