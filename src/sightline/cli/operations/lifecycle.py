"""`sightline operations add`, `close`: an operation begins, and is over."""

from __future__ import annotations

import argparse

from sightline.cli.subcommands import Parsers, add_command, add_why

NEW = '  sightline operations add "P-Hunt 7" --begun-on 2026-06-01 --why "lines of three districts"\n'
CLOSE = '  sightline operations close "P-Hunt 7" --why "all lines were visited"\n'


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    new = add_command(verbs, "add", "add an operation", NEW)
    new.add_argument("name", metavar="NAME", help="its name")
    new.add_argument("--begun-on", required=True, metavar="DATE", help="its first day, as 2026-06-01")
    close = add_command(verbs, "close", "close an operation; its leads stay as they are", CLOSE)
    close.add_argument("operation", metavar="OPERATION", help="its name, its id, or the end of it")
    for here in (new, close):
        add_why(here)


def run(arguments: argparse.Namespace) -> int:
    """Begin an operation, or end it."""
    from sightline.casework.input_checks import require_day, require_reason  # noqa: PLC0415
    from sightline.casework.operations import operations  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.terminal_text import escape_text  # noqa: PLC0415

    if arguments.verb == "close":
        over = operations.close(start_session(arguments), arguments.operation, require_reason(arguments.why, "--why"))
        print(f"{escape_text(over.name)}: over")
        return 0
    begun_on = require_day(arguments.begun_on, "--begun-on")
    operation = operations.begin(
        start_session(arguments), arguments.name, begun_on, require_reason(arguments.why, "--why")
    )
    print(f"operation {operation.operation_id[-6:]}: {escape_text(operation.name)}")
    return 0
