"""The clerks of the ISPs: a notice's rows in, files of answers out, with what their bytes say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from bench.field_world.answers import AnswerRow, Question, answer, write_grant
from bench.field_world.faults import ReplyClerk, apply_fault
from bench.field_world.isps import Isp
from bench.field_world.layouts import LAYOUTS, Shape, Style, as_said

NOTES = [
    "Note: the above are the users of the pool; the exact user cannot be determined.",
    "NB: logs of this period were overwritten, nearest customers are given.",
    "* Details are indicative and not verified.",
    "Disclaimer: IP is shared through CGNAT, the user shown may not be the actual user.",
    "Kindly ignore this list, corrected list follows.",
]
"""What a clerk writes below a table: it takes back all of it."""
UNSEEN = ("column-slipped", "other-zone")
"""Faults of whole files that no byte tells of."""


@dataclass(slots=True)
class Reply:
    """A file of an answer, with what it says and how the officer handles it."""

    isp: str
    shape: Shape
    rows: list[AnswerRow]
    questions: list[Question]
    faults: dict[str, str] = field(default_factory=dict)
    is_partial: bool = False
    has_certificate: bool = True
    file_fault: str | None = None
    is_read: bool = True
    why_refused: str = ""
    is_replaced: bool = False
    notice: str = ""
    reply_id: str = ""
    corrects: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(slots=True)
class Office:
    """The office of an ISP that answers notices: `faulty` is the share of rows that go wrong."""

    isp: Isp
    dice: Random
    faulty: float
    now: float
    pasted: list[Reply] = field(default_factory=list)

    def reply(self, questions: list[Question]) -> list[Reply]:
        """Answer a notice in one file or in several."""
        size = self.dice.choice([len(questions), 20, 45, 90])
        parts = [questions[at : at + size] for at in range(0, len(questions), max(1, size))]
        replies = [self._file(part) for part in parts]
        for one in replies[:-1]:
            one.is_partial = True
        return replies

    def correct(self, reply: Reply) -> Reply:
        """Write the answer of a file anew, without a fault."""
        honest = Office(self.isp, self.dice, 0.0, self.now)
        return honest._file(reply.questions)

    def _file(self, questions: list[Question]) -> Reply:
        layout = LAYOUTS[self.dice.choice(self.isp.plan.layout.split())]
        style = Style(with_ids=self.dice.random() < 0.6)
        clerk = ReplyClerk(self.dice, self.isp, layout, self.now)
        file_fault = None
        if self.dice.random() < self.faulty * 0.2:
            file_fault = self.dice.choice([*layout.file_faults, *UNSEEN])
        broad = self.dice.random() < 0.25
        rows: list[AnswerRow] = []
        faults: dict[str, str] = {}
        for question in questions:
            written = answer(self.isp, question)
            if self.dice.random() < self.faulty * 0.85:
                name, written = apply_fault(clerk, question, written)
                if name:
                    faults[question.row_id] = name
            elif broad:
                written += self._around(question, written)
            rows += written
        if self.pasted and self.dice.random() < self.faulty * 0.3:
            rows += [replace(row, row_id=None) for row in self.pasted[0].rows[:40]]
        self._spoil(rows, style, file_fault)
        for row in rows:
            if row.status == "" and layout.words is not None:
                row.status = self.dice.choice(layout.words[0])
            as_said(layout, row, style.with_ids)
            if style.minutes:
                row.slack = 60.0
        reply = Reply(self.isp.plan.name, layout.write(rows, style), rows, questions, faults)
        reply.has_certificate, reply.file_fault = self.dice.random() < 0.85, file_fault
        return reply

    def _spoil(self, rows: list[AnswerRow], style: Style, fault: str | None) -> None:
        """Do to all rows of a file what its fault does; `style` is told what changes how it is written."""
        if fault is None:
            return
        style.twelve, style.milliseconds = fault == "twelve-hours", fault == "milliseconds"
        style.swapped, style.cut = fault == "swapped-file", fault == "cut-file"
        if fault == "contact-heading":
            style.number_heading = self.dice.choice(["Contact Number", "Registered Mobile No", "Alternate Contact"])
        if fault == "column-slipped":
            # What a cell shows goes with it: a placeholder that slipped is in the next row's cell.
            cells = [(row.number, row.line, row.doubt == "number") for row in rows]
            for row, (number, line, is_doubt) in zip(rows, cells[1:] + cells[:1], strict=True):
                row.number, row.line = number, line
                row.doubt = "number" if is_doubt else None if row.doubt == "number" else row.doubt
        if fault == "note-below":
            style.note = self.dice.choice(NOTES)
            for row in rows:
                lines = [
                    subscriber_line
                    for subscriber_line in self.isp.lines
                    if row.line is None or subscriber_line.circle == row.line.circle
                ]
                row.line = self.dice.choice(lines)
                row.number = row.line.number
        if fault == "minutes":
            style.minutes = True
        for row in rows:
            row.fault = row.fault or fault
            if fault == "minutes":
                row.start = None if row.start is None else row.start // 60 * 60
                row.end = None if row.end is None else row.end // 60 * 60
                continue
            if fault == "other-zone":
                row.start = None if row.start is None else row.start - 19_800
                row.end = None if row.end is None else row.end - 19_800
            elif fault == "contact-heading" and row.line is not None:
                row.number = row.line.contact
            if fault not in UNSEEN:
                row.is_traced, row.doubt = True, fault

    def _around(self, question: Question, rows: list[AnswerRow]) -> list[AnswerRow]:
        """Whoever had the address before and after, too: a clerk's export is often broad."""
        near = []
        for row in rows[:1]:
            for step in (-1, 1):
                grant = self.isp.book.near(row.grant, step) if row.grant else None
                if grant is not None:
                    near.append(write_grant(self.isp, question, grant))
        for row in near:
            row.row_id = None
        return near
