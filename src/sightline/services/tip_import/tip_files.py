"""Find the files of an import: tips by their names, with attachments left unopened and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sightline.errors import UsageError
from sightline.stages.tips.archive import is_tip_name


@dataclass(slots=True)
class TipFiles:
    """The files to read, in order of name, and the others in their folders, counted by the ending of their names."""

    files: list[Path] = field(default_factory=list)
    attachments: Counter[str] = field(default_factory=Counter)


def find_files(paths: Sequence[Path]) -> TipFiles:
    """Return the files. A file that is named is read whatever its name. Raises UsageError for a path that is none."""
    tip_files, known = TipFiles(), set[Path]()
    for path in paths:
        for file in _list_files(path):
            real = file.resolve()
            if path.is_dir() and not is_tip_name(file.name):
                tip_files.attachments[file.suffix.lower() or "no ending"] += 1
            elif real not in known:
                known.add(real)
                tip_files.files.append(file)
    if not tip_files.files:
        named = ", ".join(map(str, paths))
        raise UsageError(
            f"no tip in {named}",
            hint="tips end in .json, .jsonl, .ndjson, .jsonld, .xml, .csv, .tsv, .txt, .xlsx, .xlsm or .zip; name it",
        )
    return tip_files


def _list_files(path: Path) -> Iterator[Path]:
    """Yield the file, or the files below a folder in order. A link below it is not followed."""
    if not path.is_dir():
        yield path
        return
    for entry in sorted(path.iterdir()):
        if entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _list_files(entry)
        elif entry.is_file():
            yield entry
