"""The style check: each part of it finds its fault, and passes text without it."""

import ast
from pathlib import Path

import pytest
from scripts.docstring_names import Names, find_names_outside_their_file, find_unknown_names
from scripts.printed_words import find_in_literals, find_in_messages
from scripts.style import files
from scripts.style.clocks import find_clocks, find_rust_clocks
from scripts.style.docstrings import find_cut_first_lines, find_questions
from scripts.style.files import check_code_lines, find_long_lines, find_strays
from scripts.style.names import (
    _functions,
    find_banned_code_names,
    find_banned_names,
    find_functions_without_verb,
    find_methods_without_verb,
)
from scripts.style.pages import Page, check_indexes, check_lines, check_links, check_nav, check_words
from scripts.style.words import find_banned_words


def page(text: str) -> list[Page]:
    return [Page("docs/how-to/lists.md", text)]


@pytest.mark.parametrize(
    ("check", "wrong", "right"),
    [
        (check_lines, "word " * 30, f"| {'word ' * 30} |\n```\n{'x' * 200}\n```"),
        (check_words, "Ask whoever keeps it.", "Ask the owner: `whoever`."),
        (check_links, "[a](missing.md)", "[a](folders.md) `[b](missing.md)`"),
        (check_links, "# One\n[a](#two)", "# One\n[a](#one)"),
        (check_indexes, "# A page", ""),
    ],
)
def test_each_check_finds_its_fault(check, wrong, right) -> None:  # type: ignore[no-untyped-def]
    assert len(list(check(page(wrong)))) == 1
    index = Page("docs/index.md", "[lists](how-to/lists.md)")
    assert list(check([*page(right), index])) == []


def test_names_in_docstrings_are_names_of_the_code(tmp_path: Path) -> None:
    for folder in ("src/unit", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    text = '"""Uses `steps.approve`, `steps.gone`, `lost_name`, `send()`, `web.pot` and `n_RULE`."""\n'
    (tmp_path / "src/unit/steps.py").write_text(f'{text}def approve(): "`gone.again`"\n', encoding="utf-8")
    unknown_names = find_unknown_names((tmp_path / "src/unit/steps.py").read_text(encoding="utf-8"), Names(tmp_path))
    assert [name for _, name in unknown_names] == ["steps.gone", "lost_name", "send", "gone.again"]


def test_names_of_other_modules_are_no_names_of_this_one(tmp_path: Path) -> None:
    (tmp_path / "src/unit").mkdir(parents=True)
    (tmp_path / "src/unit/steps.py").write_text("def _close(): ...\ndef draft(): old_name = 1\n", encoding="utf-8")
    text = '"""Uses `_close` and `old_name`."""\ndef read(): ...\n'
    (tmp_path / "src/unit/reader.py").write_text(text, encoding="utf-8")
    names = Names(tmp_path)
    assert [name for _, name in find_unknown_names(text, names)] == ["_close", "old_name"]

    page_text = "One\n`draft` in `unit/steps.py`, `read` in\n`steps.py`, `any` in `elsewhere.py`."
    assert list(find_names_outside_their_file(page_text, names)) == [(2, "read in steps.py")]


def test_the_nav_lists_each_page() -> None:
    pages = page("# A page")
    assert list(check_nav(pages, "- How-to:\n  - how-to/lists.md")) == []
    assert [finding.path for finding in check_nav(pages, "- gone.md")] == ["docs/how-to/lists.md", "mkdocs.yml"]


def test_a_function_begins_with_a_verb() -> None:
    code = "def lead_of(): ...\ndef _rows(): ...\ndef find_lead(): ...\ndef main(): ...\nclass A: ...\n"
    findings = find_functions_without_verb("src/a.py", ast.parse(code))
    assert [finding.line for finding in findings] == [1, 2]


def test_a_method_begins_with_a_verb_and_a_property_is_a_noun() -> None:
    code = "class A:\n  def lead_of(self): ...\n  @property\n  def lead(self): ...\n  def find_lead(self): ...\n"
    code += "  def __len__(self): ...\n  def readinto(self): ...\n  def _rows(self): ...\n"
    findings = find_methods_without_verb("src/a.py", ast.parse(code))
    assert [finding.line for finding in findings] == [2, 8]


@pytest.mark.parametrize(
    ("code", "budgets"),
    [
        ("class A:\n    def _kept(self): ...", ["single"]),
        ("def read(told): ...", ["variables"]),
        ("def read():\n    for said in []: ...", ["variables"]),
        ("def read(told): ...", ["variables"]),
        ("def read():\n" + "    x = 1\n" * 50, ["long"]),
        ("def read_rows(rows):\n    kept_rows = rows\n" + "    x = 1\n" * 48, []),
    ],
)
def test_names_and_lengths_of_functions_are_judged(code: str, budgets: list[str]) -> None:
    assert [budget for budget, _ in _functions("a.py", ast.parse(code))] == budgets


def test_names_in_rust_and_typescript_are_judged_without_comments_and_texts() -> None:
    code = (
        'let found = find(text);\n// what is found\nfail("cannot be held");\n * as it was found\nconst room = 1;\n'
        "let told = 0;\n"
    )
    assert [banned.line for banned in find_banned_code_names("rust/src/a.rs", code)] == [1, 5, 6]


def test_lines_of_code_are_counted_with_their_directives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("src", "tests"):
        (tmp_path / folder).mkdir()
        text = "x = 1\n" + "y" * 100 + " = 1  # type: ignore[misc]\n"
        (tmp_path / folder / "a.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(files, "ROOT", tmp_path)
    found = [(finding.path, finding.line) for finding in check_code_lines()]
    assert found == [("src/a.py", 2), ("tests/a.py", 2)]


def test_marks_of_letters_take_no_column() -> None:
    assert list(find_long_lines("a.py", "# " + "कि" * 118)) != []
    assert list(find_long_lines("a.py", "# " + "कु" * 118)) == []
    assert list(find_long_lines("a.py", "# " + "कु" * 119)) != []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ('"""Ask whoever keeps it.\n\nMake it anew.\n"""', [1, 3]),
        ("def f():\n    # First.\n    'To whom it goes.'\n", [3]),
        ("x = 1  # made anew\n'Whoever has it.'", [1, 2]),
        ("whom = 'anew'  # the `whom` of a row; there is nothing else", []),
    ],
)
def test_banned_words_are_found_in_comments_and_docstrings_alone(code: str, lines: list[int]) -> None:
    assert [banned_word.line for banned_word in find_banned_words("a.py", code)] == lines


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('raise Refused(f"{name} was signed anew")', ["anew"]),
        ('rows = [("LEAD", "WHOM")]', ["WHOM"]),
        ('print("its state: it stands\\n")', ["stands"]),
        ('"""Made anew."""\nkey = "told"\ntext = "a bar stands for a day"', []),
    ],
)
def test_banned_words_are_found_in_printed_texts(code: str, words: list[str]) -> None:
    assert [word for _, word in find_in_literals(code)] == words


def test_banned_words_are_found_in_messages(tmp_path: Path) -> None:
    catalogue = tmp_path / "web.pot"
    catalogue.write_text(
        'msgid "Ask whom you know"\nmsgstr ""\n\nmsgid "Ask an officer"\nmsgstr ""\n', encoding="utf-8"
    )
    assert [word for _, word in find_in_messages(catalogue)] == ["whom"]


def test_names_that_tests_may_not_use_are_found_and_words_in_texts_are_not() -> None:
    code = "def told(said):\n    return said + 'told'\n"
    assert [banned_name.line for banned_name in find_banned_names("tests/a.py", code, frozenset({"told", "said"}))] == [
        1,
        1,
        2,
    ]


@pytest.mark.parametrize(
    "code", ["import time\ntime.monotonic_ns()", "from time import sleep", "resource.getrusage(0)"]
)
def test_a_clock_in_a_test_is_found(code: str) -> None:
    assert len(list(find_clocks("tests/test_a.py", code))) == 1


def test_a_clock_in_a_rust_test_is_found() -> None:
    code = "let start = std::time::Instant::now();\n// no Instant::now here\nassert!(start.elapsed() < most);\n"
    assert [finding.line for finding in find_rust_clocks("rust/src/tests.rs", code)] == [1, 3]
    assert list(find_rust_clocks("rust/src/tests.rs", "let at: Instant = times.instant(text);\n")) == []


def test_times_of_records_are_no_clock() -> None:
    assert list(find_clocks("tests/test_a.py", "import time\ntime.tzset()\nat.time()\nresource.setrlimit(1, 2)")) == []


def test_the_first_line_of_a_public_docstring_is_a_whole_sentence() -> None:
    cut = '"""Return rows in the\n    order of time."""\n'
    whole = '"""Return the rows.\n\n    In order of time.\n    """\n'
    assert list(find_cut_first_lines(f"def rows():\n    {cut}")) == [2]
    assert list(find_cut_first_lines(f"{cut}")) == [1]
    assert list(find_cut_first_lines(f"{whole}def rows():\n    {whole}def _rows():\n    {cut}")) == []


def test_a_sample_in_the_folder_of_the_repository_is_found() -> None:
    assert [finding.path for finding in find_strays(["README.md", ".gitignore", "s01_pipes.log"])] == ["s01_pipes.log"]


def test_public_docstrings_that_are_questions_are_found() -> None:
    code = """class Row:
    \"\"\"What a row says.\"\"\"

    def is_empty(self): \"\"\"Return whether it has no cell.\"\"\"
    def size(self): \"\"\"How many cells.\"\"\"
    def _width(self): \"\"\"How many columns.\"\"\"
"""
    assert list(find_questions(code)) == [2, 5]
