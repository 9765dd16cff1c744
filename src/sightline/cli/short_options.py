"""Short names of the options that officers type most, the same in every command."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from types import MappingProxyType

SHORT: Mapping[str, str] = MappingProxyType(
    {"--authority": "-a", "--json": "-j", "--list": "-l", "--out": "-o", "--quiet": "-q", "--source": "-s"}
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
