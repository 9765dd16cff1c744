"""Every page in Hindi and in Malayalam: no English is left but names, ids, commands and terms that have no other form.

The pages are those that the walk of all roles came to. Texts that officers, licensees and other forces wrote stay as
they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from html.parser import HTMLParser

import pytest

from sightline.casework.permissions.access import Action
from sightline.services.artifacts.lead_files import open_generation
from sightline.stages.resolve.replies.reply_layouts import load_builtin_layouts
from sightline.storage.rows import LedgerRow, StoredJournalRow
from sightline.storage.table import NAMES
from sightline.translation.messages import LANGUAGES
from tests.web.used_workspace import UsedWorkspace
from tests.web.walk_results import Walked, seated
from tests.web.world import ServedApp

WORD = re.compile(r"[A-Za-z][A-Za-z'-]+[A-Za-z]")
NUMBER = re.compile(r"\b[LS]-\w{4}-\w{4}\b")
"""The number of a lead or of a subscriber."""
QUOTED = re.compile(r'"[^"]*"|\{\w+\}')
"""Words to type into a reply, and the blanks of a letter."""
ID = re.compile(
    r"[\w-]*(?:\[\.\][\w-]+)+|\b[A-Z]+\.key\b|\b[0-9a-f]{8,}\b|\b[0-9A-Z]{26}\b|\b[A-Z0-9]{6}\b|\bIN-[A-Z]{2}\b"
    r"|\b[\w./-]+\.\w{2,5}\b"
)
CODE = {"code", "kbd", "pre", "samp", "script", "style"}
"""Elements for ids, keys, and commands to type."""
AS_WRITTEN = {"raw", "id", "hash", "mono"}
"""Classes for lines of a log, ids and paths."""
SAID = {"title", "aria-label", "placeholder", "alt"}
TERMS = frozenset(
    "Sightline English ISP CSV XLSX JSON XML ZIP PDF PNG SVG TXT URL HTTP HTTPS HEAD GET POST CONNECT TLS DNS NAT CGNAT"
    " VPN Tor NTP UTC IST UTF SHA RADIUS LUKS KiB GiB MiB min FIR BNSS BSA POCSO CrPC IEA Act MSISDN IMSI IMEI UIN UID"
    " MAC DVR DVD ASN AS CASE CyberTipline Ctrl Ctrl-P Enter Esc Control Linux Apache nginx age keygen pub xlsx zip "
    "minisign minisig CC-BY"
    " yes tcp april a-z ext disk sqlite record Seed Wi-Fi unit world test isp reason status owner place reach "
    "seen address Asia Kolkata Cyber Thrissur IPv onion tmpfs syslog detail".split()
)
"""Names and abbreviations that have no other form in Indian languages, and examples of what to type."""
COMMAND = re.compile(r"\b\w+=\w+|sightline [a-z-]+(?: [a-z-]+)?|--[a-z-]+|\b[A-Z]{3,}=?|\b[a-z]+[:=]\S*|/\S+")
"""Commands, options, placeholders and filters within a sentence."""
OF_THE_PROGRAM = {LedgerRow, StoredJournalRow}
"""Tables whose texts the program writes."""
RULE = re.compile(r"(?:नियम|ചട്ടം) [a-z-]+")
"""The id of a rule."""


class Texts(HTMLParser):
    """The texts of a page that its reader reads, or hears."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        is_written = tag in CODE or bool(AS_WRITTEN & set(attributes.get("class", "").split()))
        if not (is_written or any(skip for _, skip in self._open)):
            self.found += [attributes[name] for name in SAID & attributes.keys()]
        if tag not in {"meta", "link", "input", "br", "img", "hr", "source", "wbr", "col"}:
            self._open.append((tag, is_written))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(skip for _, skip in self._open):
            self.found.append(" ".join(data.split()))


def names_of(lived: UsedWorkspace) -> re.Pattern[str]:
    """What people and files wrote into the workspace: every text of its rows that is no code of the program."""
    codes = {action.value for action in Action}
    found: set[str] = set()
    with lived.workspace.read() as tables:
        for kind in NAMES.keys() - OF_THE_PROGRAM:
            every: list[object] = tables[kind].select()
            for row in every:
                found.update(_texts_of(row))
    with open_generation(lived.workspace) as read:
        for lead in read.to_json(read.open_frame()):
            districts = [lead["place"]["district"], *(answer["district"] for answer in lead["place"]["answers"])]
            found.update(part for district in districts if district for part in (district, *district.split("/")))
            found.update({lead["network"]["isp"]} - {None})
    found.update(builtin_layout.name for builtin_layout in load_builtin_layouts())
    names = sorted({one for one in found - codes if WORD.search(one)}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")


def _texts_of(row: object) -> Iterator[str]:
    for field in fields(row):  # type: ignore[arg-type]
        value = getattr(row, field.name)
        if isinstance(value, str) and not isinstance(value, Enum) and 2 < len(value) < 300:
            yield value
            yield " ".join(value.split())


class EnglishWords:
    """Finds English in pages. Most texts stand on many pages, and each is looked at once."""

    def __init__(self, names: re.Pattern[str]) -> None:
        self._skipped = (NUMBER, names, QUOTED, RULE, ID, COMMAND)
        self._found: dict[str, list[str]] = {}

    def of_page(self, page: str) -> Iterator[str]:
        for text in Texts(page).found:
            if text not in self._found:
                self._found[text] = self._words(text)
            if words := self._found[text]:
                yield f"{' '.join(words)}: {text[:160]}"

    def _words(self, text: str) -> list[str]:
        for skipped in self._skipped:
            text = skipped.sub(" ", text)
        return [one for one in WORD.findall(text) if one not in TERMS]


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_no_page_shows_english(lived: UsedWorkspace, lived_room: ServedApp, walked: Walked, language: str) -> None:
    english, found, seen = EnglishWords(names_of(lived)), dict[str, str](), 0
    clients = {role: seated(lived_room, lived, role) for role in lived.officer_sessions}
    for pages in walked.walk.found.values():
        for path, role in pages.items():
            clients[role].cookies.set("language", language)
            answer = clients[role].get(path)
            if answer.status_code == 200 and "text/html" in answer.headers.get("content-type", ""):
                assert f'<html lang="{language}"' in answer.text or "<html" not in answer.text, path
                seen += 1
                found.update((one, path) for one in english.of_page(answer.text))
    assert seen > 100
    assert found == {}, "\n".join(f"{path}: {text}" for text, path in sorted(found.items()))
