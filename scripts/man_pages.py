"""Write manual pages from the argument parser: `python -m scripts.man_pages FOLDER`, one page a command and verb."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.cli_reference import subcommands
from sightline import __version__
from sightline.cli import COMMAND_GROUPS, build_parser


def pages() -> Iterator[tuple[str, str]]:
    """Yield file name and text of each page: the program, then every command and verb."""
    parser = build_parser("*")
    yield "sightline.1", _page(parser, "find visits to flagged sites, and prove them")
    for here, summary in _all(parser):
        yield f"{here.prog.replace(' ', '-')}.1", _page(here, summary)


def _all(here: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    for _, summary, below in subcommands(here):
        yield below, summary
        yield from _all(below)


def _page(here: argparse.ArgumentParser, summary: str) -> str:
    name = here.prog.replace(" ", "-")
    usage = here.format_usage().removeprefix("usage: ").strip()
    parts = [
        f'.TH "{name.upper()}" 1 "" "sightline {__version__}"',
        f".SH NAME\n{_text(name)} \\- {_text(summary)}",
        f".SH SYNOPSIS\n.nf\n{_text(usage)}\n.fi",
        f".SH DESCRIPTION\n{_text((here.description or summary).strip())}",
    ]
    options = [action for action in here._actions if action.help != argparse.SUPPRESS]
    rows = [_row(option) for option in options if not isinstance(option, argparse._SubParsersAction)]
    if rows:
        parts.append("\n".join([".SH OPTIONS", *rows]))
    below = [(each.prog, line) for _, line, each in subcommands(here)]
    if below:
        parts.append("\n".join([".SH COMMANDS", *(f".TP\n.B {_text(prog)}\n{_text(line)}" for prog, line in below)]))
    if here.epilog:
        parts.append(f".SH EXAMPLES\n.nf\n{_text(here.epilog.removeprefix('examples:').strip(chr(10)))}\n.fi")
    return "\n".join(parts) + "\n"


def _row(action: argparse.Action) -> str:
    value = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    shown = (
        ""
        if action.nargs == 0 and action.option_strings
        else f" {value if isinstance(value, str) else ' '.join(value)}"
    )
    names = ", ".join(action.option_strings)
    text = (action.help or "") % {**vars(action), "prog": "sightline"}
    return f".TP\n.B {_text(f'{names}{shown}'.strip())}\n{_text(text)}"


def _text(text: str) -> str:
    """Escape what roff reads: backslashes, hyphens of options, a dot or a quote at the start of a line."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


def main(folder: Path) -> None:
    """Write all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [(folder / name, text) for name, text in pages()]
    for path, text in written:
        path.write_text(text, encoding="utf-8")
    commands = sum(map(len, COMMAND_GROUPS.values()))
    sys.stderr.write(f"{folder}: {len(written)} manual pages, of {commands} commands and their verbs\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
