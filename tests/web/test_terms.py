"""Terms of the glossary explain themselves on hover and focus, without script, in every language; docs say the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sightline.translation import messages
from sightline.web.templates import STATIC, get_environment
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.world import chromium

WEB = messages.LOCALE.parent
GLOSSARY = Path(__file__).parents[2] / "docs" / "reference" / "glossary.md"
WORDS = sorted(
    key.removeprefix("all.glossary.") for key in messages.load_catalogue("en") if key.startswith("all.glossary.")
)
USE = re.compile(r"""\bterm\(t, "(\w+)", (?:\w+\((?:[^()]|\([^()]*\))*\)|\w+)(?:, place=("?\w+(?:\.\w+)?"?))?\)""")
PAGE = """{% from "terms.html" import term %}<!doctype html><html lang="{{ language }}" data-theme="light">
<head><title>Terms</title><link rel="stylesheet" href="{{ style }}"></head><body><main>
<div class="scroll"><table><thead><tr><th scope="col">{{ term(t, "ceiling", "Reach") }}</th></tr></thead></table></div>
<p><a href="#">another</a></p></main></body></html>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def page_of(folder: Path, language: str) -> Path:
    t = messages.get_messages("leads", language)
    style = (STATIC / "app.css").as_uri()
    path = folder / f"{language}.html"
    text = get_environment().from_string(PAGE).render(t=t, language=language, style=style)
    path.write_text(text, encoding="utf-8")
    return path


@needs_build
@needs_browser
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_a_term_is_explained_on_focus_and_on_hover_without_script(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_of(tmp_path, language).as_uri())
    tip, word = page.get_by_role("tooltip", include_hidden=True), page.locator("dfn")
    expect(tip).to_be_hidden()
    page.keyboard.press("Tab")
    if page.locator("dfn:focus").count() == 0:  # a box that scrolls may be focused before
        page.keyboard.press("Tab")
    expect(word).to_be_focused()
    expect(tip).to_be_visible()
    expect(word).to_have_accessible_description(messages.get_messages("leads", language)("all.glossary.ceiling"))
    box, below = word.bounding_box(), tip.bounding_box()
    assert box is not None and below is not None
    assert below["y"] >= box["y"] + box["height"] - 2, "the explanation covers its word"
    page.keyboard.press("Tab")
    expect(tip).to_be_hidden()
    word.hover()
    expect(tip).to_be_visible()
    page.mouse.move(600, 400)
    expect(tip).to_be_hidden()
    context.close()


@needs_build
@needs_browser
def test_escape_hides_an_explanation_until_its_word_is_left(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(page_of(tmp_path, "en").as_uri())
    page.add_script_tag(path=STATIC / "app.js")
    tip, word = page.get_by_role("tooltip", include_hidden=True), page.locator("dfn")
    word.hover()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.mouse.move(600, 400)
    word.hover()
    expect(tip).to_be_visible()
    context.close()


def test_each_term_is_used_and_once_a_page_or_table() -> None:
    used: set[str] = set()
    for path in (WEB / "pages").rglob("*.html"):
        found = Counter(USE.findall(path.read_text(encoding="utf-8")))
        assert all(count == 1 for count in found.values()), f"{path.name}: an id is there twice: {found}"
        used |= {word for word, _ in found}
    assert sorted(used) == WORDS


def test_the_glossary_page_has_the_texts_of_the_web_app() -> None:
    of_the_app = GLOSSARY.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (.*?) \|$", of_the_app, re.MULTILINE)
    texts = {word: messages.load_catalogue("en")[f"all.glossary.{word}"][0] for word in WORDS}
    assert dict(row for row in rows if row[0] in texts) == texts


HEADING = "## Explained in the web app\n"
