"""Check words, sentences, lines and links: `python -m scripts.style_check`. STYLE.md has the rules.

`PARTS` lists what is checked. To add a part, such as names in code, write a function that yields
findings and add it there.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.docstring_names import WORD, Names, find_names_outside_their_file, find_unknown_names
from scripts.printed_words import STORED_LEFT, find_printed_words

ROOT = Path(__file__).parent.parent
MAX_COLUMNS = 120
MAX_README_LINES = 120
MAX_WORDS = 30
LONG_SENTENCES = 0
"""How many sentences of README.md and docs/ may have more than MAX_WORDS words. Lower it; never raise it."""

GENERATED = {"docs/reference/cli.md", "docs/reference/formats.md"}
"""Pages that a command writes from the code: their lines and sentences are as long as those of the code."""
QUOTING = {"docs/reference/legal_wording.md"}
"""Pages that quote older sentences."""
ONE_LINE_EACH = {"CHANGELOG.md"}
"""Pages with one line a change, because Git merges them line by line."""
INDEXES = {"index.md", "README.md"}
BANNED = re.compile(
    r"\b(?:whoever|whom|anew|thereof|so many|such as are|the told|what is kept|(?<!there )is nothing|operations room"
    r"|the door|take along|taken along)\b",
    re.IGNORECASE,
)
MARKDOWN_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file. `prose` has the numbered lines outside of code blocks."""

    path: str
    text: str

    @property
    def prose(self) -> Iterator[tuple[int, str]]:
        """Yield line number and line of everything that is not in a code block or a comment."""
        fence = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            mark = re.match(r"\s*(```+)", line)
            if mark and not fence:
                fence = mark[1]
            elif fence:
                fence = "" if line.strip() == fence else fence
            elif not line.startswith("<!--"):
                yield number, line


def tracked_pages() -> list[Page]:
    """Return the Markdown files of the repository, samples of the tests left out."""
    command = ["git", "-C", str(ROOT), "ls-files", "*.md"]
    listed = subprocess.run(  # noqa: S603  - our own repository
        command,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    names = [name for name in listed if not name.startswith("tests/") and (ROOT / name).exists()]
    return [Page(name, (ROOT / name).read_text(encoding="utf-8")) for name in names]


def check_lines(pages: Sequence[Page]) -> Iterator[Finding]:
    """Yield lines that are too long. Table rows, single links and long code spans cannot be wrapped."""
    for page in pages:
        if page.path == "README.md" and (lines := len(page.text.splitlines())) > MAX_README_LINES:
            yield Finding(page.path, lines, f"{lines} lines, more than {MAX_README_LINES}")
        for number, line in page.prose:
            is_one_link = re.fullmatch(r"\s*(?:[-*] )?\S*\[[^\]]*\]\(\S+\)\S*", line) is not None
            breakable = re.sub(r"`[^`]{60,}`", "", line)
            if (
                len(breakable) > MAX_COLUMNS
                and not line.startswith("|")
                and not is_one_link
                and page.path not in GENERATED | ONE_LINE_EACH
            ):
                yield Finding(page.path, number, f"{len(line)} columns, more than {MAX_COLUMNS}")


def check_words(pages: Sequence[Page]) -> Iterator[Finding]:
    """Yield words that STYLE.md bans. A word in a code span is a name and may stay."""
    for page in pages:
        if page.path in QUOTING:
            continue
        for number, line in page.prose:
            for word in BANNED.findall(re.sub(r"`[^`]*`", "", line)):
                yield Finding(page.path, number, f'banned: "{word}"')


def check_sentences(pages: Sequence[Page]) -> Iterator[Finding]:
    """Yield all long sentences if there are more of them than the budget allows."""
    found = [
        finding
        for page in pages
        if (page.path == "README.md" or page.path.startswith("docs/")) and page.path not in GENERATED | QUOTING
        for finding in _long_sentences(page)
    ]
    if len(found) > LONG_SENTENCES:
        yield from found
        yield Finding("docs", 0, f"{len(found)} long sentences, more than the budget of {LONG_SENTENCES}")


def _long_sentences(page: Page) -> Iterator[Finding]:
    for number, block in _blocks(page):
        bare = re.sub(r"\]\([^)]*\)|[*_`\[]", "", re.sub(r"`[^`]*`", "code", block))
        for sentence in re.split(r"(?<=[.!?:])\s+", bare):
            if (words := len(re.findall(r"\w[\w'./-]*", sentence))) > MAX_WORDS:
                yield Finding(page.path, number, f"{words} words: {sentence[:60]}...")


def _blocks(page: Page) -> Iterator[tuple[int, str]]:
    """Yield first line and text of each paragraph, list item and table cell."""
    begin, block = 0, ""
    for number, line in [*page.prose, (0, "")]:
        starts = re.match(r"\s*(?:[-*] |\d+\. |#|>|\|)", line) is not None
        if block and (starts or not line.strip()):
            yield begin, block
            block = ""
        if line.startswith("|"):
            yield from ((number, cell) for cell in re.split(r"(?<!\\)\|", line))
        elif line.strip():
            begin, block = (begin, f"{block} {line.strip()}") if block else (number, line.strip())


def check_links(pages: Sequence[Page]) -> Iterator[Finding]:
    """Yield links to files or headings that do not exist."""
    anchors = {page.path: _anchors(page) for page in pages}
    for page in pages:
        for number, line in page.prose:
            for link in MARKDOWN_LINK.findall(re.sub(r"`[^`]*`", "", line)):
                target, _, anchor = link.partition("#")
                if re.match(r"[a-z]+:", link):
                    continue
                place = (ROOT / page.path).parent / target if target else ROOT / page.path
                if not place.exists():
                    yield Finding(page.path, number, f"broken link: {link}")
                elif anchor and anchor not in anchors.get(str(place.resolve().relative_to(ROOT)), {anchor}):
                    yield Finding(page.path, number, f"no such heading: {link}")


def _anchors(page: Page) -> set[str]:
    headings = [re.sub(r"\]\([^)]*\)|[*`\[]", "", line.lstrip("# ")) for _, line in page.prose if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def check_indexes(pages: Sequence[Page]) -> Iterator[Finding]:
    """Yield pages of the documentation that no index links to."""
    linked = {
        str(((ROOT / page.path).parent / link.partition("#")[0]).resolve().relative_to(ROOT))
        for page in pages
        if Path(page.path).name in INDEXES
        for link in MARKDOWN_LINK.findall(page.text)
        if not re.match(r"[a-z]+:", link)
    }
    for page in pages:
        if page.path.startswith("docs/") and page.path != "docs/index.md" and page.path not in linked:
            yield Finding(page.path, 1, "no index links to this page")


def check_nav(pages: Sequence[Page], nav: str) -> Iterator[Finding]:
    """Yield pages of the documentation that the `nav` of mkdocs.yml does not list, and entries that are no page."""
    listed = set(re.findall(r"[\w/-]+\.md", nav))
    there = {page.path.removeprefix("docs/") for page in pages if page.path.startswith("docs/")}
    for name in sorted(there - listed):
        yield Finding(f"docs/{name}", 1, "the nav of mkdocs.yml does not list this page")
    for name in sorted(listed - there):
        yield Finding("mkdocs.yml", 1, f"the nav lists a page that is not there: {name}")


PAGE_CHECKS = (check_lines, check_words, check_sentences, check_links, check_indexes)


def check_pages() -> Iterator[Finding]:
    """Yield everything that is wrong with the Markdown files."""
    pages = tracked_pages()
    for check in PAGE_CHECKS:
        yield from check(pages)
    yield from check_nav(pages, (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2])


BANNED_NAMES = re.compile(
    r"\b(?:_?[Dd]esk|sit_down|Seats?|Shel(?:f|ves)|shelves|House|Door|Told|Shown|Seen|Glimpse|glimpse|glance)\b"
)
"""Names of the table in STYLE.md that are gone."""


def check_comments() -> Iterator[Finding]:
    """Yield words that STYLE.md bans in comments and docstrings. `check_words` reads the texts of help in cli.md."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        yield from find_banned_words(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def find_banned_words(where: str, text: str) -> Iterator[Finding]:
    """Yield the banned words in comments and docstrings of one file. A word in a code span is a name and may stay."""
    if not BANNED.search(text):
        return
    starts_statement = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and starts_statement
        if token.type == tokenize.COMMENT or is_docstring:
            for number, line in enumerate(token.string.splitlines(), token.start[0]):
                for word in BANNED.findall(re.sub(r"`[^`]*`", "", line)):
                    yield Finding(where, number, f'banned: "{word}"')
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            starts_statement = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)


def check_printed_words() -> Iterator[Finding]:
    """Yield banned words in messages and printed texts, if there are more than the stored ones (`printed_words.py`)."""
    found = [
        Finding(str(path.relative_to(ROOT)), line, f'printed: "{word}"') for path, line, word in find_printed_words()
    ]
    if len(found) > STORED_LEFT:
        yield from found
        yield Finding("src", 0, f"{len(found)} such texts, more than the budget of {STORED_LEFT}")


NOUNS_IN_ING = {"ceiling", "encoding", "incoming", "mapping", "wording"}
"""Words in -ing that are nouns, and so may end the name of a module."""
PARTICIPLES = frozenset(
    "told said shown kept found held asked opened listed wanted stated narrowed named counted drawn known met seen"
    " given taken made marked checked written moved fallen fell begun answered chosen drafted gathered joined judged"
    " numbered placed proved published recalled recorded referred refused registered rejected sealed settled signed"
    " spoiled stored swept standing ground walk beside among about whole one who when".split()
)
SINGLE_WORDS = 0
"""How many functions may have one of PARTICIPLES as their whole name. Lower it; never raise it."""
BANNED_VARIABLES = frozenset({"told", "said", "shown", "kept"})
"""Names of variables and parameters that say nothing of what they hold. Tests and benchmarks have none of any kind."""
VAGUE_NAMES = frozenset({"found", "held", "resolving", "room", "standing", "waiting"})
"""Names that nothing in the program may have: a search gives matches, rows, a lead. Name what they are. `way` is not
among them, because a form and a stored row have a field of that name."""
IN_QUOTES = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' """, re.VERBOSE)
COMMENT = re.compile(r"//.*|^\s*/?\*.*")
FIXED_NAMES = {"src/sightline/evidence/verify_sightline.py"}
"""Where names stay as they are, because bundles contain this file."""
BANNED_VARIABLES_LEFT = 0
"""How many functions may still use one. Lower it; never raise it."""
VERBS = frozenset((ROOT / "scripts/verbs.txt").read_text(encoding="utf-8").split())
"""What the name of a function of a module in `src/` begins with. Add a verb that is missing."""
MAX_FUNCTION_LINES = 50
LONG_FUNCTIONS = 0
"""How many functions may have more than MAX_FUNCTION_LINES lines. Lower it; never raise it."""


def check_names() -> Iterator[Finding]:
    """Yield names in code that STYLE.md bans, and functions that are too long."""
    over_budget: dict[str, list[Finding]] = {"single": [], "variables": [], "long": []}
    for path in sorted((ROOT / "src").rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        yield from find_banned_names(where, text, frozenset() if where in FIXED_NAMES else VAGUE_NAMES)
        yield from _module_name(path, where)
        tree = ast.parse(text)
        yield from find_functions_without_verb(where, tree)
        if where not in FIXED_NAMES:
            yield from find_methods_without_verb(where, tree)
        for budget, finding in _functions(where, tree):
            over_budget[budget].append(finding)
    for path in (*(ROOT / "rust/src").rglob("*.rs"), *(ROOT / "frontend/src").rglob("*.ts")):
        if "tests" not in path.parts:
            yield from find_banned_code_names(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    yield from check_names_of_tests()
    most = {"single": SINGLE_WORDS, "variables": BANNED_VARIABLES_LEFT, "long": LONG_FUNCTIONS}
    for budget, findings in over_budget.items():
        if len(findings) > most[budget]:
            yield from findings
            yield Finding("src", 0, f"{len(findings)} such functions, more than the budget of {most[budget]}")


def find_banned_code_names(where: str, text: str) -> Iterator[Finding]:
    """Yield the banned names in a file of Rust or TypeScript. Comments and texts in quotes are no names."""
    for number, line in enumerate(text.splitlines(), 1):
        code = COMMENT.sub("", IN_QUOTES.sub("", line))
        for name in WORD.findall(code):
            if name in VAGUE_NAMES | BANNED_VARIABLES or BANNED_NAMES.fullmatch(name):
                yield Finding(where, number, f'banned name: "{name}"')


def check_names_of_tests() -> Iterator[Finding]:
    """Yield names in tests and benchmarks that STYLE.md bans."""
    for path in sorted(path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        yield from find_banned_names(where, text, BANNED_VARIABLES)
        yield from _module_name(path, where)


def find_banned_names(where: str, text: str, more: frozenset[str]) -> Iterator[Finding]:
    """Yield the names in the code of one file that STYLE.md bans, or that are among `more`."""
    if not (BANNED_NAMES.search(text) or more.intersection(WORD.findall(text))):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and (BANNED_NAMES.fullmatch(token.string) or token.string in more):
            yield Finding(where, token.start[0], f'banned name: "{token.string}"')


def find_functions_without_verb(where: str, tree: ast.Module) -> Iterator[Finding]:
    """Yield the functions of a module whose names do not begin with one of VERBS."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("__"):
            verb = node.name.lstrip("_").partition("_")[0]
            if verb not in VERBS and node.name != "main":
                yield Finding(where, node.lineno, f'"{node.name}" does not begin with a verb of scripts/verbs.txt')


PROPERTIES = {"property", "cached_property"}
CALLED_BY_OTHERS = (
    {"readinto", "readable", "seek", "seekable", "writelines", "handleError", "handle_exit"}
    | {f"handle_{what}" for what in ("starttag", "endtag", "data")}
    | {"connection_made", "connection_lost", "data_received", "stat", "StixObjects"}
    | {f"UsualForms.{what}" for what in ("misp_attributes", "misp_objects", "vic_media", "csv_rows", "plain_rows")}
    | {f"UsualRows.{what}" for what in ("numbers", "refusals", "undated", "merged")}
    | {"Parser.error", "RouteTable.handle"}
)
"""Methods whose names the standard library, another library or the kernel fixes. With their class where they are
usual words."""


def find_methods_without_verb(where: str, tree: ast.Module) -> Iterator[Finding]:
    """Yield the methods whose names do not begin with one of VERBS. A property is a noun."""
    for node in (each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)):
        for method in node.body:
            if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if {method.name, f"{node.name}.{method.name}"} & CALLED_BY_OTHERS:
                continue
            decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in method.decorator_list}
            is_noun = bool(decorators & {*PROPERTIES, "setter"}) or method.name.startswith("__")
            if not is_noun and method.name.lstrip("_").partition("_")[0] not in VERBS:
                yield Finding(where, method.lineno, f'"{node.name}.{method.name}" begins with no verb')


def _module_name(path: Path, where: str) -> Iterator[Finding]:
    last = path.stem.rpartition("_")[2] if path.stem != "__init__" else path.parent.name.rpartition("_")[2]
    if last.endswith("ing") and last not in NOUNS_IN_ING:
        yield Finding(where, 1, "the name of a module is a noun, not a gerund")
    if path.stem in PARTICIPLES:
        yield Finding(where, 1, "the name of a module is a noun, not a participle")


def _functions(where: str, tree: ast.Module) -> Iterator[tuple[str, Finding]]:
    """Yield the budget and the finding of each function, and each constant, whose name or length STYLE.md bans."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            if node.id != node.id.lower().lstrip("_") and node.id.strip("_").lower() in BANNED_VARIABLES:
                yield "variables", Finding(where, node.lineno, f"{node.id} says nothing of what it holds")
            continue
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.lstrip("_") in PARTICIPLES:
            yield "single", Finding(where, node.lineno, f"a function is a verb with an object: {node.name}")
        parameters = {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
        stored = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        for name in sorted((parameters | stored) & BANNED_VARIABLES):
            yield "variables", Finding(where, node.lineno, f"{node.name}: {name} says nothing of what it holds")
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield "long", Finding(where, node.lineno, f"{node.name} has {lines} lines, more than {MAX_FUNCTION_LINES}")


CLOCKS = {
    "time": {"monotonic", "perf_counter", "process_time", "thread_time", "time", "sleep"},
    "os": {"times"},
    "resource": {"getrusage"},
    "timeit": {"timeit", "repeat", "default_timer"},
}
"""Functions that read a clock or wait for it, by module; with `_ns` too."""
CLOCK_MODULES = re.compile(rf"\b(?:{'|'.join(CLOCKS)})\b")
RUST_CLOCKS = re.compile(r"\bInstant::now|\bSystemTime\b|\belapsed\b|\bsleep\b")
MAY_READ_A_CLOCK = ("tests/waits.py", "tests/real_servers/")
"""Where tests wait for another process, and where logs of real servers are collected: they are no tests."""


def check_clocks() -> Iterator[Finding]:
    """Yield clocks in tests. No test may pass by how long something took: speed belongs to bench/."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if not where.startswith(MAY_READ_A_CLOCK):
            yield from find_clocks(where, path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "rust/src").rglob("*.rs")):
        if "tests" in path.relative_to(ROOT / "rust").with_suffix("").parts:
            yield from find_rust_clocks(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def find_rust_clocks(where: str, text: str) -> Iterator[Finding]:
    """Yield the clocks in the text of one file of Rust tests."""
    for number, line in enumerate(text.splitlines(), 1):
        for clock in RUST_CLOCKS.findall(line.partition("//")[0]):
            yield Finding(where, number, f"a clock in a test: {clock} (rust/src/growth.rs counts instructions)")


def find_clocks(where: str, text: str) -> Iterator[Finding]:
    """Yield the clocks in the text of one file."""
    if not CLOCK_MODULES.search(text):
        return
    used: list[tuple[int, str, str]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.append((node.lineno, node.value.id, node.attr))
        elif isinstance(node, ast.ImportFrom):
            used += [(node.lineno, node.module or "", alias.name) for alias in node.names]
    for line, module, name in used:
        if name.removesuffix("_ns") in CLOCKS.get(module, ()):
            yield Finding(where, line, f"a clock in a test: {module}.{name} (tests/waits.py waits)")


CUT_FIRST_LINES = 0
"""How many public docstrings may have a first line that stops within a sentence. Lower it; never raise it."""


def check_first_lines() -> Iterator[Finding]:
    """Yield public docstrings whose first line is no whole sentence, if there are more than the budget allows."""
    cut = [
        Finding(path.relative_to(ROOT).as_posix(), line, "the first line of a docstring is a whole sentence")
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line in find_cut_first_lines(path.read_text(encoding="utf-8"))
    ]
    if len(cut) > CUT_FIRST_LINES:
        yield from cut
        yield Finding("src", 0, f"{len(cut)} such docstrings, more than the budget of {CUT_FIRST_LINES}")


QUESTIONS = ("What", "How", "Whether", "Where", "Who", "When", "Which")
QUESTIONS_LEFT = 20
"""How many public docstrings may begin with one of QUESTIONS. Lower it; never raise it."""


def check_questions() -> Iterator[Finding]:
    """Yield public docstrings that begin with a question, if there are more than the budget allows."""
    questions = [
        Finding(
            path.relative_to(ROOT).as_posix(), line, 'a docstring is a statement: "Return the ...", "The rows that"'
        )
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line in find_questions(path.read_text(encoding="utf-8"))
    ]
    if len(questions) > QUESTIONS_LEFT:
        yield from questions
        yield Finding("src", 0, f"{len(questions)} such docstrings, more than the budget of {QUESTIONS_LEFT}")


def find_questions(text: str) -> Iterator[int]:
    """Yield the lines of the public docstrings of one file that begin with a question."""
    for line, first, _ in _public_docstrings(text):
        if first.split(" ")[0] in QUESTIONS:
            yield line


def find_cut_first_lines(text: str) -> Iterator[int]:
    """Yield the lines of the public docstrings of one file whose first line stops within a sentence."""
    for line, first, more in _public_docstrings(text):
        if more and not first.endswith((".", ":", "?", "!")):
            yield line


def _public_docstrings(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the line of each public docstring, its first line and the others."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        is_public = isinstance(node, ast.Module) or not node.name.startswith("_")
        first, *more = (ast.get_docstring(node) or "").splitlines() or [""]
        if is_public and first:
            yield node.body[0].lineno, first, more


def check_docstring_names() -> Iterator[Finding]:
    """Yield names in docstrings that the repository does not define, and names of pages that are not in their file."""
    names = Names(ROOT)
    for path in sorted((ROOT / "src").rglob("*.py")):
        for line, name in find_unknown_names(path.read_text(encoding="utf-8"), names):
            yield Finding(path.relative_to(ROOT).as_posix(), line, f"nothing has this name: {name}")
    for page in tracked_pages():
        for line, what in find_names_outside_their_file(page.text, names):
            yield Finding(page.path, line, f"the file has no such name: {what}")


FOLDERS_OF_CODE = ("src", "scripts", "fetch", "tests", "bench")
ZERO_WIDTH = {"Mn", "Me", "Cf"}
"""Categories of Unicode that take no column: marks of Hindi and Malayalam, joiners."""


def check_code_lines() -> Iterator[Finding]:
    """Yield lines of code over MAX_COLUMNS. Ruff does not count the directive (`# noqa`) at a line's end; this does."""
    for path in sorted(path for folder in FOLDERS_OF_CODE for path in (ROOT / folder).rglob("*.py")):
        yield from find_long_lines(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def find_long_lines(where: str, text: str) -> Iterator[Finding]:
    """Yield the lines of one file over MAX_COLUMNS. A mark above or below a letter has no column of its own."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) <= MAX_COLUMNS:
            continue
        columns = sum(unicodedata.category(character) not in ZERO_WIDTH for character in line)
        if columns > MAX_COLUMNS:
            yield Finding(where, number, f"{columns} columns, more than {MAX_COLUMNS}")


FILES_OF_ROOT = {
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "NOTICE",
    "README.md",
    "SECURITY.md",
    "STYLE.md",
    "mkdocs.yml",
    "pyproject.toml",
}
"""What a newcomer sees first, beside hidden files. A file for an experiment is committed here by mistake."""


def check_root() -> Iterator[Finding]:
    """Yield tracked files in the folder of the repository that do not belong there."""
    command = ["git", "-C", str(ROOT), "ls-files", ":(glob)*"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603  - our own
    yield from find_strays(name for name in listed if (ROOT / name).exists())


def find_strays(names: Iterable[str]) -> Iterator[Finding]:
    """Yield the names that are neither hidden nor among FILES_OF_ROOT."""
    for name in names:
        if not name.startswith(".") and name not in FILES_OF_ROOT:
            yield Finding(name, 1, "this file belongs into a folder, or is committed by mistake")


PARTS: Sequence[Callable[[], Iterator[Finding]]] = (
    check_pages,
    check_comments,
    check_printed_words,
    check_names,
    check_docstring_names,
    check_first_lines,
    check_questions,
    check_code_lines,
    check_clocks,
    check_root,
)


def main() -> int:
    """Print every finding; return 1 if there is one."""
    found = [finding for part in PARTS for finding in part()]
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
