"""Options that every command has, and short names of those that officers type most."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "--authority": "-a",
        "--json": "-j",
        "--key": "-k",
        "--list": "-l",
        "--out": "-o",
        "--quiet": "-q",
        "--source": "-s",
        "--workspace": "-w",
    }
)


def add_short_options(here: argparse.ArgumentParser) -> None:
    """Give the options of a parser, and of those below it, their short names."""
    for action in here._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                add_short_options(below)
        for name in tuple(action.option_strings):
            short = SHORT.get(name)
            if short is not None and short not in here._option_string_actions:
                action.option_strings = [short, *action.option_strings]
                here._option_string_actions[short] = action


LOG_OPTIONS = "log of the run"
"""The title of the options that every command has. The help of a command lists them last."""


def add_log_options(here: argparse.ArgumentParser) -> None:
    """Give a parser, and those below it, the options that log the run. Only the help of the last one lists them."""
    below = [
        _sub_parsers_action
        for _sub_parsers_action in here._actions
        if isinstance(_sub_parsers_action, argparse._SubParsersAction)
    ]
    for action in below:
        for choice in action.choices.values():
            add_log_options(choice)
    is_hidden = bool(below)
    log = here.add_argument_group(LOG_OPTIONS)
    log.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS if is_hidden else "log each step on standard error",
    )
    log.add_argument(
        "--log-file",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="FILE",
        help=argparse.SUPPRESS if is_hidden else "append the log to FILE; it holds no addresses, names or paths",
    )
