"""Read a reply without a table that states that there are no records."""

from __future__ import annotations

import re
from dataclasses import replace

from sightline.stages.resolve.model import RowStatement
from sightline.stages.resolve.replies import address_values, stated_ids
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.single_rows import AssignedRow

MOST_BYTES = 64 << 10
_CELL = re.compile(r"[,;\t|]")
_ID = re.compile(r"\b[0-9a-f]{12}\b", re.IGNORECASE)


def read_answers(text: str) -> list[tuple[int, AssignedRow]]:
    """Return the lines that state so, each with the rows of the notice, or else the addresses, that it names."""
    result = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip(' ".:-') for cell in _CELL.split(line)]
        bare = _ID.sub(" ", line).strip(' ".:-,;|\t')
        if not any(load_shared_words().says_no_records(cell) for cell in (*cells, bare) if cell):
            continue
        none = AssignedRow(says=RowStatement.NO_RECORDS.value)
        ids = [replace(none, row_id=stated_ids.read_row_id(digits)) for digits in _ID.findall(line)]
        assigneds = [
            replace(none, ip=ip, port_from=port, port_to=port) for ip, port in address_values.find_endpoints(line)
        ]
        result += [(number, assigned) for assigned in ids or assigneds or [none]]
    return result
