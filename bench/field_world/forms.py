"""Who the numbers are: an ISP's forms, with the faults of forms."""

from __future__ import annotations

import csv
import io
from random import Random

from bench.field_world.isps import Isp
from bench.field_world.model import Line


def write_forms(isp: Isp, rows: str, dice: Random, faulty: float, given: dict[str, set[str]]) -> str:
    """Answer a notice for subscribers. `given` gets, of each number, the ids of the lines whose form went out."""
    by_number: dict[str, list[Line]] = {}
    for line in isp.lines:
        by_number.setdefault(line.number, []).append(line)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    mobile = isp.plan.kind == "mobile"
    head = ["MSISDN", "IMSI", "IMEI", "Cell ID", "CAF No"] if mobile else ["User ID"]
    writer.writerow([*head, "Subscriber Name", "Installation Address", "State", "District", "Contact No"])
    for row in csv.DictReader(io.StringIO(rows)):
        number = row.get("number") or row.get("subscriber") or ""
        lines = by_number.get(number, [])
        if not lines or dice.random() < faulty * 0.3:
            continue
        line = lines[-1]
        given.setdefault(f"{isp.plan.name}|{number}", set()).add(line.line_id)
        ids = [number, line.imsi, line.imei, "404-20-77", f"CAF{line.line_id}"] if mobile else [number]
        state = line.state.removeprefix("IN-")
        writer.writerow([*ids, line.name, line.address, {"KL": "Kerala", "TN": "Tamil Nadu", "MH": "Maharashtra",
                         "RJ": "Rajasthan", "PB": "Punjab"}[state], line.district, line.contact])  # fmt: skip
    return out.getvalue()
