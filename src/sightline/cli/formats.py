"""`sightline formats`: which log formats there are, which one a log is in, and what a format's file would read."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import UnknownFormat

if TYPE_CHECKING:
    from sightline.stages.formats.detect import Detection
    from sightline.stages.formats.loader import Format
    from sightline.stages.formats.program import Program
    from sightline.stages.formats.stored_formats import StoredProgram
    from sightline.stages.scan.engine_output import Reading
    from sightline.stages.scan.options import DateOrder, ReadOptions

EXAMPLES = {
    "list": "  sightline formats list\n",
    "show": "  sightline formats show combined\n",
    "detect": "  sightline formats detect access.log.gz\n",
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
}
NOT_APART = {"no-pattern", "no-header", "wrong-header", "column-count", "not-json", "frame-too-long"}
"""Rejects of frames that no way to split takes apart."""
NOTHING = "nothing stands in it"
NEXT = "\na format of your own is one TOML file: docs/how-to/add_a_format.md\n"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = commands.add_parser(
        "formats",
        help="show, detect, draft and test log formats",
        description="Which log formats Sightline reads, which one a log is in, and a format of your own.",
        epilog="examples:\n" + "".join(EXAMPLES.values()) + NEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = here.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _action(actions, "list", "list the formats, each with its source, samples and specification")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.add_argument("--markdown", action="store_true", help="the page docs/reference/formats.md")
    show = _action(actions, "show", "show what one format is and what it can show")
    show.add_argument("name", metavar="NAME", help="a format's name or TOML file")
    show.add_argument("--json", action="store_true", help="the compiled program, as the kernel reads it")
    detect = _action(actions, "detect", "detect the format of a log, or of each member of an archive, and say why")
    detect.add_argument("file", type=Path, metavar="FILE", help="a log, plain, compressed or in an archive")
    detect.add_argument("--json", action="store_true", help="one JSON object, or one for each member of an archive")
    draft = _action(actions, "draft", "draft a TOML file for a log that no format reads")
    draft.add_argument("sample", type=Path, metavar="SAMPLE", help="some lines of the log; the first 256 KiB are read")
    declared = draft.add_mutually_exclusive_group()
    declared.add_argument(
        "--squid-logformat",
        metavar="LINE",
        help="the logformat line of squid.conf that the log was written by; then nothing is asked",
    )
    declared.add_argument("--nginx-log-format", metavar="LINE", help="the same, a log_format of nginx")
    declared.add_argument("--apache-logformat", metavar="LINE", help="the same, a LogFormat of Apache")
    test = _action(actions, "test", "show what a format reads from a sample")
    test.add_argument("format", metavar="FILE.toml", help="a format's TOML file or name")
    test.add_argument("sample", type=Path, metavar="SAMPLE", help="a log in that format; the first 256 KiB are read")
    test.add_argument("--json", action="store_true", help="one JSON object a frame, nothing else")
    test.add_argument("--year", type=int, metavar="Y", help="the year, where the log names none")
    test.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="the order of day and month")
    test.add_argument(
        "--trusted-hops", type=int, default=0, metavar="N", help="as for match: X-Forwarded-For is believed"
    )


def _action(
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


def _list(arguments: argparse.Namespace) -> int:
    from sightline.stages.formats.loader import builtin  # noqa: PLC0415

    if arguments.markdown:
        print(_page(list(builtin().values())), end="")
        return 0
    for item in builtin().values():
        if arguments.json:
            print(json.dumps(_facts(item) | {"samples": _samples(item)}, ensure_ascii=False))
        else:
            print(f"{item.name:<20} {item.title}")
            print(f"{'':<20} {RESTS_ON[item.origin]}: {_samples(item)}; {item.specification}")
    return 0


RESTS_ON = {"real-server": "logs of the real server", "specification": "the specification"}

PAGE_HEAD = """\
# Log formats

This page lists every log format that Sightline reads, with its samples and its limits. Each format is one file in
`src/sightline/stages/formats/builtin/`, with its samples in `tests/samples/`. To add one, see
[add a log format](../how-to/add_a_format.md).

The command `sightline formats list --markdown > docs/reference/formats.md` writes this page. A test compares it with
the format files.

- *Rests on* says where the samples come from: logs that the server itself wrote (with lines written from its
  specification), or only lines written from the specification.
- *Cannot show* names the kinds of indicator that no record of the format can match.
- *Shows only by request* names the kinds that a record can match only if the request itself names the host
  (`GET http://host/`, `CONNECT host:443`), because records of the format contain no other host.
- *Time* says whether the time of a record is the start or the end of the request.

The log of a seized server seldom names the server's host. `match --all-hits-of INDICATOR` declares that every record is
a visit to that indicator.

If the time is the end of a request and the record does not say how long the request took, the visit may have begun up
to 60 s earlier ([ADR 17](../adr/0017-leads.md)).

A line that Docker wrapped in JSON (json-file) is read as the line inside: detection, `match` and `scan` need nothing
more. So is an entry of systemd's journal (`journalctl -o json`), with its time, host and program before the message, as
syslog writes them. Offsets and raw bytes of a hit are those of the wrapped line.

A file is read in one format, and an archive member by member
([Folders of logs](../how-to/folders.md#archives)).
"""


def _page(items: list[Format]) -> str:
    """docs/reference/formats.md: one section a format."""
    sections = [PAGE_HEAD]
    for item in items:
        zones = {choice.zone for rule in item.program.fields for choice in rule.choices if rule.field == "timestamp"}
        lines = [
            f"## {item.name}",
            f"{item.title}.\n",
            f"- Specification: {item.specification}",
            f"- Rests on: {RESTS_ON[item.origin]} ([samples](../../{_samples(item)}))",
            f"- Fields: {', '.join(rule.field for rule in item.program.fields)}",
            f"- Cannot show: {', '.join(kind for kind in item.untestable if kind not in item.by_request)}",
        ]
        lines.append(f"- Time: {_describe_time(item)}")
        if item.by_request:
            lines.append(f"- Shows only by request: {', '.join(item.by_request)}")
        if "declared" in zones:
            lines.append("- Times: without a zone, or without one in some layouts; declare it with `--timezone`")
        if item.notes:
            lines.append(f"- {item.notes}")
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)


def _describe_time(item: Format) -> str:
    """Which instant of a request the times of a format are."""
    if item.times.time_is == "start":
        return "the start of the request"
    if item.times.duration is None:
        return "the end of the request, or not known; how long it took is not recorded"
    return "the end of the request; how long it took is read from the record"


def _show(arguments: argparse.Namespace) -> int:
    from sightline.stages.formats.loader import load_format  # noqa: PLC0415

    item = load_format(arguments.name)
    if arguments.json:
        print(item.program.to_json())
        return 0
    for label, value in _facts(item).items():
        value_text = ", ".join(str(part) for part in value) if isinstance(value, list) else value
        print(f"{label + ':':<15} {value_text or '-'}")
    return 0


def _samples(item: Format) -> str:
    """Where the repository holds a built-in format's samples, with expected records and where they come from."""
    return f"tests/samples/{item.name}"


def _facts(item: Format) -> dict[str, object]:
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
    from sightline.cli.terminal_text import safe_text  # noqa: PLC0415
    from sightline.stages.formats.detect import ADD_A_FORMAT  # noqa: PLC0415

    head, _ = _head(arguments.file)
    found = _detect_members(arguments.file)
    if len(found) < 2:
        detection = _detect_format(head)
        found = [MemberFormat(None, detection.format.name, detection.reason)]
    if all(one.format is None for one in found):
        raise UnknownFormat(
            f"{arguments.file}: no format reads any of its {len(found):,} members",
            hint=ADD_A_FORMAT,
            details=[f"{one.member}: {one.reason}" for one in found],
        )
    for one in found:
        facts = {"format": one.format, "reason": one.reason}
        if arguments.json:
            print(json.dumps(facts if one.member is None else {"member": one.member, **facts}, ensure_ascii=False))
        else:
            place = "" if one.member is None else f"{safe_text(one.member)}: "
            print(f"{place}{one.format or 'none'}: {one.reason}")
    return 0


@dataclass(frozen=True, slots=True)
class MemberFormat:
    """A member of an archive, or a file that is none, and its format; None if nothing reads it or it is empty."""

    member: str | None
    format: str | None
    reason: str


def _detect_format(head: bytes) -> Detection:
    from sightline.services.match.engine import detect_format, engine  # noqa: PLC0415

    return detect_format(engine()[1], _options(None, None), head)


def _detect_members(path: Path) -> list[MemberFormat]:
    """Return the format of each member of an archive, as `match` reads it; nothing for any other file."""
    from sightline.services.match.archive_members import choose_member_formats  # noqa: PLC0415
    from sightline.services.match.engine import engine  # noqa: PLC0415
    from sightline.stages.formats.head import HEAD_BYTES  # noqa: PLC0415
    from sightline.stages.scan.options import Limits  # noqa: PLC0415

    heads = engine()[1].members(path, b"", Limits(), HEAD_BYTES)
    first = next(heads, None)
    if first is None or first.name is None:
        return []
    found = choose_member_formats(chain([first], heads), _detect_format, _score, lambda _member, _head: None)
    return [
        MemberFormat(
            one.name, one.format.name if one.format else None, one.reason or (str(one.why) if one.why else NOTHING)
        )
        for one in found.members
    ]


def _draft(arguments: argparse.Namespace) -> int:
    """Print a draft for a sample; say how much of the sample it splits, and what comes next."""
    from sightline.stages.formats.detect import what_it_looks_like  # noqa: PLC0415
    from sightline.stages.formats.head import whole_frames  # noqa: PLC0415
    from sightline.stages.formats.loader import load  # noqa: PLC0415
    from sightline.stages.formats.program import Frames  # noqa: PLC0415
    from sightline.stages.formats.wrapped import unwrap_lines  # noqa: PLC0415

    head, is_whole = _head(arguments.sample)
    lines = unwrap_lines(head if is_whole else whole_frames(head, Frames.LINES))
    looks = what_it_looks_like(lines)
    drafted = None if looks else _make_draft(arguments, lines)
    if drafted is None:
        raise UnknownFormat(
            f"{arguments.sample}: no draft can be made: {looks or 'no line of text stands in it'}",
            hint="give a log of lines: some twenty of them, of every kind that the log has",
        )
    print(drafted, end="")
    apart, counted = _taken_apart(load(drafted).program, lines)
    if _declared(arguments) is not None:
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
    from sightline.stages.formats.draft.apache_logformat import apache_format  # noqa: PLC0415
    from sightline.stages.formats.draft.nginx_log_format import nginx_format  # noqa: PLC0415
    from sightline.stages.formats.draft.squid_logformat import squid_format  # noqa: PLC0415
    from sightline.stages.formats.draft.text import draft_of, format_name  # noqa: PLC0415
    from sightline.stages.formats.loader import builtin  # noqa: PLC0415

    if (line := _declared(arguments)) is not None:
        name = format_name(arguments.sample.stem, builtin())
        if arguments.squid_logformat is not None:
            return squid_format(line, name)
        return nginx_format(line, name) if arguments.nginx_log_format is not None else apache_format(line, name)
    return draft_of(lines, arguments.sample.stem, builtin())


def _declared(arguments: argparse.Namespace) -> str | None:
    """The line of a server's configuration that says what each piece of its log is, if one is given."""
    lines: list[str | None] = [
        arguments.squid_logformat,
        arguments.nginx_log_format,
        arguments.apache_logformat,
    ]
    return next((line for line in lines if line is not None), None)


def _taken_apart(program: Program, lines: bytes) -> tuple[int, int]:
    """How many lines a program splits into pieces, whatever they mean, and of how many that are no comments."""
    from sightline.stages.scan.reference.frame import Frame  # noqa: PLC0415
    from sightline.stages.scan.reference.frames import frames  # noqa: PLC0415
    from sightline.stages.scan.reference.read import Reader  # noqa: PLC0415
    from sightline.stages.scan.reference.record import Comment  # noqa: PLC0415

    options = _options(None, None)
    reader = Reader(program, options)
    outcomes = [reader.read(frame) for frame in frames([lines], options.max_frame_bytes) if isinstance(frame, Frame)]
    counted = [outcome for outcome in outcomes if not isinstance(outcome, Comment)]
    return sum(str(outcome) not in NOT_APART for outcome in counted), len(counted)


def _test(arguments: argparse.Namespace) -> int:
    from sightline.cli import format_trial  # noqa: PLC0415
    from sightline.stages.formats.head import whole_frames  # noqa: PLC0415
    from sightline.stages.formats.loader import load_format  # noqa: PLC0415

    item = load_format(arguments.format)
    head, is_whole = _head(arguments.sample)
    return format_trial.show(
        item,
        head if is_whole else whole_frames(head, item.program.frames),
        replace(_options(arguments.year, arguments.date_order), trusted_hops=arguments.trusted_hops),
        None if arguments.json else sys.stderr,
        file=Path(arguments.format),
        is_whole=is_whole,
    )


def _score(program: Program | StoredProgram, head: bytes) -> Reading:
    from sightline.services.match.engine import engine  # noqa: PLC0415

    return engine()[1].score(program, _options(None, None), head)


def _options(year: int | None, date_order: DateOrder | None) -> ReadOptions:
    """Options under which nothing fails for want of a declaration: what is shown here is no evidence."""
    from sightline.stages.scan.options import ReadOptions  # noqa: PLC0415

    return ReadOptions(timezone=((0, 0),), year=year or 2024, date_order=date_order or "dmy", made_at_us=0)


def _head(path: Path) -> tuple[bytes, bool]:
    """The first 256 KiB of a log as `match` sees them, unpacked, and whether they are all of it."""
    from sightline.services.match.engine import engine  # noqa: PLC0415
    from sightline.services.match.inputs import check_file, head_of  # noqa: PLC0415
    from sightline.stages.scan.options import Limits  # noqa: PLC0415

    check_file(path, "a log")
    return head_of(engine()[1], path, b"", Limits())


ACTIONS = {"list": _list, "show": _show, "detect": _detect, "draft": _draft, "test": _test}
