"""The parser of commands: its errors name the command, what is wrong with which word, and what may have been meant."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

from sightline.cli.short_options import LOG_OPTIONS
from sightline.cli.terminal_text import Colour, colour_text, escape_text

argparse._ = lambda text: text  # type: ignore[attr-defined]
"""argparse looks on disk for a translation of each of its words, three a command: a third of building a parser."""
CLOSE = 0.6
"""How alike two words are, from 0 to 1, for one to be offered for the other."""
OFFERED = 3
SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "create": ("add", "create-key", "create-keys", "init", "draft"),
        "delete": ("purge", "remove", "withdraw"),
        "ls": ("list",),
        "new": ("add", "draft"),
        "remove": ("withdraw", "purge"),
        "validate": ("check", "verify"),
        "verify": ("check",),
        "view": ("show",),
    }
)
"""What the program calls what other programs call so."""
TAKES: Mapping[str, str] = MappingProxyType(
    {
        "parse_fault": "It takes NAME=SHARE, like nat=0.2.",
        "fromisoformat": "It takes a date and a time, like 2026-07-31T12:34:56+05:30.",
        "parse_hops": "It takes a whole number from 0 to 1,000.",
        "parse_instant": "It takes a date and a time, like 2026-07-31T12:34:56+05:30.",
        "int": "It takes a whole number.",
        "parse_percent": "It takes a number from 0 to 100.",
        "parse_seconds": "It takes a number of seconds.",
        "parse_seq": "It takes the number of a ledger entry.",
        "parse_size": "It takes a number of bytes, like 500G.",
    }
)
"""What an option takes, by the function that reads its value."""


class Parser(argparse.ArgumentParser):
    """A parser of one command or verb; whole option names only."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options["allow_abbrev"] = False
        super().__init__(*arguments, **options)
        self.verb_groups: Mapping[str, Sequence[str]] = {}
        self._typed: list[str] = []

    def format_help(self) -> str:
        """Return the help. The options that every command has are last, after the examples."""
        formatter = self._get_formatter()
        last = {
            id(group_action)
            for group in self._action_groups
            if group.title == LOG_OPTIONS
            for group_action in group._group_actions
        }
        actions = [action for action in self._actions if id(action) not in last]
        formatter.add_usage(self.usage, actions, self._mutually_exclusive_groups)
        formatter.add_text(self.description)
        for group in self._action_groups:
            if group.title != LOG_OPTIONS:
                if self.verb_groups and any(
                    isinstance(action, argparse._SubParsersAction) for action in group._group_actions
                ):
                    _add_verb_groups(formatter, group, self.verb_groups)
                else:
                    _add_group(formatter, group)
        formatter.add_text(self.epilog)
        for group in self._action_groups:
            if group.title == LOG_OPTIONS:
                _add_group(formatter, group)
        return formatter.format_help()

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse a command line; words that are left over are an error of the command they were typed for."""
        result, left = self.parse_known_args(args, namespace)
        if left:
            find_deepest_parser(self, self._typed)._refuse(left)
        return result

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse what is known; the words are remembered for the text of an error."""
        self._typed = list(args or ())
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Print the command's usage, then the error, then a hint; exit with 2."""
        needed = "the following arguments are required: "
        unknown = list(self._list_unknown_options(self._typed))
        if message.startswith(needed):
            if unknown:
                self._refuse(unknown)
            if (verbs := _find_subcommands(self)) is not None and message == f"{needed}{verbs.metavar}":
                what = "command" if verbs.metavar == "COMMAND" else "verb"
                self._fail(f"a {what} is missing", f"{_join_names(verbs.choices)}" if what == "verb" else None)
            self._fail(f"missing: {_keep_long_names(message.removeprefix(needed))}")
        self._fail(*_explain_value_error(message))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        if isinstance(action, argparse._SubParsersAction):
            what = "command" if action.metavar == "COMMAND" else "verb"
            hint = _suggest_name(value, choices)
            self._fail(f'unknown {what} "{value}"', hint or (_join_names(choices) if what == "verb" else None))
        name = "/".join(action.option_strings) or action.metavar or action.dest
        self._fail(f'"{value}" is not a valid value for {name}', _suggest_name(value, choices) or _join_names(choices))

    def _refuse(self, left: Sequence[str]) -> NoReturn:
        options = [word for word in left if word.startswith("-") and word != "-"]
        if not options:
            self._fail(f'unexpected argument "{left[0]}"')
        name = options[0].partition("=")[0]
        self._fail(f'unknown option "{name}"', _suggest_name(name, self._list_shown_options()))

    def _list_shown_options(self) -> list[str]:
        options = [action for action in self._actions if action.help != argparse.SUPPRESS]
        return [name for action in options for name in action.option_strings if name.startswith("--")]

    def _list_unknown_options(self, words: Sequence[str]) -> Iterator[str]:
        for word in words:
            if word == "--":
                return
            if word.startswith("--") and word.partition("=")[0] not in self._option_string_actions:
                yield word

    def _fail(self, what: str, hint: str | None = None) -> NoReturn:
        see = f'"{self.prog} --help" tells more.'
        name = colour_text(f"{self.prog}:", Colour.RED, sys.stderr)
        text = f"{self.format_usage()}\n{name} {escape_text(what)}\n  {f'{hint} ' if hint else ''}{see}\n"
        self.exit(2, text)


class ProgramParser(Parser):
    """The parser of the program: its help lists the commands by what they are for."""

    def __init__(self, groups: Mapping[str, Mapping[str, str]], **options: Any) -> None:
        super().__init__(**options)
        self._groups = groups

    def format_usage(self) -> str:
        """Return one line: the commands are listed by the help."""
        return f"usage: {self.prog} COMMAND ...\n"

    def format_help(self) -> str:
        """Return description, commands by group, options and examples."""
        width = max(len(name) for commands in self._groups.values() for name in commands)
        parts = [self.format_usage(), f"{self.description}\n"]
        for title, commands in self._groups.items():
            rows = [f"  {name:<{width}}  {summary}\n" for name, summary in commands.items()]
            parts.append("".join([f"{title}:\n", *rows]))
        formatter = self._get_formatter()
        for group in self._action_groups:
            actions = [action for action in group._group_actions if not isinstance(action, argparse._SubParsersAction)]
            if actions:
                formatter.start_section(group.title)
                formatter.add_arguments(actions)
                formatter.end_section()
        return "\n".join([*parts, formatter.format_help(), self.epilog or ""])


def _add_group(formatter: argparse.HelpFormatter, group: argparse._ArgumentGroup) -> None:
    formatter.start_section(group.title)
    formatter.add_text(group.description)
    formatter.add_arguments(group._group_actions)
    formatter.end_section()


def _add_verb_groups(
    formatter: argparse.HelpFormatter, group: argparse._ArgumentGroup, verb_groups: Mapping[str, Sequence[str]]
) -> None:
    """Add the verbs of a command under the titles of their groups. Each verb must be in one of them."""
    action = next(action for action in group._group_actions if isinstance(action, argparse._SubParsersAction))
    by_name = {choice.dest: choice for choice in action._choices_actions}
    for title, names in verb_groups.items():
        formatter.start_section(title)
        formatter.add_arguments([by_name[name] for name in names])
        formatter.end_section()


def find_deepest_parser(here: argparse.ArgumentParser, words: Sequence[str]) -> Parser:
    """Return the parser of the command, verb and verb below it that the words name."""
    result = _find_subcommands(here)
    for at, word in enumerate(words):
        if result is not None and word in result.choices:
            return find_deepest_parser(result.choices[word], words[at + 1 :])
    assert isinstance(here, Parser)
    return here


def _find_subcommands(here: argparse.ArgumentParser) -> Any:
    return next((action for action in here._actions if isinstance(action, argparse._SubParsersAction)), None)


def _keep_long_names(text: str) -> str:
    """Return a text in which each option has its long name alone: `--list` for `-l/--list`."""
    return re.sub(r"(?<![\w-])-\w/(?=--)", "", text)


def _explain_value_error(message: str) -> tuple[str, str | None]:
    """Return what is wrong with the value of an argument, and what the argument takes."""
    parts = re.fullmatch(r"argument (.+?): (.*)", message, re.DOTALL)
    if parts is None:
        return message, None
    name, what = _keep_long_names(parts[1]), parts[2]
    if what.startswith("expected"):
        return f"{name} needs a value", None
    invalid = re.fullmatch(r"invalid (\S+) value: ['\"](.*)['\"]", what, re.DOTALL)
    if invalid is None:
        return f"{name}: {what}", None
    return f'"{invalid[2]}" is not a valid value for {name}', TAKES.get(invalid[1].lstrip("_"))


def _suggest_name(word: object, names: Iterable[str]) -> str | None:
    """Return a question that names what may have been meant; None where nothing is like the word."""
    text, known = str(word), list(names)
    bare = text.strip("-")
    names_by_bare = {name.strip("-"): name for name in known}
    close_matches = [names_by_bare[match] for match in difflib.get_close_matches(bare, names_by_bare, OFFERED, CLOSE)]
    close_matches += [synonym for synonym in SYNONYMS.get(bare, ()) if synonym in known]
    close_matches += [name for name in known if bare and bare in name.strip("-").split("-")]
    close_matches += [name for name in known if len(bare) > 2 and name.strip("-").startswith(bare)]
    near = [f'"{fromkey}"' for fromkey in dict.fromkeys(close_matches)][:OFFERED]
    return f"Did you mean {' or '.join(near)}?" if near else None


def _join_names(names: Iterable[str]) -> str:
    return f"Choose one of: {', '.join(names)}."
