"""Lines of the usual form are read many at once: the rows are those that each line gives by itself."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable
from types import ModuleType

import pytest

from sightline.stages.lists.model import Row, RowReject
from sightline.stages.lists.readers import LINE_READERS, adblock, dnsmasq, exports, hosts, rpz, unbound
from sightline.stages.lists.readers import lines as text_lines
from sightline.stages.lists.readers.csv import split_columns
from sightline.stages.lists.readers.items import UnreadableItem
from sightline.stages.lists.readers.line_rules import compile_usual_line
from sightline.stages.lists.readers.lines import read_line_batches

PIECES = {
    hosts: ("0.0.0.0 ", "::1\t", "192.0.2.7 ", "a.example", "LocalHost", "0.0.0.0", " ", "#c", "x.onion"),
    dnsmasq: ("address=/", "server=/", "a.example", "x.ONION", "*.", "/", "#", "0.0.0.0", " "),
    adblock: ("||", "@@", "a.example", "x.I2P", "^", "$third-party", "!", " ", "##ad"),
    rpz: (
        "A.example",
        "*.",
        "rpz.example.",
        " ",
        " 300 IN CNAME ",
        " CNAME ",
        ".",
        "rpz-drop.",
        "x.rpz-nsip",
        "a.example.RPZ.example.",
        " CNAME rpz-drop. ; (why",
        " A 192.0.2.1",
        "(",
        ")",
    ),
    unbound: ("local-zone: ", '"a.example"', '"x.onion"', " static", " typo", 'local-data: "a.example A ::"', "#", " "),
}
HEADS = {rpz: "$ORIGIN rpz.example.\n@ SOA a. b. 1 2 3 4 5\n"}


@pytest.mark.parametrize("module", PIECES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_rules_say_the_same_line_by_line(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["".join(pieces) for count in (2, 3) for pieces in itertools.product(PIECES[module], repeat=count)]
    usual = {line for name, line in zip(module._USUAL.findall("\n".join(lines)), lines, strict=True) if name}
    assert usual, "no line is of the usual form, so this shows nothing"
    # In several blocks: what is usual depends on the lines above. Each block is of a few lines.
    monkeypatch.setattr(text_lines, "_BLOCK_BYTES", 2_000)
    # A line of the usual form between others, too: their owner or zone is that line's.
    raw = HEADS.get(module, "") + "\n".join(itertools.chain(lines, *zip(lines, itertools.cycle(usual), strict=False)))
    found = _read(module, raw)
    monkeypatch.setattr(module, "_USUAL", compile_usual_line("(?!)()"))
    monkeypatch.setattr(module, "_OWNER", "(?!)()", raising=False)
    assert found == _read(module, raw)


def test_quoted_columns_are_those_of_the_csv_module() -> None:
    lines = ["".join(pieces) for pieces in itertools.product(('"', ",", "a", '""', '","'), repeat=5)]
    for one, other in itertools.product(lines[::7], ('"a","b"', '"",","', '",",","')):
        columns = split_columns([one, other], ",", 2)
        try:
            rows = list(csv.reader([one, other], strict=True))
        except csv.Error:
            rows = []
        is_table = len(rows) == 2 and {len(row) for row in rows} == {2}
        assert columns is None or is_table, one
        assert columns is None or list(zip(*columns, strict=True)) == [tuple(row) for row in rows], one


@pytest.mark.parametrize(
    ("header", "good"),
    [
        ("phish_id,url,submission_time,verified", ("1,http://a.example/x,2026-01-02 03:04:05,yes",)),
        ("# id,dateadded,url,url_status,threat", ('"1","2026-01-02 03:04:05","http://a.example/x","on","mal"',)),
        ("domain_name,ip_address", ("a.example,192.0.2.1", '"b.example",""')),
        ("uuid,event_id,type,value,to_ids,date", ('"u",1,"domain","a.example",1,"1780000000"', "u,1,url,a,0,x")),
    ],
)
def test_exports_say_the_same_line_by_line(header: str, good: tuple[str, ...]) -> None:
    pieces = ('"', ",", " ", "#", "a", '""', ",no", *good)
    lines = ["".join(found) for count in (1, 2, 3) for found in itertools.product(pieces, repeat=count)]
    layout = exports._read_layout(header)
    # Beside any line, and beside good ones only: a group of lines that are written alike is split whole, or not.
    for some_lines in (lines, *([*good, line, *good] for line in lines)):
        rows: list[Row] = []
        rejects: list[tuple[int, str]] = []
        for number, line in enumerate(some_lines, 2):
            try:
                row = layout._build_row(number, line)
            except UnreadableItem as why:
                rejects.append((number, str(why)))
            else:
                rows += [] if row is None else [row]
        found, found_rejects = layout.read_rows(2, some_lines)
        assert found == rows
        assert [(reject.line, reject.reason) for reject in found_rejects] == rejects


def _read(module: ModuleType, text: str) -> tuple[list[Row], list[RowReject]]:
    [reader] = [reader for reader in LINE_READERS if reader.read is module.read]
    batches = list(reader.read(read_line_batches(io.BytesIO(text.encode() + b"\n"))))
    assert sum(len(batch.rows) for batch in batches)
    rows = [row for batch in batches for row in batch.rows]
    return _plain(rows), [reject for batch in batches for reject in batch.rejects]


def _plain(rows: Iterable[Row]) -> list[Row]:
    """Rows in which a text that says nothing and `flagged` are one: both flag."""
    return [(*row[:7], "" if row[7] == "flagged" else row[7], row[8]) for row in rows]
