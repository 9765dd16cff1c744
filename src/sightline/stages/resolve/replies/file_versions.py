"""Find files or sheets of a reply that are versions of one another: `nat.csv` and `nat_v2.csv`, `old/nat.csv`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

_WORDS = (
    "final|old|older|new|newer|copy|corrected|correction|latest|revised|updated|draft|backup|bak|original|orig|previous"
)
_MARKS = (
    re.compile(r" ?\([0-9]{1,3}\)$", re.ASCII),
    re.compile(r"[ _.-](?:v|ver|version|rev|revision)[ _.-]?[0-9]{1,3}$", re.ASCII | re.IGNORECASE),
    re.compile(rf"[ _.-](?:{_WORDS})(?:[ _.-]?[0-9]{{1,2}})?$", re.ASCII | re.IGNORECASE),
    re.compile(r"^copy (?:\([0-9]{1,3}\) )?of ", re.ASCII | re.IGNORECASE),
)
"""What a name has that says that it is a version or a copy of another."""
_FOLDERS = frozenset({*_WORDS.split("|"), "archive", "archives", "backups", "superseded"})
_MOST_MARKS = 4


def find_versions(names: Iterable[str]) -> Mapping[str, str]:
    """Return of each name that is a version of another the first other one. The names are of files or of sheets.

    Plain numbers, as in `nat_1.csv` and `nat_2.csv`, are parts, not versions.
    """
    same: dict[str, list[str]] = {}
    for name in names:
        same.setdefault(derive_plain_name(name), []).append(name)
    return {one: next(other for other in some if other != one) for some in same.values() for one in some if some[1:]}


def derive_plain_name(name: str) -> str:
    """Return a name in lowercase without what marks a version, and without its extension: `old/NAT_v2.csv` is `nat`."""
    path = PurePosixPath(name.replace("\\", "/"))
    stem, before = path.stem.strip(), ""
    for _ in range(_MOST_MARKS):
        before = stem
        for mark in _MARKS:
            stem = mark.sub("", stem).strip()
        if stem == before:
            break
    folders = [part for part in path.parent.parts if part.lower() not in _FOLDERS]
    return "/".join([*folders, stem or before]).lower()
