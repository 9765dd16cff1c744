"""Hooks of the documentation site: bundled fonts, and links to files of the repository as plain text."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
FONTS = {"NotoSans-Regular": ("Sightline", 400), "NotoSans-Bold": ("Sightline", 700)}
MONO = "NotoSansMono-Regular"
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:  # noqa: ANN401  - the configuration of MkDocs has no types
    """Add the fonts of the printed documents and their style sheet, so that a page needs no network."""
    rules = []
    for name, (family, weight) in {**FONTS, MONO: ("Sightline Mono", 400)}.items():
        (font,) = (ROOT / "src").rglob(f"{name}.ttf")
        files.append(File.generated(config, f"assets/{name}.ttf", abs_src_path=str(font)))
        rules.append(f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url({name}.ttf); }}')
    rules.append(':root { --md-text-font: "Sightline"; --md-code-font: "Sightline Mono"; }')
    files.append(File.generated(config, "assets/fonts.css", content="\n".join(rules)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:  # noqa: ANN401  - as above
    """Show a link that leaves `docs/` as text: the site has the documentation only."""
    folder = posixpath.dirname(page.file.src_uri)

    def replace(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, link[2]))
        return link[1] if target.startswith("..") else link[0]

    return LINK.sub(replace, markdown)
