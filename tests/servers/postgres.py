"""A real PostgreSQL, from the distribution's package."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from sightline.errors import undo_on_failure
from tests.servers.program import HOST, NotHere, NotUp, Program, free_ports

PACKAGES = ("postgresql",)
_OWNER = "sightline"
_SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "50",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
    "timezone": "Asia/Kolkata",
}
"""The zone is not UTC, so that a time without one is found out. What is not named is as installed: fsync is on."""


def programs() -> Path:
    """The folder of the newest PostgreSQL's programs. Raises NotHere."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    if not found and on_path is None:
        raise NotHere("postgres (Debian package postgresql)")
    return found[-1].parent if found else Path(str(on_path)).parent


class Postgres:
    """A cluster in a temporary folder, and the server on it."""

    def __init__(self) -> None:
        self._programs = programs()
        self._user = "postgres" if os.geteuid() == 0 else None
        # Not below pytest's folders: those are root's alone, and the server runs as its own user.
        self._place = Path(tempfile.mkdtemp(prefix="sightline-postgres-"))
        self._cluster = self._place / "cluster"
        self._cluster.mkdir(mode=0o700)
        if self._user:
            shutil.chown(self._place, self._user)
            shutil.chown(self._cluster, self._user)
        with undo_on_failure(self.close):
            self._make()
            self._start_anywhere()

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{secrets.token_hex(6)}"
        self._do(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://{_OWNER}@{HOST}:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._do(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def start(self) -> None:
        """Start the server again on its port, and return when it answers."""
        command = [str(self._programs / "postgres"), "-D", str(self._cluster)]
        command += ["-k", str(self._place), "-p", str(self.port)]
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        self._program = Program([*command, *settings], self._cluster, signal="QUIT", user=self._user)
        self._program.wait_until(self._answers)

    def stop(self, *, rudely: bool = False) -> None:
        """Stop the server: connections are cut at once. Rudely is as if the power went: it must recover."""
        self._program.stop(signal.SIGQUIT if rudely else signal.SIGINT)

    def restart(self, *, rudely: bool = False) -> None:
        """Stop and start."""
        self.stop(rudely=rudely)
        self.start()

    def close(self) -> None:
        """Stop, and remove all."""
        if hasattr(self, "_program"):
            self.stop(rudely=True)
        shutil.rmtree(self._place, ignore_errors=True)

    def _make(self) -> None:
        options = ["--auth=trust", f"--username={_OWNER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        become = ["setpriv", "--reuid", self._user, "--regid", self._user, "--init-groups"] if self._user else []
        command = [*become, str(self._programs / "initdb"), "-D", str(self._cluster), *options]
        made = subprocess.run(command, cwd=self._place, capture_output=True, text=True, check=False)
        if made.returncode:
            raise NotUp(made.stderr)

    def _start_anywhere(self) -> None:
        for tries_left in (2, 1, 0):
            (self.port,) = free_ports(1)
            try:
                return self.start()
            except NotUp:
                if not tries_left:
                    raise
        return None

    def _answers(self) -> bool:
        try:
            self._do("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _do(self, statement: str) -> None:
        with psycopg.connect(
            host=HOST, port=self.port, user=_OWNER, dbname="postgres", autocommit=True, connect_timeout=5
        ) as connection:
            connection.execute(statement.encode())
