"""Check words, sentences, lines and links: `python -m scripts.style_check`. STYLE.md has the rules.

`PARTS` lists what is checked. To add a part, write a function that yields findings in a module of
`scripts/style/`, and add it there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

from scripts.style.clocks import check_clocks
from scripts.style.docstrings import check_docstring_names, check_first_lines, check_questions
from scripts.style.files import check_code_lines, check_root
from scripts.style.finding import Finding
from scripts.style.names import check_names
from scripts.style.pages import check_pages
from scripts.style.words import check_comments, check_printed_words

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
