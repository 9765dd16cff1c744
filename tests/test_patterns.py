"""Regular expressions take steps in proportion to what they read: hostile text must not stop the program.

Every pattern in the source is searched in texts that repeat what it is made of, and its steps are counted.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

import sightline
from tests.counted_work import counting, grows_too_fast

SOURCE = Path(sightline.__file__).parent
SHORT = 500
"""How often a piece is repeated, and then four times as often."""
PASSED_ON = {"ledger/canonical.py": "fullmatch", "stages/enrich/readers/lists.py": "fullmatch"}
"""Modules whose patterns others use, and how."""
ELSEWHERE = {
    "exercise": "it reads what it wrote itself",
    "cli": "it reads what an officer types",
}
USED = re.compile(r"\bre\.(?!compile\b)[a-z]+\(")
"""A pattern that is used where it is written."""
REPEATS = re.compile(r"[*+{]")
"""A sign of a pattern that may match a text of any length; without one, its steps at a place have a limit."""
LIMITED = {
    "stages/tabular/number_format.py": "at most 255 letters of a code are looked at",
    "stages/enrich/crawlers.py": "at most 500 letters of a pattern are looked at",
    "stages/formats/draft/proposal.py": "at most 60 letters of a name are looked at",
}
"""Modules whose patterns may take the square of a length that the module itself limits."""


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes], str]]:
    """Yield where a pattern stands, the pattern, and how it is used (`search` unless it must match the whole)."""
    for path in sorted(SOURCE.rglob("*.py")):
        where = str(path.relative_to(SOURCE))
        if where.partition("/")[0] in ELSEWHERE or "re." not in (text := path.read_text(encoding="utf-8")):
            continue
        for call in ast.walk(ast.parse(text)) if USED.search(text) else ():
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
                is_re = isinstance(call.func.value, ast.Name) and call.func.value.id == "re"
                given = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
                if is_re and call.func.attr != "compile" and isinstance(given, str | bytes):
                    place = f"{where}:{call.lineno}"
                    pattern: re.Pattern[Any] = re.compile(given)
                    yield place, pattern, _used({call.func.attr})
        if "= re.compile(" not in text:
            continue
        name = "sightline." + where.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for symbol, value in vars(importlib.import_module(name)).items():
            if isinstance(value, re.Pattern) and f"{symbol} = re.compile" in text:
                used_as = set(
                    re.findall(rf"\b{symbol}\.(match|fullmatch|search|sub|subn|finditer|findall|split)\b", text)
                )
                used = PASSED_ON.get(where) or _used(used_as)
                yield f"{where}:{symbol}", value, used


def _used(methods: set[str]) -> str:
    only = next(iter(methods)) if len(methods) == 1 else "search"
    return only if only in {"match", "fullmatch"} else "search"


KNOWN = list(patterns())


@pytest.mark.parametrize(("where", "pattern", "used"), KNOWN, ids=[one[0] for one in KNOWN])
def test_steps_grow_no_faster_than_the_text(
    where: str, pattern: re.Pattern[str] | re.Pattern[bytes], used: str
) -> None:
    if where.partition(":")[0] in LIMITED:
        pytest.skip(LIMITED[where.partition(":")[0]])
    slow = slowest(pattern, used)
    assert slow is None, f"{where}: {slow}"


def test_a_slow_pattern_is_found() -> None:
    assert slowest(re.compile(r"\((?:\s*[a-z]|[ 0-9])+\s*\)"), "search") is not None
    assert slowest(re.compile(r"\s*\([^)]*\)$"), "search") is not None
    assert slowest(re.compile(r"[a-z]+ \d+"), "fullmatch") is None


def slowest(pattern: re.Pattern[str] | re.Pattern[bytes], used: str) -> str | None:
    """Return what a pattern takes too many steps for, or None."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    if not REPEATS.search(source):
        return None
    is_bytes = isinstance(pattern.pattern, bytes)
    run = getattr(counting(pattern), used)

    def call(text: str) -> None:
        run(text.encode("latin-1", "replace") if is_bytes else text)

    signs = sorted({one for one in source if one.isprintable() and one not in "\\^$*+?{}|"} | set(" a0.:-_/\"'(<,\t#"))
    pieces = [("", sign) for sign in signs] + [(one, other) for one, other in permutations(signs[:30], 2)]
    pieces += [("", one + other) for one, other in permutations(signs[:20], 2)]
    for before, piece in pieces:
        if grows_too_fast(call, partial(_repeated, before, piece), SHORT):
            return f"{4 * SHORT:,} times {piece!r} behind {before!r}"
    return None


def _repeated(before: str, piece: str, count: int) -> str:
    return before + piece * count + "\0"


def test_every_module_is_looked_at() -> None:
    assert len(KNOWN) > 150
    assert len(list(pkgutil.iter_modules([str(SOURCE)]))) > 5
