"""Tables for people: colours only where a terminal shows them, and a heading over every column."""

from __future__ import annotations

import io
import sys

import pytest

from sightline.cli.table_output import format_columns
from tests.cli.unit import IYER, MENON, NAIR, Unit, unit

__all__ = ["unit"]
ROWS = [("LEAD", "BAND"), ("4cedfc69", "urgent"), ("5dfe1234", "normal")]
PLAIN = ["LEAD      BAND", "4cedfc69  urgent", "5dfe1234  normal"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_band_is_coloured_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert list(format_columns(ROWS)) == PLAIN
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert list(format_columns(ROWS)) == [PLAIN[0], "4cedfc69  \x1b[31murgent\x1b[0m", PLAIN[2]]
    assert list(format_columns([("ID", "STATE", "DUE"), ("1", "sent, overdue", "today")]))[1] == (
        "1   \x1b[31msent, overdue\x1b[0m  today"
    )
    monkeypatch.setenv("NO_COLOR", "1")
    assert list(format_columns(ROWS)) == PLAIN
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert list(format_columns(ROWS)) == PLAIN


def test_each_list_has_headings_or_says_what_to_do(unit: Unit) -> None:
    unit.begin()
    unit.enrol(MENON, IYER)
    for who, words, heading in (
        (IYER, ("ledger", "show"), ["ENTRY", "AT", "VERB"]),
        (IYER, ("ledger", "show", "--journal"), ["ROW", "AT", "VERB"]),
        (MENON, ("search", "Menon"), ["KIND", "WHAT", "DETAIL"]),
        (NAIR, ("officers", "list"), ["NAME", "ROLE"]),
    ):
        words_of_heading = unit.done(who, *words).out.splitlines()[0].split()
        assert words_of_heading[: len(heading)] == heading, words
    for who, words in ((IYER, ("witnesses", "list")), (MENON, ("exhibits", "list")), (MENON, ("holds", "list"))):
        done = unit.done(who, *words)
        assert done.out == ""
        assert "sightline" in done.err
