"""The messages of the pages: complete in every language, alike in their facts, each one used by a page."""

import ast
import gettext
import json
import re
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from html import unescape
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from scripts.error_sentences import ERRORS
from scripts.input_error_sentences import INPUT_ERRORS
from scripts.message_places import read_notes
from scripts.reading_error_sentences import READING_ERRORS
from scripts.sentences import collect_sentences
from scripts.service_error_sentences import SERVICE_ERRORS
from scripts.translations import merge_catalogue

from sightline.casework.input_checks import require_reason
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.stages.leads.rule import NounCount
from sightline.stages.leads.rules import RULES
from sightline.stages.report import tiles
from sightline.stages.report.printable import make_printable
from sightline.stages.resolve.corroboration import CorroborationGap
from sightline.stages.resolve.model import FindingKind, VerdictReason
from sightline.stages.resolve.reasons import FOUND, WHY, WOULD, explain_finding
from sightline.stages.resolve.withdrawn import CODES
from sightline.translation import messages
from sightline.translation.sentences import SentenceTranslation, translate_sentence
from sightline.web.app import PAGE_ROUTERS
from sightline.web.error_text import translate_error
from sightline.web.templates import get_environment, split_around_count

WEB = messages.LOCALE.parent
NAMES = [router.name for router in PAGE_ROUTERS]
PRINTED = {"cases": WEB.parent / "services" / "case_report"}
"""Services that print the messages of a page in a document."""
TRANSLATIONS = [language for language in messages.LANGUAGES if language != "en"]
CALL = re.compile(r"""\bt\(\s*["']([a-z_.0-9-]+)["']\s*(\)|,|~)""")
WORD = re.compile(r"""\b(?:w|word|translate_word)\(\s*(?:\w+,\s*)?["']([a-z_]+)["']""")
"""The word for a value of an enum: `w("role", role)`, `translate_word("role", role, "hi")`, `role | word("role")`."""


@cache
def catalogue(language: str) -> Catalog:
    with messages.get_catalogue_path(language).open("rb") as file:
        return read_po(file, abort_invalid=True)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_catalogue_has_exactly_the_english_messages(language: str) -> None:
    texts, english = catalogue(language), catalogue("en")
    assert {(text.context, text.id) for text in texts} == {(message.context, message.id) for message in english}
    assert [text.context for text in texts if text.fuzzy] == []
    assert list(texts.obsolete) == []
    assert set(messages.load_catalogue(language)) == set(messages.load_catalogue("en"))


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_no_message_has_a_character_that_a_page_shows_as_an_escape(language: str) -> None:
    texts = {key: "".join(forms) for key, forms in messages.load_catalogue(language).items()}
    assert [
        key for key, text in texts.items() if make_printable(text.replace("\n", "")) != text.replace("\n", "")
    ] == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_every_plural_form_and_the_facts_of_the_english_text(language: str) -> None:
    count = catalogue(language).num_plurals
    plural_form = gettext.c2py(catalogue(language).plural_expr)
    assert {plural_form(n) for n in range(200)} == set(range(count))
    for message in catalogue(language):
        if not message.context:
            continue
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        assert len(forms) == (count if message.pluralizable else 1), message.context
        assert all(text.strip() for text in forms), message.context
        english = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        assert fields(*forms) == fields(*english), message.context


def fields(*texts: str) -> set[str]:
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_no_context_is_there_twice() -> None:
    for language in messages.LANGUAGES:
        text = messages.get_catalogue_path(language).read_text(encoding="utf-8")
        found = re.findall(r'^msgctxt "(.+)"$', text, re.MULTILINE)
        assert len(found) == len(set(found)) == len(messages.load_catalogue(language))


def test_a_changed_english_text_makes_its_translation_fuzzy() -> None:
    english, hindi = Catalog(), Catalog(locale="hi")
    english.add("Filter", context="all.filter")
    english.add("Export", context="all.export")
    hindi.add("Narrow", "सीमित करें", context="all.filter")
    hindi.add("Gone", "गया", context="all.gone")
    english.add("Import", context="all.import")
    hindi.add("Import", "आयात", context="all.import", user_comments=["of files", '| msgid "Bring', 'many"'])
    merged = {message.context: message for message in merge_catalogue(english, hindi) if message.id}
    assert list(merged) == ["all.filter", "all.export", "all.import"]
    assert merged["all.import"].user_comments == ["of files"]
    assert (merged["all.filter"].string, merged["all.filter"].fuzzy) == ("सीमित करें", True)
    assert (merged["all.export"].string, merged["all.export"].fuzzy) == ("", False)


def of_page(page: str) -> dict[str, str]:
    """The messages of a page by their keys."""
    found = messages.load_catalogue("en")
    return {key.removeprefix(f"{page}."): forms[0] for key, forms in found.items() if key.startswith(f"{page}.")}


def test_recall_reasons_and_missing_corroborations_are_in_all_languages() -> None:
    texts = of_page("notices")
    wanted = {
        *(f"fell_why.{code}" for code in CODES.values()),
        *(f"lacks.{corroboration_gap.value}" for corroboration_gap in CorroborationGap),
    }
    there = {text for text in texts if text.startswith(("fell_why.", "lacks."))}
    assert there == wanted


def test_reasons_of_a_verdict_are_in_all_languages() -> None:
    texts = of_page(messages.SHARED)
    wanted = {f"verdict_why.{one.value}": text for one, text in WHY.items()}
    wanted |= {f"near_miss.{one.value}": text for one, text in WOULD.items()}
    there = {key: text for key, text in texts.items() if key.startswith(("verdict_why.", "near_miss."))}
    assert there == wanted
    assert WHY.keys() == set(VerdictReason)
    for key in wanted:
        assert len({messages.load_catalogue(language)[f"all.{key}"] for language in messages.LANGUAGES}) == len(
            messages.LANGUAGES
        ), key


@pytest.mark.parametrize("page_name", NAMES)
def test_every_message_that_a_page_names_is_there(page_name: str) -> None:
    own, shared = of_page(page_name), of_page(messages.SHARED)
    folder = WEB / "pages" / page_name
    for path in [*folder.glob("*.html"), *folder.glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        for key, after in [*CALL.findall(text), *handlers(text, path)]:
            known = shared if key.startswith("all.") else own
            bare = key.removeprefix("all.")
            # What is put together (`"place_kind." ~ kind`) begins as some message does.
            is_there = any(one.startswith(bare) for one in known) if after == "~" else bare in known
            assert is_there, f"{path.name} says {key}"


def handlers(text: str, path: Path) -> list[tuple[str, str]]:
    """The messages that a handler names: `visit.says("…")`, `Redirect(to, "…")`."""
    if path.suffix != ".py":
        return []
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = {"says": 0, "Redirect": 1}.get(name)
        if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
            found.append((str(node.args[place].value), ")"))  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("page_name", NAMES)
def test_every_message_of_a_page_is_used(page_name: str) -> None:
    folder = WEB / "pages" / page_name
    sources = [*folder.glob("*.html"), *folder.glob("*.py"), *PRINTED.get(page_name, folder / "-").glob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    # Keys that are put together: `"lead_" ~ part`, `name ~ "_note"`.
    begun, ended = re.findall(r'"([a-z_]{3,})" ~', text), re.findall(r'~ "([a-z_]{3,})"', text)
    for key in set(of_page(page_name)) - {"title"}:  # which the frame says
        last, part = key.rpartition(".")[2], key.partition(".")[0]
        if any(key.startswith(before) for before in begun) or any(key.endswith(after) for after in ended):
            continue
        assert f'"{key}"' in text or f'"{part}.' in text or f'"{last}"' in text or f"'{key}'" in text, key


def test_every_shared_message_is_used() -> None:
    files = [*WEB.rglob("*.html"), *WEB.rglob("*.py"), *(WEB.parent / "translation").glob("*.py")]
    files += (WEB.parent / "services" / "notifications").glob("*.py")
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    text = "\n".join(texts.values())
    layout = "\n".join(one for path, one in texts.items() if path.parent.name == "layout")
    words = {f"{part}." for part in WORD.findall(text)}
    # Keys that are put together: `"all.page." ~ name`, in the layout `"sign_in." ~ why`, in Python
    # `t(f"purpose.{role}")`.
    begun = {*re.findall(r"""["']all\.([a-z_]+\.)["'] ~""", text), *re.findall(r"""["']([a-z_]+\.)["'] ~""", layout)}
    begun |= set(re.findall(r"""\b(?:t|shared|word)\(f"([a-z_]+\.)\{""", text))
    for key in of_page(messages.SHARED):
        if not key.startswith((*words, *begun)):
            assert re.search(rf"""["'](?:all\.)?{re.escape(key)}["']""", text), key


def test_a_message_with_plural_forms_gets_its_count() -> None:
    for name in NAMES:
        for path in (WEB / "pages" / name).glob("*.html"):
            text = path.read_text(encoding="utf-8")
            for found in CALL.finditer(text):
                key = found[1] if found[1].startswith("all.") else f"{name}.{found[1]}"
                if len(messages.load_catalogue("en").get(key, "")) > 1:
                    assert re.match(r"[^{}]*\bn=", text[found.end() :]), f"{path.name}: {key}"


def test_the_introduction_of_a_page_is_not_called_a_lead() -> None:
    layout = (WEB / "layout" / "page.html").read_text(encoding="utf-8")
    for path in (WEB / "pages").rglob("*.html"):
        blocks = set(re.findall(r"\{% block (\w+)", path.read_text(encoding="utf-8")))
        assert "lead" not in blocks, f"{path}: a page's introduction is the block intro"
    assert "{% block intro %}" in layout


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_each_short_text_has_a_comment_for_translators(language: str) -> None:
    for message in catalogue(language):
        text = message.id if isinstance(message.id, str) else message.id[0]
        if message.context and len(text.split()) <= 2:
            assert message.auto_comments, f"{message.context}: run python -m scripts.translations"


def test_the_kind_of_a_text_comes_from_the_template() -> None:
    comments = {message.context: " ".join(message.auto_comments) for message in catalogue("en")}
    wanted = {
        "all.sign_out": "Button.",
        "all.why": "writes the reason of an act",
        "notices.reply.code": "Heading of a column",
        "leads.query.completions": "ext for screen readers",
        "sentence.keep.relay": "A sentence that the program writes",
        "all.event.charge": "charge-sheets",
    }
    assert {key: text for key, text in wanted.items() if text not in comments[key]} == {}


def test_each_note_for_translators_is_about_a_message() -> None:
    for pattern in read_notes():
        assert any(fnmatchcase(str(message.context), pattern) for message in catalogue("en")), pattern


def test_one_and_more() -> None:
    says = messages.get_messages("leads", "en")
    assert (says("found", n=1), says("found", n=2), says("found", n=1431)) == ("1 lead", "2 leads", "1,431 leads")


def test_every_verb_of_the_ledger_and_the_journal_has_a_message() -> None:
    known = of_page(messages.SHARED)
    assert [verb for verb in (*Verb, *JournalVerb) if f"verb.{verb.value}" not in known] == []


def test_states_and_days_are_written_in_each_language() -> None:
    assert {tile.code: messages.translate_state(tile.code, "en") for tile in tiles.load_country().tiles} == {
        tile.code: tile.name for tile in tiles.load_country().tiles
    }
    assert messages.translate_state("IN-OR", "ml") == messages.translate_state("IN-OD", "ml") == "ഒഡീഷ"
    assert messages.translate_state("XX-YY", "hi") == "XX-YY"
    page = get_environment().from_string("{{ on | day }}").render(on=date(2026, 3, 9), language="hi")
    assert "9 मार्च 2026" in page


def test_a_day_of_an_instant_is_indias() -> None:
    page = (
        get_environment().from_string("{{ us | day }}, {{ us | at }}").render(us=1_772_999_999_000_000, language="ml")
    )
    assert re.sub("<[^>]+>", "", page) == "9 മാർ 2026, 9 മാർ 2026, 01:29:59 IST"


def test_the_texts_of_the_script_are_those_of_the_catalogue_and_each_is_used() -> None:
    folder = WEB.parents[2] / "frontend" / "src"
    sources = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.ts")}
    keys = re.findall(r'^  "(\w+)",$', sources.pop(folder / "words.ts"), re.MULTILINE)
    text = "\n".join(sources.values())
    assert [key for key in keys if f'"{key}"' not in text] == []
    for language in messages.LANGUAGES:
        assert list(json.loads(messages.format_script_words(language))) == keys


def test_a_page_brings_the_texts_of_the_script_in_its_language() -> None:
    facts = {"t": messages.get_messages("all", "ml"), "language": "ml", "theme": "auto", "shortcuts": "on"}
    page = get_environment().get_template("base.html").render(facts)
    found = re.search(r' data-words="([^"]+)"', page)
    assert found is not None and json.loads(unescape(found[1]))["showMe"] == "കാണിച്ചുതരൂ"


def test_the_sentences_of_the_code_are_in_the_catalogue() -> None:
    known = {key: forms for key, forms in messages.load_catalogue("en").items() if key.startswith("sentence.")}
    assert known == {key: (text,) if isinstance(text, str) else text for key, text in collect_sentences()}


def test_a_sentence_is_translated_with_its_facts() -> None:
    english = (
        "The address 203.0.113.x (masked), with its source port, made 1,204 visits to 2 flagged sites or pages"
        " at a time that is not in the records."
    )
    hindi = translate_sentence(english, "hi")
    assert not hindi.is_english
    assert [fact for fact in ("203.0.113.x", "1,204 विज़िट", "2 चिह्नित साइटों") if fact not in hindi.text] == []
    assert translate_sentence(english, "en").text == english
    sentence = translate_sentence(
        explain_finding(FindingKind.SHIFTED, {"row": 3, "row_id": "N-1", "by_us": 60_000_000}), "ml"
    )
    assert not sentence.is_english
    assert "ISP-യോട്" in sentence.text


def test_every_error_that_is_translated_is_in_the_code() -> None:
    raised = set()
    for path in WEB.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [value.value if isinstance(value, ast.Constant) else "{}" for value in node.values]
                raised.add(re.sub(r"\{\}(?: ?\{\})+", "{}", "".join(map(str, parts))))
            elif isinstance(node, ast.Constant):
                raised.add(str(node.value))
    for name, text in (ERRORS | SERVICE_ERRORS | READING_ERRORS | INPUT_ERRORS).items():
        assert re.sub(r"\{\w+\}(?: ?\{\w+\})*", "{}", text) in raised, name


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_an_error_is_in_the_language_of_the_page(language: str) -> None:
    label = messages.get_messages("all", language)("why")
    with pytest.raises(UsageError) as raised:
        require_reason("x", label)
    failure = translate_error(raised.value, language)
    assert not failure.is_english
    assert label in failure.what
    assert re.search("[a-z]{3}", failure.what + (failure.hint or "").partition('"')[0]) is None
    assert translate_error(UsageError("nobody knows this"), language).is_english


@pytest.mark.parametrize(
    ("hint", "step"),
    [
        ("sign it with `sightline lists sign`", "Use “Add a list” on the page Flag lists."),
        ("sightline backup --out FILE", "Ask the person who runs Sightline. The command for it is: sightline backup"),
        ("give --year", "Ask the person who runs Sightline: the command line has an option for this."),
    ],
)
def test_an_officer_gets_a_next_step_where_a_hint_names_a_command(hint: str, step: str) -> None:
    assert translate_error(UsageError("nobody knows this", hint=hint), "hi").hint == step
    label = messages.get_messages("all", "en")("why")
    with pytest.raises(UsageError) as raised:
        require_reason("x", label)
    hindi = translate_error(UsageError(str(raised.value), hint=hint), "hi")
    assert hindi.hint and hindi.hint != step and not hindi.is_english


def test_a_sentence_without_a_pattern_stays_english_as_a_whole() -> None:
    text = "Ask no ISP for a subscriber on this alone. This sentence is in no catalogue."
    assert translate_sentence(text, "hi") == SentenceTranslation(text, is_english=True)
    page = get_environment().from_string("{{ text | sentence }}").render(text="<b> is unknown", language="hi")
    assert page == '<span lang="en">&lt;b&gt; is unknown</span>'


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_rule_and_every_finding_is_explained_in_each_language(language: str) -> None:
    row = dict.fromkeys(("n", "blocked", "later", "agents", "visits", "sessions", "sequential"), NounCount(3))
    for rule in RULES.values():
        fields_of = {name for _, name, _, _ in Formatter().parse(rule.sentence) if name}
        text = rule.sentence.format_map({name: row.get(name, "X") for name in fields_of})
        assert not translate_sentence(text[:1].upper() + text[1:], language).is_english, rule.id
    for kind in FOUND:
        text = explain_finding(kind, {"row": 7, "row_id": "N-7", "by_us": -3_600_000_000, "column": "Remarks"})
        assert not translate_sentence(text, language).is_english, kind


def test_a_time_inside_a_message_keeps_its_markup_and_nothing_else_does() -> None:
    t = messages.get_messages("notices", "en")
    page = get_environment().from_string('{{ t("resolving.made", number=1204, by=by, time=0 | at) }}')
    text = page.render(t=t, by="<b> 203.0.113.77", language="en")
    assert text.startswith("Resolution 1,204, by &lt;b&gt; 203.0.113.x, <time datetime=")


def test_a_count_is_taken_out_of_its_text_wherever_the_language_puts_it() -> None:
    assert split_around_count("in all 1,204 leads", 1204) == ("in all", "1,204", "leads")
    assert split_around_count("one lead", 1) == ("", "1", "one lead")
