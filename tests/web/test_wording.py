"""What the pages say: in three languages, alike in their facts, and nothing that no page says."""

import ast
import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from sightline.ledger.verbs import Seen, Verb
from sightline.stages.report import tiles
from sightline.stages.resolve.corroboration import Lacks
from sightline.stages.resolve.model import Why
from sightline.stages.resolve.reasons import WHY, WOULD
from sightline.stages.resolve.withdrawn import CODES
from sightline.web import messages
from sightline.web.app import PAGE_ROUTERS
from sightline.web.templates import environment

WEB = Path(messages.__file__).parent
NAMES = [room.name for room in PAGE_ROUTERS]
SAID = re.compile(r"""\bt\(\s*["']([a-z_.0-9-]+)["']\s*(\)|,|~)""")


@pytest.mark.parametrize("room", [*NAMES, messages.SHARED])
def test_every_message_is_said_in_all_languages_with_the_same_facts(room: str) -> None:
    for key, said in messages.messages(room).items():
        assert set(said) == set(messages.LANGUAGES), key
        assert all(text.strip() for text in said.values()), key
        facts = {language: fields(text) for language, text in said.items()}
        assert facts["hi"] == facts["en"] == facts["ml"], key
        assert len({text.count("|") > 0 for text in said.values()}) == 1, f"{key}: one|more in all languages or in none"


def test_what_fell_and_what_a_subscriber_lacks_is_said_in_all_languages() -> None:
    said = messages.messages("notices")
    wanted = {*(f"fell_why.{code}" for code in CODES.values()), *(f"lacks.{one.value}" for one in Lacks)}
    there = {one for one in said if one.startswith(("fell_why.", "lacks."))}
    assert there == wanted


def test_why_a_verdict_is_what_it_is_is_said_in_all_languages() -> None:
    said = messages.messages(messages.SHARED)
    wanted = {f"verdict_why.{one.value}": text for one, text in WHY.items()}
    wanted |= {f"near_miss.{one.value}": text for one, text in WOULD.items()}
    there = {key: text["en"] for key, text in said.items() if key.startswith(("verdict_why.", "near_miss."))}
    assert there == wanted
    assert WHY.keys() == set(Why)
    assert not [key for key in wanted if len(set(said[key].values())) < len(messages.LANGUAGES)]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("room", NAMES)
def test_every_message_that_a_room_names_is_there(room: str) -> None:
    own, shared = messages.messages(room), messages.messages(messages.SHARED)
    folder = WEB / "pages" / room
    for path in [*folder.glob("*.html"), *folder.glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        for key, after in [*SAID.findall(text), *handlers(text, path)]:
            known = shared if key.startswith("all.") else own
            bare = key.removeprefix("all.")
            # What is put together (`"place_kind." ~ kind`) begins as some message does.
            is_there = any(one.startswith(bare) for one in known) if after == "~" else bare in known
            assert is_there, f"{path.name} says {key}"


def handlers(text: str, path: Path) -> list[tuple[str, str]]:
    """The messages that a handler names: `visit.says("…")`, `Moved(to, "…")`."""
    if path.suffix != ".py":
        return []
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = {"says": 0, "Moved": 1}.get(name)
        if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
            found.append((str(node.args[place].value), ")"))  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("room", NAMES)
def test_no_message_of_a_room_is_unsaid(room: str) -> None:
    folder = WEB / "pages" / room
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*folder.glob("*.html"), *folder.glob("*.py")])
    # Keys that are put together: `"lead_" ~ part`, `name ~ "_note"`.
    begun, ended = re.findall(r'"([a-z_]{3,})" ~', text), re.findall(r'~ "([a-z_]{3,})"', text)
    for key in set(messages.messages(room)) - {"title"}:  # which the frame says
        last, part = key.rpartition(".")[2], key.partition(".")[0]
        if any(key.startswith(before) for before in begun) or any(key.endswith(after) for after in ended):
            continue
        assert f'"{key}"' in text or f'"{part}.' in text or f'"{last}"' in text or f"'{key}'" in text, key


def test_one_and_more() -> None:
    says = messages.messages_for("leads", "en")
    assert (says("found", n=1), says("found", n=2), says("found", n=1431)) == ("1 lead", "2 leads", "1,431 leads")


def test_every_verb_of_the_ledger_and_the_journal_is_said() -> None:
    known = messages.messages(messages.SHARED)
    assert [verb for verb in (*Verb, *Seen) if f"verb.{verb.value}" not in known] == []


def test_states_and_days_are_said_in_each_language() -> None:
    assert {tile.code: messages.state(tile.code, "en") for tile in tiles.country().tiles} == {
        tile.code: tile.name for tile in tiles.country().tiles
    }
    assert messages.state("IN-OR", "ml") == messages.state("IN-OD", "ml") == "ഒഡീഷ"
    assert messages.state("XX-YY", "hi") == "XX-YY"
    page = environment().from_string("{{ on | day }}").render(on=date(2026, 3, 9), language="hi")
    assert "9 मार्च 2026" in page


def test_a_day_of_an_instant_is_indias() -> None:
    page = environment().from_string("{{ us | day }}, {{ us | at }}").render(us=1_772_999_999_000_000, language="ml")
    assert re.sub("<[^>]+>", "", page) == "9 മാർ 2026, 9 മാർ 2026, 01:29:59 IST"
