"""The examples of `docs/how-to/datasets.md`: every file on the page is imported as the page says; every
code is on it.
"""

import re
import shlex
from pathlib import Path

from sightline.model import DatasetCode
from tests.cli.unit import DAS, MENON, Unit, unit

__all__ = ["unit"]

PAGE = (Path(__file__).parent.parent.parent / "docs" / "how-to" / "datasets.md").read_text(encoding="utf-8")


def test_every_example_is_imported_whole(unit: Unit, tmp_path: Path) -> None:
    unit.begin()
    unit.enrol(MENON, DAS)
    files = re.findall(r'^```\w+ title="(\S+)"\n(.*?)^```', PAGE, re.MULTILINE | re.DOTALL)
    for name, content in files:
        (tmp_path / name).write_text(content)
    commands = [shlex.split(line) for line in re.findall(r"^\$ sightline (datasets import .*)$", PAGE, re.MULTILINE)]
    assert {words[2] for words in commands} == {name for name, _ in files}
    for words in commands:
        assert "nothing" in unit.done(DAS, *words).out, words
    listed = unit.done(DAS, "datasets", "list", "--json").rows
    assert {row["kind"] for row in listed} == {"city", "network", "relay", "agent", "nat", "boundary"}


def test_every_code_is_on_the_page() -> None:
    assert {code.value for code in DatasetCode} <= set(re.findall(r"`([a-z0-9-]+)`", PAGE))
