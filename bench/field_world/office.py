"""The officers of a unit at the command line: every step is a command that they could type."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sightline.cli import main

CASE = "FIR 12/2026"
Json = dict[str, object]


class CommandFailed(Exception):
    """A command of the product ended with another code than 0."""


@dataclass
class Office:
    """A workspace with three officers: `nair` (superintendent), `menon` (supervisor) and `rao`, who investigates."""

    folder: Path
    verbose: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        """The folder of the workspace."""
        return self.folder / "ws"

    def key(self, officer: str) -> str:
        """The path of an officer's key."""
        return str(self.folder / officer)

    def run(self, *words: object, by: str = "rao", allowed: tuple[int, ...] = (0,)) -> str:
        """Run one command as an officer; returns what it printed. Raises CommandFailed at another code."""
        arguments = [*(str(word) for word in words), "--key", self.key(by), "--workspace", str(self.workspace)]
        code, out, err = call(arguments, self.seconds)
        if self.verbose:
            print(f"$ sightline {' '.join(arguments)}\n{out}{err}", flush=True)
        if code not in allowed:
            raise CommandFailed(f"{code}: sightline {' '.join(arguments)}\n{out}\n{err}")
        return out

    def lines(self, *words: object, by: str = "rao") -> list[Json]:
        """Run a command with --json; returns its objects, one a line."""
        return [json.loads(line) for line in self.run(*words, "--json", by=by).splitlines() if line.strip()]

    def run_whole(self, *words: object) -> list[Json]:
        """Run a command with --json and whole addresses, which take a second officer; returns its objects."""
        opened = (*words, "--json", "--open", "--why", f"{CASE}: to be graded")
        try:
            output = self.run(*opened)
        except CommandFailed:
            self.approve_all()
            output = self.run(*opened)
        return [json.loads(line) for line in output.splitlines() if line.strip()]

    def found(self) -> None:
        """Make the workspace, enrol the officers and register the case."""
        self.folder.mkdir(parents=True, exist_ok=True)
        bare = ["--no-passphrase"]
        first = ["--officer", "A. Nair", "--role", "superintendent", "--key", self.key("nair"), *bare]
        call(["init", str(self.workspace), "--exercise", "--name", "Cyber PS, Field", *first], self.seconds)
        for officer in ("menon", "rao"):
            call(["officers", "create-key", "--out", self.key(officer), *bare], self.seconds)
        self.run("officers", "add", self.key("menon.pub"), "--name", "P. Menon", "--role", "supervisor", by="nair")
        self.run(
            "officers", "add", self.key("rao.pub"), "--name", "S. Rao", "--role", "investigating-officer", by="nair"
        )
        self.approve_all()
        self.run("cases", "add", "--number", CASE, "--station", "Cyber PS", "--sections", "IT Act s.67B",
                 "--io", "S. Rao, Inspector", "--begun-on", "2026-03-01")  # fmt: skip

    def approve_all(self) -> int:
        """Let whoever may decide approve all that waits; returns how many."""
        done = 0
        for officer, name in (("menon", "P. Menon"), ("nair", "A. Nair")):
            waits = [line for line in self.lines("approve", by=officer) if line["state"] == "asked"]
            mine = [wait["approval_id"] for wait in waits if name in str(wait["can_decide"])]
            if mine:
                self.run("approve", *mine, "--yes", "--why", "read and agreed", by=officer)
            done += len(mine)
        return done

    def trust_agency(self, list_file: Path) -> None:
        """Make an agency, sign its list and enrol it."""
        keys = self.folder / "keys"
        call(["lists", "create-key", "--issuer", "AGENCY", "--out", str(keys)], self.seconds)
        terms = ["--valid-until", "2099-12-31", "--use", "leads", "--category", "csam"]
        call(["lists", "sign", str(list_file), "--key", str(keys / "AGENCY.key"), *terms], self.seconds)
        self.run("issuers", "add", keys / "AGENCY.pub", "--why", "letter 12/2026")
        self.approve_all()


def call(arguments: list[str], seconds: dict[str, float]) -> tuple[int, str, str]:
    """Run the product's `main` in this process; returns code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    began = time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _environment():
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 2
    name = " ".join(arguments[:2]) if arguments[0] in {"notice", "leads", "datasets", "source"} else arguments[0]
    seconds[name] = seconds.get(name, 0.0) + time.monotonic() - began
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    before = os.environ.get("SIGHTLINE_WORKSPACE")
    os.environ.pop("SIGHTLINE_WORKSPACE", None)
    try:
        yield
    finally:
        if before is not None:
            os.environ["SIGHTLINE_WORKSPACE"] = before
