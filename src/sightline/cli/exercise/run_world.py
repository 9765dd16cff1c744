"""`sightline exercise run`, `ask`: a world through the product: to leads, and from leads to subscribers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.exercise.create import add_quiet, show_progress_line
from sightline.cli.subcommands import Parsers, add_command
from sightline.errors import OutputExists, UsageError

RUN = """\
  sightline exercise run world --workspace exercise-ps
      # a new workspace, stamped an exercise: every log of the world scanned, every data set imported, leads made
"""
ASK = """\
  sightline exercise ask world --workspace exercise-ps --out replies
      # every licensee asked in two rounds, each notice approved and sent, each reply read, all sessions resolved
"""


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    run_ = add_command(verbs, "run", "run a world through Sightline, in a workspace marked as an exercise", RUN)
    run_.add_argument("world", type=Path, metavar="WORLD", help="the folder of a world")
    run_.add_argument("--workspace", type=Path, required=True, metavar="DIR", help="a new folder for the workspace")
    run_.add_argument(
        "--key", type=Path, metavar="FILE", help="where the key goes of an officer of it (default: DIR.key beside it)"
    )
    ask_ = add_command(verbs, "ask", "let a world's ISPs answer notices, and resolve the answers", ASK)
    ask_.add_argument("world", type=Path, metavar="WORLD", help="the folder of the world that was run")
    ask_.add_argument("--workspace", type=Path, required=True, metavar="DIR", help="where it was run")
    ask_.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder for the replies")
    ask_.add_argument("--licensee", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    ask_.add_argument("--key", type=Path, metavar="FILE", help="the officer's key that run wrote (default: DIR.key)")
    for parser in (run_, ask_):
        add_quiet(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run a world, or ask its ISPs."""
    return {"run": _run, "ask": _ask}[arguments.verb](arguments)


def _choose_key_path(arguments: argparse.Namespace) -> Path:
    """Return where the officer's key lies; what else is written lies beside it."""
    workspace: Path = arguments.workspace
    key: Path = arguments.key or workspace.with_name(f"{workspace.name}.key")
    return key


def _name_public_key_path(key: Path, name: str) -> Path:
    return key.with_name(f"{key.stem}-{name}{key.suffix}")


def _run(arguments: argparse.Namespace) -> int:
    from sightline.cli.lists.file_output import write_small  # noqa: PLC0415
    from sightline.errors import name_output_on_error  # noqa: PLC0415
    from sightline.services.exercise.run import run_world  # noqa: PLC0415
    from sightline.workspace.keys import write_private  # noqa: PLC0415

    key = _choose_key_path(arguments)
    superintendent, partner = _name_public_key_path(key, "superintendent"), _name_public_key_path(key, "partner")
    force = key.with_name(f"{key.stem}-force")
    for path in (key, superintendent, partner, force):
        if path.exists():
            raise OutputExists(f"{path} exists already", hint="another --key FILE")
    with show_progress_line(arguments) as tell:
        ran = run_world(arguments.world, arguments.workspace, tell)
    for path, officer_session in (
        (key, ran.officer_session),
        (superintendent, ran.superintendent),
        (partner, ran.partner),
    ):
        write_private(path, officer_session.signer.private, None)
    with name_output_on_error(force):
        force.mkdir(mode=0o700)
        for name, text in ran.force.build_files().items():
            write_small(force / name, text, mode=0o600, overwrite=False)
    print("\n".join(str(path) for path in ran.leads))
    files = " ".join(str(path) for path in ran.leads)
    where = f"--workspace {arguments.workspace}"
    sys.stderr.write(f"  grade it: sightline exercise grade {arguments.world} --leads {files}\n")
    sys.stderr.write(f"  look at it: sightline leads list {where} --key {key}\n")
    sys.stderr.write(f"  open its web app: sightline serve {where} --keys {key.parent}\n")
    sys.stderr.write(f"  ask its ISPs: sightline exercise ask {arguments.world} {where} --out DIR\n")
    return 0


def _ask(arguments: argparse.Namespace) -> int:
    from sightline.casework.permissions.officer_session import authenticate  # noqa: PLC0415
    from sightline.exercise import manifest  # noqa: PLC0415
    from sightline.services.exercise.notice_round import Office, ask_isps  # noqa: PLC0415
    from sightline.services.exercise.run import build_clock_after  # noqa: PLC0415
    from sightline.workspace.keys import read_private  # noqa: PLC0415
    from sightline.workspace.workspace import open_workspace  # noqa: PLC0415

    out: Path = arguments.out
    if out.exists():
        raise OutputExists(f"{out} exists already", hint="choose a new folder for the replies")
    workspace, clock = open_workspace(arguments.workspace), build_clock_after(manifest.read(arguments.world))
    key = _choose_key_path(arguments)
    for path in (key, _name_public_key_path(key, "superintendent")):
        if not path.is_file():
            raise UsageError(f"{path} is not there", hint="the key that sightline exercise run wrote: --key FILE")
    officer, superintendent = (
        authenticate(workspace, read_private(path, None), clock)
        for path in (key, _name_public_key_path(key, "superintendent"))
    )
    with show_progress_line(arguments) as tell:
        print(ask_isps(Office(officer, superintendent), arguments.world, out, tell, arguments.licensee))
    sys.stderr.write(f"  look at it: sightline resolve --workspace {arguments.workspace} --key {key}\n")
    return 0
