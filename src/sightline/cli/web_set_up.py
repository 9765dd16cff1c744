"""`sightline serve --set-up`: pages on which the first officer sets up the workspace, before the web app is served."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from sightline.cli.officer_options import WORKSPACE
from sightline.cli.terminal_text import escape_text
from sightline.errors import Interrupted, NotAllowed, OutputExists, UsageError

SET_UP = """\
set-up     {at}/set-up
code       {code}
           give it to the first officer only; it works once, for half an hour
"""


def add_set_up(here: argparse.ArgumentParser) -> None:
    """The option that lets the first officer make the workspace."""
    here.add_argument(
        "--set-up",
        action="store_true",
        help="if --workspace is a new folder, let the first officer make the workspace in the browser, with a code "
        "that is printed here",
    )


def is_wanted(arguments: argparse.Namespace) -> bool:
    """Return whether a workspace has to be set up first. Raises UsageError, OutputExists for another folder."""
    from sightline.workspace.workspace import CONFIG  # noqa: PLC0415

    if not arguments.set_up:
        return False
    if arguments.keys is not None:
        raise UsageError("--set-up and --keys exclude each other", hint="leave out --keys")
    folder = _choose_folder(arguments)
    if (folder / CONFIG).is_file():
        return False
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExists(f"{folder} is not empty", hint="choose a new folder for the workspace")
    _require_writable(folder)
    arguments.workspace = folder
    return True


def _require_writable(folder: Path) -> None:
    """Raise UsageError where the workspace cannot be made: before a code is given to the first officer, not after."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryDirectory(prefix=".sightline-", dir=there):
            pass
    except OSError as error:
        raise UsageError(
            f"{there} cannot be written: {error.strerror}", hint="choose a folder in which this user can write"
        ) from None


def _choose_folder(arguments: argparse.Namespace) -> Path:
    """Return the folder that was named. A folder that happens to be the current one is never made a workspace."""
    named = arguments.workspace or os.environ.get(WORKSPACE)
    if not named:
        raise UsageError("no folder for the new workspace was named", hint="--workspace DIR")
    return Path(named)


def set_up_in_browser(
    arguments: argparse.Namespace, at: str, listener: socket.socket, hosts: frozenset[str], options: dict[str, Any]
) -> None:
    """Serve the set-up until the workspace is made. Raises NotAllowed if its time ended, Interrupted if stopped."""
    from sightline.web.server import serve_app  # noqa: PLC0415
    from sightline.web.set_up import SetUp, SetUpState  # noqa: PLC0415
    from sightline.web.set_up_app import SetUpConfig, create_set_up_app  # noqa: PLC0415

    set_up = SetUp(arguments.workspace, lambda line: sys.stderr.write(f"{escape_text(line)}\n"))
    app = create_set_up_app(SetUpConfig(set_up, is_tls=arguments.certificate is not None, hosts=hosts))
    print(SET_UP.format(at=at, code=set_up.code), end="", flush=True)
    is_stopped = threading.Event()
    serve_app(app, is_stopped.set, listener.dup(), set_up.is_over, **options)
    if set_up.state is SetUpState.OVER:
        raise NotAllowed(
            "the set-up ended: its time was over, or too many wrong codes were given. Nothing was made",
            hint="start it again, which makes a new code",
        )
    result = set_up.result
    if result is None:
        raise Interrupted("the set-up was stopped. Nothing was made")
    print(f"workspace  {escape_text(str(arguments.workspace))}  {result.workspace.workspace_id}")
    print(f"officer    {escape_text(result.officer.name)}, {result.officer.role}  key {result.key_id}")
    print("           compare the id of the key with the one in the first officer's browser", flush=True)
    if is_stopped.is_set():
        raise Interrupted("the workspace is made, and the server was stopped")


def open_listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens: browsers that come between the set-up and the web app wait. Raises UsageError."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(f"{host}, port {port}: {error.strerror}", hint="choose another --port") from None
