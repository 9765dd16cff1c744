"""The clerks of the ISPs: a notice's rows in, files of answers out, with what their bytes say."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from bench.field_world.answers import Question, Written, answer, write_grant
from bench.field_world.faults import Desk, apply_fault
from bench.field_world.isps import Isp
from bench.field_world.layouts import LAYOUTS, Shape, Style, as_said

GOOD_STATUS = ["Success", "Closed", "Active", "Completed"]


@dataclass(slots=True)
class Reply:
    """A file of an answer, with what it says and how the officer handles it."""

    isp: str
    shape: Shape
    rows: list[Written]
    questions: list[Question]
    faults: dict[str, str] = field(default_factory=dict)
    is_partial: bool = False
    has_certificate: bool = True
    file_fault: str | None = None
    is_read: bool = True
    why_refused: str = ""
    corrected_by: Reply | None = None
    is_replaced: bool = False


@dataclass(slots=True)
class Office:
    """The office of an ISP that answers notices: `faulty` is the share of rows that go wrong."""

    isp: Isp
    dice: Random
    faulty: float
    now: float

    def reply(self, questions: list[Question]) -> list[Reply]:
        """Answer a notice in one file or in several."""
        size = self.dice.choice([len(questions), 20, 45, 90])
        parts = [questions[at : at + size] for at in range(0, len(questions), max(1, size))]
        replies = [self._file(part) for part in parts]
        for one in replies[:-1]:
            one.is_partial = True
        return replies

    def _file(self, questions: list[Question]) -> Reply:
        layout = LAYOUTS[self.isp.plan.layout]
        style = Style(with_ids=self.dice.random() < 0.6)
        desk = Desk(self.dice, self.isp, layout, self.now)
        file_fault = self._file_fault(style) if self.dice.random() < self.faulty * 0.2 else None
        broad = self.dice.random() < 0.25
        rows: list[Written] = []
        faults: dict[str, str] = {}
        for question in questions:
            honest = answer(self.isp, question)
            if self.dice.random() < self.faulty * 0.85:
                name, honest = apply_fault(desk, question, honest)
                if name:
                    faults[question.row_id] = name
            elif broad:
                honest += self._around(question, honest)
            rows += honest
        for row in rows:
            if row.status == "" and layout.has_status and not layout.has_planned:
                row.status = self.dice.choice(GOOD_STATUS) if layout.name != "static-xlsx" else "Active"
            if file_fault:
                row.fault, row.is_traced, row.doubt = row.fault or file_fault, True, file_fault
            as_said(layout, row, style.with_ids)
        shape = layout.write(rows, style)
        reply = Reply(self.isp.plan.name, shape, rows, questions, faults)
        reply.has_certificate, reply.file_fault = self.dice.random() < 0.85, file_fault
        return reply

    def _file_fault(self, style: Style) -> str | None:
        name = self.dice.choice(["twelve-hours", "milliseconds", "swapped-file", "cut-file"])
        style.twelve = name == "twelve-hours"
        style.milliseconds = name == "milliseconds"
        style.swapped = name == "swapped-file"
        style.cut = name == "cut-file"
        return name

    def _around(self, question: Question, rows: list[Written]) -> list[Written]:
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
