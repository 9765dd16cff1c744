"""Names in docstrings that nothing in the repository has: a function that was renamed, a module that moved.

A name is what stands in backticks: `module.function`, `Class.member`, `function()` or one `snake_case` word. A dotted
name that begins with a module of the repository must be defined there. A name with an underscore in front must be in
the same module. Any other name must be defined in the code. On pages, a name "in `module.py`" must be in that file.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

CODE_SPAN = re.compile(r"`+([^`\n]+)`+")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
CALL = re.compile(rf"({NAME.pattern})\(.*\)")
NAME_IN_FILE = re.compile(r"`([A-Za-z_][\w.]*)`\s+in\s+`([\w/]+\.py)`")
WORD = re.compile(r"\w+")
SUFFIXES = re.compile(
    r".*\.(?:com|css|csv|db|example|gz|html|in|json|jsonl|log|md|org|parquet|pdf|po|pot|py|rs|test|toml|txt|xml|zip)"
)
"""Files and hosts, which look like dotted names."""
PATTERN = re.compile(r".*[a-z]_?[A-Z]{4,}|.*[A-Z]{4,}_[a-z]")
"""Names with a placeholder: `n_RULE` is one column for each rule."""
NAMES_OF_OTHERS = frozenset({"client_body_timeout", "send_timeout"})
"""Names of other programs."""
OTHER_CODE = ("*.rs", "*.ts", "*.toml", "*.html", "*.sh", "*.json", "*.css")


class Names:
    """What the code of a repository defines, by module, and every word that it uses outside docstrings."""

    def __init__(self, root: Path) -> None:
        """Read all Python files of `src`, `scripts`, `tests` and `bench`, and the words of other code."""
        self.words: set[str] = set()
        self.defined: set[str] = set()
        self.words_by_path: dict[str, set[str]] = {}
        self.modules: defaultdict[str, set[str]] = defaultdict(set)
        for folder in ("src", "scripts", "tests", "bench", "fetch"):
            for path in (root / folder).rglob("*.py"):
                self._add_module(path, folder)
        for folder in ("src", "rust", "frontend/src"):
            for pattern in OTHER_CODE:
                for path in (root / folder).rglob(pattern):
                    self.words.update(WORD.findall(path.read_text(encoding="utf-8", errors="replace")))

    def _add_module(self, path: Path, folder: str) -> None:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        is_package = path.name == "__init__.py"
        module = self.modules[path.parent.name if is_package else path.stem]
        if is_package:
            module |= {one.stem for one in path.parent.iterdir()}
        else:
            self.modules[path.parent.name].add(path.stem)
        self.words |= {path.stem, path.parent.name}
        defined = _list_defined_names(nodes, docstrings)
        self.words_by_path[path.as_posix()] = defined | _list_variables(nodes)
        if folder == "src":
            self.defined |= {path.stem, path.parent.name} | defined
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                self.words.update(WORD.findall(node.value))
            else:
                module.update(_names_of(node))
        self.words |= module

    def has(self, name: str) -> bool:
        """Return whether a name, dotted or not, is one that the code has."""
        first, *rest = name.split(".")
        if rest and first in self.modules:
            return rest[0] in self.modules[first] and all(one in self.words for one in rest)
        return all(one in self.words for one in (first, *rest))

    def is_in_file(self, name: str, file: str) -> bool:
        """Return whether the last word of a name is in a file; True where the repository has no such file."""
        files = [words for path, words in self.words_by_path.items() if path.endswith(f"/{file}")]
        return not files or any(name.rpartition(".")[2] in words for words in files)


def _names_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.arg | ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.alias):
        yield from (node.asname or node.name).split(".")


def _list_defined_names(nodes: Sequence[ast.AST], docstrings: Container[int]) -> set[str]:
    """Return functions, classes, parameters, members, constants and words of texts: all but variables of functions.

    `nodes`: all of a module. `docstrings`: the ids of those that are one.
    """
    defined: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            defined.update(WORD.findall(node.value))
        elif not isinstance(node, ast.Name):
            defined.update(_names_of(node))
        if isinstance(node, ast.Module | ast.ClassDef):
            for statement in node.body:
                targets = statement.targets if isinstance(statement, ast.Assign) else ()
                targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
                defined.update(name for target in targets for name in _list_variables(ast.walk(target)))
    return defined


def _list_variables(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def find_names_outside_their_file(text: str, names: Names) -> Iterator[tuple[int, str]]:
    """Yield line and text of each "`name` in `module.py`" of a page where that module has no such name."""
    for found in NAME_IN_FILE.finditer(text):
        if not names.is_in_file(found[1], found[2]):
            yield text.count("\n", 0, found.start()) + 1, f"{found[1]} in {found[2]}"


def find_unknown_names(text: str, names: Names) -> Iterator[tuple[int, str]]:
    """Yield line and name of each name in the docstrings of a module of `src` that `names` does not have."""
    nodes = list(ast.walk(ast.parse(text)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    own = _list_defined_names(nodes, docstrings) | _list_variables(nodes)
    for node in nodes:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        if isinstance(node.value.value, str):
            for span in CODE_SPAN.findall(node.value.value):
                called = CALL.fullmatch(span)
                name = called[1] if called else span
                is_name = called or "." in name or "_" in name.strip("_")
                if not NAME.fullmatch(name) or _is_other(name):
                    continue
                is_private = name.startswith("_") and name.strip("_") and "." not in name
                is_unknown = is_name and not names.has(name)
                is_undefined = is_name and "." not in name and name not in own | names.defined
                if is_unknown or is_undefined or (is_private and name not in own):
                    yield node.lineno, name


def _is_other(name: str) -> bool:
    return name in NAMES_OF_OTHERS or bool(SUFFIXES.fullmatch(name) or PATTERN.match(name))
