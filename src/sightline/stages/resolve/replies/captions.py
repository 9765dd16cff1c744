"""Compare lines between the rows of a table, which repeat one question each, with the rows below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sightline.stages.resolve.replies import address_values, assignment_table, stated_facts, surrounding_lines
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.shared_words import load_shared_words

_PORT_BEHIND = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}:([0-9]{1,5})(?![0-9])")


@dataclass(frozen=True, slots=True)
class _Facts:
    """Addresses, and first and last ports, of a caption or of the rows below it."""

    addresses: set[str] = field(default_factory=set)
    ports: set[tuple[int, int]] = field(default_factory=set)


def has_other_caption(fit: Fit, above: Sequence[Sequence[str]], below: Sequence[Sequence[str]]) -> bool:
    """Return whether a line names an address, or a port, that none of the rows from it to the next such line has.

    The last line above the table is such a caption too, if there are others between its rows. `below`: the lines
    under the headings, rows and others.
    """
    parts = list(_list_parts(fit, above, below))
    return len(parts) > 1 and any(_is_other(stated, rows) for stated, rows in parts)


def _is_other(stated: _Facts, rows: _Facts) -> bool:
    is_other_address = stated.addresses and rows.addresses and stated.addresses.isdisjoint(rows.addresses)
    is_other_port = (stated.ports and rows.ports) and not any(
        first <= port <= last for port, _ in stated.ports for first, last in rows.ports
    )
    return bool(is_other_address or is_other_port)


def _list_parts(
    fit: Fit, above: Sequence[Sequence[str]], below: Sequence[Sequence[str]]
) -> Iterator[tuple[_Facts, _Facts]]:
    """Yield what each caption states, and what the rows below it have."""
    stated, rows = _Facts(), _Facts()
    for cells in above:
        facts = _read_caption(cells)
        stated = facts if facts.addresses or facts.ports else stated
    for cells in below:
        stand = assignment_table.list_filled_cells(cells, "")
        if surrounding_lines.is_row(cells, fit, stand):
            rows.addresses.update(_list_addresses(cells))
            rows.ports.update(stated_facts.list_port_ranges(fit, [cells]))
            continue
        facts = _read_caption(cells)
        if (facts.addresses or facts.ports) and not any(load_shared_words().says_no_records(cell) for cell in stand):
            if stated.addresses or stated.ports:
                yield stated, rows
            stated, rows = facts, _Facts()
    if stated.addresses or stated.ports:
        yield stated, rows


def _read_caption(cells: Sequence[str]) -> _Facts:
    text = " ".join(cells)[: surrounding_lines.MOST_LETTERS]
    ports = [*stated_facts.PORT_IN_LINE.findall(text), *_PORT_BEHIND.findall(text)]
    return _Facts(_list_addresses(cells), {(int(port), int(port)) for port in ports})


def _list_addresses(cells: Sequence[str]) -> set[str]:
    text = " ".join(cells)[: surrounding_lines.MOST_LETTERS]
    return {ip for ip, _ in address_values.find_endpoints(text)}
