"""What a person sees on a terminal, and a program in a pipe: hits as a table or as JSON
lines, colour, short options.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Sightline, SignedList
from tests.cli.terminal import talk

LINE = '192.0.2.{at} - - [05/Jun/2026:10:00:0{at} +0530] "GET http://flagged.example/{path} HTTP/1.1" 200 5 "-" "-"\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("".join(LINE.format(at=at, path="x" * 200 if at == 2 else f"page{at}") for at in range(1, 4)))
    return path


def test_a_terminal_gets_a_table_that_fits_and_a_pipe_json_lines(
    log: Path, signed_list: SignedList, sightline: Sightline
) -> None:
    words = ("match", log, *signed_list.words, "-q")
    screen = talk(words, (), log.parent, {"COLUMNS": "100", "LINES": "40"})
    assert screen.code == 0, screen.screen
    lines = screen.screen.replace("\r", "").splitlines()
    assert lines[0].split() == ["TIME", "(UTC)", "SOURCE", "HOST", "PATH", "LIST"]
    assert lines[1].split() == ["2026-06-05", "04:30:01", "192.0.2.1", "flagged.example", "/page1", "flagged.csv"]
    assert "xxx…" in lines[2]
    assert max(map(len, lines[:4])) <= 100
    assert lines[4] == "3 hits; --out FILE.jsonl writes all, --json prints them as JSON lines"
    piped = sightline(*words)
    asked = talk(("match", log, *signed_list.words, "-j"), (), log.parent)
    assert [json.loads(line)["line_number"] for line in piped.out.splitlines()] == [1, 2, 3]
    assert all(line.decode() in asked.screen for line in piped.out.splitlines())


def test_more_hits_than_fit_are_counted(log: Path, signed_list: SignedList) -> None:
    log.write_text("".join(LINE.format(at=at % 10, path=at) for at in range(2000)))
    screen = talk(("match", log, *signed_list.words, "--quiet"), (), log.parent, {"COLUMNS": "80", "LINES": "10"})
    lines = screen.screen.replace("\r", "").splitlines()
    assert len(lines) == 12
    assert lines[-1].startswith("2,000 hits, the first 10 shown;")


def test_an_error_is_red_on_a_terminal_alone_and_not_where_colour_is_refused(
    tmp_path: Path, sightline: Sightline
) -> None:
    words = ("lists", "check", "missing.csv")
    assert "\x1b[31msightline:\x1b[0m" in talk(words, (), tmp_path, {"TERM": "xterm", "NO_COLOR": ""}).screen
    assert "\x1b" not in talk(words, (), tmp_path, {"TERM": "xterm", "NO_COLOR": "1"}).screen
    assert "\x1b" not in sightline(*words).err
