"""Write what was fetched into a new folder, which appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType

from sightline_fetch.connection import FetchError

ACCOUNT = "fetched.json"


class Output:
    """A folder in progress. `files`: what is in it, each with its SHA-256. `omitted`: what was left out, and why."""

    def __init__(self, folder: Path, url: str, clock: Callable[[], datetime]) -> None:
        self.folder, self.url, self.clock = folder, url, clock
        self.files: list[dict[str, object]] = []
        self.omitted: list[str] = []

    def __enter__(self) -> Output:
        """Make a hidden folder beside the one to come. Raises FetchError if that is there."""
        if self.folder.exists():
            raise FetchError(f"{self.folder} exists already. Name a new folder: --out DIR")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._beside = Path(mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
        except OSError as why:
            raise FetchError(f"{self.folder}: {why.strerror}. Name a folder that you may write") from None
        return self

    def write(self, name: str, content: bytes, facts: dict[str, object]) -> None:
        """Write a file, and note its digest and facts."""
        self._save(name, content)
        sha256 = hashlib.sha256(content).hexdigest()
        self.files.append({"file": name, "bytes": len(content), "sha256": sha256, **facts})

    def left_out(self, what: str) -> None:
        """Note what was left out."""
        self.omitted.append(what)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let the folder appear, or leave nothing behind."""
        if kind is not None:
            shutil.rmtree(self._beside, ignore_errors=True)
            return
        at = f"{self.clock().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        account = {"url": self.url, "fetched_at": at, "files": self.files, "left_out": self.omitted}
        self._save(ACCOUNT, json.dumps(account, ensure_ascii=False, indent=1).encode() + b"\n")
        self._beside.chmod(0o755)
        self._beside.replace(self.folder)

    def _save(self, name: str, content: bytes) -> None:
        try:
            with (self._beside / name).open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as why:
            shutil.rmtree(self._beside, ignore_errors=True)
            raise FetchError(f"{self.folder}: {why.strerror}. Make room, and try again") from None
