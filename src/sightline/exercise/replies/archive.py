"""Store the truth about every reply separately, in a world's `answers/replies`: the oracle's input, and the facts."""

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
    """A file of a reply, and an officer's declarations about it.

    `corrects`: the position of the file that it replaces.
    """

    path: Path
    layout: str
    timezone: str | None
    date_order: Literal["dmy", "mdy", "ymd"] | None
    certified: bool
    partial: bool = False
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class ArchivedReply:
    """An archived reply: `asked`, rows of the notice; `rows`, as written, with `file`; `faults`, of each row."""

    name: str
    licensee: str
    kind: Kind
    files: tuple[ReplyFile, ...]
    asked: pl.DataFrame
    rows: pl.DataFrame
    faults: pl.DataFrame


def identify_notice(rows: pl.DataFrame) -> str:
    """Return a notice's identity: the digest of its row ids, or of the numbers of one for subscribers."""
    texts = rows["number" if "number" in rows.columns else "row_id"]
    return hashlib.sha256("\n".join(texts.sort().to_list()).encode()).hexdigest()[:16]


def archive_reply(answers: Path, reply: ArchivedReply) -> None:
    """Archive a reply. A second answer to the same notice replaces the first."""
    folder = answers / FOLDER / reply.name
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("asked", "rows", "faults"):
        getattr(reply, name).write_parquet(folder / f"{name}.parquet")
    files = [asdict(file) | {"path": file.path.name} for file in reply.files]
    content = {"licensee": reply.licensee, "kind": reply.kind, "files": files}
    (folder / "said.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def name_reply_folder(licensee: str, kind: Kind, rows: pl.DataFrame) -> str:
    """Return the name of a reply's folder."""
    return f"{re.sub('[^a-z]+', '-', licensee.lower())}-{kind}-{identify_notice(rows)}"


def read_archive(answers: Path, kind: Kind) -> Iterator[ArchivedReply]:
    """Return all replies of a kind, in the order of their names."""
    for path in sorted((answers / FOLDER).glob("*/said.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["kind"] == kind:
            files: Sequence[ReplyFile] = [ReplyFile(**file | {"path": Path(file["path"])}) for file in content["files"]]
            questions, rows, faults = (
                pl.read_parquet(path.with_name(f"{name}.parquet")) for name in ("asked", "rows", "faults")
            )
            yield ArchivedReply(path.parent.name, content["licensee"], kind, tuple(files), questions, rows, faults)
