"""Find the English texts of errors and of the doctor in the code, which pages show."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sightline import errors

SRC = Path(__file__).parent.parent / "src" / "sightline"
RAISED = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}
"""The errors of `errors.py`, whose texts a page shows."""
OF_COMMANDS = ("sightline ", "--")
"""What a next step names that helps on the command line alone. The web app leaves such a step out."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """A text of an error with `{}` for each fact, and its place: `casework/leads/lead_notes.py:61`."""

    place: str
    text: str


def error_texts(package: str) -> Iterator[ErrorText]:
    """Yield the texts of errors that a package of `src/sightline` raises, and their next steps for the web app."""
    for place, call, names in _calls(package):
        if _name(call.func) in RAISED:
            for given, is_step in _given(call):
                for text in _texts(given, names):
                    if not (is_step and any(command in text for command in OF_COMMANDS)):
                        yield ErrorText(place, text)


def doctor_texts() -> Iterator[ErrorText]:
    """Yield what the checks of the doctor say, and what they advise."""
    for place, call, names in _calls("services/doctor"):
        if _name(call.func) in {"report_ok", "report_warning", "report_problem"}:
            for given in call.args[1:]:
                yield from (ErrorText(place, text) for text in _texts(given, names))


def _calls(package: str) -> Iterator[tuple[str, ast.Call, Mapping[str, list[ast.expr]]]]:
    for path in sorted((SRC / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = _texts_of_names(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(SRC)}:{node.lineno}", node, names


def _given(call: ast.Call) -> Iterator[tuple[ast.expr, bool]]:
    yield from ((argument, False) for argument in call.args[:1])
    yield from ((keyword.value, True) for keyword in call.keywords if keyword.arg == "hint")


def _texts_of_names(tree: ast.AST) -> Mapping[str, list[ast.expr]]:
    """Return what each name of a module is set to, wherever it is."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for name in (target for target in node.targets if isinstance(target, ast.Name)):
                found.setdefault(name.id, []).append(node.value)
    return found


def _texts(node: ast.expr, names: Mapping[str, list[ast.expr]], depth: int = 3) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(_part(value, names, depth) for value in node.values)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, names, depth)
        yield from _texts(node.orelse, names, depth)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _texts(value, names, depth)
    elif isinstance(node, ast.Name) and depth:
        for expr in names.get(node.id, ()):
            yield from _texts(expr, names, depth - 1)


def _part(node: ast.expr, names: Mapping[str, list[ast.expr]], depth: int) -> str:
    """Return a part of an f-string: `{}` for a fact, or its words where the code has them beside it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    value = node.value if isinstance(node, ast.FormattedValue) else node
    if isinstance(value, ast.Call) and _name(value.func) == "count_noun":
        words = [str(argument.value) for argument in value.args[1:] if isinstance(argument, ast.Constant)]
        return f"3 {words[-1] if len(words) > 1 else f'{words[0]}s'}" if words else "{}"
    known = names.get(value.id, []) if isinstance(value, ast.Name) else [value]
    if depth and len(known) == 1 and isinstance(known[0], ast.JoinedStr | ast.Constant | ast.IfExp):
        return next(_texts(known[0], names, depth - 1), "{}")
    return "{}"


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
