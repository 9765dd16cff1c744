"""Say where each message of the web app stands, for translators: the files that use it, and the kind of text it is.

`scripts/translations.py` writes the result into the catalogues as comments. The kind comes from the element of the
template: a heading of a column, a button, the label of a field. `message_notes.toml` adds what no template shows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from sightline.stages.report.printable import capitalise
from sightline.translation.messages import SCRIPT
from sightline.translation.sentences import DOCUMENT, FACT, LABEL, PREFIX

SRC = Path(__file__).parent.parent / "src" / "sightline"
WORDS = SRC.parents[1] / "frontend" / "src" / "words.ts"
NOTES = Path(__file__).with_name("message_notes.toml")
VOID = {"br", "hr", "img", "input", "link", "meta", "path", "circle", "rect", "line", "use", "col", "wbr"}
ELEMENTS = {
    "a": "link",
    "b": "short text in bold",
    "button": "button",
    "caption": "heading of a table",
    "dd": "value beside a label",
    "dt": "label of a value",
    "figcaption": "heading of a chart",
    "h1": "heading of the page",
    "h2": "heading of a section",
    "h3": "heading of a part of a section",
    "label": "label of a field",
    "legend": "heading of a group of fields",
    "li": "entry of a list",
    "option": "choice in a list",
    "p": "sentence",
    "small": "remark beside a heading or a label",
    "summary": "heading that opens what is below",
    "td": "cell of a table",
    "th": "heading of a column or a row",
    "title": "title of the browser window",
}
MACROS = {
    "chart": "heading of a chart",
    "field": "label of a field",
    "figure": "what the number above it counts",
    "head": "heading of a column",
    "import_status": "sentence about work in the background",
    "job": "sentence about work in the background",
    "link_graph": "heading of a chart",
    "new_password": "label of a field",
    "nothing": "text in the place of an empty list",
    "one_of": "label of a field",
    "row_table": "heading of a column or a row",
    "source_choice": "label of a field",
    "why": "label of a field",
}
ARGUMENTS = {"hint": "hint below a field", "error": "error below a field", "label": "label of a field"}
ATTRIBUTES = {
    "alt": "text for screen readers",
    "aria-label": "text for screen readers",
    "data-confirm": "question before an act",
    "placeholder": "example in an empty field",
    "title": "text that appears on hover",
    "value": "value of a field",
}
OF_SENTENCES = {
    f"{PREFIX}error.": "An error or a next step, below a form or on top of a page.",
    FACT: "Part of another sentence: it replaces a fact in {braces}.",
    LABEL: "A heading, a label or a code in lead sheets and reports.",
    DOCUMENT: "A sentence of lead sheets and reports.",
    PREFIX: "A sentence that the program writes, on pages and in documents.",
}
"""Notes for messages from the code; the first prefix that fits counts."""
CHOSEN = "a text that the program chooses: an error, a next step, or a word of a chart or list"
"""The kind of text that no template shows by itself."""
OF_SCRIPT = "text of a chart, a list or a message, which the script in the browser shows"
"""The kind of the texts that `frontend/src/words.ts` names."""
_CALL = re.compile(r"""\bt\(\s*["']([\w.-]+)["']\s*(~?)""")
_WORD = re.compile(r"""\b(?:w|word)\(\s*(?:\w+,\s*)?["'](\w+)["']""")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*>")
_ATTRIBUTE = re.compile(r"""<[a-z][^<>]*?\s([a-z-]+)=["'][^"'<>]*$""")
_OPEN_CALL = re.compile(r"(\w+)\((?:[^()]|\([^()]*\))*$")
_ARGUMENT = re.compile(r"(\w+)=\s*(?:[\w. ]*\()?$")
_LITERAL = re.compile(r"""f?(["'])([a-z_][\w.-]*)(\1|\{)""")


@dataclass(slots=True)
class Place:
    """What is known of a message's places: the files, relative to the web app, and the kinds of text."""

    files: set[str] = field(default_factory=set)
    kinds: dict[str, None] = field(default_factory=dict)


def find_places(contexts: Iterable[str]) -> Mapping[str, Place]:
    """Return the places of each message that a template or a module of the web app names."""
    known = list(contexts)
    found: dict[str, Place] = {}
    for context, is_prefix, file, kind in _uses():
        for one in (each for each in known if each.startswith(context)) if is_prefix else (context,):
            place = found.setdefault(one, Place())
            place.files.add(file)
            place.kinds[kind] = None
    return found


def comments_of(context: str, place: Place | None, notes: Mapping[str, str]) -> list[str]:
    """Return what a translator reads about a message: its kind of text, then a note by hand if there is one."""
    if context.startswith(PREFIX):
        return [next(text for prefix, text in OF_SENTENCES.items() if context.startswith(prefix))]
    by_hand = [text for pattern, text in notes.items() if fnmatchcase(context, pattern)]
    kinds = sorted(kind for kind in place.kinds if kind) if place else []
    kinds += ["heading of the page"] if re.fullmatch(r"\w+\.title", context) and not kinds else []
    if kinds:
        return [f"{capitalise('; '.join(kinds[:4]))}.", *by_hand]
    return by_hand or ([f"{capitalise(CHOSEN)}."] if place else [])


def read_notes() -> Mapping[str, str]:
    """Return the notes that are written by hand, by the message's context or a prefix with `*`."""
    return dict(tomllib.loads(NOTES.read_text(encoding="utf-8")))


def _uses() -> Iterator[tuple[str, bool, str, str]]:
    """Yield context, whether it is a prefix, file and kind of each use."""
    for path in sorted((SRC / "web").rglob("*.html")):
        file = str(path.relative_to(SRC / "web"))
        text, page = path.read_text(encoding="utf-8"), _page_of(path)
        for call in _CALL.finditer(text):
            yield _context(call[1], page), call[2] == "~", file, _kind_at(text, call.start())
        for call in _WORD.finditer(text):
            yield f"all.{call[1]}.", True, file, f'word for a code of "{call[1].replace("_", " ")}"'
    for key in re.findall(r'^  "(\w+)",$', WORDS.read_text(encoding="utf-8"), re.MULTILINE):
        yield f"{SCRIPT}{key}", False, "frontend/src/words.ts", OF_SCRIPT
    for path in sorted([*(SRC / "web").rglob("*.py"), *(SRC / "translation").glob("*.py")]):
        file, page = str(path.relative_to(SRC / "web" if "web" in path.parts else SRC)), _page_of(path)
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            kind = "message after an act" if "Redirect(" in line else ""
            for match in _LITERAL.finditer(line):
                yield _context(match[2], page), match[3] == "{" and match[2].endswith("."), file, kind


def _page_of(path: Path) -> str:
    return path.parent.name if path.parent.parent.name == "pages" else "all"


def _context(key: str, page: str) -> str:
    return key if key.startswith("all.") else f"{page}.{key}"


def _kind_at(text: str, start: int) -> str:
    """Return the kind of text that the expression at `start` of a template makes."""
    begin = max(text.rfind("{{", 0, start), text.rfind("{%", 0, start))
    inside = text[begin + 2 : start]
    before = _JINJA.sub(lambda one: "\0" if one[0].startswith("{{") else "", text[:begin])
    if "row_table(" in inside:
        return ELEMENTS["th"] if inside.count("[") > inside.count("]") else ATTRIBUTES["aria-label"]
    call = _OPEN_CALL.search(inside)
    if call and call[1] in MACROS:
        named = _ARGUMENT.search(inside)
        return ARGUMENTS.get(named[1] if named else "", MACROS[call[1]])
    if before.rfind("<") > before.rfind(">"):
        found = _ATTRIBUTE.search(before)
        return ATTRIBUTES.get(found[1], f"attribute {found[1]}") if found else ""
    kind = ELEMENTS.get(_element(before), "short text")
    end = text.find("}}", start)
    beside = [
        "after a value" if re.search("\0[^<>\\w]{0,3}$", before) else "",
        "before a value" if end > 0 and re.match(r"[^<>{}\w]{0,3}\{\{", text[end + 2 :]) else "",
    ]
    return " ".join([kind, " and ".join(one for one in beside if one)]).strip()


def _element(before: str) -> str:
    """Return the innermost element that is open at the end of a part of a template."""
    closed: list[str] = []
    for tag in reversed(list(_TAG.finditer(before[-6_000:]))):
        if tag[1]:
            closed.append(tag[2])
        elif tag[2] in closed:
            closed.remove(tag[2])
        elif tag[2] not in VOID and tag[2] not in ("span", "code", "i", "em", "strong"):
            return tag[2]
    return ""
