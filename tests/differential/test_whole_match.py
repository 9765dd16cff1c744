"""A whole match, from detection to the summary: the kernel's outputs are the oracle's, file by file."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars
import pytest

from sightline.model.progress import ignore_progress
from sightline.private_files import write_private_file
from sightline.services.match import engine, pipeline
from sightline.services.match.request import MatchRequest, Outputs
from sightline.stages.formats.program import Frames
from sightline.stages.scan import oracle
from tests.differential.commonest import by_header, shapes
from tests.differential.logs import DIGEST_KEY, FORMATS, ONION, ROWS
from tests.differential.sides import COLUMNS, KEY, NOW, signed_list, standard_input
from tests.stages.scan import dnstaps
from tests.stages.scan.test_containers import tar, zipped

TO_DECLARE = {"combined-host-last", "combined-host-user", "common-host-user", "forwarded-common"}
"""Formats whose lines, as they are generated, may mean other visitors or sites too: detection refuses those files."""
NAMES = sorted(FORMATS.keys() - TO_DECLARE)
PACKERS: list[Callable[[bytes], bytes]] = [
    lambda log: log,
    lambda log: gzip.compress(log[: len(log) // 2], mtime=0) + gzip.compress(log[len(log) // 2 :], mtime=0),
    bz2.compress,
    lzma.compress,
    lambda log: tar(("a.log", log), ("b.log.gz", gzip.compress(log, mtime=0))),
    lambda log: zipped(("a.log", log), ("b.log", log[: len(log) // 2])),
]
REFUSED = [
    "domain,co.uk",
    "domain,*.flagged.example",
    "ip,192.0.2.256",
    "cidr,192.0.2.1/24",
    "onion,abc.onion",
    "nonsense,x",
]
SHA256 = hashlib.sha256(b"flagged.example").hexdigest()
LISTS = {
    "all.csv": "\n".join([COLUMNS, *(row + ",c,,,,," for row in (*ROWS, *REFUSED))]) + "\n",
    "plain.txt": f"# names and more\nflagged.example\nhttp://flagged.example/a\n198.18.0.0/15\n{ONION}\nx y z\n",
    "hosts.txt": "0.0.0.0 flagged.example www.flagged.example\n127.0.0.1 localhost\n:: cdn.flagged.example # x\nhost\n",
    "digests.txt": f"{SHA256}\n{hashlib.md5(b'members.example').hexdigest()}\nabc\n",
}


def request_of(names: Sequence[str], tmp_path: Path) -> MatchRequest:
    """The lines of each format, packed one way or another, the first from standard input, against
    lists of several kinds.
    """
    logs: list[Path | None] = [None]
    for number, name in enumerate(names):
        path = tmp_path / f"{name}.log"
        header, lines = next(iter(by_header(shapes(name)).items()))
        if FORMATS[name].program.frames is Frames.FRAME_STREAMS:
            lines = [dnstaps.data(held) for held in lines]
        log = header + b"".join((lines[:2] * 10)[:10]) + b"none of them\n"
        path.write_bytes(PACKERS[number % len(PACKERS)](log))
        logs.append(path)
    (tmp_path / "CELL-7.pub").write_text(KEY.derive_public().to_text())
    write_private_file(tmp_path / "digest.key", DIGEST_KEY)
    return MatchRequest(
        logs=tuple(logs),
        lists=tuple(signed_list(tmp_path / name, text) for name, text in LISTS.items()),
        trust=(tmp_path / "CELL-7.pub",),
        now=NOW,
        timezone="Europe/Berlin",
        year=2024,
        date_order="dmy",
        made_at=NOW,
        clock_offset_s=-1.5,
        trusted_hops=0,
        digest_key=tmp_path / "digest.key",
    )


def outputs_of(request: MatchRequest, first: str, kind: str, folder: Path) -> dict[str, object]:
    """What a match leaves: hits as lines or as a table, rejects, and the summary less how long it took."""
    folder.mkdir()
    hits, rejects, summary = (folder / name for name in (f"hits.{kind}", "rejects.jsonl", "summary.json"))
    with standard_input(folder.parent / f"{first}.log"):
        pipeline.match_logs(replace(request, outputs=Outputs(str(hits), rejects, summary)), ignore_progress)
    counts = json.loads(summary.read_bytes())
    for exhibit in counts["exhibits"]:
        del exhibit["seconds"]
    table = polars.read_parquet(hits) if kind == "parquet" else None
    rows = hits.read_bytes().splitlines(keepends=True) if table is None else [table.schema, *table.rows()]
    return {"summary": counts, "rejects": rejects.read_bytes().splitlines(keepends=True), "hits": rows}


@pytest.mark.parametrize(
    ("kind", "stride"), [("csv", 6), ("csv", 1), ("parquet", 1)], ids=["a sixth as csv", "all as csv", "all as parquet"]
)
def test_sides_agree_on_all_outputs(kind: str, stride: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = NAMES[::stride]
    request = request_of(names, tmp_path)
    alone = outputs_of(replace(request, threads=1), names[0], kind, tmp_path / "alone")
    together = outputs_of(replace(request, threads=2), names[0], kind, tmp_path / "together")
    monkeypatch.setattr(engine, "choose_engine", lambda: ("oracle", oracle))
    wanted = outputs_of(request, names[0], kind, tmp_path / "oracle")
    assert alone == wanted
    assert together == wanted
    assert (tmp_path / "alone" / f"hits.{kind}").read_bytes() == (tmp_path / "together" / f"hits.{kind}").read_bytes()
    assert wanted["rejects"]
    assert wanted["hits"]
