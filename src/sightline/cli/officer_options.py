"""The officer who runs a command: which workspace, and whose key signs. Every command that acts has these options."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import NotAllowed, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.workspace.workspace import Workspace

WORKSPACE, KEY, PASSPHRASE_FILE = "SIGHTLINE_WORKSPACE", "SIGHTLINE_KEY", "SIGHTLINE_PASSPHRASE_FILE"


def add_workspace(here: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """The option that says which workspace; gives its group."""
    group = here.add_argument_group("who acts, and where")
    group.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        help=f"the workspace (default: {WORKSPACE}, else the folder that you are in, or one above it)",
    )
    return group


def add_officer_options(here: argparse.ArgumentParser) -> None:
    """The options that say which workspace, and whose key signs."""
    group = add_workspace(here)
    add_key(group, f"your private key (default: {KEY}, else your login)")


def add_key(group: argparse._ArgumentGroup, help_: str) -> None:
    """The options that say whose key signs."""
    group.add_argument("--key", type=Path, metavar="FILE", help=help_)
    group.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help=f"a file with the key's passphrase, for automation (default: {PASSPHRASE_FILE}, else it is asked)",
    )


def start_session(arguments: argparse.Namespace) -> OfficerSession:
    """Return the session of the officer who runs the command. Raises NotAllowed where nobody proves to be one.

    What the journal holds since the last command is sealed first.
    """
    from sightline.casework.permissions.officer_session import authenticate  # noqa: PLC0415

    _require_text(arguments)
    workspace = open_chosen_workspace(arguments)
    officer_session = authenticate(workspace, _open_private_key(arguments, workspace), get_current_time)
    workspace.seal(get_current_time())
    return officer_session


def _require_text(arguments: argparse.Namespace) -> None:
    """Raise UsageError for words that the record could not hold; paths may be any bytes."""
    for value in vars(arguments).values():
        for word in value if isinstance(value, list) else [value]:
            try:
                if isinstance(word, str):
                    word.encode()
            except UnicodeEncodeError:
                raise UsageError(f"{word} is not UTF-8", hint="type it on a terminal that writes UTF-8") from None


def get_current_time() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def open_chosen_workspace(arguments: argparse.Namespace) -> Workspace:
    """The workspace that the options name, or that the current folder lies in."""
    from sightline.workspace.workspace import find_workspace, open_workspace  # noqa: PLC0415

    given = arguments.workspace or _get_path_from_environment(WORKSPACE)
    return open_workspace(given or find_workspace(Path.cwd()))


def _open_private_key(arguments: argparse.Namespace, workspace: Workspace) -> Ed25519PrivateKey:
    """The key that was named, that a login holds, or that a person unlocks now."""
    from sightline.casework.people.login import find_login, make_runtime_folder  # noqa: PLC0415

    if (path := find_key_path(arguments)) is not None:
        return unlock_key(path, arguments, workspace)
    why: NotAllowed | None = None
    try:
        login = find_login(make_runtime_folder(os.environ), workspace.workspace_id, get_current_time())
        if login is not None:
            return login.private
    except NotAllowed as refused:
        why = refused
    from sightline.cli.prompts import is_terminal  # noqa: PLC0415

    if is_terminal():
        if why is not None:
            sys.stderr.write(f"no login: {why}\n  {why.hint}\n")
        return unlock_key(find_own_key(workspace), arguments, workspace)
    if why is not None:
        raise why
    raise NotAllowed(
        "nobody is logged in, and each act needs an officer",
        hint=f"sightline login; or --key FILE ({KEY}) with --passphrase-file FILE ({PASSPHRASE_FILE})",
    )


def find_key_path(arguments: argparse.Namespace) -> Path | None:
    """The key file that an option or the environment names."""
    path: Path | None = arguments.key
    return path or _get_path_from_environment(KEY)


def unlock_key(path: Path, arguments: argparse.Namespace, workspace: Workspace) -> Ed25519PrivateKey:
    """The key of a file, by the passphrase of a file or a person. What fails is in the journal."""
    from sightline.casework.people.login import record_failure  # noqa: PLC0415

    try:
        return open_key(path, arguments)
    except NotAllowed as error:
        record_failure(workspace, path, str(error), get_current_time())
        raise


def open_key(path: Path, arguments: argparse.Namespace) -> Ed25519PrivateKey:
    """The key of a file, by the passphrase of a file or a person. Raises NotAllowed for a wrong one."""
    from sightline.cli import prompts  # noqa: PLC0415
    from sightline.workspace.keys import is_locked, read_private  # noqa: PLC0415

    if not is_locked(path):
        return read_private(path, None)
    if (file := arguments.passphrase_file or _get_path_from_environment(PASSPHRASE_FILE)) is not None:
        return read_private(path, prompts.read_passphrase(file))
    if not prompts.is_terminal():
        raise NotAllowed(
            f"{path} has a passphrase, and there is no terminal to ask for it",
            hint=f"--passphrase-file FILE, or {PASSPHRASE_FILE}",
        )
    return read_private(path, prompts.ask_passphrase(str(path)))


def end_login(workspace: Workspace) -> bool:
    """End the login of a workspace on this machine; whether there was one."""
    from sightline.casework.people.login import forget_login, make_runtime_folder  # noqa: PLC0415

    try:
        return forget_login(make_runtime_folder(os.environ), workspace.workspace_id)
    except NotAllowed:
        return False


def find_keys_folder() -> Path:
    """Return the default folder of keys: never in a workspace, which others copy and back up."""
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "sightline" / "keys"


def find_own_key(workspace: Workspace) -> Path:
    """The one key in the folder of keys that is an officer's of the workspace. Raises UsageError."""
    from sightline.casework.people.login import read_public_half  # noqa: PLC0415
    from sightline.casework.people.officers import is_in_use  # noqa: PLC0415

    folder = find_keys_folder()
    publics = {path: public for path in sorted(folder.glob("*")) if (public := read_public_half(path))}
    with workspace.read() as tables:
        paths = [path for path, public in publics.items() if is_in_use(tables, public)]
    if len(paths) == 1:
        return paths[0]
    what = "several keys of this workspace" if paths else "no key of this workspace"
    raise UsageError(f"{folder} holds {what}", hint=f"say which: --key FILE, or {KEY}")


def _get_path_from_environment(variable: str) -> Path | None:
    text = os.environ.get(variable)
    return Path(text) if text else None
