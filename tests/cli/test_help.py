"""Help texts: every example can be pasted, and is a command line that the parser takes; old names are in none."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest
from scripts.man_pages import pages

from sightline.cli import COMMAND_GROUPS, COMMANDS, build_parser
from sightline.cli.argument_parser import find_deepest_parser
from sightline.cli.old_names import RENAMED_COMMANDS, RENAMED_GROUPS, replace_old_names

WHOLE = build_parser("*")


def parsers(here: argparse.ArgumentParser = WHOLE) -> Iterator[argparse.ArgumentParser]:
    yield here
    for action in here._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from parsers(below)


def examples(here: argparse.ArgumentParser) -> list[str]:
    """The command lines of a parser's examples, each whole and without its remark."""
    block = (here.epilog or "").partition("examples:\n")[2].partition("\n\n")[0]
    lines = [line.strip() for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    return [line for line in lines if not line.startswith("#")]


EXAMPLES = sorted({line for parser in parsers() for line in examples(parser)})


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_can_be_pasted(line: str) -> None:
    if (inner := re.fullmatch(r'eval "\$\((.*)\)"', line)) is not None:
        line = inner[1]
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>")
    lexer.whitespace_split = True
    words = list(lexer)
    if words[0] in {"age-keygen"}:
        return
    ours = words[words.index("sightline") + 1 :]
    typed = ours[: next((at for at, word in enumerate(ours) if word in {"|", ">"}), None)]
    assert replace_old_names(typed) == (typed, None), "an example has an old name"
    WHOLE.parse_args(typed)


def test_every_command_and_verb_has_an_example() -> None:
    bare = [parser.prog for parser in parsers() if not examples(parser)]
    assert not bare


def test_the_help_lists_each_command_once_under_a_title() -> None:
    text = WHOLE.format_help()
    assert [text.index(f"\n{title}:\n") for title in COMMAND_GROUPS] == sorted(
        text.index(f"\n{title}:\n") for title in COMMAND_GROUPS
    )
    assert len(COMMANDS) == sum(len(group) for group in COMMAND_GROUPS.values())
    for name in COMMANDS:
        assert len(re.findall(rf"^  {name} ", text, re.MULTILINE)) == 1
    assert not any(re.search(rf"^  {name} ", text, re.MULTILINE) for name in RENAMED_GROUPS)


def is_command(words: list[str], here: argparse.ArgumentParser = WHOLE) -> bool:
    """Whether the words name a parser, or end in an argument with a fixed choice of acts."""
    for action in here._actions if words else ():
        if isinstance(action, argparse._SubParsersAction):
            return words[0] in action.choices and is_command(words[1:], action.choices[words[0]])
        if not action.option_strings and action.choices is not None:
            return words == [choice for choice in action.choices if choice == words[0]]
    return not words


@pytest.mark.parametrize("old", [*RENAMED_GROUPS, *RENAMED_COMMANDS])
def test_an_old_name_is_not_in_the_parser_and_leads_to_a_name_that_is(old: str) -> None:
    words, line = replace_old_names([*old.split(), "--json"])
    assert words[-1] == "--json"
    assert line is not None
    assert f'"sightline {" ".join(words[:-1])}"' in line
    assert is_command(words[:-1])
    assert not is_command(old.split())
    assert replace_old_names(words) == (words, None), "a new name is itself an old one"


def test_an_old_option_leads_to_its_new_name() -> None:
    words, line = replace_old_names(["datasets", "import", "x.csv", "--speaks-for=9"])
    assert words == ["datasets", "import", "x.csv", "--valid-for=9"]
    assert line is not None
    assert '"--speaks-for" is now "--valid-for"' in line
    assert replace_old_names(words) == (words, None)


def test_an_old_option_of_a_group_leads_to_its_new_name() -> None:
    for words in (
        ["leads", "explain", "4cedfc69"],
        ["resolve"],
        ["resolve", "show", "4c"],
        ["notices", "show", "7QX2"],
    ):
        assert replace_old_names([*words, "--open"])[0] == [*words, "--show-addresses"]
    assert replace_old_names(["resolve", "open", "9a31c07e"]) == (["resolve", "open", "9a31c07e"], None)


def test_the_options_of_every_command_are_last_in_its_help() -> None:
    text = find_deepest_parser(WHOLE, ["leads", "explain"]).format_help()
    assert text.index("examples:") < text.index("--verbose") < text.index("--log-file")
    assert text.count("--log-file") == 1


def test_words_that_are_no_old_names_stay() -> None:
    for words in ([], ["--version"], ["match", "case", "new"], ["leads", "note", "4cedfc69", "--why", "new"]):
        assert replace_old_names(words) == (words, None)


@pytest.mark.parametrize(
    ("words", "command", "says"),
    [
        ("notise list", "sightline", 'unknown command "notise"\n  Did you mean "notices"'),
        ("notices markt-sent", "sightline notices", 'unknown verb "markt-sent"\n  Did you mean "mark-sent"'),
        ("notices zzz", "sightline notices", "Choose one of: draft,"),
        (
            "leads list --ceilling shared",
            "sightline leads list",
            'unknown option "--ceilling"\n  Did you mean "--ceiling"',
        ),
        ("lists verify flagged.csv", "sightline lists", 'unknown verb "verify"\n  Did you mean "check"?'),
        (
            "match a --lst b --list c --trust d",
            "sightline match",
            'unknown option "--lst"\n  Did you mean "--list"? ',
        ),
        ("cases add --nummber 3", "sightline cases add", 'unknown option "--nummber"\n  Did you mean "--number"'),
        (
            "leads list --ceiling shard",
            "sightline leads list",
            '"shard" is not a valid value for --ceiling\n  Did you mean "shared"',
        ),
        (
            "export hits.jsonl --to pdf",
            "sightline export",
            '"pdf" is not a valid value for --to\n  Choose one of: stix, case.',
        ),
        ("lists check a.csv b.csv", "sightline lists check", 'unexpected argument "b.csv"'),
        ("leads", "sightline leads", "a verb is missing"),
        ("", "sightline", "a command is missing"),
        ("holds add thing", "sightline holds add", "missing: --why"),
        ("match", "sightline match", "missing: LOG, --list, --trust\n"),
        (
            "match a --list b --trust c --max-rejects many",
            "sightline match",
            '"many" is not a valid value for --max-rejects\n  It takes a number from 0 to 100.',
        ),
        (
            "leads list --limit ten",
            "sightline leads list",
            '"ten" is not a valid value for --limit\n  It takes a whole number.',
        ),
        ("leads list --out", "sightline leads list", "--out needs a value"),
        ("match a --list", "sightline match", "--list needs a value"),
        ("notices \x1b[31m", "sightline notices", 'unknown verb "\\x1b[31m"'),
    ],
)
def test_a_wrong_word_is_named_with_what_may_have_been_meant(
    words: str, command: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = words.split()
    with pytest.raises(SystemExit) as refused:
        build_parser(typed[0] if typed else None).parse_args(typed)
    printed = capsys.readouterr()
    assert refused.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith(f"usage: {command} ")
    assert f"\n{command}: " in printed.err
    assert says in printed.err
    assert printed.err.endswith(f'"{command} --help" tells more.\n')


def test_each_command_has_a_manual_page_that_roff_reads() -> None:
    made = dict(pages())
    assert len(made) == len(list(parsers()))
    assert "sightline-notices-mark-sent.1" in made
    for name, text in made.items():
        assert text.startswith('.TH "SIGHTLINE'), name
        macros = {line.split()[0] for line in text.splitlines() if line.startswith((".", "'"))}
        assert macros <= {".TH", ".SH", ".TP", ".B", ".nf", ".fi"}, (name, macros)
    assert "\\-\\-how TEXT" in made["sightline-notices-mark-sent.1"]


def test_a_help_that_groups_its_verbs_lists_each_once() -> None:
    here = find_deepest_parser(WHOLE, ["referrals"])
    verbs = next(action for action in here._actions if action.dest == "verb").choices
    assert sorted(name for names in here.verb_groups.values() for name in names) == sorted(verbs or ())
    assert "verbs for leads that this unit received:" in here.format_help()


def test_no_help_shows_what_is_not_there() -> None:
    for here in parsers():
        assert "None" not in [line.strip() for line in here.format_help().splitlines()], here.prog


def test_common_options_have_short_names_with_the_same_meaning() -> None:
    long = ["match", "a.log", "--list", "l.csv", "--trust", "k.pub", "--out", "o.csv", "--quiet", "--json"]
    short = ["match", "a.log", "-l", "l.csv", "--trust", "k.pub", "-o", "o.csv", "-q", "-j"]
    assert WHOLE.parse_args(short) == WHOLE.parse_args(long)
    for here in parsers():
        for action in here._actions:
            for name in action.option_strings:
                assert here._option_string_actions[name] is action, (here.prog, name)
