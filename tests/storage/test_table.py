"""Reads of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from sightline.storage.rows import Officer
from tests.office import found_office


def test_a_read_of_many_values_has_one_of_few_statements(tmp_path: Path) -> None:
    """A connection keeps each statement prepared: of each number of runs of a feed, it would take 100 kB."""
    office = found_office(tmp_path / "workspace")
    texts: set[str] = set()

    def note(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        texts.add(statement)

    with office.workspace.read() as tables:
        officers = tables[Officer].select()
        names = [officer.officer_id for officer in officers]
        event.listen(tables.connection, "before_cursor_execute", note)
        for count in (1, 2, 3, 5, 64, 65, 499, 500, 501, 1000, 1003):
            found = tables[Officer].select_within("officer_id", [*names, *(f"nobody {at}" for at in range(count))])
            assert found == officers
    sizes = {text.count("?") + text.count("%(") for text in texts}
    assert len(texts) <= 10 and all(size & (size - 1) == 0 for size in sizes)
