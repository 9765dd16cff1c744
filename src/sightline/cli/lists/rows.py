"""The rows of a list file, read for a command: counted, and the rejects told as they come."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.lists.files import reading

if TYPE_CHECKING:
    from sightline.stages.lists.model import RowReject
    from sightline.stages.lists.survey import RowCheck, Survey

SHOWN_REJECTS = 20


def add_digest_key(here: argparse.ArgumentParser) -> None:
    """The option of commands that read rows with digests of names."""
    here.add_argument(
        "--digest-key",
        type=Path,
        metavar="KEYFILE",
        help="the key of keyed digests of names: digests of public suffixes and big hosts under it are refused",
    )


class Rejects:
    """Writes rejects as they come: for people the first few, as JSON all of them."""

    def __init__(self, write: Callable[[str], object], *, as_json: bool = False) -> None:
        self._write, self._as_json, self._count = write, as_json, 0

    def __call__(self, reject: RowReject) -> None:
        """Write one, or count it where enough were shown."""
        self._count += 1
        if self._as_json:
            found = {"line": reject.line, "code": reject.code, "reason": reject.reason}
            if reject.pointer:
                found["pointer"] = reject.pointer
            self._write(json.dumps(found, ensure_ascii=False) + "\n")
        elif self._count <= SHOWN_REJECTS:
            self._write(f"{reject.where}: {reject.code}: {reject.reason}\n")

    def finish(self) -> None:
        """Say how many were not shown."""
        if not self._as_json and self._count > SHOWN_REJECTS:
            self._write(
                f"... and {self._count - SHOWN_REJECTS:,} more (all of them: sightline lists check FILE --json)\n"
            )


def surveyed(path: Path, rejects: Rejects, digest_key: bytes | None = None) -> Survey:
    """The survey of the list at `path`, with a progress bar where it takes long."""
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.stages.lists.survey import survey  # noqa: PLC0415

    with reading(path), progress.bar(enabled=True) as watch:
        size_bytes = path.stat().st_size
        return survey(path, _row_check(digest_key), rejects, lambda done: watch(done, size_bytes, 0))


def _row_check(digest_key: bytes | None) -> RowCheck:
    """The kernel's check of rows where there is one, else the plain one."""
    from sightline.stages.lists.junk import junk_names  # noqa: PLC0415
    from sightline.stages.lists.survey import plain_check  # noqa: PLC0415
    from sightline.stages.scan import kernel  # noqa: PLC0415

    if kernel.available():
        return kernel.row_check(digest_key)
    return plain_check(replace(junk_names(), digest_key=digest_key))
