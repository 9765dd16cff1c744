"""Read a reply without a table that states that there are no records."""

from __future__ import annotations

import re

from sightline.stages.resolve.model import Says
from sightline.stages.resolve.replies import values
from sightline.stages.resolve.replies.layout import shared
from sightline.stages.resolve.replies.rows import Assigned

MOST_BYTES = 64 << 10
_CELL = re.compile(r"[,;\t|]")
_ID = re.compile(r"\b[0-9a-f]{12}\b", re.IGNORECASE)


def answers(text: str) -> list[tuple[int, Assigned]]:
    """Return the lines that state so, each with the row of the notice that it names, if any."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip(' ".:-') for cell in _CELL.split(line)]
        bare = _ID.sub(" ", line).strip(' ".:-,;|\t')
        if not any(shared().says_no_records(cell) for cell in (*cells, bare) if cell):
            continue
        ids = [values.row_id(one) for one in _ID.findall(line)]
        found += [(number, Assigned(row_id=one, says=Says.NO_RECORDS.value)) for one in ids or [None]]
    return found
