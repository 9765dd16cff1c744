"""A reason says something: three words that differ, or the number of a case; in any script, everywhere it is asked."""

import ast
import re
from pathlib import Path

import pytest

from sightline.casework.input_checks import LONGEST, is_reason, require_reason
from sightline.errors import UsageError

SOURCE = Path(__file__).parent.parent.parent / "src" / "sightline"
GOOD = [
    "compared with the log",
    "search warrant needed",
    "FIR 12/2026",
    "fir no. 12 of 2026",
    "12/2026",
    "GD 14",
    "Crime No. 7/2026",
    "line 12 checked",
    "re-checked against memo",
    "अभियुक्त का पता",
    "प्राथमिकी १२/२०२६",
    "നോട്ടീസ് തയ്യാറാക്കാൻ വേണം",
    "എഫ്ഐആർ ൧൨/൨൦൨൬",
    "compared with\r\n\tthe log",
    "ജീവന്\u200d അപകടത്തില്\u200d ആണ്",
    "=1+1 is what it said",
    "\uff26\uff29\uff32 \uff11\uff12\uff0f\uff12\uff10\uff12\uff16",
]
BAD = [
    "x",
    "...",
    "a a a",
    "x x x",
    "a b c",
    "test test test",
    "Test TEST test",
    "xxx yyy zzz",
    "needed now",
    "1 2 3",
    "12 34 56",
    "1/2",
    "FIR",
    "2026",
    "- - -",
    "\u200b\u200b \u200b",
    "क क क",
    "जाँच जाँच जाँच",
    "ok ok, ok!",
    "because because because because",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_meaningful_text_is_a_reason(text: str) -> None:
    assert is_reason(text)
    assert require_reason(f"  {text} ", "--why") == text


@pytest.mark.parametrize("text", [*BAD, "", "  ", "word " * LONGEST])
def test_a_meaningless_text_is_not_a_reason(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        require_reason(text, "--why")
    assert str(refused.value).startswith("--why")
    assert refused.value.hint


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\u200f", "\u200b", "\x1b[2J", "\x07", "\x85", "\u2028", "\ufeff"]
)
def test_a_reason_that_reads_as_another_is_refused_wherever_it_is_given(hidden: str) -> None:
    with pytest.raises(UsageError, match="--why has an invisible character"):
        require_reason(f"compared {hidden}with the log", "--why")


def _names_called(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} | {
        attribute.attr for attribute in ast.walk(node) if isinstance(attribute, ast.Attribute)
    }


def test_every_form_with_a_reason_has_it_checked() -> None:
    """Each handler of the web app that takes `why`, and each module of the command line with `--why`."""
    seen = 0
    for path in (SOURCE / "web" / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or not node.decorator_list:
                continue
            if "why" not in {argument.arg for argument in node.args.args}:
                continue
            seen += 1
            assert "require_reason" in _names_called(node), f"{path.name}: {node.name} takes a reason as it comes"
    assert seen > 30


def test_no_reason_is_read_as_mere_words() -> None:
    for folder in ("cli", "web"):
        for path in (SOURCE / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "words":
                    argument = ast.unparse(node.args[0])
                    assert not re.search(r"\bwhy\b", argument), f"{path.name}: words({argument})"
