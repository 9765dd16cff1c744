"""The condition on most lines of a log for detection to choose a format (`decided_by` in a format file)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sightline.stages.formats.pattern import split_pattern
from sightline.stages.formats.program import Dissect, DissectLine, Program
from sightline.stages.formats.toml_table import TomlTable

TAKES = ("name", "label")


@dataclass(frozen=True, slots=True)
class FormatDecision:
    """The program of a format's lines, and the program of those lines that only this format can mean.

    `reading` completes the sentence "the format ..." for a person who must choose between two formats.
    """

    program: Program
    reading: str


def read_decision(table: TomlTable, program: Program) -> FormatDecision | None:
    """Return the decision of a format file, or None if it has none. Raises UsageError that names the key.

    Its program has the file's lines in which the piece takes one of `takes`, and those without the piece.
    """
    if "decided_by" not in table.values:
        return None
    stated = table.get_table("decided_by")
    stated.check_keys(("piece", "takes", "reading"))
    piece, takes = stated.get_text("piece"), stated.get_texts("takes")
    if unknown := [take for take in takes if take not in TAKES]:
        stated.fail("takes", f"{unknown[0]!r} is not allowed; allowed: {', '.join(TAKES)}")
    if not isinstance(program.split, Dissect):
        table.fail("decided_by", 'is read only where by = "dissect"')
    place = re.compile(r"%\{" + re.escape(piece) + r"(?::[a-z]+)?\}")
    slots = {name: number for number, name in enumerate(program.slots)}
    lines: list[DissectLine] = []
    for stated_line, line in zip(table.get_tables("line"), program.split.lines, strict=True):
        pattern = stated_line.get_text("pattern")
        if not place.search(pattern):
            lines.append(line)
            continue
        patterns = [place.sub(f"%{{{piece}:{take}}}", pattern) for take in takes]
        lines += [replace(line, tokens=tuple(it.to_token(slots) for it in split_pattern(text))) for text in patterns]
    if not any(place.search(line.get_text("pattern")) for line in table.get_tables("line")):
        stated.fail("piece", f"no line has {piece!r}")
    return FormatDecision(replace(program, split=Dissect(tuple(lines))), stated.get_text("reading"))
