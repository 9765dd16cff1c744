"""`sightline formats`: which log formats there are, which one a log is in, and what a format's file would read."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli import workspace_formats
from sightline.cli.format_page import RESTS_ON, format_page, name_samples_folder
from sightline.cli.workspace_formats import load_workspace_formats
from sightline.errors import UnknownFormat

if TYPE_CHECKING:
    from sightline.stages.formats.format_detection import Detection
    from sightline.stages.formats.loader import Format
    from sightline.stages.formats.program import Program
    from sightline.stages.formats.stored_formats import StoredProgram
    from sightline.stages.scan.engine_output import SampleReading
    from sightline.stages.scan.options import DateOrder, ReadOptions

EXAMPLES = {
    "list": """\
  sightline formats list
      # in the folder of a workspace, also the formats that its officers approved
""",
    "show": "  sightline formats show combined\n",
    "detect": """\
  sightline formats detect access.log.gz
  sightline formats detect panel.log --workspace cyber-ps
      # also with the formats of a workspace
""",
    "draft": """\
  sightline formats draft sample.log > mine.toml
      # a first file for a log that no format reads; then answer its FILL IN
  sightline formats draft sample.log --squid-logformat '%ts.%03tu %>a %rm %ru' > mine.toml
      # a file for a Squid log, from the logformat line of its squid.conf
  sightline formats draft access.log --nginx-log-format '$remote_addr [$time_local] "$request" $host' > mine.toml
      # the same from a log_format of nginx, or with --apache-logformat from a LogFormat of Apache
""",
    "test": """\
  sightline formats test mine.toml sample.log
      # what a format of your own would read, frame by frame
  sightline formats test haproxy sample.log --year 2026
      # a format of Sightline's own, of a log whose times name no year
""",
    **workspace_formats.EXAMPLES,
}
NOT_APART = {"no-pattern", "no-header", "wrong-header", "column-count", "not-json", "frame-too-long"}
"""Rejects of frames that no way to split takes apart."""
OWN = "of this workspace, approved by two officers"
NOTHING = "it is empty"
NEXT = "\na format of your own is one TOML file: docs/how-to/add_a_format.md\n"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "formats",
        help="show, detect, draft, test and propose log formats",
        description="Which log formats Sightline reads, which one a log is in, and a format of your own.",
        epilog="examples:\n" + "".join(EXAMPLES.values()) + NEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = here.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _add_action(actions, "list", "list the formats, each with its source, samples and specification")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.add_argument("--markdown", action="store_true", help="the page docs/reference/formats.md")
    workspace_formats.add_workspace_option(listing)
    show = _add_action(actions, "show", "show what one format is and what it can show")
    show.add_argument("name", metavar="NAME", help="a format's name or TOML file")
    show.add_argument("--json", action="store_true", help="the compiled program, as the kernel reads it")
    workspace_formats.add_workspace_option(show)
    detect = _add_action(actions, "detect", "detect the format of a log, or of each member of an archive, and say why")
    detect.add_argument("file", type=Path, metavar="FILE", help="a log, plain, compressed or in an archive")
    detect.add_argument("--json", action="store_true", help="one JSON object, or one for each member of an archive")
    workspace_formats.add_workspace_option(detect)
    draft = _add_action(actions, "draft", "draft a TOML file for a log that no format reads")
    draft.add_argument("sample", type=Path, metavar="SAMPLE", help="some lines of the log; the first 256 KiB are read")
    declared = draft.add_mutually_exclusive_group()
    declared.add_argument(
        "--squid-logformat",
        metavar="LINE",
        help="the logformat line of squid.conf that the log was written by; then nothing is asked",
    )
    declared.add_argument("--nginx-log-format", metavar="LINE", help="the same, a log_format of nginx")
    declared.add_argument("--apache-logformat", metavar="LINE", help="the same, a LogFormat of Apache")
    test = _add_action(actions, "test", "show what a format reads from a sample")
    test.add_argument("format", metavar="FILE.toml", help="a format's TOML file or name")
    test.add_argument("sample", type=Path, metavar="SAMPLE", help="a log in that format; the first 256 KiB are read")
    test.add_argument("--json", action="store_true", help="one JSON object a frame, nothing else")
    test.add_argument("--year", type=int, metavar="Y", help="the year, where the log names none")
    test.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="the order of day and month")
    test.add_argument(
        "--trusted-hops", type=int, default=0, metavar="N", help="as for match: X-Forwarded-For is believed"
    )
    workspace_formats.add_workspace_option(test)
    workspace_formats.add_propose(
        _add_action(actions, "propose", "ask another officer to let the workspace use a format of your own")
    )
    workspace_formats.add_withdraw(
        _add_action(actions, "withdraw", "ask another officer to end the use of a format of the workspace")
    )


def _add_action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str
) -> argparse.ArgumentParser:
    return actions.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 0, or 1 where a sample is not read whole."""
    return ACTIONS[arguments.action](arguments)


def _list_formats(arguments: argparse.Namespace) -> int:
    from sightline.cli.terminal_text import escape_text  # noqa: PLC0415
    from sightline.stages.formats.loader import load_builtin_formats  # noqa: PLC0415

    if arguments.markdown:
        print(format_page(list(load_builtin_formats().values())), end="")
        return 0
    own = load_workspace_formats(arguments)
    for item in (*own.values(), *load_builtin_formats().values()):
        is_own = item.name in own
        if arguments.json:
            more = {"workspace": True} if is_own else {"samples": name_samples_folder(item)}
            print(json.dumps(_list_facts(item) | more, ensure_ascii=False))
        else:
            rests_on = OWN if is_own else f"{RESTS_ON[item.origin]}: {name_samples_folder(item)}"
            print(f"{item.name:<20} {escape_text(item.title)}")
            print(f"{'':<20} {rests_on}; {escape_text(item.specification)}")
    return 0


def _find_format(arguments: argparse.Namespace, name: str) -> Format:
    """Return a format of the workspace, a built-in one, or that of a TOML file. Raises UsageError."""
    from sightline.stages.formats.loader import load_format  # noqa: PLC0415

    return load_workspace_formats(arguments).get(name) or load_format(name)


def _show_format(arguments: argparse.Namespace) -> int:
    item = _find_format(arguments, arguments.name)
    if arguments.json:
        print(item.program.to_json())
        return 0
    for label, value in _list_facts(item).items():
        value_text = ", ".join(str(part) for part in value) if isinstance(value, list) else value
        print(f"{label + ':':<15} {value_text or '-'}")
    return 0


def _list_facts(item: Format) -> dict[str, object]:
    return {
        "name": item.name,
        "title": item.title,
        "specification": item.specification,
        "origin": str(item.origin),
        "fields": [rule.field for rule in item.program.fields],
        "untestable": [str(kind) for kind in item.untestable],
        "by_request": [str(kind) for kind in item.by_request],
        "notes": item.notes,
        "id": item.program.id,
    }


def _detect(arguments: argparse.Namespace) -> int:
    from sightline.cli.terminal_text import escape_text  # noqa: PLC0415
    from sightline.stages.formats.format_detection import ADD_A_FORMAT  # noqa: PLC0415

    head, _ = _read_head(arguments.file)
    own = load_workspace_formats(arguments)
    member_formats = _detect_members(arguments.file, own)
    if len(member_formats) < 2:
        with _name_file(arguments.file):
            detection = _detect_format(head, own)
        member_formats = [MemberFormat(None, detection.format.name, detection.reason)]
    if all(member_format.format is None for member_format in member_formats):
        raise UnknownFormat(
            f"{arguments.file}: no format reads any of its {len(member_formats):,} members",
            hint=ADD_A_FORMAT,
            details=[f"{member_format.member}: {member_format.reason}" for member_format in member_formats],
        )
    for member_format in member_formats:
        facts = {"format": member_format.format, "reason": member_format.reason}
        if arguments.json:
            print(
                json.dumps(
                    facts if member_format.member is None else {"member": member_format.member, **facts},
                    ensure_ascii=False,
                )
            )
        else:
            place = "" if member_format.member is None else f"{escape_text(member_format.member)}: "
            print(f"{place}{member_format.format or 'none'}: {member_format.reason}")
    return 0


@dataclass(frozen=True, slots=True)
class MemberFormat:
    """A member of an archive, or a file that is none, and its format; None if nothing reads it or it is empty."""

    member: str | None
    format: str | None
    reason: str


def _detect_format(head: bytes, own: Mapping[str, Format]) -> Detection:
    from sightline.services.match.engine import choose_engine, detect_format  # noqa: PLC0415

    return detect_format(choose_engine()[1], _make_options(None, None), head, own)


@contextmanager
def _name_file(path: Path) -> Iterator[None]:
    """Raise an UnknownFormat of the body again, with the name of the file in front."""
    try:
        yield
    except UnknownFormat as error:
        raise type(error)(f"{path}: {error}", hint=error.hint, details=error.details, unread=error.unread) from None


def _detect_members(path: Path, own: Mapping[str, Format]) -> list[MemberFormat]:
    """Return the format of each member of an archive, as `match` reads it; nothing for any other file."""
    from sightline.services.match.archive_members import choose_member_formats  # noqa: PLC0415
    from sightline.services.match.engine import choose_engine  # noqa: PLC0415
    from sightline.stages.formats.head import HEAD_BYTES  # noqa: PLC0415
    from sightline.stages.scan.options import DecompressionLimits  # noqa: PLC0415

    heads = choose_engine()[1].read_member_heads(path, b"", DecompressionLimits(), HEAD_BYTES)
    first = next(heads, None)
    if first is None or first.name is None:
        return []
    detect_own = partial(_detect_format, own=own)
    member_formats = choose_member_formats(
        chain([first], heads), detect_own, _score_program, lambda _member, _head: None
    )
    return [
        MemberFormat(
            member.name,
            member.format.name if member.format else None,
            member.reason or (str(member.error) if member.error else NOTHING),
        )
        for member in member_formats.members
    ]


def _draft_format(arguments: argparse.Namespace) -> int:
    """Print a draft for a sample; say how much of the sample it splits, and what comes next."""
    from sightline.stages.formats.head import cut_whole_frames  # noqa: PLC0415
    from sightline.stages.formats.loader import read_format  # noqa: PLC0415
    from sightline.stages.formats.program import Frames  # noqa: PLC0415
    from sightline.stages.formats.unknown_bytes import describe_unknown_bytes  # noqa: PLC0415
    from sightline.stages.formats.wrapped import unwrap_lines  # noqa: PLC0415

    head, is_whole = _read_head(arguments.sample)
    lines = unwrap_lines(head if is_whole else cut_whole_frames(head, Frames.LINES))
    looks = describe_unknown_bytes(lines)
    drafted = None if looks else _make_draft(arguments, lines)
    if drafted is None:
        raise UnknownFormat(
            f"{arguments.sample}: no draft can be made: {looks or 'it has no line of text'}",
            hint="give a log of lines: some twenty of them, of every kind that the log has",
        )
    print(drafted, end="")
    apart, counted = _count_split_lines(read_format(drafted).program, lines)
    if _get_declared_line(arguments) is not None:
        says, answer = "what each piece is, the server's line says", "look at what it reads"
    else:
        says, answer = "who visited what, you must say", "answer each FILL IN in it, then"
    sys.stderr.write(
        f"a draft that takes apart {apart:,} of {counted:,} lines; {says}\n"
        f"  {answer}: sightline formats test MINE.toml SAMPLE\n"
    )
    return 0


def _make_draft(arguments: argparse.Namespace, lines: bytes) -> str | None:
    """Return the draft for some lines: from the line of a configuration, if given, else from the lines themselves."""
    from sightline.stages.formats.draft.apache_logformat import draft_apache_format  # noqa: PLC0415
    from sightline.stages.formats.draft.nginx_log_format import draft_nginx_format  # noqa: PLC0415
    from sightline.stages.formats.draft.squid_logformat import draft_squid_format  # noqa: PLC0415
    from sightline.stages.formats.draft.text import draft_format, format_name  # noqa: PLC0415
    from sightline.stages.formats.loader import load_builtin_formats  # noqa: PLC0415

    if (line := _get_declared_line(arguments)) is not None:
        name = format_name(arguments.sample.stem, load_builtin_formats())
        if arguments.squid_logformat is not None:
            return draft_squid_format(line, name)
        return (
            draft_nginx_format(line, name)
            if arguments.nginx_log_format is not None
            else draft_apache_format(line, name)
        )
    return draft_format(lines, arguments.sample.stem, load_builtin_formats())


def _get_declared_line(arguments: argparse.Namespace) -> str | None:
    """The line of a server's configuration that says what each piece of its log is, if one is given."""
    lines: list[str | None] = [
        arguments.squid_logformat,
        arguments.nginx_log_format,
        arguments.apache_logformat,
    ]
    return next((line for line in lines if line is not None), None)


def _count_split_lines(program: Program, lines: bytes) -> tuple[int, int]:
    """Return how many lines a program splits into pieces, whatever they mean, and of how many that are no comments."""
    from sightline.stages.scan.reference.frame import Frame  # noqa: PLC0415
    from sightline.stages.scan.reference.frames import split_frames  # noqa: PLC0415
    from sightline.stages.scan.reference.read import MemberReader  # noqa: PLC0415
    from sightline.stages.scan.reference.record import CommentFrame  # noqa: PLC0415

    options = _make_options(None, None)
    reader = MemberReader(program, options)
    outcomes = [
        reader.read(frame) for frame in split_frames([lines], options.max_frame_bytes) if isinstance(frame, Frame)
    ]
    counted = [outcome for outcome in outcomes if not isinstance(outcome, CommentFrame)]
    return sum(str(outcome) not in NOT_APART for outcome in counted), len(counted)


def _test_format(arguments: argparse.Namespace) -> int:
    from sightline.cli import format_trial  # noqa: PLC0415
    from sightline.stages.formats.head import cut_whole_frames  # noqa: PLC0415

    item = _find_format(arguments, arguments.format)
    head, is_whole = _read_head(arguments.sample)
    return format_trial.show(
        item,
        head if is_whole else cut_whole_frames(head, item.program.frames),
        replace(_make_options(arguments.year, arguments.date_order), trusted_hops=arguments.trusted_hops),
        None if arguments.json else sys.stderr,
        file=Path(arguments.format),
        is_whole=is_whole,
    )


def _score_program(program: Program | StoredProgram, head: bytes) -> SampleReading:
    from sightline.services.match.engine import choose_engine  # noqa: PLC0415

    return choose_engine()[1].score_format(program, _make_options(None, None), head)


def _make_options(year: int | None, date_order: DateOrder | None) -> ReadOptions:
    """Options under which nothing fails for want of a declaration: what is shown here is no evidence."""
    from sightline.stages.scan.options import ReadOptions  # noqa: PLC0415

    return ReadOptions(timezone=((0, 0),), year=year or 2024, date_order=date_order or "dmy", made_at_us=0)


def _read_head(path: Path) -> tuple[bytes, bool]:
    """The first 256 KiB of a log as `match` sees them, unpacked, and whether they are all of it."""
    from sightline.services.match.engine import choose_engine  # noqa: PLC0415
    from sightline.services.match.inputs import check_file, read_first_bytes  # noqa: PLC0415
    from sightline.stages.scan.options import DecompressionLimits  # noqa: PLC0415

    check_file(path, "a log")
    return read_first_bytes(choose_engine()[1], path, b"", DecompressionLimits())


ACTIONS = {
    "list": _list_formats,
    "show": _show_format,
    "detect": _detect,
    "draft": _draft_format,
    "test": _test_format,
    "propose": workspace_formats.run_propose,
    "withdraw": workspace_formats.run_withdraw,
}
