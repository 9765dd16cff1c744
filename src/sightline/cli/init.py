"""`sightline init`: a workspace, and its first officer."""

from __future__ import annotations

import argparse
import os
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.casework.permissions.access import POLICY, Action
from sightline.cli import prompts
from sightline.cli.new_key import add_no_passphrase, derive_public_key_path
from sightline.cli.subcommands import add_command
from sightline.cli.terminal_text import escape_text
from sightline.errors import NotAllowed, OutputExists, UsageError, name_output_on_error, undo_on_failure
from sightline.model import Role, Stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sightline.casework.people.officers import NewOfficer
    from sightline.workspace.workspace import Change

DESCRIPTION = """\
Make a workspace: one folder with a database, sealed segments and a ledger. The first officer is enrolled with it, and
signs the first entry. Sightline makes the key file outside the workspace, because others copy and back up a workspace.
An existing key file is used as it is.
"""

EXAMPLES = """\
  sightline init cyber-ps --name "Cyber PS, Thrissur" --officer "A. Nair"
      # asks for a passphrase; the key goes to ~/.config/sightline/keys/a-nair
  sightline init cyber-ps --name "Cyber PS, Thrissur" --officer "A. Nair" --role superintendent \\
      --designation "SP (Cyber)" --key /media/token/nair --passphrase-file /run/secrets/nair
  sightline init exercise --exercise --name "Exercise of May" --officer "A. Nair" --no-passphrase
  sightline init cyber-ps --name "Cyber PS" --officer "A. Nair" --database postgresql://sightline@db.example/cyber \\
      --segments s3://sightline-cyber/segments
"""

NEXT = """\
next:
  sightline login --workspace {folder}
  a second officer, because sensitive acts take two: each makes an own key, on an own machine, and gives you
  its .pub file; compare the key id when you meet
      sightline officers create-key --out FILE                                     (the colleague)
      # sightline officers add FILE.pub --name NAME --role supervisor         (you; later ones need another's approval)
  a witness outside the unit, so that nobody here can rewrite the past:
      sightline witnesses add VKEY --why TEXT
  backups, encrypted to an identity that is kept apart from them:
      age-keygen -o safe.age
      sightline backup add-recipient age1... --name "where safe.age lies"
  sightline doctor
      # says what is wrong with this workspace and this machine
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    here = add_command(commands, "init", "make a workspace and its first officer", EXAMPLES, DESCRIPTION)
    here.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("workspace"),
        metavar="DIR",
        help="a new folder (default: workspace)",
    )
    here.add_argument("--name", metavar="UNIT", help="the unit whose workspace it is (default: it is asked)")
    here.add_argument(
        "--exercise",
        action="store_true",
        help="for invented records only, and stamped so for ever: documentation addresses count as public",
    )
    first = here.add_argument_group("the first officer")
    first.add_argument("--officer", metavar="NAME", help="the officer's name (default: it is asked)")
    roles = sorted(POLICY[Action.OFFICER_ENROL])
    first.add_argument("--role", choices=roles, default="administrator", help="default: administrator")
    first.add_argument("--designation", default="", metavar="D", help="rank or post, as on paper")
    first.add_argument("--key", type=Path, metavar="FILE", help="the key file (default: in ~/.config/sightline/keys)")
    first.add_argument("--passphrase-file", type=Path, metavar="FILE", help="a file with the key's passphrase")
    add_no_passphrase(first)
    later = here.add_argument_group("backups")
    later.add_argument(
        "--backup-recipient",
        action="append",
        default=[],
        metavar="AGE1",
        help="the age recipient that backups are encrypted to; again for another: age-keygen makes one",
    )
    where = here.add_argument_group("where the record lies, if not in the folder")
    where.add_argument("--database", metavar="URL", help="an empty PostgreSQL database: postgresql://USER@HOST/NAME")
    where.add_argument("--segments", metavar="URL", help="a bucket: s3://BUCKET/PREFIX")


def run(arguments: argparse.Namespace) -> int:
    """Make the workspace; what was made of a key goes again where that fails."""
    from sightline.casework.people import officers  # noqa: PLC0415
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.workspace.encryption import parse_recipient  # noqa: PLC0415
    from sightline.workspace.workspace import make_workspace  # noqa: PLC0415

    folder = arguments.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExists(f"{folder} is not empty", hint="choose a new folder for the workspace")
    for recipient in arguments.backup_recipient:
        parse_recipient(recipient)
    person = _ask_person(arguments)
    path = _choose_key_path(arguments, person.name)
    was_there = path.exists()
    private = _open_or_make_key(path, arguments)

    def take_key_back() -> None:
        if not was_there:
            path.unlink(missing_ok=True)
            derive_public_key_path(path).unlink(missing_ok=True)

    with undo_on_failure(take_key_back):
        workspace = make_workspace(
            folder,
            person.unit,
            get_current_time(),
            lambda change: _add_first_officer(change, person, private, arguments.backup_recipient),
            database=arguments.database,
            segments=arguments.segments,
            stamp=Stamp.EXERCISE if arguments.exercise else Stamp.CASEWORK,
        )
    stamp = "  EXERCISE" if arguments.exercise else ""
    print(f"workspace  {escape_text(str(folder))}  {workspace.workspace_id}{stamp}")
    print(f"officer    {escape_text(person.name)}, {person.role}  key {officers.derive_key_id(private)}")
    print(f"key        {escape_text(str(path))}")
    sys.stderr.write(NEXT.format(folder=escape_text(str(folder))))
    return 0


def _add_first_officer(
    change: Change, person: NewOfficer, private: Ed25519PrivateKey, recipients: Sequence[str]
) -> None:
    """Add the options for the first officer and for the recipients of backups."""
    from sightline.casework.oversight import backups  # noqa: PLC0415
    from sightline.casework.people.set_up import enrol_first  # noqa: PLC0415

    own = enrol_first(change, person, private)
    for recipient in dict.fromkeys(recipients):
        backups.add_lone_recipient(own, recipient, "named when the workspace was made")


def _ask_person(arguments: argparse.Namespace) -> NewOfficer:
    from sightline.casework.input_checks import require_words  # noqa: PLC0415
    from sightline.casework.people.officers import NewOfficer  # noqa: PLC0415

    unit = require_words(_ask_answer(arguments.name, "--name", "name of the unit: "), "--name")
    name = require_words(_ask_answer(arguments.officer, "--officer", "your name: "), "--officer")
    designation = require_words(arguments.designation, "--designation", needed=False)
    return NewOfficer(name, Role(arguments.role), designation, unit)


def _ask_answer(given: str | None, option: str, question: str) -> str:
    if given is not None:
        return given
    if not prompts.is_terminal():
        raise UsageError(f"{option} is missing, and there is no terminal to ask for it", hint=f"{option} NAME")
    return prompts.ask(question)


def _choose_key_path(arguments: argparse.Namespace, name: str) -> Path:
    """Return where the first officer's key is, or shall be: never in the workspace."""
    from sightline.cli.officer_options import find_keys_folder  # noqa: PLC0415

    named = arguments.key or os.environ.get("SIGHTLINE_KEY")
    path = Path(named) if named else find_keys_folder() / _make_file_name(name)
    if path.resolve().is_relative_to(arguments.folder.resolve()):
        raise NotAllowed(
            f"{path} is inside the workspace, which others copy and back up", hint="keep it apart: --key FILE elsewhere"
        )
    if not named:
        with name_output_on_error(path.parent):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _make_file_name(name: str) -> str:
    """The officer's name as the name of a file: letters and digits of any script, the rest as hyphens."""
    letters = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in name.lower())
    return "-".join(letters.split())[:60] or "officer"


def _open_or_make_key(path: Path, arguments: argparse.Namespace) -> Ed25519PrivateKey:
    from sightline.cli.new_key import make_key  # noqa: PLC0415
    from sightline.cli.officer_options import open_key  # noqa: PLC0415

    if path.exists():
        sys.stderr.write(f"the key {escape_text(str(path))} is there, and is used\n")
        return open_key(path, arguments)
    return make_key(path, arguments)
