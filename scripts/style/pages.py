"""Check the Markdown files: lines, words, sentences, links, and whether an index leads to each page."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.style.finding import BANNED, MAX_COLUMNS, ROOT, Finding

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
MARKDOWN_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


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
