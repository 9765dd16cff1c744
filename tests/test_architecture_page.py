"""`docs/explanation/architecture.md`: its layout names what is there, and its layers are those that
the import test holds.
"""

import re
from pathlib import Path

from tests.test_imports import LAYERS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")


def test_each_path_of_the_layout_exists() -> None:
    layout = re.search(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert layout
    folders: list[Path] = []
    for line in layout[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r"  +", line.strip())[0].split(", ")
        above = folders[depth - 1] if depth else ROOT
        for name in names:
            assert (above / name).exists(), line
        folders[depth:] = [above / names[-1]]


def test_each_module_of_the_flow_exists() -> None:
    section = PAGE.partition("## From a log to a subscriber\n")[2].partition("\n## ")[0]
    named = re.findall(r"`([\w.]+/[\w./]*)`", "".join(re.findall(r"^\|.*\|$", section, re.MULTILINE)))
    assert len(named) > 30
    for path in named:
        assert (ROOT / path if path.startswith("rust/") else ROOT / "src/sightline" / path).exists(), path


def test_the_page_names_every_service() -> None:
    section = PAGE.partition("## Services\n")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\|.*\|$", section, re.MULTILINE)))
    packages = [path.parent.name for path in (ROOT / "src/sightline/services").glob("*/__init__.py")]
    assert sorted(named) == sorted(packages)


def test_the_layers_are_those_of_the_import_test() -> None:
    section = PAGE.partition("## What may import what\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", section, re.MULTILINE)
    layers = {name: int(number) for number, cell in rows for name in re.findall(r"`(\w+)`", cell.partition(":")[0])}
    assert layers == LAYERS
