"""Check the names of modules, functions and variables, and the length of functions."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from scripts.docstring_names import WORD
from scripts.style.finding import ROOT, Finding

BANNED_NAMES = re.compile(
    r"\b(?:_?[Dd]esk|sit_down|Seats?|Shel(?:f|ves)|shelves|House|Door|Told|Shown|Seen|Glimpse|glimpse|glance)\b"
)
"""Names of the table in STYLE.md that are gone."""
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
