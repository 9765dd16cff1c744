"""Built-in formats as detection needs them, stored compiled when Sightline is built, because it tries all of them.

`python -m sightline.stages.formats.stored_formats` stores them. The file names the digest of every source that it was
made from, so formats that were changed since are compiled again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sightline.stages.formats.loader import HERE, Format, load_builtin_formats
from sightline.stages.formats.program import Frames, Program
from sightline.stages.formats.unread_hosts import Keys

STORE = HERE / "stored_formats.json"


@dataclass(frozen=True, slots=True)
class StoredProgram:
    """The program of a format, as the text that the kernel reads."""

    name: str
    frames: Frames
    text: str

    def to_json(self) -> str:
        """Return the canonical JSON of ADR 1."""
        return self.text


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """The condition on most lines of a log for detection to choose the format (`decision.py`)."""

    program: StoredProgram
    reading: str


@dataclass(frozen=True, slots=True)
class StoredFormat:
    """The parts of a built-in format that detection needs."""

    name: str
    program: StoredProgram
    narrows: tuple[str, ...]
    decision: StoredDecision | None
    keys: Keys | None


def read_stored_formats() -> Mapping[str, StoredFormat] | Mapping[str, Format]:
    """Return the built-in formats as they are stored, or as they are if nothing is stored or something changed."""
    return _read(STORE) or load_builtin_formats()


@cache
def _read(path: Path) -> Mapping[str, StoredFormat] | None:
    try:
        stored = json.loads(path.read_bytes())
        if stored["sources"] != compute_sources_digest():
            return None
        return {format_["name"]: _read_stored_format(format_) for format_ in stored["formats"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def compute_sources_digest() -> str:
    """Return the SHA-256 of every file that formats are made from: the formats, and the modules that compile them."""
    digest = hashlib.sha256()
    for path in (*sorted(HERE.glob("builtin/*.toml")), *sorted(HERE.glob("*.toml")), *sorted(HERE.glob("*.py"))):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def store_formats(path: Path) -> None:
    """Write the built-in formats to a file, beside it first, so that a running process never sees half of it."""
    whole = {
        "sources": compute_sources_digest(),
        "formats": [_to_tree(log_format) for log_format in load_builtin_formats().values()],
    }
    beside = path.with_name(f"{path.name}.partial")
    beside.write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    beside.replace(path)


def _to_tree(one: Format) -> dict[str, object]:
    decision, keys = one.decision, one.keys
    return {
        "name": one.name,
        "program": _to_program_tree(one.program),
        "narrows": one.narrows,
        "decision": decision and {"program": _to_program_tree(decision.program), "reading": decision.reading},
        "keys": keys and [keys.site, *(sorted(some) for some in (keys.declared, keys.hosts, keys.requests))],
    }


def _to_program_tree(program: Program) -> dict[str, str]:
    return {"name": program.name, "frames": program.frames.value, "text": program.to_json()}


def _read_stored_program(tree: dict[str, str]) -> StoredProgram:
    return StoredProgram(tree["name"], Frames(tree["frames"]), tree["text"])


def _read_stored_format(tree: dict[str, Any]) -> StoredFormat:
    decision, keys = tree["decision"], tree["keys"]
    return StoredFormat(
        tree["name"],
        _read_stored_program(tree["program"]),
        tuple(tree["narrows"]),
        decision and StoredDecision(_read_stored_program(decision["program"]), decision["reading"]),
        keys and Keys(keys[0], *(frozenset(map(tuple, some)) for some in keys[1:])),
    )


if __name__ == "__main__":
    store_formats(STORE)
