"""Who the numbers are: an ISP's forms with the dates that they hold for, and the faults of forms."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from random import Random

from bench.field_world.isps import CIRCLES, Isp
from bench.field_world.layouts import at
from bench.field_world.model import Line


@dataclass(slots=True)
class FormsDesk:
    """Who writes the forms. `given`: of each ISP and number, the ids of the lines whose form went out."""

    isp: Isp
    dice: Random
    faulty: float
    given: dict[str, set[str]] = field(default_factory=dict)

    def write(self, rows: str, with_dates: bool) -> str:
        """Answer a notice for subscribers: CSV with one row for each holder of a number, or what a fault leaves."""
        by_number: dict[str, list[Line]] = {}
        for line in self.isp.lines:
            by_number.setdefault(line.number, []).append(line)
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self._head(with_dates))
        for row in csv.DictReader(io.StringIO(rows)):
            number = row.get("number") or row.get("subscriber") or ""
            lines = by_number.get(number, [])
            chance = self.dice.random()
            if not lines or chance < self.faulty * 0.2:
                continue
            # Without a column of dates, a clerk's system knows the holder of today alone.
            printed_lines = lines if with_dates and chance > self.faulty * 0.5 else lines[-1:]
            for line in printed_lines:
                self.given.setdefault(f"{self.isp.plan.name}|{number}", set()).add(line.line_id)
                writer.writerow(self._cells(number, line, with_dates))
        return out.getvalue()

    def _head(self, with_dates: bool) -> list[str]:
        ids = ["MSISDN", "IMSI", "IMEI", "Cell ID", "CAF No"] if self.isp.plan.kind == "mobile" else [self._heading()]
        dates = ["Activation Date", "Deactivation Date"] if with_dates else []
        return [*ids, "Subscriber Name", "Installation Address", "State", "District", "Contact No", *dates]

    def _heading(self) -> str:
        return "Circuit ID" if self.isp.plan.number == "circuit" else "User ID"

    def _cells(self, number: str, line: Line, with_dates: bool) -> list[str]:
        mobile = self.isp.plan.kind == "mobile"
        ids = [number, line.imsi, line.imei, "404-20-77", f"CAF{line.line_id}"] if mobile else [number]
        form = "%d/%m/%Y %H:%M:%S"
        dates = [at(line.holds_from or 1_640_995_200.0, form), at(line.holds_until, form)] if with_dates else []
        return [*ids, line.name, line.address, CIRCLES[line.circle][1], line.district, line.contact, *dates]
