"""Formats of a workspace at the command line: propose one, withdraw one, and read those that are in use (ADR 36)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import UsageError

if TYPE_CHECKING:
    from sightline.stages.formats.loader import Format

EXAMPLES = {
    "propose": """\
  sightline formats propose mine.toml sample.log --why "log of the seized panel, layout by its operator's letter"
      # reads the sample, then asks another officer
  sightline approve
      # the other officer reads the whole format here, and approves it by its id
  sightline formats list
      # it is listed from then on, and every scan of the workspace knows it
""",
    "withdraw": """\
  sightline formats withdraw panel-log --why "the operator's letter was withdrawn"
      # the format stays in use until another officer approves this
""",
}


def add_workspace_option(here: argparse.ArgumentParser) -> None:
    """Add the option of commands that also know the formats of a workspace."""
    here.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        help="also use the formats of this workspace (default: SIGHTLINE_WORKSPACE, else the one that you are in)",
    )


def add_propose(here: argparse.ArgumentParser) -> None:
    """Add the arguments of `formats propose`."""
    from sightline.cli.officer_options import add_officer_options  # noqa: PLC0415
    from sightline.cli.subcommands import add_why  # noqa: PLC0415

    here.add_argument("format", type=Path, metavar="FILE.toml", help="the format, without any FILL IN")
    here.add_argument("sample", type=Path, metavar="SAMPLE", help="a log in that format; the first 256 KiB are read")
    add_why(here)
    add_officer_options(here)


def add_withdraw(here: argparse.ArgumentParser) -> None:
    """Add the arguments of `formats withdraw`."""
    from sightline.cli.officer_options import add_officer_options  # noqa: PLC0415
    from sightline.cli.subcommands import add_why  # noqa: PLC0415

    here.add_argument("own_name", metavar="NAME", help="the name of a format of the workspace")
    add_why(here)
    add_officer_options(here)


def run_propose(arguments: argparse.Namespace) -> int:
    """Try the format on the sample, ask another officer, and print the request."""
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.reference_data.log_formats import ask_to_use  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415
    from sightline.services.intake.format_draft import read_first_lines, try_format  # noqa: PLC0415
    from sightline.services.match.inputs import check_file  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    check_file(arguments.format, "the format")
    check_file(arguments.sample, "the sample")
    try:
        text = arguments.format.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{arguments.format} is not UTF-8", hint="save it as UTF-8") from None
    tried = try_format(text, read_first_lines(arguments.sample))
    if not tried.read:
        raise UsageError(
            f"{tried.format.name} reads no line of {arguments.sample}",
            hint=f"sightline formats test {arguments.format} {arguments.sample} shows why",
        )
    officer_session = start_session(arguments)
    seen = {"sample_lines": tried.lines, "sample_read": tried.read}
    return tell_asked(officer_session, ask_to_use(officer_session, text, seen, why))


def run_withdraw(arguments: argparse.Namespace) -> int:
    """Ask another officer to end the use of a format, and print the request."""
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.reference_data.log_formats import ask_to_end  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.pending_approval import tell_asked  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    officer_session = start_session(arguments)
    return tell_asked(officer_session, ask_to_end(officer_session, arguments.own_name, why))


def load_workspace_formats(arguments: argparse.Namespace) -> dict[str, Format]:
    """Return the formats that the workspace uses, by name; none outside of a workspace.

    Raises UsageError if a workspace is named and there is none.
    """
    if arguments.workspace is None and not os.environ.get("SIGHTLINE_WORKSPACE") and not _is_in_workspace():
        return {}
    from sightline.casework.reference_data.log_formats import load_formats_in_use  # noqa: PLC0415
    from sightline.cli.officer_options import open_chosen_workspace  # noqa: PLC0415

    with open_chosen_workspace(arguments).read() as tables:
        return load_formats_in_use(tables)


def _is_in_workspace() -> bool:
    """Return whether a workspace contains the current folder. Asked by name: the package of workspaces loads slowly."""
    here = Path.cwd()
    return any((folder / "workspace.toml").is_file() for folder in (here, *here.parents))
