"""`sightline exercise answer`: what an ISP of a world answers to one notice."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command
from sightline.message_text import count_noun

EXAMPLES = """\
  sightline exercise answer world --notice rows.csv --licensee "Anvara Broadband" --out reply
      # what that ISP answers to the rows of a notice, with what an officer would declare of each file
  sightline exercise answer world --notice numbers.csv --licensee "Jivan Mobile" --kind subscribers --out forms
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "answer", "write an ISP's answer to a notice of the world", EXAMPLES)
    here.add_argument("world", type=Path, metavar="WORLD", help="the folder of a world")
    here.add_argument("--notice", type=Path, required=True, metavar="FILE", help="the rows of a notice, as CSV")
    here.add_argument("--licensee", required=True, metavar="NAME", help="who is asked")
    here.add_argument("--kind", choices=("records", "subscribers"), default="records", help="what is asked for")
    here.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder for the reply's files")
    here.add_argument("--json", action="store_true", help="the files as JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """Write the reply of an ISP."""
    from dataclasses import asdict  # noqa: PLC0415

    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.exercise.replies.notice_rows import read_notice_rows  # noqa: PLC0415
    from sightline.exercise.replies.reply import write_reply  # noqa: PLC0415

    rows = read_notice_rows(arguments.notice)
    reply_files = write_reply(arguments.world, arguments.licensee, arguments.kind, rows, arguments.out)
    files = [asdict(reply_file) | {"path": str(reply_file.path)} for reply_file in reply_files.files]
    if arguments.json:
        print("".join(json.dumps(file) + "\n" for file in files), end="")
    elif files:
        table = [tuple(name.upper().replace("_", " ") for name in files[0])]
        table += [tuple("-" if value is None else str(value) for value in file.values()) for file in files]
        print("\n".join(format_columns(table)))
    sys.stderr.write(f"  {count_noun(len(rows), 'row')} asked, {count_noun(len(files), 'file')} in answer\n")
    return 0
