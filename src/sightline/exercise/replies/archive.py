"""What is kept apart of every reply, in a world's `answers/replies`: what the oracle is told, and what was true."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import polars as pl

Kind = Literal["records", "subscribers"]
FOLDER = "replies"


@dataclass(frozen=True, slots=True)
class ReplyFile:
    """A file of a reply, and what an officer would declare of it. `corrects`: the place of the one that it replaces."""

    path: Path
    layout: str
    timezone: str | None
    date_order: Literal["dmy", "mdy", "ymd"] | None
    certified: bool
    partial: bool = False
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply as it was kept: `asked`, rows of the notice; `rows`, as written, with `file`; `faults`, of each row."""

    name: str
    licensee: str
    kind: Kind
    files: tuple[ReplyFile, ...]
    asked: pl.DataFrame
    rows: pl.DataFrame
    faults: pl.DataFrame


def digest(rows: pl.DataFrame) -> str:
    """What tells a notice from others: its row ids; one for subscribers, its numbers."""
    texts = rows["number" if "number" in rows.columns else "row_id"]
    return hashlib.sha256("\n".join(texts.sort().to_list()).encode()).hexdigest()[:16]


def keep(answers: Path, one: Kept) -> None:
    """Keep a reply; the same notice answered again takes the place of the first answer."""
    folder = answers / FOLDER / one.name
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("asked", "rows", "faults"):
        getattr(one, name).write_parquet(folder / f"{name}.parquet")
    files = [asdict(file) | {"path": file.path.name} for file in one.files]
    said = {"licensee": one.licensee, "kind": one.kind, "files": files}
    (folder / "said.json").write_text(json.dumps(said, indent=1), encoding="utf-8")


def name_of(licensee: str, kind: Kind, rows: pl.DataFrame) -> str:
    """The name of a reply's folder."""
    return f"{re.sub('[^a-z]+', '-', licensee.lower())}-{kind}-{digest(rows)}"


def read_archive(answers: Path, kind: Kind) -> Iterator[Kept]:
    """All replies of a kind, in the order of their names."""
    for path in sorted((answers / FOLDER).glob("*/said.json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["kind"] == kind:
            files: Sequence[ReplyFile] = [ReplyFile(**file | {"path": Path(file["path"])}) for file in said["files"]]
            asked, rows, faults = (
                pl.read_parquet(path.with_name(f"{name}.parquet")) for name in ("asked", "rows", "faults")
            )
            yield Kept(path.parent.name, said["licensee"], kind, tuple(files), asked, rows, faults)
